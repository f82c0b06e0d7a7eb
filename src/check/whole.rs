//! Claims about the whole net, from the header and from totals rows.

use super::CheckedRow;
use super::claims::Totals;
use super::counts::{Chosen, Told, in_manner};
use super::ways::{Counted, Way};
use crate::diag::{Code, Diagnostic, grouped};
use crate::graph::{Net, NetAbout, NetClaim};
use crate::source::Source;
use crate::syntax::NumberClaim;

/// Claims that do not hold, and for those that hold another way than netc counts: which way, and how the
/// header would fix it. Silent where a shape is unknown.
pub(super) fn totals(
    source: &Source,
    net: &Net,
    rows: &[Option<CheckedRow>],
    columns: &[Chosen; 2],
) -> (Vec<Diagnostic>, Vec<Told>) {
    let (mut found, mut told) = (Vec::new(), Vec::new());
    if net.claims.is_empty() || rows.iter().any(Option::is_none) {
        return (found, told);
    }
    let totals = Totals::of(net, rows);
    for claim in &net.claims {
        match Counted::of_net(claim.about) {
            None => {
                let count = single(&totals, claim.about);
                if !claim.value.holds(count) {
                    found.push(wrong(source, claim, noun(claim.about), count, 1000));
                }
            }
            Some(what) => match meant(net, &totals, claim, what, columns) {
                Ok(way) if columns.iter().any(|c| c.what == what && (c.plain == way || c.way == way)) => {}
                Ok(way) => {
                    let said = format!("{}: {} ({})", noun(claim.about), way.words(what), claim.text);
                    told.push(Told { said, key: way.header(what), span: claim.span });
                }
                Err(way) => {
                    let k = if what == Counted::Params { way.k } else { 1000 };
                    found.push(wrong(source, claim, noun(claim.about), way.count(what, &totals.cost), k));
                }
            },
        }
    }
    (found, told)
}

/// The claims, by their place among the net's, that do not hold of these totals.
pub(super) fn open(net: &Net, totals: &Totals, columns: &[Chosen; 2]) -> Vec<usize> {
    let holds = |claim: &NetClaim| match Counted::of_net(claim.about) {
        None => claim.value.holds(single(totals, claim.about)),
        Some(what) => meant(net, totals, claim, what, columns).is_ok(),
    };
    (0..net.claims.len()).filter(|i| !holds(&net.claims[*i])).collect()
}

/// A claim and what it speaks of, counted the way that the header fixes, or the likeliest.
pub(super) fn told(net: &Net, totals: &Totals, claim: &NetClaim) -> (NumberClaim, u64) {
    match Counted::of_net(claim.about) {
        None => (claim.value.at(1000), single(totals, claim.about)),
        Some(what) => {
            let way = what.ways(&net.counting)[0];
            let k = if what == Counted::Params { way.k } else { 1000 };
            (claim.value.at(k), way.count(what, &totals.cost))
        }
    }
}

/// The way in which the claim holds, the columns' way first; else the way to tell the count in.
fn meant(
    net: &Net,
    totals: &Totals,
    claim: &NetClaim,
    what: Counted,
    columns: &[Chosen; 2],
) -> Result<Way, Way> {
    let column = columns.iter().find(|c| c.what == what && c.agree > 0).map(|c| c.way);
    let ways = what.ways(&net.counting);
    let holds = |way: &Way| way.holds(what, &claim.value, &totals.cost);
    column.into_iter().chain(ways.iter().copied()).find(holds).ok_or(ways[0])
}

fn single(totals: &Totals, about: NetAbout) -> u64 {
    match about {
        NetAbout::Parameters => totals.cost.params(),
        NetAbout::Buffers => totals.cost.buffers,
        NetAbout::Neurons => totals.neurons,
        NetAbout::Macs => totals.cost.macs,
        NetAbout::Depth => totals.depth,
        NetAbout::Connections => totals.connections,
    }
}

const fn noun(about: NetAbout) -> &'static str {
    match about {
        NetAbout::Parameters => "parameters",
        NetAbout::Buffers => "running statistics",
        NetAbout::Neurons => "neurons",
        NetAbout::Macs => "MACs",
        NetAbout::Depth => "layers with weights",
        NetAbout::Connections => "connections",
    }
}

fn wrong(source: &Source, claim: &NetClaim, what: &str, counted: u64, k: u32) -> Diagnostic {
    let message = format!("the net claims {} {what} but has {}", claim.text, grouped(counted));
    let mut d =
        Diagnostic::new(Code::E0306, claim.span, message).label(format!("{} {what}", grouped(counted)));
    let value = claim.value.at(k);
    if value.low < value.high {
        let (low, high) = (value.low.ceil() as u64, value.high.floor() as u64);
        d = d.note(format!("the claim holds from {} to {}", grouped(low), grouped(high)));
    }
    d.declared = Some(claim.text.clone());
    d.inferred = Some(counted.to_string());
    let text = in_manner(&claim.text, counted, k);
    // A number with commas stands in quotes, and they stay.
    let quote = source.slice(claim.span).trim_start().chars().next().filter(|c| matches!(c, '"' | '\''));
    let quote = quote.map_or_else(String::new, String::from);
    let edit = format!("{quote}{text}{quote}");
    d.help(format!("write `{text}`")).fix(claim.span, edit, false)
}

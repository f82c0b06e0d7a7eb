//! Which way of counting a column follows, told once, and the counts that then are wrong.

use super::CheckedRow;
use super::claims::{add, connections};
use super::ways::{Counted, Way};
use crate::diag::{Code, Diagnostic, grouped};
use crate::graph::{About, Claim, ClaimValue, Net, Row};
use crate::layer::Cost;
use crate::source::{Source, Span};
use crate::syntax::NumberClaim;
use petgraph::graph::NodeIndex;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// What the rows a claim speaks of come to together.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    cost: Cost,
    connections: u64,
    /// Layers with weights on the longest path through them.
    depth: u64,
}

/// The rows of a claim: its own, its copies or what its block stands for, and the rows that `after` adds to
/// them. None where a size is not known, so that nothing is said.
fn group(net: &Net, rows: &[Option<CheckedRow>], node: NodeIndex, claim: &Claim) -> Option<Group> {
    let mut group = Group::default();
    let mut depths: HashMap<NodeIndex, u64> = HashMap::new();
    let spans = spans(node, claim);
    for node in spans.iter().flat_map(|s| s.0..followed(net, *s)).map(|i| NodeIndex::new(i as usize)) {
        let row = &net.graph[node];
        let above = net.inputs(node).iter().filter_map(|i| depths.get(i)).max().copied().unwrap_or(0);
        let depth = above + u64::from(row.kind.is_some_and(|k| k.weighted));
        depths.insert(node, depth);
        group.depth = group.depth.max(depth);
        let bound = rows.get(node.index())?.as_ref()?;
        add(&mut group.cost, &bound.cost);
        group.connections = group.connections.saturating_add(connections(row, bound));
    }
    Some(group)
}

/// The rows a claim speaks of, as spans of indices.
fn spans(node: NodeIndex, claim: &Claim) -> Cow<'_, [(u32, u32)]> {
    if claim.rows().is_empty() {
        return Cow::Owned(vec![(node.index() as u32, node.index() as u32 + 1)]);
    }
    Cow::Borrowed(claim.rows())
}

/// The end of a span of rows with the rows that `after` adds to its last one.
fn followed(net: &Net, (_, end): (u32, u32)) -> u32 {
    let row = |i: u32| net.graph.node_weight(NodeIndex::new(i as usize));
    let Some(last) = end.checked_sub(1).and_then(row) else { return end };
    let follows = |r: &Row| {
        (r.line, r.use_line(), r.span) == (last.line, last.use_line(), last.span)
            && r.claims.is_empty()
            && r.kind.is_some_and(|k| !k.weighted)
    };
    (end..).take_while(|i| row(*i).is_some_and(follows)).last().map_or(end, |i| i + 1)
}

/// A count that a row claims.
struct Said<'a> {
    node: NodeIndex,
    row: &'a Row,
    claim: &'a Claim,
    number: &'a NumberClaim,
    group: Group,
}

fn said<'a>(net: &'a Net, rows: &[Option<CheckedRow>]) -> Vec<Said<'a>> {
    let of_row = |node: &NodeIndex| {
        let (node, row) = (*node, &net.graph[*node]);
        row.claims.iter().filter_map(move |claim| match &claim.value {
            ClaimValue::Number(number) => {
                Some(Said { node, row, claim, number, group: group(net, rows, node, claim)? })
            }
            ClaimValue::Shape(_) => None,
        })
    };
    net.order.iter().flat_map(of_row).collect()
}

/// The way that makes the most claims of a column true, how many those are, and how many there are.
pub(super) struct Chosen {
    pub what: Counted,
    pub way: Way,
    /// The way netc counts where nothing speaks for another, or the header's.
    pub plain: Way,
    pub agree: usize,
    pub plain_agree: usize,
    pub claimed: usize,
    /// Another way that is open would make other claims true.
    pub matters: bool,
}

fn choose(net: &Net, said: &[Said<'_>], what: Counted) -> Chosen {
    let mine: Vec<&Said<'_>> = said.iter().filter(|s| Counted::of_row(s.claim.about) == Some(what)).collect();
    let score = |way: Way| mine.iter().filter(|s| way.holds(what, s.number, &s.group.cost)).count();
    let ways = what.ways(&net.counting);
    let plain = ways[0];
    let plain_agree = score(plain);
    let (mut way, mut agree) = (plain, plain_agree);
    let mut matters = false;
    for other in ways {
        let votes = score(other);
        matters |= votes != plain_agree;
        if votes > agree {
            (way, agree) = (other, votes);
        }
    }
    Chosen { what, way, plain, agree, plain_agree, claimed: mine.len(), matters }
}

/// Wrong counts, and the ways the columns follow.
pub(super) fn counts(
    source: &Source,
    net: &Net,
    rows: &[Option<CheckedRow>],
) -> (Vec<Diagnostic>, [Chosen; 2]) {
    let said = said(net, rows);
    let chosen = [Counted::Params, Counted::Operations].map(|what| choose(net, &said, what));
    let mut found: Vec<Diagnostic> = said.iter().filter_map(|s| wrong(source, s, &chosen)).collect();
    found.extend(net.order.iter().filter_map(|n| channels(&net.graph[*n], rows[n.index()].as_ref()?)));
    (found, chosen)
}

/// The rows that a wrong count speaks of.
pub(super) fn doubted(source: &Source, net: &Net, rows: &[Option<CheckedRow>]) -> HashSet<NodeIndex> {
    let said = said(net, rows);
    let chosen = [Counted::Params, Counted::Operations].map(|what| choose(net, &said, what));
    let mut found = HashSet::new();
    for one in said.iter().filter(|s| wrong(source, s, &chosen).is_some()) {
        found.extend(
            spans(one.node, one.claim).iter().flat_map(|s| s.0..s.1).map(|i| NodeIndex::new(i as usize)),
        );
    }
    found
}

fn wrong(source: &Source, said: &Said<'_>, chosen: &[Chosen; 2]) -> Option<Diagnostic> {
    let Said { claim, number, group, .. } = said;
    let Some(chosen) = chosen.iter().find(|c| Some(c.what) == Counted::of_row(claim.about)) else {
        let (what, count) = match claim.about {
            About::Depth => ("layers with weights", group.depth),
            About::Connections => ("connections", group.connections),
            _ => return None,
        };
        return (!number.holds(count)).then(|| count_of(source, said, what, count, 1000));
    };
    let Chosen { what, way, .. } = *chosen;
    if way.holds(what, number, &group.cost) {
        return None;
    }
    let k = if what == Counted::Params { way.k } else { 1000 };
    let count = way.count(what, &group.cost);
    let noun = if way.flops == 2 { "operations" } else { what.noun() };
    let mut d = count_of(source, said, noun, count, k);
    let other = what.ways(&crate::graph::Counting { k: Some(way.k), ..Default::default() });
    if let Some(other) = other.into_iter().find(|w| w.holds(what, number, &group.cost)) {
        let rest = if chosen.agree > 0 { "; the other rows are counted otherwise" } else { "" };
        d = d.note(format!("it would hold counting {}{rest}", other.words(what)));
    } else if way != chosen.plain {
        d = d.note(format!("counted are {}", way.words(what)));
    }
    Some(d)
}

/// A filter shape whose channels are neither those that go in nor those of a group of them.
fn channels(row: &Row, bound: &CheckedRow) -> Option<Diagnostic> {
    let claim = row.claims.iter().find(|c| c.about == About::Channels)?;
    let (ClaimValue::Number(number), input) = (&claim.value, bound.inputs.first()?.channels()) else {
        return None;
    };
    let groups = row.args.int("groups").unwrap_or(1).max(1).unsigned_abs();
    if number.holds(input) || number.holds(input / groups) {
        return None;
    }
    let message = format!("the filters of {} read {} channels but {input} go in", row.label, number.value);
    let mut d = Diagnostic::new(Code::E0210, claim.span, message).label(format!("{input} channels go in"));
    d.declared = Some(number.value.to_string());
    d.inferred = Some(input.to_string());
    let text = (input / groups).to_string();
    Some(row.tell(d.help(format!("write `{text}`")).fix(claim.span, text, false)))
}

fn count_of(source: &Source, said: &Said<'_>, what: &str, count: u64, k: u32) -> Diagnostic {
    let (label, span) = (said.row.claimant(said.claim.about).0, said.claim.span);
    let counted = grouped(count);
    let (written, text) = printed(source.slice(span), said.number, count, k);
    let claimed = said.number.at(k).value.round() as u64;
    let message = format!("{label} declares {written} {what} but has {counted}");
    let mut d = Diagnostic::new(Code::E0305, span, message).label(format!("{counted} {what}"));
    d.declared = Some(claimed.to_string());
    d.inferred = Some(count.to_string());
    d.help(format!("write `{text}`")).fix(span, text, false)
}

/// What is written, with its column's unit, and the count in the same manner.
fn printed(written: &str, number: &NumberClaim, count: u64, k: u32) -> (String, String) {
    let Some(letter) = number.unit else { return (written.to_owned(), in_manner(written, count, k)) };
    let whole = format!("{written}{letter}");
    let k = if number.thousands == 0 { 1000 } else { k };
    let text = in_manner(&whole, count, k);
    // A count too small for the unit keeps a suffix of its own.
    let text = match text.strip_suffix(letter) {
        Some(bare) => bare.to_owned(),
        None => format!("{}K", count as f64 / f64::from(k)),
    };
    (whole, text)
}

/// A count as the old text has it: with its suffix and decimals, or with its commas.
pub(super) fn in_manner(old: &str, count: u64, k: u32) -> String {
    let old = old.trim().trim_start_matches('~').trim_start();
    let suffix = old.chars().last().unwrap_or(' ');
    let thousands = match suffix.to_ascii_lowercase() {
        'k' => 1,
        'm' => 2,
        'g' | 'b' => 3,
        't' => 4,
        _ if old.contains(',') => return grouped(count),
        _ => return count.to_string(),
    };
    let digits = old[..old.len() - 1].trim_end();
    let decimals = digits.split_once('.').map_or(0, |(_, d)| d.len()).min(6);
    let value = count as f64 / f64::from(k).powi(thousands);
    let text = format!("{value:.decimals$}");
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if zero && count > 0 { count.to_string() } else { format!("{text}{suffix}") }
}

/// A claim about the whole net that holds another way than netc counts.
pub(super) struct Told {
    /// Which way.
    pub said: String,
    /// How the header would fix it.
    pub key: String,
    pub span: Span,
}

/// One note for all columns that count another way than netc does; with `strict` an error that asks for the
/// words wherever it matters which way is meant.
pub(super) fn tell(net: &Net, chosen: &[Chosen; 2], rest: &[Told], strict: bool) -> Option<Diagnostic> {
    let open = |c: &&Chosen| strict && c.matters;
    let other: Vec<&Chosen> = chosen.iter().filter(|c| c.way != c.plain || open(c)).collect();
    let says = |c: &&Chosen| {
        let column = if c.what == Counted::Params { "params" } else { "operations" };
        let (words, plain) = (c.way.words(c.what), c.plain.words(c.what));
        let (agree, claimed) = (c.agree, c.claimed);
        let s = if claimed == 1 { "" } else { "s" };
        if c.way == c.plain {
            return format!("{column}: {words} ({agree} of {claimed} claim{s})");
        }
        format!(
            "{column}: {words} ({agree} of {claimed} claim{s}; {plain} would make {} true)",
            c.plain_agree
        )
    };
    let mut parts: Vec<String> = other.iter().map(says).collect();
    let mut keys: Vec<String> = other.iter().map(|c| c.way.header(c.what)).collect();
    for claim in rest {
        parts.push(claim.said.clone());
        if !keys.contains(&claim.key) {
            keys.push(claim.key.clone());
        }
    }
    let counted = |c: &&Claim| other.iter().any(|o| Counted::of_row(c.about) == Some(o.what));
    let claims = net.graph.node_weights().flat_map(|r| &r.claims);
    let first = claims.filter(counted).map(|c| c.span).min();
    let span = first.or_else(|| rest.first().map(|c| c.span))?;
    (!parts.is_empty()).then(|| {
        let parts = parts.join("; ");
        let (code, message) = if strict {
            (Code::E0462, format!("no word says what the counts hold, and the claims need one: {parts}"))
        } else {
            (Code::N0210, format!("counts inferred: {parts}"))
        };
        Diagnostic::new(code, span, message)
            .label("the first such count")
            .help(format!("write `claims: {{ {} }}` in the header to fix it", keys.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::in_manner;

    #[test]
    fn a_mended_count_looks_like_the_old_one() {
        for (old, count, k, new) in [
            ("2.7K", 9408, 1024, "9.2K"),
            ("34M", 118_013_952, 1000, "118M"),
            ("~60M", 61_100_840, 1000, "61M"),
            ("14,208", 14_209, 1000, "14,209"),
            ("9999", 224, 1000, "224"),
            ("9 M", 224, 1000, "224"),
        ] {
            assert_eq!(in_manner(old, count, k), new, "{old}");
        }
    }
}

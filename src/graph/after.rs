//! Rows that tables leave out: `after:` in the header, `after=` in a row.

use super::Row;
use super::expand::{Draft, Expander, Source};
use super::row::{Made, blank, imply};
use super::scope::Scope;
use super::settings::Settings;
use crate::diag::{Code, Diagnostic};
use crate::layer::{self, Arity, Kind};
use crate::source::Span;
use crate::syntax::meant;

/// What follows a row, where that is written, and whether the header says it for all rows of the kind.
pub(super) fn wanted(made: &Made, settings: &Settings) -> Option<(String, Span, bool)> {
    if let Some((words, span)) = &made.after {
        return Some((words.clone(), *span, false));
    }
    let key = made.row.kind?.key;
    settings.after.iter().find(|(k, ..)| k == key).map(|(_, words, span)| (words.clone(), *span, true))
}

/// The words of the header that name layers which can follow a row: those that do not are told, whether or not a row
/// of the kind is there.
pub(super) fn known(words: &str, place: Span, found: &mut Vec<Diagnostic>) -> String {
    let kept = words.split_whitespace().filter(|word| {
        let known = follower(word).is_ok();
        if !known {
            found.push(unknown(word, place, advice(word)));
        }
        known
    });
    kept.collect::<Vec<_>>().join(" ")
}

/// The rows that the words ask for.
pub(super) fn rows(
    (words, place): (&str, Span),
    (span, line): (Span, u32),
    scope: &Scope<'_>,
    settings: &Settings,
    found: &mut Vec<Diagnostic>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for word in words.split_whitespace() {
        match follower(word) {
            Ok(Some(kind)) => {
                let mut row = Row { line, ..blank(Some(kind), word, span, scope, line) };
                imply(&mut row, kind, word);
                rows.push(row);
            }
            Ok(None) => {}
            // A row that repeats asks for it each time.
            Err(()) => {
                let help = settings.cells.once(&format!("after={word}"), |_| advice(word));
                found.push(unknown(word, place, help));
            }
        }
    }
    rows
}

/// The layer that a word names; none for `none`.
fn follower(word: &str) -> Result<Option<&'static Kind>, ()> {
    if word.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    layer::find(word).filter(|k| k.arity == Arity::One).map(Some).ok_or(())
}

fn unknown(word: &str, place: Span, help: String) -> Diagnostic {
    Diagnostic::new(Code::E0201, place, format!("`{word}` is no layer that can follow a row")).help(help)
}

fn advice(word: &str) -> String {
    let followers = layer::KINDS.iter().filter(|k| k.arity == Arity::One).flat_map(|k| k.names());
    meant(word, followers, "write layers of one input, such as `BN RELU`, or `none`")
}

/// The header's `last:` replaces what follows the last row with weights, unless that row says it itself.
pub(super) fn settle_last(net: &mut Expander<'_, '_>) {
    let Some((_, words, place)) = net.settings.after.iter().find(|(k, ..)| k == "last") else { return };
    let weighted = |at: &usize| net.made(*at).kind.is_some_and(|k| k.weighted);
    let Some(at) = (0..net.drafts.len()).rev().find(weighted) else { return };
    let has_own = net.drafts[at].followers == 0
        && at + 1 < net.drafts.len()
        && net.made(at + 1).span == net.made(at).span;
    if has_own {
        return;
    }
    let base = net.made(at);
    let scope = Scope { used: base.used.clone(), ..Scope::net(&net.settings.symbols) };
    let (span, line) = (base.span, base.line);
    let rows = rows((words, *place), (span, line), &scope, net.settings, &mut net.found);
    replace(net, at, rows);
}

/// Puts other rows behind one in the place of those that follow it.
fn replace(net: &mut Expander<'_, '_>, at: usize, rows: Vec<Row>) {
    let (old, new) = (net.drafts[at].followers as usize, rows.len());
    let end = at + old;
    let moved = |i: u32| {
        let i = i as usize;
        (if i > end { i + new - old } else { i.min(at + new) }) as u32
    };
    let value = |s: Source| match s {
        // What read the last of the old rows reads the last of the new ones.
        Source::At(i) if (at..=end).contains(&(i as usize)) => Source::At((at + new) as u32),
        Source::At(i) => Source::At(moved(i)),
        late => late,
    };
    let inside = |to: usize| to > at && to <= end;
    net.edges.retain(|(_, to, _)| !inside(*to as usize));
    for (from, to, _) in &mut net.edges {
        (*from, *to) = (value(*from), moved(*to));
    }
    net.waiting.iter_mut().for_each(|w| w.at = w.at.map(value));
    let name = net.drafts[end].named.then(|| net.made(end).name.clone());
    let tail = net.drafts.split_off(end + 1);
    net.drafts.truncate(at + 1);
    let (nodes, _) = std::mem::take(&mut net.rows).into_nodes_edges();
    let mut nodes = nodes.into_iter().map(|n| n.weight);
    for row in nodes.by_ref().take(at + 1) {
        net.rows.add_node(row);
    }
    for row in rows {
        let to = net.drafts.len() as u32;
        net.edges.push((Source::At(to - 1), to, 0));
        net.drafts.push(Draft::default());
        net.rows.add_node(row);
    }
    net.drafts.extend(tail);
    for row in nodes.skip(old) {
        net.rows.add_node(row);
    }
    if let Some(name) = name.filter(|_| new != old) {
        net.drafts[at].named &= new > 0;
        net.drafts[at + new].named = true;
        net.made_mut(at + new).name = name;
    }
    for claim in net.rows.node_weights_mut().flat_map(|row| &mut row.claims).filter(|c| c.wider.is_some()) {
        for (first, last) in &mut claim.wider().rows {
            *first = moved(*first);
            *last = moved(*last);
        }
    }
}

//! Numbers of cells that no search over a net edits: repeats, inputs, a net's column, groups. Each is tried as another
//! number of its column, or as one a slip of the pen away.

use super::number::{Number, Within, digits, of_row, values};
use super::{Before, Best, Candidate, Examined, Glance, Report, likeliest};
use crate::check::Checked;
use crate::diag::{Code, Diagnostic, Edit, Label, expect};
use crate::source::{Source, Span};
use crate::syntax::{Cell, Document, cleaned};
use std::collections::{HashMap, HashSet};

/// Rows built in all while numbers are tried, so that a large net ends in time.
const ROWS: usize = 90_000;
/// Numbers that are examined in full.
const TRIED: usize = 5;
/// Faults that one number may be the reason of.
const FAULTS: usize = 16;
/// Lines below those that are wrong: what is wrong may have been blamed on cells above it.
const BELOW: u32 = 4;
/// Cells that are named beside a total.
const NAMED: usize = 3;
/// Values of one number that are examined in full.
const OF_CELL: usize = 2;
/// Values of every number that are tried before others of any.
const LIKELY: usize = 7;

/// The likeliest of the numbers with which fewer cells are wrong.
pub(super) fn best(
    source: &Source,
    document: &Document,
    nets: &[Checked],
    before: &Before<'_>,
    (glance, examine): (&Glance<'_>, &dyn Fn(&Source) -> Examined),
) -> Option<Best> {
    // That search does not see totals.
    let totals = before.found.iter().any(|d| matches!(d.code, Code::E0305 | Code::E0306));
    let own = if totals { Vec::new() } else { searched(nets) };
    let is_searched = |n: &Number| {
        let before = own.partition_point(|s| s.start <= n.span.start);
        before > 0 && n.span.end <= own[before - 1].end
    };
    let tried = promising(source, document, nets, before.found, (glance, ROWS), |n| !is_searched(n));
    // What counts say is tried whatever a glance says of it: a mistake that is expected may hide behind it.
    let tried = counted(source, nets, before.found).into_iter().chain(tried);
    let numbers = tried.map(|edit| Candidate { edit, report: Report::Cell });
    likeliest(source, numbers.collect(), before, examine)
}

/// The causes that the search over a net edits itself, by their places: windows and Ks of single rows.
fn searched(nets: &[Checked]) -> Vec<Span> {
    let rows = || nets.iter().flat_map(|n| n.net.graph.node_weights());
    // What a residual's rows say is said of the way around them, too.
    let around = rows().filter(|r| r.kind.is_some_and(|k| k.name == "SHORTCUT"));
    let residual: HashSet<u32> = around.map(|r| r.line).collect();
    let alone = rows().filter(|r| !residual.contains(&r.line));
    let origins = alone.flat_map(|r| &r.origins).filter(|o| matches!(o.param, "kernel" | "stride" | "K"));
    let mut uses: HashMap<Span, usize> = HashMap::new();
    for origin in origins.filter(|o| !o.shared && !o.within) {
        *uses.entry(origin.span).or_default() += 1;
    }
    let mut own: Vec<Span> = uses.into_iter().filter(|(_, rows)| *rows == 1).map(|(span, _)| span).collect();
    own.sort_unstable();
    own
}

/// The likeliest of the numbers of one row.
pub(super) fn of_line(
    source: &Source,
    document: &Document,
    nets: &[Checked],
    line: u32,
    found: &[Diagnostic],
    glance: &Glance<'_>,
) -> Vec<Edit> {
    promising(source, document, nets, found, (glance, ROWS / 4), |n| n.line == line)
}

/// Names the numbers with which the only error would be none: a total that nothing else is named beside, or a window
/// larger than what goes in or one of several cells, where a row comes too often, or an expression without a whole value,
/// where a row gives its block a number that it cannot divide.
pub(crate) fn beside(
    source: &Source,
    document: &Document,
    nets: &[Checked],
    found: &mut [Diagnostic],
    (glance, examine): (&Glance<'_>, &dyn Fn(&Source) -> Examined),
) {
    let (open, _) = expect::errors(source, found);
    let [only] = open.as_slice() else { return };
    let is_total = only.code == Code::E0306 && only.secondary.is_empty();
    if !is_total && !matches!(only.code, Code::E0209 | Code::E0303 | Code::E0308) {
        return;
    }
    let (code, span) = (only.code, only.primary.span);
    let used = only.use_line.filter(|_| code == Code::E0209);
    // What goes into a block is a number of a row above the one that uses it.
    let is_given = |n: &Number| used.is_some_and(|u| (n.line..=n.line + BELOW).contains(&u));
    let may_be = |n: &Number| is_total || if code == Code::E0209 { is_given(n) } else { n.repeats };
    let mut tried = promising(source, document, nets, found, (glance, ROWS / 2), may_be);
    tried.retain(|edit| {
        let text = super::edited(source, edit);
        expect::unexpected(&text, &examine(&text).1) == 0
    });
    let Some(d) = found.iter_mut().find(|d| (d.code, d.primary.span) == (code, span)) else { return };
    for Edit { span, text } in tried.into_iter().take(NAMED) {
        let text = match is_total {
            true => format!("with {text} here the total holds"),
            false => format!("or this is wrong: `{text}` would fit"),
        };
        if !d.secondary.iter().any(|l| l.span == span) {
            d.secondary.push(Label::new(span, text));
        }
    }
}

/// The numbers with which the least is contradicted at a glance, less than as it is written.
fn promising(
    source: &Source,
    document: &Document,
    nets: &[Checked],
    found: &[Diagnostic],
    (glance, budget): (&Glance<'_>, usize),
    may_be: impl Fn(&Number) -> bool,
) -> Vec<Edit> {
    let (open, expected) = expect::errors(source, found);
    // What is not understood may be the reason of all else; of many faults one cell is seldom the reason.
    let is_a_number = |d: &&Diagnostic| d.code == Code::E0209 || d.code.name().starts_with("E03");
    if open.len() > FAULTS || !open.iter().all(is_a_number) {
        return Vec::new();
    }
    // Nets of which nothing is said need not be built.
    let named = |net: &&Checked| open.iter().any(|d| d.net.as_ref() == Some(&net.net.name));
    let every = open.iter().any(|d| d.net.is_none());
    let faulty: Vec<&Checked> = nets.iter().filter(|net| every || named(net)).collect();
    let only: Vec<String> = faulty.iter().map(|n| n.net.name.clone()).collect();
    let rows: usize = faulty.iter().map(|n| n.net.order.len()).sum();
    // A cause that a comment expects to be wrong is read as it is meant, so that a glance tells of the rest alone.
    let causes = expected.iter().filter(|d| d.code == Code::E0302);
    let fixes = causes.filter_map(|d| d.fix.as_ref()?.edits.first());
    let known: Vec<Edit> = fixes.flat_map(|e| parts(source, e)).collect();
    let glance = |edit: Option<&Edit>| {
        let edits: Vec<&Edit> = edit.into_iter().chain(&known).collect();
        glance(source, &edited(source, document, &edits), &only)
    };
    let now = glance(None);
    let most = budget / rows.max(1);
    let origins = nets.iter().flat_map(|n| n.net.graph.node_weights()).flat_map(|r| &r.origins);
    let standing = origins.filter(|o| o.stand_in).map(|o| o.span).collect();
    let within = Within { nets: &only, standing };
    let tried = candidates(source, document, (&open, &expected), &within, (most, &may_be));
    let glanced = tried.into_iter().take(most).map(|e| (glance(Some(&e)), e));
    let mut glanced: Vec<(usize, Edit)> = glanced.filter(|(n, _)| *n < now).collect();
    glanced.sort_by_key(|(n, _)| *n);
    // What a comment expects may be contradicted still, so that a glance tells less.
    let (of_each, tried_in_full) = if source.text().contains("<!-- expect") {
        (2 * OF_CELL + 1, 2 * TRIED)
    } else {
        glanced.retain(|(n, _)| *n == 0);
        (OF_CELL, TRIED)
    };
    let mut cells: HashMap<Span, usize> = HashMap::new();
    glanced.retain(|(_, e)| {
        let of_cell = cells.entry(e.span).or_default();
        *of_cell += 1;
        *of_cell <= of_each
    });
    glanced.into_iter().take(tried_in_full).map(|(_, edit)| edit).collect()
}

/// The kernels and Ks of rows whose counts are wrong as those would have them be.
fn counted(source: &Source, nets: &[Checked], found: &[Diagnostic]) -> Vec<Edit> {
    let (open, _) = expect::errors(source, found);
    let wrong = open.iter().filter(|d| d.code == Code::E0305);
    let lines: HashSet<u32> = wrong.map(|d| source.line_of(d.primary.span.start)).collect();
    let mut edits: Vec<Edit> = Vec::new();
    for net in nets.iter().filter(|_| !lines.is_empty()) {
        for node in net.net.order.iter().filter(|n| lines.contains(&net.net.graph[**n].line)) {
            for origin in net.net.graph[*node].origins.iter().filter(|o| !o.shared) {
                let values = match origin.param {
                    "K" => net.needed(*node),
                    "kernel" => net.needed_kernel(*node).into_iter().collect(),
                    _ => Vec::new(),
                };
                let old = source.slice(origin.span);
                let written = values.iter().map(|v| replaced(old, *v)).filter(|new| new != old);
                edits.extend(written.map(|text| Edit { span: origin.span, text }));
            }
        }
    }
    edits.truncate(TRIED);
    edits
}

/// A text with a number in the place of each of its numbers: `7x7` for `2x2`.
fn replaced(text: &str, number: u64) -> String {
    let parts = text.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty());
    let mut all = parts.collect::<Vec<_>>();
    all.dedup();
    match all.as_slice() {
        [only] => text.replace(only, &number.to_string()),
        _ => text.to_owned(),
    }
}

/// Every number that is a cause with what it may have been, the likeliest of each first; in order of how near their rows
/// are to those that are wrong. What a row far below the last of those says is no reason of it.
fn candidates(
    source: &Source,
    document: &Document,
    (open, expected): (&[&Diagnostic], &[&Diagnostic]),
    within: &Within<'_>,
    (most, may_be): (usize, &dyn Fn(&Number) -> bool),
) -> Vec<Edit> {
    // Totals speak of every row.
    let sized = open.iter().filter(|d| d.code != Code::E0306);
    let lines = |d: &Diagnostic| {
        let places = d.secondary.iter().map(|l| l.span).chain([d.primary.span]);
        places.map(|s| source.line_of(s.start)).chain(d.use_line).collect::<Vec<u32>>()
    };
    let told: Vec<u32> = sized.flat_map(|d| lines(d)).collect();
    let last = told.iter().max().copied().unwrap_or(u32::MAX);
    let is_known = |n: &Number| {
        let holds = |span: Span| span.start <= n.span.start && n.span.end <= span.end;
        expected.iter().any(|d| holds(d.primary.span))
    };
    let mut numbers = Vec::new();
    for (at, table) in document.tables.iter().enumerate() {
        let near = table.rows.iter().enumerate().filter(|(_, r)| r.line <= last.saturating_add(BELOW));
        near.for_each(|(index, row)| of_row(source, (at, table), index, row, within, &mut numbers));
    }
    // What all of it follows from stands at the first of them or above.
    let first = told.iter().min().copied().unwrap_or(0);
    let near = |n: &Number| match first.checked_sub(n.line) {
        Some(above) => above,
        None => 1 + told.iter().map(|l| l.abs_diff(n.line)).min().unwrap_or(0),
    };
    // One side of a square is seldom wrong alone.
    let other = |i: usize| {
        let n = &numbers[i];
        let after = numbers.get(i + 1).filter(|o| (o.value, o.line) == (n.value, n.line));
        after.filter(|o| touches(source, n.span, o.span))
    };
    let is_second = |i: usize| i > 0 && other(i - 1).is_some();
    let mut order: Vec<usize> = (0..numbers.len())
        .filter(|i| !is_known(&numbers[*i]) && !is_second(*i) && may_be(&numbers[*i]))
        .collect();
    // How often a row comes never shows in a size; it is a net's own where each has a column.
    let first = open.first().and_then(|d| d.net.as_ref());
    let is_of_one = open.iter().all(|d| d.net.as_ref() == first);
    order.sort_by_key(|i| (is_of_one && told.is_empty() && !numbers[*i].repeats, near(&numbers[*i])));
    order.truncate(most);
    let of = |at: usize| meant(source, &numbers, at, other(at), !told.is_empty()).into_iter().enumerate();
    let mut tried: Vec<(usize, Edit)> = order.into_iter().flat_map(of).collect();
    tried.sort_by_key(|(rank, _)| *rank / LIKELY);
    tried.into_iter().map(|(_, edit)| edit).collect()
}

/// What a number, or both sides of a square, may have been meant to be.
fn meant(source: &Source, numbers: &[Number], at: usize, other: Option<&Number>, sized: bool) -> Vec<Edit> {
    let span = numbers[at].span;
    let one = |v: u64| match other {
        Some(o) => {
            let cross = source.slice(Span { start: span.end, end: o.span.start });
            Edit { span: span.join(o.span), text: format!("{v}{cross}{v}") }
        }
        None => Edit { span, text: v.to_string() },
    };
    // Of several copies the first alone may have a stride.
    let copies = numbers.iter().any(|n| n.repeats && n.value > 1 && n.line == numbers[at].line);
    let first = (numbers[at].stride && copies).then(|| Edit { span, text: "2,1".to_owned() });
    first.into_iter().chain(values(numbers, at, sized).into_iter().map(one)).collect()
}

/// True where a cross alone stands between two numbers.
fn touches(source: &Source, a: Span, b: Span) -> bool {
    let between = Span { start: a.end, end: b.start.max(a.end) };
    matches!(source.slice(between).trim(), "x" | "×" | "X")
}

/// The document with cells of its tables written otherwise, their places as they were; of edits that overlap, the first.
fn edited(source: &Source, document: &Document, edits: &[&Edit]) -> Document {
    let mut document = document.clone();
    let inside = |cell: Span, e: &Edit| cell.start <= e.span.start && e.span.end <= cell.end;
    for cell in document.tables.iter_mut().flat_map(|t| &mut t.rows).flat_map(|r| &mut r.cells) {
        let mut mine: Vec<&Edit> = Vec::new();
        for edit in edits.iter().filter(|e| inside(cell.span, e)) {
            if mine.iter().all(|m| m.span.end <= edit.span.start || edit.span.end <= m.span.start) {
                mine.push(edit);
            }
        }
        mine.sort_by_key(|e| std::cmp::Reverse(e.span.start));
        let mut text = source.slice(cell.span).to_owned();
        for edit in &mine {
            let start = (edit.span.start - cell.span.start) as usize;
            text.replace_range(start..start + (edit.span.end - edit.span.start) as usize, &edit.text);
        }
        if !mine.is_empty() {
            *cell = Cell::new(cleaned(&text), cell.span, Vec::new());
        }
    }
    document
}

/// An edit of a text as edits of those of its numbers that differ.
fn parts(source: &Source, edit: &Edit) -> Vec<Edit> {
    let old = source.slice(edit.span);
    let (before, after) = (digits(old, false), digits(&edit.text, false));
    if before.len() != after.len() {
        return vec![edit.clone()];
    }
    let both = before.into_iter().zip(after);
    let part = both.map(|((at, length), (new, long))| Edit {
        span: edit.span.part(at, length),
        text: edit.text[new..new + long].to_owned(),
    });
    part.filter(|e| source.slice(e.span) != e.text).collect()
}

//! Numbers of cells that no search over a net edits: repeats, inputs, a net's column, groups. Each is tried as another
//! number of its column, or as one a slip of the pen away.

use super::{Before, Best, Candidate, Examined, Glance, Report, likeliest, near};
use crate::check::Checked;
use crate::diag::{Code, Diagnostic, Edit, Label, expect};
use crate::source::{Source, Span};
use crate::syntax::{Cell, ColumnRole, Document, Table, TableRow, cleaned};
use std::collections::{HashMap, HashSet};

/// Rows built in all while numbers are tried, so that a large net ends in time.
const ROWS: usize = 60_000;
/// Numbers that are examined in full.
const TRIED: usize = 5;
/// Faults that one number may be the reason of.
const FAULTS: usize = 16;
/// Lines below those that are wrong: what is wrong may have been blamed on cells above it.
const BELOW: u32 = 4;
/// Cells that are named beside a total.
const NAMED: usize = 3;
/// Values tried of one number, beside those that sizes state.
const VALUES: usize = 16;
/// Numbers of other rows among them: of the nearest, and of more.
const NEAREST: usize = 3;
const OTHERS: usize = 6;
/// Values of one number that are examined in full.
const OF_CELL: usize = 2;
/// Values of every number that are tried before others of any.
const LIKELY: usize = 7;
/// Rows in which the first size is looked for, and what a window may leave of an input beyond it.
const REACH: usize = 4;
const LARGEST: u64 = 10;
/// Small numbers are tried for small ones.
const SMALL: u64 = 16;

/// A number in a cell.
struct Number {
    span: Span,
    value: u64,
    line: u32,
    /// Its table, its column and its place in the cell: numbers that are alike in these mean the same.
    place: (usize, usize, usize),
    /// True where it says how often the row comes.
    repeats: bool,
    /// What sizes that are claimed say of it.
    stated: Stated,
}

/// What sizes that are claimed say of a number.
#[derive(Clone)]
enum Stated {
    /// The side of a window that covers all, and channels.
    Row(Option<u64>, Vec<u64>),
    /// Sides of an input from which a first layer makes the size that is claimed first.
    Input(Vec<u64>),
}

/// Which numbers are causes.
struct Within<'a> {
    /// The nets that something is said of.
    nets: &'a [String],
    /// Claims that stand in for a cause.
    standing: HashSet<Span>,
    /// For Ks, by their places, what wrong counts of their rows would have them be.
    counted: HashMap<Span, Vec<u64>>,
}

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
    let numbers = tried.into_iter().map(|edit| Candidate { edit, report: Report::Cell });
    likeliest(source, numbers.collect(), before, examine)
}

/// The causes that the search over a net edits itself, by their places: windows and Ks of single rows.
fn searched(nets: &[Checked]) -> Vec<Span> {
    let rows = nets.iter().flat_map(|n| n.net.graph.node_weights());
    let origins = rows.flat_map(|r| &r.origins).filter(|o| matches!(o.param, "kernel" | "stride" | "K"));
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
    let now = glance(source, document, &only);
    let glance = |edit: &Edit| glance(source, &edited(source, document, edit), &only);
    let most = budget / rows.max(1);
    let origins = nets.iter().flat_map(|n| n.net.graph.node_weights()).flat_map(|r| &r.origins);
    let standing = origins.filter(|o| o.stand_in).map(|o| o.span).collect();
    let within = Within { nets: &only, standing, counted: counted(source, nets, &open) };
    let tried = candidates(source, document, (&open, &expected), &within, (most, &may_be));
    let counted = tried.into_iter().take(most).map(|e| (glance(&e), e));
    let mut counted: Vec<(usize, Edit)> = counted.filter(|(n, _)| *n < now).collect();
    counted.sort_by_key(|(n, _)| *n);
    // What a comment expects is contradicted still, so that a glance tells less.
    let (of_each, tried_in_full) =
        if source.text().contains("<!-- expect") { (2 * OF_CELL + 1, 2 * TRIED) } else { (OF_CELL, TRIED) };
    let mut cells: HashMap<Span, usize> = HashMap::new();
    counted.retain(|(_, e)| {
        let of_cell = cells.entry(e.span).or_default();
        *of_cell += 1;
        *of_cell <= of_each
    });
    counted.into_iter().take(tried_in_full).map(|(_, edit)| edit).collect()
}

/// What the Ks of rows whose counts are wrong would have to be.
fn counted(source: &Source, nets: &[Checked], open: &[&Diagnostic]) -> HashMap<Span, Vec<u64>> {
    let wrong = open.iter().filter(|d| d.code == Code::E0305);
    let lines: HashSet<u32> = wrong.map(|d| source.line_of(d.primary.span.start)).collect();
    let mut found: HashMap<Span, Vec<u64>> = HashMap::new();
    for net in nets.iter().filter(|_| !lines.is_empty()) {
        for node in net.net.order.iter().filter(|n| lines.contains(&net.net.graph[**n].line)) {
            let origins = net.net.graph[*node].origins.iter().filter(|o| o.param == "K" && !o.shared);
            origins.for_each(|o| found.entry(o.span).or_default().extend(net.needed(*node)));
        }
    }
    found
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
        for (index, row) in
            table.rows.iter().enumerate().filter(|(_, r)| r.line <= last.saturating_add(BELOW))
        {
            of_row(source, (at, table), index, row, within, &mut numbers);
        }
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
    order.sort_by_key(|i| near(&numbers[*i]));
    order.truncate(most);
    let mut tried: Vec<(usize, Edit)> = Vec::new();
    for at in order {
        let span = numbers[at].span;
        let edits = values(&numbers, at, !told.is_empty()).into_iter().map(|v| match other(at) {
            Some(o) => {
                let cross = source.slice(Span { start: span.end, end: o.span.start });
                Edit { span: span.join(o.span), text: format!("{v}{cross}{v}") }
            }
            None => Edit { span, text: v.to_string() },
        });
        tried.extend(edits.enumerate());
    }
    tried.sort_by_key(|(rank, _)| *rank / LIKELY);
    tried.into_iter().map(|(_, edit)| edit).collect()
}

/// True where a cross alone stands between two numbers.
fn touches(source: &Source, a: Span, b: Span) -> bool {
    let between = Span { start: a.end, end: b.start.max(a.end) };
    matches!(source.slice(between).trim(), "x" | "×" | "X")
}

/// The document with a number of a table's cell written otherwise, its places as they were.
fn edited(source: &Source, document: &Document, edit: &Edit) -> Document {
    let mut document = document.clone();
    let cells = document.tables.iter_mut().flat_map(|t| &mut t.rows).flat_map(|r| &mut r.cells);
    let inside = |c: &&mut Cell| c.span.start <= edit.span.start && edit.span.end <= c.span.end;
    for cell in cells.filter(inside) {
        let mut text = source.slice(cell.span).to_owned();
        let start = (edit.span.start - cell.span.start) as usize;
        text.replace_range(start..start + (edit.span.end - edit.span.start) as usize, &edit.text);
        *cell = Cell::new(cleaned(&text), cell.span, Vec::new());
    }
    document
}

/// The numbers of a row's causes.
fn of_row(
    source: &Source,
    (at, table): (usize, &Table),
    index: usize,
    row: &TableRow,
    within: &Within<'_>,
    found: &mut Vec<Number>,
) {
    // A net may be named by its document, too, where several tables have such a column.
    let is_of = |net: &String, column: &str| {
        net.strip_suffix(column).is_some_and(|p| p.is_empty() || p.ends_with(' '))
    };
    let cells = || table.columns.iter().zip(&row.cells).enumerate();
    let stated = stated(table, index);
    for (at_column, (column, cell)) in cells().filter(|(_, (_, c))| !c.is_empty()) {
        let causes = match column.role {
            ColumnRole::Net => within.nets.iter().any(|n| is_of(n, &column.text)),
            ColumnRole::Layer | ColumnRole::Filter => true,
            ColumnRole::Cause(_) | ColumnRole::Block(_) => true,
            // The first row's size is what goes in; a claim may stand in for a cause.
            ColumnRole::Output | ColumnRole::Input => index == 0 || within.standing.contains(&cell.span),
            _ => false,
        };
        if !causes {
            continue;
        }
        let text = source.slice(cell.span);
        let text = text.split("<!--").next().unwrap_or_default();
        let names = column.role == ColumnRole::Layer;
        for (nth, (start, length)) in digits(text, names).into_iter().enumerate() {
            let Ok(value) = text[start..start + length].parse() else { continue };
            let span = cell.span.part(start, length);
            let before = text[..start].trim_end();
            let repeats = column.role == ColumnRole::Cause("repeat".to_owned())
                || start > before.len() && before.ends_with(['x', '×']);
            let place = (at, at_column, nth);
            let stated = match column.role {
                ColumnRole::Output | ColumnRole::Input if index == 0 => Stated::Input(inputs(table)),
                _ => match (&stated, within.counted.get(&span)) {
                    (Stated::Row(side, channels), Some(counted)) => {
                        Stated::Row(*side, channels.iter().chain(counted).copied().collect())
                    }
                    (other, _) => (*other).clone(),
                },
            };
            found.push(Number { span, value, line: row.line, place, repeats, stated });
        }
    }
}

/// The factors of the size that a row claims, if it claims one.
fn claimed(table: &Table, index: usize, is_size: impl Fn(&ColumnRole) -> bool) -> Vec<u64> {
    let Some(row) = table.rows.get(index) else { return Vec::new() };
    let mut sizes = table
        .columns
        .iter()
        .zip(&row.cells)
        .filter(|(column, cell)| is_size(&column.role) && !cell.is_empty());
    let Some((_, cell)) = sizes.next() else { return Vec::new() };
    cell.text.split(['x', 'X', '×', '*']).map_while(|f| f.trim().parse().ok()).collect()
}

/// The sides and channels that a row claims, and the channels that the next one says come in.
fn stated(table: &Table, index: usize) -> Stated {
    let own = claimed(table, index, |r| matches!(r, ColumnRole::Output | ColumnRole::Input));
    let next = claimed(table, index + 1, |r| *r == ColumnRole::Input);
    let channels = [own.get(2), next.get(2)].into_iter().flatten().copied();
    Stated::Row(own.first().copied(), channels.collect())
}

/// Sides of an input from which a first layer with a stride of 1, 2 or 4 makes the size that is claimed first.
fn inputs(table: &Table) -> Vec<u64> {
    let own = claimed(table, 0, |r| *r == ColumnRole::Output);
    let below = |at: usize| claimed(table, at, |r| matches!(r, ColumnRole::Output | ColumnRole::Input));
    let first = (1..=REACH).find_map(|at| below(at).first().copied().filter(|s| Some(s) != own.first()));
    let Some(first) = first else { return Vec::new() };
    let of = |stride: u64| (0..=LARGEST).map(move |more| (stride * first).saturating_sub(stride - 1) + more);
    [1, 2, 4].into_iter().flat_map(of).collect()
}

/// Where whole numbers stand in a text: their first byte and how many. Where cells have names, the digits of a word are
/// of its name.
fn digits(text: &str, names: bool) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
        let after = bytes.get(at + length).copied().unwrap_or(b' ');
        let in_word = names && before.is_ascii_alphabetic() && !before.eq_ignore_ascii_case(&b'x');
        if before != b'.' && after != b'.' && before != b'_' && !in_word {
            found.push((at, length));
        }
        at += length;
    }
    found
}

/// What a number may have been meant to be, the likeliest first. Where no size is contradicted, none says what it is of
/// an input.
fn values(numbers: &[Number], at: usize, sized: bool) -> Vec<u64> {
    let number = &numbers[at];
    let mut alike: Vec<&Number> = numbers.iter().filter(|n| n.place == number.place).collect();
    alike.sort_by_key(|n| n.line.abs_diff(number.line));
    // The sides of a size or kernel are alike, too.
    let (table, column, nth) = number.place;
    let beside = |n: &&Number| n.line == number.line && (n.place.0, n.place.1) == (table, column);
    let sides = numbers.iter().filter(beside).filter(|n| n.place.2.abs_diff(nth) == 1);
    let v = number.value;
    let slips = [v / 10, v.saturating_mul(10)];
    // A nought too many is a slip that shows.
    let (first, later) = if v > 0 && v.is_multiple_of(10) { slips.split_at(1) } else { slips.split_at(0) };
    // Widths double from stage to stage.
    let stages = alike.iter().map(|n| n.value).filter(|o| *o != v && *o >= SMALL).take(2);
    let stages: Vec<u64> = stages.flat_map(|v| [v.saturating_mul(2), v / 2]).collect();
    let mut seen = HashSet::from([0, v]);
    let mut found: Vec<u64> = first.iter().copied().filter(|v| seen.insert(*v)).collect();
    let mut others: Vec<u64> = sides.chain(alike).map(|n| n.value).filter(|v| seen.insert(*v)).collect();
    let more = others.split_off(others.len().min(NEAREST));
    let stated = match &number.stated {
        Stated::Row(side, _) if v < SMALL => side.iter().copied().collect(),
        Stated::Row(_, channels) => channels.clone(),
        Stated::Input(sides) if sized => sides.clone(),
        Stated::Input(_) => Vec::new(),
    };
    let stated: Vec<u64> = stated.into_iter().filter(|v| seen.insert(*v)).collect();
    let most = VALUES + stated.len();
    found.extend(others.into_iter().chain(stated));
    found.extend(stages.into_iter().filter(|v| seen.insert(*v)).take(2));
    found.extend([v.saturating_mul(2), v / 2].into_iter().filter(|n| v >= SMALL && seen.insert(*n)));
    let small = [1, 2, 3, 4, 5, 7, v.saturating_sub(2)].into_iter().filter(|_| v < SMALL);
    found.extend(near(v).chain(small).filter(|v| seen.insert(*v)));
    found.extend(more.into_iter().take(OTHERS - NEAREST).chain(later.iter().copied()));
    found.truncate(most);
    found
}

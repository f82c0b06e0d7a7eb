//! The numbers of causes in a table's rows, and what each may have been meant to be.

use super::near;
use crate::source::{Source, Span};
use crate::syntax::{ColumnRole, Table, TableRow};
use std::collections::HashSet;

/// Values tried of one number, beside those that sizes state.
const VALUES: usize = 16;
/// Numbers of other rows among them: of the nearest, and of more.
const NEAREST: usize = 3;
const OTHERS: usize = 6;
/// Rows in which the first size is looked for, and what a window may leave of an input beyond it.
const REACH: usize = 4;
const LARGEST: u64 = 10;
/// Small numbers are tried for small ones.
const SMALL: u64 = 16;

/// A number in a cell.
pub(super) struct Number {
    pub span: Span,
    pub value: u64,
    pub line: u32,
    /// Its table, its column and its place in the cell: numbers that are alike in these mean the same.
    pub place: (usize, usize, usize),
    /// True where it says how often the row comes.
    pub repeats: bool,
    /// True for a stride that is said once, be it of several copies.
    pub stride: bool,
    /// What sizes that are claimed say of it.
    pub stated: Stated,
}

/// What sizes that are claimed say of a number.
#[derive(Clone)]
pub(super) enum Stated {
    /// The side of a window that covers all, and channels.
    Row(Option<u64>, Vec<u64>),
    /// Sides of an input from which a first layer makes the size that is claimed first.
    Input(Vec<u64>),
}

/// Which numbers are causes.
pub(super) struct Within<'a> {
    /// The nets that something is said of.
    pub nets: &'a [String],
    /// Claims that stand in for a cause.
    pub standing: HashSet<Span>,
}

/// The numbers of a row's causes.
pub(super) fn of_row(
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
                || before.strip_suffix(['x', '×']).is_some_and(|head| head.ends_with([' ', ']', '}']));
            let slash = before.ends_with(['/', 's']) || before.ends_with("stride");
            let listed =
                text[start + length..].trim_start().starts_with([',', 'x', '×']) || before.ends_with(',');
            let stride = !listed && (slash || column.role == ColumnRole::Cause("stride".to_owned()));
            let place = (at, at_column, nth);
            let stated = match column.role {
                ColumnRole::Output | ColumnRole::Input if index == 0 => Stated::Input(inputs(table)),
                _ => stated.clone(),
            };
            found.push(Number { span, value, line: row.line, place, repeats, stride, stated });
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
pub(super) fn digits(text: &str, names: bool) -> Vec<(usize, usize)> {
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
pub(super) fn values(numbers: &[Number], at: usize, sized: bool) -> Vec<u64> {
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

//! What extractors lose between the numbers of a size: `57 57 96`, `11 11/4`; and what a row says that no
//! column or layer takes.

use super::document::{Cell, Column, ColumnRole, TableRow};
use crate::diag::{Code, Diagnostic};
use std::ops::Range;

/// The numbers of a size cell that holds nothing else: three, or two equal ones, none of them the
/// thousands of another.
pub(super) fn size(text: &str) -> Option<Vec<Range<usize>>> {
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b' ') {
        return None;
    }
    let numbers = numbers(text);
    let equal = |a: &Range<usize>, b: &Range<usize>| text[a.clone()] == text[b.clone()];
    let whole = numbers.iter().all(|r| !text[r.clone()].starts_with('0'));
    let sized = match numbers.as_slice() {
        [a, b] => equal(a, b),
        [_, _, _] => true,
        _ => false,
    };
    (sized && whole).then_some(numbers)
}

/// The two equal numbers a cause cell begins with, where nothing in it has a cross.
pub(super) fn kernel(text: &str) -> Option<Vec<Range<usize>>> {
    let digits = |t: &str| t.bytes().take_while(u8::is_ascii_digit).count();
    let first = digits(text);
    let blanks = text[first..].bytes().take_while(|b| *b == b' ').count();
    let second = first + blanks;
    let end = second + digits(&text[second..]);
    let goes_on = text[end..].chars().next().is_none_or(|c| ";,/= ".contains(c));
    let equal = first > 0 && blanks > 0 && text[..first] == text[second..end];
    let crossed = text[end..].contains(['x', 'X', '×']);
    (equal && goes_on && !crossed).then(|| vec![0..first, second..end])
}

fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for part in text.split(' ') {
        if !part.is_empty() {
            found.push(at..at + part.len());
        }
        at += part.len() + 1;
    }
    found
}

/// The text with a cross behind every number but the last; as long as it was.
pub(super) fn crossed(text: &str, numbers: &[Range<usize>]) -> String {
    let mut text = text.to_owned();
    for number in &numbers[..numbers.len().saturating_sub(1)] {
        text.replace_range(number.end..number.end + 1, "x");
    }
    text
}

/// What would otherwise be passed over: cells beyond the columns, rows without a layer; and lost crosses.
pub(super) fn tell(columns: &[Column], rows: &[TableRow]) -> Vec<Diagnostic> {
    let mut found = lost(columns, rows);
    let layer = columns.iter().position(|c| c.role == ColumnRole::Layer);
    for row in rows {
        if let Some(cell) = row.cells.iter().skip(columns.len()).find(|c| !c.is_empty()) {
            let text =
                format!("the table has {} columns; this cell and what follows is not read", columns.len());
            found.push(
                Diagnostic::new(Code::W0111, cell.span, text)
                    .help("give the column a header, or write `\\|` for a bar inside a cell"),
            );
        }
        let said = |(column, cell): (&Column, &Cell)| column.role != ColumnRole::Ignore && !cell.is_empty();
        let nameless = layer.is_some_and(|l| row.cells.get(l).is_some_and(Cell::is_empty));
        if nameless && columns.iter().zip(&row.cells).any(said) {
            found.push(
                Diagnostic::new(Code::W0211, row.span, "the row names no layer and is not read")
                    .help("write its layer, such as CONV, or remove the row"),
            );
        }
    }
    found
}

/// A warning for each lost cross, with its fix.
fn lost(columns: &[Column], rows: &[TableRow]) -> Vec<Diagnostic> {
    let lost = |role: &ColumnRole, cell: &Cell| match role {
        _ if !cell.text.contains(' ') => None,
        ColumnRole::Output | ColumnRole::Input => size(&cell.text),
        ColumnRole::Filter => kernel(&cell.text),
        _ => None,
    };
    let mut found = Vec::new();
    for row in rows {
        for (column, cell) in columns.iter().zip(&row.cells) {
            let Some(numbers) = lost(&column.role, cell) else { continue };
            let parts: Vec<&str> = numbers.iter().map(|r| &cell.text[r.clone()]).collect();
            let end = numbers.last().map_or(0, |r| r.end);
            let (span, text) = (cell.span_of(&(0..end as u32)), parts.join("x"));
            found.push(
                Diagnostic::new(Code::W0210, span, "the crosses between these numbers are lost")
                    .label(format!("read as {text}"))
                    .help(format!("write `{text}`"))
                    .fix(span, text, true),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_blanks_between() {
        let read = |t: &str| size(t).map(|n| crossed(t, &n));
        assert_eq!(read("57 57 96").as_deref(), Some("57x57x96"));
        assert_eq!(read("57 57").as_deref(), Some("57x57"));
        for other in ["57 58", "4 096", "4096", "1 000 000", "57x57 96", "57 57 96 1", ""] {
            assert_eq!(size(other), None, "{other}");
        }
        let read = |t: &str| kernel(t).map(|n| crossed(t, &n));
        assert_eq!(read("11 11/4; K=96").as_deref(), Some("11x11/4; K=96"));
        for other in ["3 64", "3 3x64", "3x3 3", "33", "3 33", ""] {
            assert_eq!(kernel(other), None, "{other}");
        }
    }
}

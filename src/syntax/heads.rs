//! Headers that print spreads over two rows, above the `---|---` row or below it.

use super::columns::is_layer_header;
use super::document::{Cell, TableRow};
use crate::source::Span;

/// A header of two rows, cell by cell: `Output` above `Size` is `Output Size`.
pub(super) fn joined(above: Vec<Cell>, below: Vec<Cell>) -> Vec<Cell> {
    above.into_iter().zip(below).map(|(a, b)| join(a, b)).collect()
}

fn join(above: Cell, below: Cell) -> Cell {
    match (above.is_empty(), below.is_empty()) {
        (_, true) => above,
        (true, _) => below,
        _ => {
            let text = format!("{} {}", above.text, below.text);
            // Its places are those of the lower half: what is said of a header is said there.
            let map = vec![below.span.start; text.len() + 1];
            Cell::new(text, below.span, map)
        }
    }
}

/// True where the line above a header belongs to it: as many cells, and one of the two leaves some empty.
pub(super) fn belongs(above: &[Cell], below: &[Cell]) -> bool {
    let gap = |cells: &[Cell]| cells.iter().any(Cell::is_empty);
    above.len() == below.len() && above.len() > 1 && (gap(above) || gap(below))
}

/// True where the first row goes on with the header: words under words, nothing under the layer's.
pub(super) fn goes_on(head: &[Cell], row: &TableRow) -> bool {
    let words = |c: &Cell| !c.text.contains(|c: char| c.is_ascii_digit());
    let layer = head.iter().zip(&row.cells).any(|(h, c)| is_layer_header(&h.text) && c.is_empty());
    layer && row.cells.len() == head.len() && row.cells.iter().all(words)
}

/// The cells of a header from the line above and its own.
pub(super) fn cells(
    above: Option<Span>,
    own: Vec<Cell>,
    mut cut: impl FnMut(Span) -> Vec<Cell>,
) -> Vec<Cell> {
    match above.map(&mut cut) {
        Some(above) if belongs(&above, &own) => joined(above, own),
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use super::super::clean::Texts;
    use super::*;

    fn row(texts: &[&str]) -> Vec<Cell> {
        texts.iter().map(|t| Texts::default().cell(t, Span::new(0, t.len()))).collect()
    }

    fn texts(cells: &[Cell]) -> Vec<&str> {
        cells.iter().map(|c| c.text.as_str()).collect()
    }

    #[test]
    fn two_rows_are_one_header() {
        let (above, below) = (row(&["Layer", "Output", "Filter size /"]), row(&["", "Size", "Stride"]));
        assert!(belongs(&above, &below));
        assert_eq!(texts(&joined(above, below)), ["Layer", "Output Size", "Filter size / Stride"]);
        assert!(!belongs(&row(&["a", "b"]), &row(&["c", "d"])));
    }

    #[test]
    fn a_row_of_words_goes_on_with_the_header() {
        let head = row(&["Layer", "Output"]);
        let first = |texts: &[&str]| TableRow { line: 3, span: Span::default(), cells: row(texts), given: 2 };
        assert!(goes_on(&head, &first(&["", "size"])));
        assert!(!goes_on(&head, &first(&["", "55x55x96"])));
        assert!(!goes_on(&head, &first(&["CONV", "classes"])));
    }
}

//! One table aligned.

use super::cell;
use crate::layer::Kind;
use crate::source::{Source, Span};
use crate::syntax::{ColumnRole, Names, Table, TableRow};
use std::collections::HashMap;

/// A cell wider than this does not widen its column, so that one odd cell cannot blow a file up.
const WIDEST: usize = 80;

/// A table's new text and the bytes of the document it stands for.
pub(super) struct Written {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// How wide a cell is: its characters.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// A line of the table.
enum Line {
    /// The header or a row, cell by cell.
    Cells(Vec<String>),
    /// `---|:--:`: for each column, whether it is marked at its start and end.
    Delimiter(Vec<(bool, bool)>),
    /// As it stands: a comment, a row without any text.
    Kept,
}

/// The table in canonical form; none where its lines are part of something else, such as a quotation.
pub(super) fn format(source: &Source, table: &Table, names: &Names) -> Option<Written> {
    let first = source.line_of(table.span.start);
    let last = table.rows.last().map_or(first, |r| r.line);
    let head = source.slice(source.line_span(first)).trim_start_matches('\u{feff}');
    let indent = &head[..head.len() - head.trim_start().len()];
    // A quotation's lines, and a head of several lines, keep their form.
    let broken = table
        .columns
        .iter()
        .any(|c| source.line_of(c.span.start) != first || source.slice(c.span).contains('\n'));
    let text = |n: &u32| source.slice(source.line_span(*n)).trim();
    let below = (first + 1..=last).find(|n| !text(n).is_empty() && !text(n).starts_with("<!--"));
    let several = below.is_some_and(|n| !is_delimiter(source, n));
    if head.trim_start().starts_with('>') || broken || several {
        return None;
    }
    let rows: HashMap<u32, &TableRow> = table.rows.iter().map(|r| (r.line, r)).collect();
    let lines: Vec<(u32, Line)> = (first..=last)
        .filter(|number| !source.slice(source.line_span(*number)).trim().is_empty())
        .map(|number| (number, line(source, table, names, number, rows.get(&number).copied())))
        .collect();
    let shape = Shape::of(table.columns.len(), &lines);
    let start = source.line_span(first).start as usize;
    let end = source.line_span(last).end as usize;
    let mut text = String::new();
    for (number, line) in &lines {
        let span = source.line_span(*number);
        match line {
            Line::Kept => text.push_str(source.slice(span)),
            line => {
                let bom = source.slice(span).starts_with('\u{feff}');
                text.push_str(if bom { "\u{feff}" } else { "" });
                text.push_str(indent);
                shape.write(line, &mut text);
            }
        }
        if *number != last {
            text.push_str(line_break(source, span));
        }
    }
    Some(Written { start, end, text })
}

/// A line of the dashes below a head.
fn is_delimiter(source: &Source, number: u32) -> bool {
    let text = source.slice(source.line_span(number)).trim();
    text.contains("--") && text.bytes().all(|b| b"|-: \t".contains(&b))
}

/// What ends a line.
fn line_break(source: &Source, line: Span) -> &str {
    let rest = &source.text()[line.range().end..];
    &rest[..rest.find('\n').map_or(rest.len(), |i| i + 1)]
}

fn line(source: &Source, table: &Table, names: &Names, number: u32, row: Option<&TableRow>) -> Line {
    if number == source.line_of(table.span.start) {
        let raw = |span: Span| source.slice(span).trim().to_owned();
        return Line::Cells(table.columns.iter().map(|c| raw(c.span)).collect());
    }
    let text = source.slice(source.line_span(number)).trim();
    match row {
        Some(row) => {
            let cells = cells(source, table, row, names);
            // Blanks or control characters kept it from being a row of dashes; written without them it would be one.
            let dashes = cells.iter().any(|c| c.contains("--"))
                && cells.iter().all(|c| c.bytes().all(|b| b"-: \t".contains(&b)));
            if dashes { Line::Kept } else { Line::Cells(cells) }
        }
        None if is_delimiter(source, number) => {
            let parts = text.trim_start_matches('|').trim_end_matches('|').split('|').map(str::trim);
            Line::Delimiter(parts.map(|p| (p.starts_with(':'), p.ends_with(':'))).collect())
        }
        None => Line::Kept,
    }
}

/// A row's cells. Those it lacks at its end are empty ones, except where a short row speaks for several nets.
fn cells(source: &Source, table: &Table, row: &TableRow, names: &Names) -> Vec<String> {
    let spans = table.columns.iter().any(|c| c.role == ColumnRole::Net);
    let own = if spans { row.cells.len().min(row.given as usize) } else { row.cells.len() };
    let layer = table.columns.iter().position(|c| c.role == ColumnRole::Layer);
    let kind: Option<&'static Kind> =
        layer.and_then(|i| row.cells.get(i)).and_then(|c| cell::kind_of(c, names));
    row.cells[..own]
        .iter()
        .enumerate()
        .map(|(index, cell)| {
            let role = table.columns.get(index).map_or(&ColumnRole::Ignore, |c| &c.role);
            cell::canonical(role, kind, cell, source.slice(cell.span), names)
        })
        .collect()
}

/// Widths and alignments of a table's columns.
struct Shape {
    widths: Vec<usize>,
    /// Marked in the delimiter row at the start, at the end.
    marks: Vec<(bool, bool)>,
    /// How many columns the header has.
    columns: usize,
}

impl Shape {
    fn of(columns: usize, lines: &[(u32, Line)]) -> Self {
        let mut shape = Self { widths: vec![1; columns], marks: vec![(false, false); columns], columns };
        for (_, line) in lines {
            match line {
                Line::Cells(cells) => {
                    shape.widths.resize(shape.widths.len().max(cells.len()), 1);
                    for (widest, cell) in shape.widths.iter_mut().zip(cells) {
                        *widest = (*widest).max(width(cell).min(WIDEST));
                    }
                }
                Line::Delimiter(marks) => {
                    shape.marks.iter_mut().zip(marks).for_each(|(mark, own)| *mark = *own);
                }
                Line::Kept => {}
            }
        }
        shape
    }

    fn write(&self, line: &Line, out: &mut String) {
        out.push('|');
        match line {
            Line::Cells(cells) => {
                for (index, (cell, wide)) in cells.iter().zip(&self.widths).enumerate() {
                    self.write_cell(cell, index, wide.saturating_sub(width(cell)), out);
                }
            }
            Line::Delimiter(_) | Line::Kept => {
                for (width, (left, right)) in self.widths.iter().zip(&self.marks).take(self.columns) {
                    out.push(if *left { ':' } else { '-' });
                    out.extend(std::iter::repeat_n('-', *width));
                    out.push(if *right { ':' } else { '-' });
                    out.push('|');
                }
            }
        }
    }

    fn write_cell(&self, cell: &str, index: usize, free: usize, out: &mut String) {
        let before = match self.marks.get(index) {
            Some((true, true)) => free / 2,
            Some((false, true)) => free,
            _ => 0,
        };
        out.push(' ');
        out.extend(std::iter::repeat_n(' ', before));
        out.push_str(cell);
        out.extend(std::iter::repeat_n(' ', free - before));
        out.push_str(" |");
    }
}

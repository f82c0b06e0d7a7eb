//! The scanner: lines to pipe tables, fences and headings skipped.

use super::clean;
use super::columns::{begins_with_kind, roles};
use super::document::{Cell, ColumnRole, Document, Heading, Table, TableRow};
use super::header;
use crate::diag::{Code, Diagnostic};
use crate::source::{Source, Span};

/// Parses a document. Whatever the text, a tree comes back; the diagnostics say what is wrong with it.
pub fn parse(source: &Source) -> (Document, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let header = header::read(source, &mut found);
    let mut raws = scan(source, header.span);
    let mut tables = Vec::new();
    let mut nearest: Option<Diagnostic> = None;
    for raw in &mut raws {
        let mut quiet = Vec::new();
        let columns = roles(&header, &raw.head, &raw.rows, &mut quiet);
        match refused(&header, raw, columns.iter().position(|c| c.role == ColumnRole::Layer)) {
            Some(reason) => nearest = nearest.or(Some(reason)),
            None => {
                found.extend(quiet);
                found.extend(raw.dropped());
                let (heading, rows) = (raw.heading.take(), std::mem::take(&mut raw.rows));
                tables.push(Table { heading, columns, rows, span: raw.span });
            }
        }
    }
    if tables.is_empty() && !found.iter().any(|d| d.code != Code::W0101) {
        found.push(nearest.unwrap_or_else(|| no_table(source)));
    }
    (Document { header, tables }, found)
}

fn no_table(source: &Source) -> Diagnostic {
    let empty = source.text().trim_matches(['\u{feff}', ' ', '\n', '\r', '\t']).is_empty();
    let what = if empty { "the document is empty" } else { "no layer table in the document" };
    Diagnostic::new(Code::E0101, source.line_span(1), what).help(
        "write a table with a header row such as `| Layer Type | Output Size | Filter Size / Stride |`; \
         `netc new alexnet` writes one to start from",
    )
}

/// Why a table is no layer table; none where it is one.
fn refused(header: &super::Header, raw: &Raw, layer: Option<usize>) -> Option<Diagnostic> {
    let Some(layer) = layer else {
        let text = "the table has no layer column, so it is not read as a net";
        return Some(Diagnostic::new(Code::E0101, raw.span, text).help("name one column `Layer Type`"));
    };
    let cells: Vec<&Cell> =
        raw.rows.iter().filter_map(|r| r.cells.get(layer)).filter(|c| !c.is_empty()).collect();
    let known = cells.iter().filter(|c| begins_with_kind(&c.text)).count();
    let named = header.keys(&["columns"]).iter().any(|k| *k == raw.head[layer].text);
    if cells.is_empty() {
        let text = "the layer table has no rows";
        return Some(
            Diagnostic::new(Code::E0101, raw.span, text).help("write `| INPUT | 227x227x3 | |` first"),
        );
    }
    (known * 2 < cells.len() && !named).then(|| {
        let text = format!(
            "only {known} of {} rows begin with a known layer, so this is not read as a net",
            cells.len()
        );
        Diagnostic::new(Code::E0101, raw.head[layer].span, text)
            .help("write kinds such as CONV, POOL or FC, or name the column in `columns:`")
    })
}

/// A pipe table as it stands.
struct Raw {
    heading: Option<Heading>,
    head: Vec<Cell>,
    rows: Vec<TableRow>,
    span: Span,
    /// The line of prose that ended it, and the first row after that line.
    cut: Option<(Span, Option<Span>)>,
}

impl Raw {
    /// A row after the line of prose that ended the table; one with as many cells as it has columns.
    fn drop_row(&mut self, text: &str, span: Span) {
        if let Some((_, first @ None)) = &mut self.cut
            && cells(text, span).len() == self.head.len()
            && self.head.len() > 1
        {
            *first = Some(span);
        }
    }

    fn dropped(&self) -> Option<Diagnostic> {
        let (prose, Some(row)) = self.cut? else { return None };
        Some(
            Diagnostic::new(
                Code::W0102,
                prose,
                "this line ends the table, and the rows below it are not read",
            )
            .also(row, "the first row that is not read")
            .help("move the text above or below the table, or begin a new table with a header row"),
        )
    }
}

/// A pipe line waiting for a delimiter row to make it a table's head.
struct Line {
    span: Span,
    number: u32,
}

fn scan(source: &Source, header: Span) -> Vec<Raw> {
    let mut raws: Vec<Raw> = Vec::new();
    let mut heading: Option<Heading> = None;
    let mut pending: Option<Line> = None;
    let mut open = false;
    let mut fence: Option<&str> = None;
    for number in 1..=source.line_count() {
        let span = source.line_span(number);
        if span.start < header.end {
            continue;
        }
        let text = source.slice(span);
        let lead = text.trim_start_matches('\u{feff}').trim_start();
        if let Some(mark) = ["```", "~~~"].into_iter().find(|m| lead.starts_with(m)) {
            match fence {
                Some(opened) if opened == mark => fence = None,
                None => fence = Some(mark),
                Some(_) => {}
            }
            (open, pending) = (false, None);
        } else if fence.is_some() || lead.is_empty() {
            // Blank lines between rows are what extractors leave.
        } else if is_delimiter(lead) {
            if let Some(line) = pending.take().or_else(|| last_row(&mut raws, open)) {
                let head = cells(source.text(), line.span);
                raws.push(Raw {
                    heading: heading.clone(),
                    head,
                    rows: Vec::new(),
                    span: line.span,
                    cut: None,
                });
                open = true;
            }
        } else if pipe(lead) {
            match raws.last_mut().filter(|_| open) {
                Some(raw) => push_row(source.text(), raw, span, number),
                None => {
                    // The pipe line before this one headed no table.
                    if let (Some(line), Some(raw)) = (pending.take(), raws.last_mut()) {
                        raw.drop_row(source.text(), line.span);
                    }
                    pending = Some(Line { span, number });
                }
            }
        } else if !(lead.starts_with("<!--") && lead.trim_end().ends_with("-->")) {
            drop_pending(source, &mut raws, pending.take());
            let title = read_heading(span, text);
            if let Some(raw) = raws.last_mut().filter(|_| open && title.is_none()) {
                raw.cut = Some((span, None));
            } else if let (Some(raw), true) = (raws.last_mut(), title.is_some()) {
                raw.cut = raw.cut.filter(|(_, row)| row.is_some());
            }
            open = false;
            heading = title.or(heading);
        }
    }
    drop_pending(source, &mut raws, pending);
    raws
}

fn drop_pending(source: &Source, raws: &mut [Raw], pending: Option<Line>) {
    if let (Some(line), Some(raw)) = (pending, raws.last_mut()) {
        raw.drop_row(source.text(), line.span);
    }
}

fn push_row(text: &str, raw: &mut Raw, span: Span, line: u32) {
    let mut cells = cells(text, span);
    if cells.iter().all(Cell::is_empty) {
        return;
    }
    let end = Span { start: span.end, end: span.end };
    cells.resize_with(cells.len().max(raw.head.len()), || Cell { span: end, ..Cell::default() });
    raw.rows.push(TableRow { line, span, cells });
}

/// A delimiter row after a row starts a new table: that row is its head.
fn last_row(raws: &mut [Raw], open: bool) -> Option<Line> {
    let row = raws.last_mut().filter(|_| open)?.rows.pop()?;
    Some(Line { span: row.span, number: row.line }).filter(|l| l.number > 0)
}

fn read_heading(span: Span, text: &str) -> Option<Heading> {
    let lead = text.trim_start();
    let level = lead.bytes().take_while(|b| *b == b'#').count();
    if level == 0 || level > 6 || !lead[level..].starts_with(' ') {
        return None;
    }
    let name = lead[level..].trim().trim_end_matches('#').trim();
    let offset = text.find(name)?;
    Some(Heading { text: name.to_owned(), span: span.part(offset, name.len()) })
}

fn pipe(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|i| bytes[i] == b'|' && (i == 0 || bytes[i - 1] != b'\\'))
}

fn is_delimiter(text: &str) -> bool {
    pipe(text)
        && text.contains('-')
        && text.bytes().all(|b| matches!(b, b'|' | b'-' | b':' | b' ' | b'\t'))
        && text.contains("--")
}

/// The cells of a line, outer pipes or not.
fn cells(text: &str, span: Span) -> Vec<Cell> {
    let line = &text[span.range()];
    let mut lead = line.len() - line.trim_start_matches([' ', '\t', '\u{feff}']).len();
    let mut end = line.trim_end().len().max(lead);
    if line[lead..].starts_with('|') {
        lead += 1;
    }
    if end > lead && line[..end].ends_with('|') && !line[..end].ends_with("\\|") {
        end -= 1;
    }
    let body = &line[lead..end];
    let mut cuts = Vec::new();
    let mut start = 0;
    for (at, _) in body.match_indices('|') {
        if at == 0 || body.as_bytes()[at - 1] != b'\\' {
            cuts.push(start..at);
            start = at + 1;
        }
    }
    cuts.push(start..body.len());
    cuts.into_iter().map(|c| clean::cell(text, span.part(lead + c.start, c.len()))).collect()
}

//! The scanner: lines to pipe tables and the headings above them, fences skipped.

use super::block;
use super::clean::Texts;
use super::document::{Cell, Column, Heading, Table, TableRow};
use super::heads;
use crate::diag::{Code, Diagnostic};
use crate::source::{Source, Span};

/// A pipe table as it stands.
pub(super) struct Raw {
    pub heading: Option<Heading>,
    pub head: Vec<Cell>,
    pub rows: Vec<TableRow>,
    pub span: Span,
    /// The line of prose that ended it, and the first row after that line.
    cut: Option<(Span, Option<Span>)>,
}

impl Raw {
    /// A first row of words goes on with the header.
    pub(super) fn merge_head(&mut self) {
        if self.rows.first().is_some_and(|row| heads::goes_on(&self.head, row)) {
            let row = self.rows.remove(0);
            self.head = heads::joined(std::mem::take(&mut self.head), row.cells);
        }
    }

    /// The block heading right above.
    pub(super) fn block(&self) -> Option<Span> {
        self.heading.as_ref().filter(|h| block::begins_block(h)).map(|h| h.span)
    }

    pub(super) fn table(&mut self, columns: Vec<Column>) -> Table {
        Table { heading: self.heading.take(), columns, rows: std::mem::take(&mut self.rows), span: self.span }
    }

    /// A row after the line of prose that ended the table; one with as many cells as it has columns.
    fn drop_row(&mut self, text: &str, span: Span) {
        if let Some((_, first @ None)) = &mut self.cut
            && cells(&mut Texts::default(), text, span, 0).len() == self.head.len()
            && self.head.len() > 1
        {
            *first = Some(span);
        }
    }

    pub(super) fn dropped(&self) -> Option<Diagnostic> {
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
    /// The pipe line right above, if any: the header may have two rows.
    above: Option<Span>,
}

/// Tables, and the headings of blocks.
pub(super) fn scan(source: &Source, header: Span) -> (Vec<Raw>, Vec<Heading>) {
    let mut raws: Vec<Raw> = Vec::new();
    let mut blocks: Vec<Heading> = Vec::new();
    let mut texts = Texts::default();
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
        } else if fence.is_some() || lead.is_empty() || is_comment(lead) {
            // Blank lines between rows are what extractors leave; a comment may hold anything.
        } else if is_delimiter(lead) {
            if let Some(line) = pending.take().or_else(|| last_row(&mut raws, open)) {
                raws.push(begin(&mut texts, source.text(), &line, heading.clone()));
                open = true;
            }
        } else if pipe(lead) {
            match raws.last_mut().filter(|_| open) {
                Some(raw) => push_row(&mut texts, source.text(), raw, span, number),
                None => {
                    // The pipe line before this one headed no table; it may be the upper half of a header.
                    let before = pending.take();
                    if let (Some(line), Some(raw)) = (&before, raws.last_mut()) {
                        raw.drop_row(source.text(), line.span);
                    }
                    let above = before.filter(|l| l.number + 1 == number).map(|l| l.span);
                    pending = Some(Line { span, number, above });
                }
            }
        } else {
            drop_pending(source, &mut raws, pending.take());
            let title = read_heading(span, text);
            cut(&mut raws, span, open, title.is_some());
            open = false;
            blocks.extend(title.clone().filter(block::begins_block));
            heading = title.or(heading);
        }
    }
    drop_pending(source, &mut raws, pending);
    (raws, blocks)
}

/// A table that has its header so far.
fn begin<'t>(texts: &mut Texts<'t>, text: &'t str, line: &Line, heading: Option<Heading>) -> Raw {
    let mut cut = |span| cells(texts, text, span, 0);
    let own = cut(line.span);
    let head = heads::cells(line.above, own, cut);
    Raw { heading, head, rows: Vec::new(), span: line.span, cut: None }
}

/// A line of prose ends the table it follows; below a heading nothing is missed.
fn cut(raws: &mut [Raw], span: Span, open: bool, is_title: bool) {
    let Some(raw) = raws.last_mut() else { return };
    if is_title {
        raw.cut = raw.cut.filter(|(_, row)| row.is_some());
    } else if open {
        raw.cut = Some((span, None));
    }
}

fn drop_pending(source: &Source, raws: &mut [Raw], pending: Option<Line>) {
    if let (Some(line), Some(raw)) = (pending, raws.last_mut()) {
        raw.drop_row(source.text(), line.span);
    }
}

fn push_row<'t>(texts: &mut Texts<'t>, text: &'t str, raw: &mut Raw, span: Span, line: u32) {
    let mut cells = cells(texts, text, span, raw.head.len());
    let given = cells.len() as u32;
    if cells.iter().all(Cell::is_empty) {
        return;
    }
    let end = Span { start: span.end, end: span.end };
    cells.resize_with(cells.len().max(raw.head.len()), || Cell::shared(None, end));
    raw.rows.push(TableRow { line, span, cells, given });
}

/// A delimiter row after a row starts a new table: that row is its head.
fn last_row(raws: &mut [Raw], open: bool) -> Option<Line> {
    let row = raws.last_mut().filter(|_| open)?.rows.pop()?;
    Some(Line { span: row.span, number: row.line, above: None }).filter(|l| l.number > 0)
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

/// True for a line of comments alone.
fn is_comment(line: &str) -> bool {
    let mut rest = line.trim_end();
    while let Some(inner) = rest.strip_prefix("<!--") {
        let Some(end) = inner.find("-->") else { return false };
        rest = inner[end + 3..].trim_start();
    }
    rest.is_empty()
}

fn is_delimiter(text: &str) -> bool {
    pipe(text)
        && text.contains('-')
        && text.bytes().all(|b| matches!(b, b'|' | b'-' | b':' | b' ' | b'\t'))
        && text.contains("--")
}

/// The cells of a line, outer pipes or not; so many are likely.
fn cells<'t>(texts: &mut Texts<'t>, text: &'t str, span: Span, likely: usize) -> Vec<Cell> {
    let line = &text[span.range()];
    let mut lead = line.len() - line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
    let mut end = line.trim_end().len().max(lead);
    if line[lead..].starts_with('|') {
        lead += 1;
    }
    if end > lead && line[..end].ends_with('|') && !line[..end].ends_with("\\|") {
        end -= 1;
    }
    let body = &line.as_bytes()[lead..end];
    let mut found = Vec::with_capacity(likely);
    let mut start = 0;
    for at in 0..body.len() {
        if body[at] == b'|' && (at == 0 || body[at - 1] != b'\\') {
            found.push(texts.cell(text, span.part(lead + start, at - start)));
            start = at + 1;
        }
    }
    found.push(texts.cell(text, span.part(lead + start, body.len() - start)));
    found
}

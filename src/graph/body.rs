//! A table's rows as they are expanded: read once, however often they are used.

use super::scope::Scope;
use super::settings::Settings;
use super::totals_rows;
use super::twins::Written;
use crate::diag::{Code, Diagnostic};
use crate::layer;
use crate::source::Span;
use crate::syntax::{
    self, Cell, CellError, Column, ColumnRole, Item, LayerCell, Layers, Memo, Read, Table, TableRow,
};
use ecow::EcoString;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// The deepest nesting of groups.
const DEEPEST: usize = 32;

/// The rows of a net or a block.
pub(super) struct Body<'a> {
    pub table: &'a Table,
    pub rows: Vec<BodyRow<'a>>,
    pub nodes: Vec<Node>,
    /// Rows by the names their authors gave them.
    pub names: HashMap<EcoString, usize>,
    /// Those of several rows.
    pub twice: HashSet<EcoString>,
}

/// A row, its layer cell read.
pub(super) struct BodyRow<'a> {
    pub row: &'a TableRow,
    /// The layer cell, marks of groups taken off.
    pub cell: Cow<'a, Cell>,
    read: Read<Layers>,
    pub unreadable: Option<Box<CellError>>,
    pub name: Option<EcoString>,
    /// The first row of the table that is written alike, where that is another one.
    pub like: Option<u32>,
    /// Others are written alike.
    pub again: bool,
}

/// A row, or a group of them that is repeated.
pub(super) enum Node {
    Row(u32),
    Group(Box<Group>),
}

/// Rows that are repeated.
pub(super) struct Group {
    pub count: String,
    pub span: Span,
    pub nodes: Vec<Node>,
}

impl<'a> Body<'a> {
    /// Adds a row that is written like one before it; false where there is none.
    fn repeated(&mut self, row: &'a TableRow, written: &Written) -> bool {
        let Some(like) = written.first(row) else { return false };
        let index = self.rows.len();
        let Some(first) = self.rows.get_mut(like as usize) else { return false };
        let Cow::Borrowed(cell) = first.cell else { return false };
        let at = first.row.cells.iter().position(|c| std::ptr::eq(c, cell));
        let Some(cell) = at.and_then(|at| row.cells.get(at)) else { return false };
        first.again = true;
        let (read, cell) = (Rc::clone(&first.read), Cow::Borrowed(cell));
        self.rows.push(BodyRow {
            row,
            cell,
            read,
            unreadable: None,
            name: None,
            like: Some(like),
            again: false,
        });
        self.nodes.push(Node::Row(index as u32));
        true
    }
}

impl<'a> BodyRow<'a> {
    /// The layers in its layer cell.
    pub(super) fn parts(&self) -> &[LayerCell] {
        self.read.as_ref().as_ref().map_or(&[], |l| &l.parts)
    }

    /// True where they stand in brackets.
    pub(super) fn is_bracket(&self) -> bool {
        self.read.as_ref().as_ref().is_ok_and(|l| l.bracket)
    }

    /// What stands behind the brackets.
    pub(super) fn outer(&self) -> &[Item] {
        self.read.as_ref().as_ref().map_or(&[], |l| &l.outer)
    }

    /// The row's cell in the column of a role, if it says anything.
    pub(super) fn cell(&self, table: &Table, role: &ColumnRole) -> Option<&'a Cell> {
        let at = table.columns.iter().position(|c| c.role == *role)?;
        self.row.cells.get(at).filter(|c| !c.is_empty())
    }

    /// Columns and cells that say something, the layer's and the nets' left out.
    pub(super) fn said<'t>(
        &self,
        table: &'t Table,
    ) -> impl Iterator<Item = (&'t Column, &'a Cell)> + use<'t, 'a> {
        let row = self.row;
        table.columns.iter().zip(&row.cells).filter(|(column, cell)| {
            !cell.is_empty() && !matches!(column.role, ColumnRole::Layer | ColumnRole::Net)
        })
    }
}

/// Reads a table's rows: those that have a layer, in the layer column or in the column of one net.
pub(super) fn body<'a>(
    table: &'a Table,
    net: Option<usize>,
    settings: &Settings,
    found: &mut Vec<Diagnostic>,
) -> Body<'a> {
    let mut body =
        Body { table, rows: Vec::new(), nodes: Vec::new(), names: HashMap::new(), twice: HashSet::new() };
    let mut open: Vec<(String, Span, Vec<Node>)> = Vec::new();
    let layer_at = table.columns.iter().position(|c| c.role == ColumnRole::Layer);
    let mut written = Written::default();
    for row in &table.rows {
        if open.is_empty() && body.repeated(row, &written) {
            continue;
        }
        let cell = match net {
            Some(at) => cell_of_net(table, row, at),
            None => layer_at.and_then(|at| row.cells.get(at)),
        };
        let Some(cell) =
            cell.filter(|c| !c.is_empty() && !totals_rows::is_total(table, row, &settings.cells))
        else {
            continue;
        };
        let groups = syntax::groups(&cell.text);
        for count in &groups.opens {
            let span = cell.span_of(&(count.start as u32..count.end as u32));
            open.push((cell.text[count.clone()].to_owned(), span, Vec::new()));
        }
        if open.len() > DEEPEST {
            let text = format!("groups of rows are nested deeper than {DEEPEST}");
            found.push(Diagnostic::new(Code::E0412, cell.span, text).help("use blocks instead"));
            open.truncate(DEEPEST);
        }
        if let Some(read) = body_row(row, cell, groups.inner, table, &settings.cells) {
            let index = body.rows.len();
            if let Some(name) = &read.name
                && *body.names.entry(name.clone()).or_insert(index) != index
            {
                body.twice.insert(name.clone());
            }
            if matches!(read.cell, Cow::Borrowed(_)) && read.name.is_none() && read.unreadable.is_none() {
                written.add(row, index as u32);
            }
            body.rows.push(read);
            open.last_mut().map_or(&mut body.nodes, |g| &mut g.2).push(Node::Row(index as u32));
        }
        for _ in 0..groups.closes {
            close(&mut body.nodes, &mut open, cell.span, found);
        }
    }
    while let Some((_, span, _)) = open.last() {
        let text = "this group of rows is not closed";
        found.push(Diagnostic::new(Code::E0412, *span, text).help("end the last row of the group with `}`"));
        close(&mut body.nodes, &mut open, table.span, found);
    }
    body
}

fn close(
    nodes: &mut Vec<Node>,
    open: &mut Vec<(String, Span, Vec<Node>)>,
    place: Span,
    found: &mut Vec<Diagnostic>,
) {
    match open.pop() {
        Some((count, span, inside)) => {
            open.last_mut().map_or(nodes, |g| &mut g.2).push(Node::Group(Box::new(Group {
                count,
                span,
                nodes: inside,
            })));
        }
        None => {
            let text = "`}` closes no group of rows";
            found.push(
                Diagnostic::new(Code::E0412, place, text)
                    .help("begin the group with `5 x {` before its first row"),
            );
        }
    }
}

/// The cell that speaks for a net: its own, or the one that spans its column.
pub(super) fn cell_of_net<'a>(table: &Table, row: &'a TableRow, net: usize) -> Option<&'a Cell> {
    let first = table.columns.iter().position(|c| c.role == ColumnRole::Net)?;
    let written = (row.given as usize).min(table.columns.len());
    let mut at = net.min(written.checked_sub(1)?);
    while row.cells.get(at)?.text == "<" {
        at = at.checked_sub(1)?;
    }
    let is_net = at >= first && table.columns.get(at).is_some_and(|c| c.role == ColumnRole::Net);
    if is_net { row.cells.get(at) } else { None }
}

fn body_row<'a>(
    row: &'a TableRow,
    cell: &'a Cell,
    inner: std::ops::Range<usize>,
    table: &Table,
    cells: &Memo,
) -> Option<BodyRow<'a>> {
    let whole = inner == (0..cell.text.len());
    let cell = if whole { Cow::Borrowed(cell) } else { Cow::Owned(part(cell, inner)?) };
    let mut read: Read<Layers> = cells.layers(&cell.text);
    let unreadable = read.as_ref().as_ref().err().cloned().map(Box::new);
    if unreadable.is_some() {
        let word = syntax::LayerCell {
            word: Arc::from(cell.text.as_str()),
            range: 0..0,
            name: None,
            items: Vec::new(),
        };
        read = Rc::new(Ok(Layers { parts: vec![word], bracket: false, outer: Vec::new() }));
    }
    let mut made = BodyRow { row, cell, read, unreadable, name: None, like: None, again: false };
    let written = made.cell(table, &ColumnRole::Name).map(|c| EcoString::from(&c.text));
    made.name = match made.parts() {
        [only] if !made.is_bracket() => written.or_else(|| only.name.as_deref().map(EcoString::from)),
        _ => written,
    };
    Some(made)
}

/// A part of a cell, blanks around it taken off.
fn part(cell: &Cell, inner: std::ops::Range<usize>) -> Option<Cell> {
    let raw = &cell.text[inner.clone()];
    let text = raw.trim();
    if text.is_empty() {
        return None;
    }
    let start = inner.start + (raw.len() - raw.trim_start().len());
    let end = start + text.len();
    let span = cell.span_of(&(start as u32..end as u32));
    let map = (start..=end).map(|i| cell.span_of(&(i as u32..i as u32)).start).collect();
    Some(Cell::new(text.to_owned(), span, map))
}

/// True where a row of the table begins a net by itself.
pub(super) fn has_input(body: &Body<'_>, cells: &Memo) -> bool {
    let begins = |word: &str| cells.kind(word).is_some_and(layer::Kind::inputs_nothing);
    body.rows.iter().any(|r| r.parts().iter().any(|p| begins(&p.word)))
}

/// True where cells of a table say one of these words.
pub(super) fn asks(table: &Table, words: &[&str]) -> bool {
    let asks = |c: &Cell| words.iter().any(|w| c.text.contains(w));
    table.rows.iter().any(|r| r.cells.iter().any(asks))
}

/// A diagnostic for a cell that cannot be read.
pub(super) fn unreadable(scope: &Scope<'_>, cell: &Cell, error: &CellError) -> Diagnostic {
    let mut d = Diagnostic::new(Code::E0203, scope.place(cell, &error.range), error.message.clone());
    d.help.clone_from(&error.help);
    d
}

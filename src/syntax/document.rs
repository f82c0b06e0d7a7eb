//! The document tree: header, tables, rows and cells, all with their places.

use super::block::{Block, Names};
use super::unit::Unit;
use crate::source::Span;
use std::collections::HashMap;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A parsed document.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The YAML header; empty where there is none.
    pub header: Header,
    /// The layer tables, in document order; those of blocks are in [`Document::blocks`].
    pub tables: Vec<Table>,
    /// The blocks that `## block NAME(...)` headings begin.
    pub blocks: Vec<Block>,
    /// Tables below a heading that are no layer tables: a row may name one of connections.
    pub others: Vec<Table>,
    /// The names that begin a layer cell beside those of the kinds.
    pub names: Arc<Names>,
}

/// The header's values and where each of them stands.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// The whole header between its `---` lines, with them; empty where there is none.
    pub span: Span,
    /// The YAML value (a mapping), or null.
    pub value: serde_yaml::Value,
    /// For each key path, such as `["defaults", "conv", "padding"]` (list items by number): the span of the key
    /// (of the item, in a list) and of its value.
    pub places: HashMap<Vec<String>, (Span, Span)>,
}

/// A value found in the header.
#[derive(Clone, Copy, Debug)]
pub struct HeaderField<'a> {
    /// The value.
    pub value: &'a serde_yaml::Value,
    /// Where its key stands.
    pub key_span: Span,
    /// Where the value stands.
    pub span: Span,
}

impl Header {
    /// The value at a key path, if there is one.
    pub fn get(&self, path: &[&str]) -> Option<HeaderField<'_>> {
        let mut value = &self.value;
        for key in path {
            value = match value {
                serde_yaml::Value::Sequence(items) => items.get(key.parse::<usize>().ok()?)?,
                _ => value.get(*key)?,
            };
        }
        let key: Vec<String> = path.iter().map(|k| (*k).to_owned()).collect();
        let (key_span, span) = self.places.get(&key).copied().unwrap_or((self.span, self.span));
        Some(HeaderField { value, key_span, span })
    }

    /// The keys of the mapping at a path, in the order written; empty where there is no mapping.
    pub fn keys(&self, path: &[&str]) -> Vec<String> {
        let value = if path.is_empty() { Some(&self.value) } else { self.get(path).map(|f| f.value) };
        match value {
            Some(serde_yaml::Value::Mapping(m)) => {
                m.keys().filter_map(|k| k.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A Markdown heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its text without the marks.
    pub text: String,
    /// Where the text stands.
    pub span: Span,
}

/// One layer table.
#[derive(Clone, Debug)]
pub struct Table {
    /// The nearest heading above, if any: the net's name where there are several.
    pub heading: Option<Heading>,
    /// The header row's columns.
    pub columns: Vec<Column>,
    /// The rows, in order; rows without any text are left out.
    pub rows: Vec<TableRow>,
    /// The header row.
    pub span: Span,
}

/// A column and what its cells mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its role.
    pub role: ColumnRole,
    /// Its header, cleaned of Markdown.
    pub text: String,
    /// The unit its header states, of a column of counts: `Params (M)`.
    pub unit: Option<Unit>,
    /// Where the header stands.
    pub span: Span,
}

/// What a column's cells mean.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ColumnRole {
    /// The layer's kind, and more where the notation has it.
    Layer,
    /// The row's name.
    Name,
    /// The rows it takes its input from.
    From,
    /// Claimed output size.
    Output,
    /// Claimed input size.
    Input,
    /// Kernel, stride and other causes together.
    Filter,
    /// One cause, by the parameter's canonical name: `stride`, `padding`, `K`, `groups`, `dilation`, `repeat`.
    Cause(String),
    /// Claimed trained parameters.
    Params,
    /// Claimed multiplications.
    Macs,
    /// Claimed depth.
    Depth,
    /// Claimed connections.
    Connections,
    /// A net of its own.
    Net,
    /// A block parameter's name.
    Block(String),
    /// Not read.
    Ignore,
}

impl ColumnRole {
    /// True for counts, which a header may state a unit of.
    pub(super) fn is_count(&self) -> bool {
        matches!(self, Self::Params | Self::Macs | Self::Connections)
    }
}

/// A table row.
#[derive(Clone, Debug)]
pub struct TableRow {
    /// Its line, from 1.
    pub line: u32,
    /// The whole line.
    pub span: Span,
    /// One cell a column; a row shorter than the header has empty cells.
    pub cells: Vec<Cell>,
    /// How many cells are written.
    pub given: u32,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// None where nothing is said.
    said: Option<Arc<Said>>,
    /// Where its trimmed text stands in the document; an empty span inside the cell where it is empty.
    pub span: Span,
}

/// What a cell says; shared by the cells of a document that are written alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Cleaned of Markdown and trimmed; `-` is empty.
    pub text: String,
    /// For each byte of `text` (and one past the end) how far behind the cell's first byte it stands, where
    /// cleaning moved things; empty where the text stands in the document as it is.
    map: Vec<u32>,
}

impl Said {
    /// A text that cleaning moved, with the places of its bytes behind the cell's first one.
    pub(super) const fn new(text: String, map: Vec<u32>) -> Self {
        Self { text, map }
    }
}

static NOTHING: Said = Said::new(String::new(), Vec::new());

/// A cell's text is its own field to a reader.
impl Deref for Cell {
    type Target = Said;

    fn deref(&self) -> &Said {
        self.said.as_deref().unwrap_or(&NOTHING)
    }
}

impl Cell {
    /// A cell whose text stands at `span`, its bytes at these places of the document where cleaning moved them.
    pub fn new(text: String, span: Span, places: Vec<u32>) -> Self {
        let map = places.into_iter().map(|at| at.wrapping_sub(span.start)).collect();
        Self::shared(Some(Arc::new(Said { text, map })), span)
    }

    /// A cell that says what others say, or nothing.
    pub(super) const fn shared(said: Option<Arc<Said>>, span: Span) -> Self {
        Self { said, span }
    }

    /// The same for cells that are written alike and share what they say.
    pub(crate) fn identity(&self) -> usize {
        self.said.as_ref().map_or(0, |said| Arc::as_ptr(said).addr())
    }

    /// True where nothing is said.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Its text, to be changed for this cell alone.
    pub(super) fn text_mut(&mut self) -> &mut String {
        &mut Arc::make_mut(self.said.get_or_insert_default()).text
    }

    /// The place of a byte range of `text` in the document.
    pub fn span_of(&self, range: &Range<u32>) -> Span {
        let at = |byte: u32| {
            let moved = self.map.get(byte as usize).copied().unwrap_or(byte);
            self.span.start.wrapping_add(moved)
        };
        Span { start: at(range.start), end: at(range.end) }
    }
}

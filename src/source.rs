//! Source text, byte spans, and the line and column a person counts.

/// A half-open range of bytes in a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of the bytes `start..end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The span as a range for slicing.
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that holds both.
    pub fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// A span `offset` bytes in with `length` bytes, relative to this one's start.
    pub const fn part(self, offset: usize, length: usize) -> Self {
        Self { start: self.start + offset as u32, end: self.start + (offset + length) as u32 }
    }

    /// True where the span holds no byte.
    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// A place a person can find: both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One text and its name, as it is shown in diagnostics.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    line_starts: Vec<u32>,
}

impl Source {
    /// The longest text netc reads, in bytes: a million rows are 27 MB, and short rows take forty times their text.
    pub const MAX_BYTES: usize = 64 << 20;

    /// A source of this name. A text beyond [`Source::MAX_BYTES`] must be refused before this.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut line_starts = vec![0];
        line_starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        Self { name: name.into(), text, line_starts }
    }

    /// The name shown in diagnostics: a path as the user wrote it, or `-`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte.
    pub fn place(&self, byte: u32) -> Place {
        let line = self.line_of(byte);
        let start = self.line_starts[line as usize - 1] as usize;
        let end = (byte as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(0, |t| t.chars().count());
        Place { line, column: column as u32 + 1 }
    }

    /// The line a byte stands on, from 1.
    pub fn line_of(&self, byte: u32) -> u32 {
        self.line_starts.partition_point(|s| *s <= byte) as u32
    }

    /// How many lines there are.
    pub fn line_count(&self) -> u32 {
        self.line_starts.len() as u32
    }

    /// The span of a line (from 1) without its line break; empty where there is no such line.
    pub fn line_span(&self, line: u32) -> Span {
        let index = line.saturating_sub(1) as usize;
        let Some(start) = self.line_starts.get(index) else { return Span::default() };
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |e| *e as usize);
        let kept = self.text[*start as usize..end].trim_end_matches(['\n', '\r']).len();
        Span::new(*start as usize, *start as usize + kept)
    }
}

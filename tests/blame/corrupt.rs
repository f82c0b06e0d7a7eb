//! Sound documents, their cells by role, and what one may be corrupted to.

use netc::source::{Source, Span};
use netc::syntax::{self, ColumnRole, Expr, Item, ItemKind, ValueExpr};
use netc::{Compiled, Options};
use std::fs;
use std::path::Path;

/// What a cell is to netc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A claimed size.
    Claim,
    /// A stride, kernel, K, padding or the input's size.
    Cause,
    /// A word or number of the header that several rows share.
    Shared,
}

impl Role {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Claim => "a claim",
            Self::Cause => "a cause",
            Self::Shared => "a shared cause",
        }
    }
}

/// A piece of text that may be corrupted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spot {
    role: Role,
    span: Span,
    value: Written,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq)]
enum Written {
    /// Height, width, channels, or channels alone.
    Size(Vec<u64>),
    /// Height and width of a kernel, or one number.
    Kernel(Vec<u64>),
    Stride(Vec<u64>),
    Channels(u64),
    Padding(u64),
    Word(String),
}

/// splitmix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// So many different ones.
    pub(crate) fn several<'a, T: PartialEq>(&mut self, from: &'a [T], n: usize) -> Vec<&'a T> {
        let mut chosen: Vec<&T> = Vec::new();
        while chosen.len() < n.min(from.len()) {
            let one = &from[self.below(from.len())];
            if !chosen.contains(&one) {
                chosen.push(one);
            }
        }
        chosen
    }
}

/// FNV-1a, so that a document's sample does not depend on the others.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

pub(crate) fn compile(text: &str) -> Compiled {
    netc::compile(&Source::new("x", text), &Options { stem: "x".to_owned(), ..Options::default() })
}

/// A sound document.
#[derive(Clone)]
pub(crate) struct Document {
    pub(crate) name: String,
    text: String,
    spots: Vec<Spot>,
    /// True where netc infers the padding words.
    pub(crate) convention_is_open: bool,
}

/// A corrupted one and the cells that were changed.
pub(crate) struct Wrong {
    pub(crate) text: String,
    pub(crate) cells: Vec<Span>,
    told: String,
}

impl Wrong {
    /// The cell is where `at` begins.
    pub(crate) fn new(text: String, at: &str) -> Self {
        let start = text.find(at).unwrap();
        Self { cells: vec![Span::new(start, start + 1)], text, told: at.to_owned() }
    }

    pub(crate) fn compile(&self) -> Compiled {
        compile(&self.text)
    }

    pub(crate) fn told(&self) -> &str {
        &self.told
    }
}

impl Document {
    fn new(name: &str, text: String) -> Option<Self> {
        let found = compile(&text);
        if !found.is_sound() {
            return None;
        }
        let open = !text.contains("dialect:") && !text.contains("defaults:");
        let spots = spots(&text);
        Some(Self { name: name.to_owned(), text, spots, convention_is_open: open })
    }

    pub(crate) fn spots(&self, role: Role) -> Vec<Spot> {
        self.spots.iter().filter(|s| s.role == role).cloned().collect()
    }

    /// The document with these spots changed to something else that an author might have written.
    pub(crate) fn corrupted(&self, spots: &[&Spot], random: &mut Random) -> Option<Wrong> {
        let mut edits: Vec<(Span, String)> =
            spots.iter().map(|s| (s.span, self.other(&s.value, random))).collect();
        edits.sort_by_key(|(s, _)| s.start);
        let source = Source::new("x", self.text.clone());
        let (mut text, mut cells, mut told) = (String::new(), Vec::new(), String::new());
        let mut at = 0;
        for (span, new) in &edits {
            text.push_str(&self.text[at..span.range().start]);
            cells.push(Span::new(text.len(), text.len() + new.len()));
            text.push_str(new);
            at = span.range().end;
            let line = source.line_of(span.start);
            told += &format!("[line {line}: {} for {}] ", new, source.slice(*span));
        }
        text.push_str(&self.text[at..]);
        (text != self.text).then_some(Wrong { text, cells, told })
    }

    /// Another value of the same sort.
    fn other(&self, value: &Written, random: &mut Random) -> String {
        match value {
            Written::Size(size) => self.other_size(size, random),
            Written::Kernel(k) => pair(k, other_of(&[1, 2, 3, 4, 5, 7, 9, 11], k[0], random)),
            Written::Stride(s) => pair(s, other_of(&[1, 2, 3, 4], s[0], random)),
            Written::Padding(p) => other_of(&[0, 1, 2, 3, 4], *p, random).to_string(),
            Written::Channels(k) => {
                other_of(&[k * 2, (k / 2).max(1), k + 1, 10 * k, 64, 96], *k, random).to_string()
            }
            Written::Word(word) => {
                let words = ["valid", "same", "ceil", "k//2"];
                let others: Vec<&str> = words.into_iter().filter(|w| w != word).collect();
                others[random.below(others.len())].to_owned()
            }
        }
    }

    /// Another size: the sides or the channels, near the old or those of another cell.
    fn other_size(&self, size: &[u64], random: &mut Random) -> String {
        let sizes: Vec<&[u64]> = self
            .spots
            .iter()
            .filter_map(|s| match &s.value {
                Written::Size(v) if v.len() == size.len() => Some(v.as_slice()),
                _ => None,
            })
            .collect();
        let other = sizes[random.below(sizes.len())];
        let mut new = size.to_vec();
        let channels = size.len() - 1;
        let at = if size.len() == 1 || random.below(10) < 3 { channels } else { 0 };
        let old = size[at];
        let near = [other[at], other[at], old + 1, old.saturating_sub(1).max(1), old * 2, (old / 2).max(1)];
        let value = other_of(&near, old, random);
        if at == channels {
            new[channels] = value;
        } else {
            new[..channels].fill(value);
        }
        new.iter().map(u64::to_string).collect::<Vec<_>>().join("x")
    }
}

fn other_of(from: &[u64], old: u64, random: &mut Random) -> u64 {
    let others: Vec<u64> = from.iter().copied().filter(|v| *v != old).collect();
    others[random.below(others.len())]
}

/// One number or two alike, as it stood there.
fn pair(before: &[u64], value: u64) -> String {
    vec![value.to_string(); before.len()].join("x")
}

/// Every sound document of `specs/` and `tests/tables/`, and the article's mended table, whose
/// conventions are open.
pub(crate) fn documents() -> Vec<Document> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = ["specs", "tests/tables"]
        .iter()
        .flat_map(|f| fs::read_dir(root.join(f)).unwrap())
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_file())
        .collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let mended = crate::judge::mended(&compile(&text), &text, true);
        found.extend(Document::new(&name, mended.unwrap_or(text)));
    }
    found
}

/// The same document with a column of the parameters its rows have.
pub(crate) fn with_params(document: &Document) -> Option<Document> {
    let found = compile(&document.text);
    let [checked] = found.nets.as_slice() else { return None };
    let [table] = found.document.tables.as_slice() else { return None };
    let source = Source::new("x", document.text.clone());
    let head = source.line_of(table.span.start);
    let mut out = String::new();
    for (index, line) in document.text.lines().enumerate() {
        let number = index as u32 + 1;
        let bare = line.trim_end().trim_end_matches('|').trim_end();
        let params = || {
            let row = checked.net.order.iter().find(|n| checked.net.graph[**n].line == number)?;
            Some(checked.row(*row)?.cost.params()).filter(|p| *p > 0)
        };
        let cells = found.document.tables[0].columns.len();
        let filled =
            " |".repeat(cells.saturating_sub(bare.matches('|').count() - usize::from(line.starts_with('|'))));
        let row = table.rows.iter().any(|r| r.line == number);
        out += &match (number.cmp(&head), row) {
            (std::cmp::Ordering::Equal, _) => format!("{bare} | params |"),
            _ if number == head + 1 => format!("{bare}|---|"),
            (_, true) => format!("{bare}{filled} {} |", params().map_or(String::new(), |p| p.to_string())),
            _ => line.to_owned(),
        };
        out.push('\n');
    }
    Document::new(&document.name, out)
}

/// Every cell that may be corrupted.
fn spots(text: &str) -> Vec<Spot> {
    let source = Source::new("x", text);
    let (document, _) = syntax::parse(&source);
    let mut found = Vec::new();
    for table in &document.tables {
        found.extend(cells(table));
    }
    // A block's causes speak for every use of it.
    for block in &document.blocks {
        let causes = cells(&block.table).into_iter().filter(|s| s.role == Role::Cause);
        found.extend(causes.map(|s| Spot { role: Role::Shared, ..s }));
    }
    for (path, (_, span)) in &document.header.places {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let text = source.slice(*span).trim();
        let span = Span { end: span.start + text.len() as u32, ..*span };
        match (path.as_slice(), text.parse()) {
            (["defaults", "conv" | "pool", "padding"], _) => {
                found.push(spot(Role::Shared, span, Written::Word(text.to_owned())));
            }
            (["let", _], Ok(value)) if value > 1 => {
                found.push(spot(Role::Shared, span, Written::Channels(value)));
            }
            _ => {}
        }
    }
    found.sort_by_key(|s| s.span);
    found
}

/// The claims and causes of a table.
fn cells(table: &syntax::Table) -> Vec<Spot> {
    let mut found = Vec::new();
    let at = |role: &ColumnRole| table.columns.iter().position(|c| c.role == *role);
    let (layer, filter) = (at(&ColumnRole::Layer), at(&ColumnRole::Filter));
    for row in &table.rows {
        let kind = layer.map_or(String::new(), |l| row.cells[l].text.to_uppercase());
        let causes = filter.map_or("", |f| row.cells[f].text.as_str());
        for (column, cell) in table.columns.iter().zip(&row.cells).filter(|(_, c)| !c.is_empty()) {
            match &column.role {
                ColumnRole::Output => {
                    let cause = kind.starts_with("INPUT") || kind.starts_with("FC") && causes.is_empty();
                    let role = if cause { Role::Cause } else { Role::Claim };
                    found.extend(size(&cell.text).map(|v| spot(role, cell.span, Written::Size(v))));
                }
                ColumnRole::Input => {
                    found.extend(size(&cell.text).map(|v| spot(Role::Claim, cell.span, Written::Size(v))));
                }
                ColumnRole::Filter => {
                    let items = syntax::causes(&cell.text).unwrap_or_default();
                    found.extend(items.iter().filter_map(|i| cause(i, cell)));
                }
                ColumnRole::Cause(_) | ColumnRole::Block(_) => found.extend(number(cell)),
                ColumnRole::Net => found.extend(of_net(cell)),
                _ => {}
            }
        }
    }
    found
}

/// A number in a column of its own: a stride, K or a block's parameter.
fn number(cell: &syntax::Cell) -> Option<Spot> {
    let number: u64 = cell.text.parse().ok()?;
    let value = if number < 8 { Written::Stride(vec![number]) } else { Written::Channels(number) };
    Some(spot(Role::Cause, cell.span, value))
}

/// Every number of a layer in a net's column: `conv3-64`, `[1x1, 64; 3x3, 64] x 3`.
fn of_net(cell: &syntax::Cell) -> Vec<Spot> {
    let bytes = cell.text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let starts = (0..bytes.len()).filter(|i| digit(*i) && !(*i > 0 && digit(i - 1)));
    let spots = starts.filter_map(|start| {
        let end = (start..).find(|i| !digit(*i))?;
        let number: u64 = cell.text[start..end].parse().ok()?;
        let value = if number < 16 { Written::Kernel(vec![number]) } else { Written::Channels(number) };
        Some(spot(Role::Cause, cell.span_of(&(start as u32..end as u32)), value))
    });
    // A count such as 25.5x10^6 is a total.
    if cell.text.contains(['.', '^']) { Vec::new() } else { spots.collect() }
}

fn spot(role: Role, span: Span, value: Written) -> Spot {
    Spot { role, span, value }
}

fn size(text: &str) -> Option<Vec<u64>> {
    text.split('x').map(|f| f.trim().parse().ok()).collect()
}

fn numbers(parts: &[Expr]) -> Option<Vec<u64>> {
    parts
        .iter()
        .map(|e| match e {
            Expr::Number(v) if v.fract() == 0.0 => Some(*v as u64),
            _ => None,
        })
        .collect()
}

/// The cause an item states, where it is one of those that are corrupted.
fn cause(item: &Item, cell: &syntax::Cell) -> Option<Spot> {
    let at = |range: &std::ops::Range<u32>| cell.span_of(range);
    let (span, value) = match &item.kind {
        ItemKind::Size(parts) if parts.len() == 2 => (at(&item.range), Written::Kernel(numbers(parts)?)),
        ItemKind::Slash { size, mended } => {
            let span = at(&item.range);
            (Span { start: span.start + u32::from(*mended), ..span }, Written::Stride(numbers(size)?))
        }
        ItemKind::Named { key, value, value_range, .. } => match (key.as_str(), value) {
            ("K", ValueExpr::One(e)) => {
                (at(value_range), Written::Channels(*numbers(std::slice::from_ref(e))?.first()?))
            }
            ("p" | "pad", ValueExpr::One(e)) => {
                let value = *numbers(std::slice::from_ref(e))?.first()?;
                (at(value_range), Written::Padding(value))
            }
            ("padding", ValueExpr::One(Expr::Name(word))) => (at(value_range), Written::Word(word.clone())),
            _ => return None,
        },
        _ => return None,
    };
    Some(spot(Role::Cause, span, value))
}

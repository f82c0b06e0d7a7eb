//! Blocks: rows with parameters, `## block NAME(p, q=1)` and the table below it.

use super::columns::fold;
use super::document::{Cell, Heading, Table};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use std::collections::HashSet;

/// The most parameters of a block.
const MOST: usize = 52;

/// A block of rows, as it is written.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its name: `bottleneck`, `dense layer`.
    pub name: String,
    /// Its parameters, in the order written.
    pub params: Vec<BlockParam>,
    /// The heading's text.
    pub span: Span,
    /// Its rows. A parameter whose name is no identifier stands in their cells as its identifier.
    pub table: Table,
}

/// A parameter of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockParam {
    /// Its name, any header's text: `#3x3 reduce`.
    pub name: String,
    /// How expressions name it: its name where that is an identifier, else one of as many bytes.
    pub ident: String,
    /// Where it stands.
    pub span: Span,
    /// The expression it is where a row does not give it.
    pub default: Option<(String, Span)>,
}

/// The names of blocks that may begin a layer cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    folded: HashSet<String>,
}

impl Names {
    /// The names of these blocks.
    pub fn of<'a>(blocks: impl Iterator<Item = &'a str>) -> Self {
        Self { folded: blocks.map(folded).collect() }
    }

    /// True for a kind or a block.
    pub fn has(&self, name: &str) -> bool {
        crate::layer::find(name).is_some() || (!self.folded.is_empty() && self.folded.contains(&folded(name)))
    }
}

/// A block's name as it is compared: lower case, words joined by one blank.
pub(crate) fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A `## block` heading, its table not read yet.
#[derive(Clone, Debug)]
pub(super) struct BlockHead {
    pub name: String,
    pub params: Vec<BlockParam>,
    pub span: Span,
}

/// True where a heading begins a block.
pub(super) fn begins_block(heading: &Heading) -> bool {
    let mut words = heading.text.split_whitespace();
    words.next().is_some_and(|w| w.eq_ignore_ascii_case("block")) && words.next().is_some()
}

/// Reads a heading that begins a block.
pub(super) fn head(heading: &Heading, found: &mut Vec<Diagnostic>) -> Option<BlockHead> {
    let wrong = |span: Span, message: String| {
        Diagnostic::new(Code::E0410, span, message)
            .help("write it like `## block bottleneck(c, s=1)`, its table below")
    };
    let text = heading.text.as_str();
    let start = 5 + (text[5..].len() - text[5..].trim_start().len());
    let body = &text[start..];
    let (name, list) = match body.split_once('(') {
        None => (body, None),
        Some((name, rest)) => match rest.trim_end().strip_suffix(')') {
            Some(list) => (name, Some((list, start + name.len() + 1))),
            None => {
                found
                    .push(wrong(heading.span, format!("the parameters of `{}` are not closed", name.trim())));
                return None;
            }
        },
    };
    let name = name.trim();
    if name.is_empty() || !name.starts_with(|c: char| c.is_alphabetic()) {
        let message = format!("`{text}` does not name its block with a word");
        found.push(wrong(heading.span, message));
        return None;
    }
    let mut params: Vec<BlockParam> = Vec::new();
    for (part, at) in list.map_or_else(Vec::new, |(list, at)| parts(list, at)) {
        match param(part, heading.span.part(at, part.len()), params.len()) {
            Ok(param) if params.iter().any(|p| fold(&p.name) == fold(&param.name)) => {
                let message = format!("`{name}` has two parameters `{}`", param.name);
                found.push(wrong(param.span, message));
            }
            Ok(param) => params.push(param),
            Err(message) => found.push(wrong(heading.span.part(at, part.len()), message)),
        }
    }
    Some(BlockHead { name: name.to_owned(), params, span: heading.span })
}

/// The parts between commas that stand in no parentheses, and where each begins.
fn parts(list: &str, at: usize) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (i, c) in list.char_indices().chain(std::iter::once((list.len(), ','))) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 || i == list.len() => {
                let part = &list[start..i];
                let lead = part.len() - part.trim_start().len();
                if !part.trim().is_empty() {
                    found.push((part.trim(), at + start + lead));
                }
                start = i + 1;
            }
            _ => {}
        }
    }
    found
}

fn param(part: &str, span: Span, index: usize) -> Result<BlockParam, String> {
    let (name, default) = match part.split_once('=') {
        Some((name, value)) => {
            let lead = value.len() - value.trim_start().len();
            let place = span.part(name.len() + 1 + lead, value.trim().len());
            (name.trim(), Some((value.trim().to_owned(), place)))
        }
        None => (part, None),
    };
    let letter = (b'a'..=b'z').chain(b'A'..=b'Z').nth(index).ok_or(format!("more than {MOST} parameters"))?;
    let ident = if is_identifier(name) {
        name.to_owned()
    } else if name.len() < 2 || fold(name).is_empty() {
        return Err(format!("`{name}` does not name a parameter"));
    } else {
        format!("_{}{}", char::from(letter), "_".repeat(name.len() - 2))
    };
    Ok(BlockParam { name: name.to_owned(), ident, span: span.part(0, name.len()), default })
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Writes `{#3x3 reduce}` as an identifier of as many bytes, so that places stay what they are.
pub(super) fn identified(cells: &mut [Cell], params: &[BlockParam]) {
    for param in params.iter().filter(|p| p.ident != p.name) {
        for cell in cells.iter_mut().filter(|c| c.text.contains('{')) {
            let mut from = 0;
            while let Some(open) = cell.text[from..].find('{').map(|i| from + i + 1) {
                let Some(close) = cell.text[open..].find('}').map(|i| open + i) else { break };
                let inner = &cell.text[open..close];
                let start = open + (inner.len() - inner.trim_start().len());
                if inner.trim().eq_ignore_ascii_case(&param.name) {
                    cell.text_mut().replace_range(start..start + param.name.len(), &param.ident);
                }
                from = close + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<BlockHead>, usize) {
        let mut found = Vec::new();
        let heading = Heading { text: text.to_owned(), span: Span::new(3, 3 + text.len()) };
        (head(&heading, &mut found), found.len())
    }

    #[test]
    fn headings_give_names_and_parameters() {
        let (head, wrong) = read("block inception(#1x1, #3x3 reduce, s = 1, d=max(1, 2))");
        let head = head.unwrap();
        assert_eq!((head.name.as_str(), wrong), ("inception", 0));
        let params: Vec<_> = head.params.iter().map(|p| (p.name.as_str(), p.ident.len())).collect();
        assert_eq!(params, [("#1x1", 4), ("#3x3 reduce", 11), ("s", 1), ("d", 1)]);
        assert_eq!(head.params[3].default.as_ref().unwrap().0, "max(1, 2)");
        assert_eq!(read("block dense layer").0.unwrap().name, "dense layer");
        for broken in ["block 3(a)", "block a(b", "block a(b, b)", "block a(#)"] {
            assert_eq!(read(broken).1, 1, "{broken}");
        }
    }
}

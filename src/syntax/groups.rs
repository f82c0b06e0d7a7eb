//! Groups of rows: `5 x { row` opens one in a layer cell, `row }` closes it.

use std::ops::Range;

/// The marks of groups in a layer cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// For each group that the cell opens, the outer one first: where its number of copies stands.
    pub opens: Vec<Range<usize>>,
    /// How many groups it closes.
    pub closes: usize,
    /// The layer between the marks.
    pub inner: Range<usize>,
}

/// The marks in a layer cell; none in most.
pub fn groups(text: &str) -> Groups {
    let mut found = Groups { inner: 0..text.len(), ..Groups::default() };
    if !text.contains(['{', '}']) {
        return found;
    }
    while let Some((count, rest)) = open(&text[found.inner.start..]) {
        let at = found.inner.start;
        found.opens.push(at + count.start..at + count.end);
        found.inner.start = at + rest;
    }
    loop {
        let inner = text[found.inner.clone()].trim_end();
        let open = inner.bytes().filter(|b| *b == b'{').count();
        let close = inner.bytes().filter(|b| *b == b'}').count();
        if close <= open || !inner.ends_with('}') {
            break;
        }
        found.inner.end = found.inner.start + inner.len() - 1;
        found.closes += 1;
    }
    found
}

/// `5 x {`: where the number stands, and what follows the brace.
fn open(text: &str) -> Option<(Range<usize>, usize)> {
    let brace = text.char_indices().find(|(i, c)| *c == '{' && crossed(&text[..*i]))?.0;
    let before = text[..brace].trim_end();
    let count = before.trim_end_matches(['x', 'X', '×']).trim_end();
    let start = text.len() - text.trim_start().len();
    let word = count.trim_start();
    let simple = word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    let enclosed = word.starts_with(['(', '{']) && word.ends_with([')', '}']);
    (!word.is_empty() && (simple || enclosed)).then(|| (start..count.len(), brace + 1))
}

/// True where a text ends with the cross of `5 x`.
fn crossed(text: &str) -> bool {
    let text = text.trim_end();
    let before = text.strip_suffix(['x', 'X', '×']);
    before.is_some_and(|b| {
        b.ends_with(|c: char| c.is_whitespace() || c.is_ascii_digit() || c == ')' || c == '}')
    })
}

/// The layer between the marks.
pub(super) fn stripped(text: &str) -> &str {
    &text[groups(text).inner]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<&str>, &str, usize) {
        let g = groups(text);
        (g.opens.into_iter().map(|r| &text[r]).collect(), text[g.inner].trim(), g.closes)
    }

    #[test]
    fn marks_are_found_and_taken_off() {
        assert_eq!(read("5 x { Conv dw / s1"), (vec!["5"], "Conv dw / s1", 0));
        assert_eq!(read("5× {Conv"), (vec!["5"], "Conv", 0));
        assert_eq!(read("n x {"), (vec!["n"], "", 0));
        assert_eq!(read("{n} x { CONV 3x3; K={c}"), (vec!["{n}"], "CONV 3x3; K={c}", 0));
        assert_eq!(read("2 x { 3 x { CONV } }"), (vec!["2", "3"], "CONV", 2));
        assert_eq!(read("CONV 3x3; K={c} }"), (vec![], "CONV 3x3; K={c}", 1));
        assert_eq!(read("CONV 3x3 x {n}"), (vec![], "CONV 3x3 x {n}", 0));
        assert_eq!(read("}"), (vec![], "", 1));
    }
}

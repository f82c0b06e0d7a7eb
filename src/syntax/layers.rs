//! Layer cells that hold several layers: `[3x3, 64; 3x3, 64] x 2`, `average pool, 1000-d fc, softmax`;
//! and those that begin with a filter: `7x7, 64, stride 2`, `3x3 max pool, stride 2`.

use super::block::Names;
use super::cell::{self, CellError};
use super::notation::{Expr, Item, ItemKind, LayerCell};
use std::ops::Range;

/// Words behind a filter that name no layer.
const NOUNS: &[&str] = &[
    "after", "bias", "by", "each", "filters", "kernels", "maps", "no", "per", "the", "window", "windows",
    "with", "without",
];

/// What a layer cell holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    /// The layers, in order; at least one.
    pub parts: Vec<LayerCell>,
    /// They stand in brackets, and `brackets:` in the header says what that means.
    pub bracket: bool,
    /// What stands behind the brackets: copies, causes of all parts.
    pub outer: Vec<Item>,
}

/// Reads a layer cell.
///
/// # Errors
/// Where a part is no layer, or what follows it no notation netc knows.
pub fn layers(text: &str, names: &Names) -> Result<Layers, CellError> {
    if text.trim_start().starts_with('[') {
        return bracket(text, names);
    }
    let several = cut(text, 0..text.len(), ',');
    if several.len() > 1 && several.iter().all(|r| begins(&text[r.clone()], names)) {
        let parts: Result<Vec<LayerCell>, CellError> =
            several.into_iter().map(|r| part(text, r, names)).collect();
        return Ok(Layers { parts: parts?, bracket: false, outer: Vec::new() });
    }
    let parts = vec![part(text, 0..text.len(), names)?];
    Ok(Layers { parts, bracket: false, outer: Vec::new() })
}

fn bracket(text: &str, names: &Names) -> Result<Layers, CellError> {
    let open = text.find('[').unwrap_or(0) + 1;
    let Some(close) = text.rfind(']').filter(|c| *c >= open) else {
        return Err(CellError {
            range: open as u32 - 1..text.len() as u32,
            message: "the bracket is not closed".to_owned(),
            help: Some("write it like `[3x3, 64; 3x3, 64] x 2`".to_owned()),
        });
    };
    let parts: Result<Vec<LayerCell>, CellError> =
        cut(text, open..close, ';').into_iter().map(|r| part(text, r, names)).collect();
    let parts = parts?;
    if parts.is_empty() {
        return Err(CellError {
            range: open as u32 - 1..close as u32 + 1,
            message: "the bracket is empty".to_owned(),
            help: Some("write the rows in it: `[3x3, 64; 3x3, 64] x 2`".to_owned()),
        });
    }
    let mut outer = cell::causes(&text[close + 1..]).map_err(|e| moved(e, close + 1))?;
    outer.iter_mut().for_each(|i| i.shift(close as u32 + 1));
    Ok(Layers { parts, bracket: true, outer })
}

/// The parts between separators that stand in no parentheses; empty ones left out.
fn cut(text: &str, range: Range<usize>, separator: char) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0usize, range.start);
    for (i, c) in text[range.clone()].char_indices().map(|(i, c)| (range.start + i, c)) {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            c if c == separator && depth == 0 => {
                found.push(start..i);
                start = i + 1;
            }
            _ => {}
        }
    }
    found.push(start..range.end);
    found.retain(|r| !text[r.clone()].trim().is_empty());
    found
}

/// One layer of the cell; its ranges are those of the whole text.
fn part(text: &str, range: Range<usize>, names: &Names) -> Result<LayerCell, CellError> {
    let raw = &text[range.clone()];
    let at = range.start + (raw.len() - raw.trim_start().len());
    let raw = raw.trim();
    let (lead, rest) = filter_first(raw, names).unwrap_or((0, 0));
    let mut layer = if let Some(layer) = dashed(raw, names) {
        layer
    } else if rest == 0 && lead > 0 {
        // `7x7, 64, stride 2` is a convolution.
        let items = cell::causes(raw).map_err(|e| moved(e, at))?;
        LayerCell { word: "CONV".into(), range: 0..lead as u32, name: None, items }
    } else {
        cell::layer_among(&raw[rest..], names).map_err(|e| moved(e, at + rest))?
    };
    if rest > 0 {
        shift_layer(&mut layer, rest as u32);
        let mut first = cell::causes(&raw[..lead]).map_err(|e| moved(e, at))?;
        first.append(&mut layer.items);
        layer.items = first;
    }
    shift_layer(&mut layer, at as u32);
    Ok(layer)
}

/// `conv3-64`: a kind, its kernel, how many filters.
fn dashed(raw: &str, names: &Names) -> Option<LayerCell> {
    let (head, filters) = raw.split_once('-')?;
    let end = head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (word, kernel) = head.split_at(end);
    let whole = |t: &str| t.parse::<u32>().ok().filter(|_| t.bytes().all(|b| b.is_ascii_digit()));
    let (kernel, filters) = (f64::from(whole(kernel)?), f64::from(whole(filters)?));
    if word.is_empty() || !names.has(word) {
        return None;
    }
    let size = ItemKind::Size(vec![Expr::Number(kernel), Expr::Number(kernel)]);
    let items = vec![
        Item { range: end as u32..head.len() as u32, kind: size },
        Item {
            range: head.len() as u32 + 1..raw.len() as u32,
            kind: ItemKind::Number(Expr::Number(filters)),
        },
    ];
    Some(LayerCell { word: word.into(), range: 0..end as u32, name: None, items })
}

/// Where a cell begins with a filter or a width: the bytes of that, and where its kind begins (0 where none is named).
fn filter_first(raw: &str, names: &Names) -> Option<(usize, usize)> {
    if !raw.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    // `1000-d fc`
    let digits = raw.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(rest) = raw[digits..].strip_prefix("-d ").map(str::trim_start) {
        let at = raw.len() - rest.len();
        return names.has(first_words(rest, names)?).then_some((digits, at));
    }
    let lead = raw.find([' ', ',', '/', ';']).unwrap_or(raw.len());
    let size = |t: &str| cell::size(t).is_ok_and(|s| s.factors.len() > 1);
    // Crosses may stand between blanks: `3 x 3`.
    let lead = if size(&raw[..lead]) { lead } else { loose(raw).filter(|l| size(&raw[..*l]))? };
    let rest = raw[lead..].trim_start();
    // A word behind a filter is its layer, unless a convolution knows it: `3x3 mean pooling`, `3x3 stride 2`.
    let is_a_layer = first_words(rest, names).is_some() || begins_unknown(rest);
    Some((lead, if is_a_layer { raw.len() - rest.len() } else { 0 }))
}

/// True for a text that begins with a word that says nothing to a convolution, whose filter stood before it.
fn begins_unknown(text: &str) -> bool {
    let is_of_word = |c: &char| c.is_alphabetic() || *c == '-';
    let word: String = text.chars().take_while(is_of_word).collect();
    let next = text[word.len()..].chars().next();
    // `s2`, `k=3` and `x 2` are parts of a cause, and `N` may be a symbol.
    if word.chars().count() < 3 || next.is_some_and(|c| c.is_ascii_digit() || "=_.(".contains(c)) {
        return false;
    }
    let Some(conv) = crate::layer::find("CONV") else { return false };
    let lower = word.to_lowercase();
    !conv.params.iter().any(|p| p.is_said_by(&lower))
        && !lower.starts_with("conv")
        && !NOUNS.contains(&&*lower)
}

/// The bytes of `3 x 3`.
fn loose(raw: &str) -> Option<usize> {
    let digits = |t: &str| t.bytes().take_while(u8::is_ascii_digit).count();
    let first = digits(raw);
    let cross = raw[first..].trim_start().strip_prefix(['x', '×', 'X'])?.trim_start();
    let second = digits(cross);
    (second > 0).then(|| raw.len() - cross.len() + second)
}

/// The kind or block a text begins with.
fn first_words<'a>(text: &'a str, names: &Names) -> Option<&'a str> {
    let ends = text.char_indices().map(|(i, _)| i).chain([text.len()]);
    let word = |end: &usize| {
        let next = text[*end..].chars().next();
        *end > 0 && next.is_none_or(|c| !c.is_alphanumeric()) && names.has(text[..*end].trim_end())
    };
    ends.rev().find(word).map(|end| text[..end].trim_end())
}

/// True where a part begins with a kind or a block, or a filter before one.
fn begins(text: &str, names: &Names) -> bool {
    let text = text.trim();
    first_words(text, names).is_some()
        || filter_first(text, names).is_some_and(|(_, rest)| rest > 0)
        || dashed(text, names).is_some()
}

/// True where a layer cell begins with a kind, a block, a filter or brackets of them.
pub(super) fn begins_with_layer(text: &str, names: &Names) -> bool {
    let text = super::groups::stripped(text);
    match layers(text, names) {
        Ok(layers) => layers.parts.first().is_some_and(|p| names.has(&p.word)),
        Err(_) => text.split_whitespace().next().is_some_and(|w| names.has(w)),
    }
}

fn moved(mut error: CellError, by: usize) -> CellError {
    error.range = error.range.start + by as u32..error.range.end + by as u32;
    error
}

fn shift_layer(layer: &mut LayerCell, by: u32) {
    layer.range = layer.range.start + by..layer.range.end + by;
    layer.items.iter_mut().for_each(|i| i.shift(by));
}

/// How many copies a cell asks for, and where.
pub fn repeat_of(items: &[Item]) -> Option<(&Expr, &Range<u32>)> {
    items.iter().find_map(|i| match &i.kind {
        ItemKind::Repeat(n) => Some((n, &i.range)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let read = layers(text, &Names::of(["fire"].into_iter())).unwrap();
        read.parts.iter().map(|p| format!("{} {}", p.word, p.items.len())).collect()
    }

    #[test]
    fn cells_of_several_layers() {
        for (text, parts) in [
            ("CONV", vec!["CONV 0"]),
            ("fire2", vec!["fire 0"]),
            ("7x7, 64, stride 2", vec!["CONV 3"]),
            ("3x3 max pool, stride 2", vec!["max pool 2"]),
            ("3 × 3 max pool", vec!["max pool 1"]),
            ("average pool, 1000-d fc, softmax", vec!["average pool 0", "fc 1", "softmax 0"]),
            ("[3x3, 64; 3x3, 64] x 2", vec!["CONV 2", "CONV 2"]),
            ("[1x1 conv; 3×3 conv] × 6", vec!["conv 1", "conv 1"]),
            ("CONV 3x3, 64", vec!["CONV 2"]),
            ("conv3-64", vec!["conv 2"]),
            ("FC-4096", vec!["FC 1"]),
        ] {
            assert_eq!(words(text), parts, "{text}");
        }
        let read = layers("[1x1, 64/(min(1, 2)); 3x3] x 4; s=2,1", &Names::default()).unwrap();
        assert_eq!((read.bracket, read.parts.len(), read.outer.len()), (true, 2, 2));
        assert!(layers("[1x1, 64", &Names::default()).is_err());
        assert!(layers("[] x 2", &Names::default()).is_err());
    }
}

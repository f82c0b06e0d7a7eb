//! A layer cell in canonical notation: `[3×3, 64] × 3` is `[3x3, 64] x 3`, `3×3 max pool, stride 2` is `max pool 3x3/2`.

use super::cell::{Style, expr, same, words, written};
use crate::layer::{self, Kind};
use crate::syntax::{self, Item, ItemKind, LayerCell, Layers, Names};

/// The cell as it is to be written; none where it reads otherwise then.
pub(super) fn canonical(text: &str, names: &Names) -> Option<String> {
    let groups = syntax::groups(text);
    let inner = text.get(groups.inner)?.trim();
    let layers = inside(inner, names)?;
    let opens = groups.opens.iter().map(|count| format!("{} x {{ ", words(&text[count.clone()])));
    let written = opens.collect::<String>() + &layers + &" }".repeat(groups.closes);
    let again = syntax::groups(&written);
    let alike = (again.opens.len(), again.closes) == (groups.opens.len(), groups.closes);
    (alike && written[again.inner].trim() == layers).then_some(written)
}

/// What stands between the marks of groups.
fn inside(text: &str, names: &Names) -> Option<String> {
    let read = syntax::layers(text, names).ok()?;
    let style = if read.bracket { Style::Bracket } else { Style::Cell };
    let separator = if read.bracket { ';' } else { ',' };
    let close = if read.bracket { text.rfind(']')? } else { text.len() };
    let mut pieces = Vec::new();
    for (at, part) in read.parts.iter().enumerate() {
        let end = match read.parts.get(at + 1) {
            Some(next) => text[..start(next)].rfind(separator)?,
            None => close,
        };
        pieces.push(piece(text.get(..end)?, part, style)?);
    }
    let mut written = pieces.join(if read.bracket { "; " } else { ", " });
    if read.bracket {
        let outer = self::written(None, text, &read.outer, Style::Cell)?;
        written = format!("[{written}] {outer}").trim_end().to_owned();
    }
    alike(&read, &syntax::layers(&written, names).ok()?).then_some(written)
}

/// Where a part begins: with its kind, or with a filter before that.
fn start(part: &LayerCell) -> usize {
    let first = part.items.first().map_or(part.range.start, |i| i.range.start);
    part.range.start.min(first) as usize
}

fn kind(part: &LayerCell) -> Option<&'static Kind> {
    layer::find(&words(&part.word))
}

/// One layer. `text` ends where it does.
fn piece(text: &str, part: &LayerCell, style: Style) -> Option<String> {
    let (kind, at) = (kind(part), part.range.start as usize);
    let behind: Vec<&Item> = part.items.iter().filter(|i| i.range.start >= part.range.end).collect();
    // `7x7, 64, stride 2` names no kind: its first item stands there.
    if text.get(at..)?.starts_with(|c: char| c.is_ascii_digit()) {
        return written(kind, text, &part.items, style);
    }
    let Some(first) = behind.first() else {
        let name = words(&text[at..]);
        return Some(match part.items.as_slice() {
            [] => name,
            [Item { kind: ItemKind::Number(n), .. }] => format!("{}-d {name}", expr(n, 0)),
            items => format!("{name} {}", written(kind, text, items, style)?),
        });
    };
    let mut head = text.get(at..first.range.start as usize)?;
    if let ItemKind::Slash { .. } = first.kind {
        head = head.trim_end_matches(['s', 'S']).trim_end().strip_suffix(['/', '='])?;
    }
    // `FC-4096` and `conv3-64` are names of their own.
    let dashed = head.ends_with('-') || text[first.range.end as usize..].starts_with('-');
    match dashed {
        true if behind.len() < 3 && part.items.len() == behind.len() => {
            let raw = text[at..].trim();
            (!raw.contains(char::is_whitespace) && !raw.contains([',', ';'])).then(|| raw.to_owned())
        }
        true => None,
        false => Some(format!(
            "{} {}",
            words(head.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))),
            written(kind, text, &part.items, style)?
        )),
    }
}

/// True where two readings name the same layers with the same causes.
fn alike(a: &Layers, b: &Layers) -> bool {
    let part = |a: &LayerCell, b: &LayerCell| {
        words(&a.word) == words(&b.word) && a.name == b.name && same(kind(a), &a.items, &b.items)
    };
    a.bracket == b.bracket
        && a.parts.len() == b.parts.len()
        && a.parts.iter().zip(&b.parts).all(|(a, b)| part(a, b))
        && same(None, &a.outer, &b.outer)
}

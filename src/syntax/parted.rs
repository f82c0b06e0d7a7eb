//! What looks like one part of a cell and is two: a number and a repeat, a stride and a repeat, a stride and a K.

use super::cell::{Rule, placed_factors};
use super::notation::{BinaryOp, Expr, Item, ItemKind, ValueExpr};
use pest::iterators::Pair;
use std::ops::Range;

/// The `/2 x 3` of `2x2/2 x 3`: behind a size without blanks around its cross, one with blanks repeats the row.
pub(super) fn repeated_stride(text: &str, before: &Item, pair: &Pair<'_, Rule>) -> Option<(Item, Item)> {
    let ItemKind::Size(sides) = &before.kind else { return None };
    let size = text.get(before.range.start as usize..before.range.end as usize)?;
    if pair.as_rule() != Rule::slash || sides.len() != 2 || size.contains(char::is_whitespace) {
        return None;
    }
    let mut parts = placed_factors(pair.clone().into_inner().next()?);
    let (count, place) = parts.pop().filter(|_| parts.len() == 1)?;
    let (stride, own) = parts.pop()?;
    let between = text.get(own.end as usize..place.start as usize)?;
    let blank = |c: Option<char>| c.is_some_and(char::is_whitespace);
    if !blank(between.chars().next()) || !blank(between.chars().last()) {
        return None;
    }
    let slash = Item { range: own, kind: ItemKind::Slash { size: vec![stride], mended: false } };
    Some((slash, Item { range: place, kind: ItemKind::Repeat(count) }))
}

/// Parameters whose `3 x 3` is a height and a width. Behind one letter, as in `s=2 x 3`, the cross repeats.
const PAIRS: &[&str] = &[
    "kernel",
    "kernel_size",
    "filter",
    "size",
    "window",
    "stride",
    "strides",
    "padding",
    "pad",
    "dilation",
    "rate",
];

/// A size written with blanks around its crosses.
pub(super) fn loose<'i>(pair: &Pair<'i, Rule>) -> Option<Pair<'i, Rule>> {
    let value = match pair.as_rule() {
        Rule::size => Some(pair.clone()),
        Rule::named => pair.clone().into_inner().nth(1).and_then(|v| v.into_inner().next()),
        _ => None,
    };
    let loose = |rule| matches!(rule, Rule::loose | Rule::value_loose);
    value.filter(|v| v.clone().into_inner().next().is_some_and(|i| loose(i.as_rule())))
}

/// `3x3, 64 x 2` and `K=64 x 2`: what looks like a size is a number and a repeat. `places` are those of its factors.
pub(super) fn parted(text: &str, item: Item, places: Option<&[Range<u32>]>, sized: bool) -> Vec<Item> {
    let range = item.range.clone();
    // The number ends where its digits do; the repeat begins with its cross.
    let apart = |places: &[Range<u32>]| {
        let between = text.get(places[0].end as usize..places[1].start as usize).unwrap_or("");
        let blanks = (between.len() - between.trim_start().len()) as u32;
        (range.start..places[0].end, places[0].end + blanks..places[1].end)
    };
    let pair = places.filter(|p| p.len() == 2).map(apart);
    match (item.kind, pair) {
        (ItemKind::Size(parts), Some((own, place))) if sized && parts.len() == 2 => {
            let [a, n] = <[Expr; 2]>::try_from(parts).unwrap_or([Expr::Number(1.0), Expr::Number(1.0)]);
            let repeat = Item { range: place, kind: ItemKind::Repeat(n) };
            vec![Item { range: own, kind: ItemKind::Number(a) }, repeat]
        }
        (
            ItemKind::Named { key, key_range, value: ValueExpr::Size(parts), value_range },
            Some((own, place)),
        ) if parts.len() == 2 && !PAIRS.iter().any(|p| p.eq_ignore_ascii_case(&key)) => {
            let [a, n] = <[Expr; 2]>::try_from(parts).unwrap_or([Expr::Number(1.0), Expr::Number(1.0)]);
            let value_range = value_range.start..own.end;
            let kind = ItemKind::Named { key, key_range, value: ValueExpr::One(a), value_range };
            vec![Item { range: own, kind }, Item { range: place, kind: ItemKind::Repeat(n) }]
        }
        (kind, _) => vec![starred(Item { range, kind })],
    }
}

/// `kernel=3*3` is a size still.
fn starred(item: Item) -> Item {
    match item.kind {
        ItemKind::Named {
            key,
            key_range,
            value: ValueExpr::One(Expr::Binary(BinaryOp::Mul, a, b)),
            value_range,
        } if PAIRS.iter().any(|p| p.eq_ignore_ascii_case(&key))
            && matches!((&*a, &*b), (Expr::Number(_), Expr::Number(_))) =>
        {
            let value = ValueExpr::Size(vec![*a, *b]);
            Item { range: item.range, kind: ItemKind::Named { key, key_range, value, value_range } }
        }
        kind => Item { range: item.range, kind },
    }
}

/// `3x3, stride=2, 64`: where commas part a cell, what follows one is a number of its own, unless the row repeats,
/// whose copies may have a value each.
pub(super) fn lists(text: &str, items: &mut Vec<Item>) {
    if items.len() < 2 || text.contains(';') || items.iter().any(|i| matches!(i.kind, ItemKind::Repeat(_))) {
        return;
    }
    let splits = |item: &Item| {
        let ItemKind::Named { key, value: ValueExpr::List(parts), value_range, .. } = &item.kind else {
            return None;
        };
        let pair = PAIRS.iter().chain(["s"].iter()).any(|p| p.eq_ignore_ascii_case(key));
        let [(Expr::Number(_), _), (Expr::Number(_), _)] = parts.as_slice() else { return None };
        let comma = value_range.start
            + text.get(value_range.start as usize..value_range.end as usize)?.find(',')? as u32;
        let blank = text[comma as usize + 1..].starts_with(' ');
        (pair && blank).then_some(comma)
    };
    let found = items.iter().enumerate().find_map(|(at, item)| Some((at, splits(item)?)));
    let Some((at, comma)) = found else { return };
    let ItemKind::Named { value, value_range, .. } = &mut items[at].kind else { return };
    let end = value_range.end;
    let behind = text[comma as usize + 1..].bytes().take_while(|b| *b == b' ').count() as u32;
    value_range.end = comma;
    let ValueExpr::List(parts) = std::mem::replace(value, ValueExpr::Word(String::new())) else { return };
    let mut parts = parts.into_iter();
    if let (Some((first, _)), Some((second, _))) = (parts.next(), parts.next()) {
        *value = ValueExpr::One(first);
        items[at].range.end = comma;
        items.insert(at + 1, Item { range: comma + 1 + behind..end, kind: ItemKind::Number(second) });
    }
}

/// How many items behind the stride that begins them are strides of other copies: each number right behind a comma.
pub(crate) fn more_strides(items: &[Item]) -> usize {
    let is_more =
        |p: &&[Item]| matches!(p[1].kind, ItemKind::Number(_)) && p[1].range.start == p[0].range.end + 1;
    items.windows(2).take_while(is_more).count()
}

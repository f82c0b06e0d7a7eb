//! Rows in brackets: `[3x3, 64; 3x3, 64] x 2`, one after the other or as a residual.

use super::after;
use super::bind::give;
use super::body::BodyRow;
use super::expand::{Expander, Frame};
use super::row::{Made, Making, blank};
use super::{Origin, Row};
use crate::layer::{self, Value};
use crate::source::Span;
use crate::syntax::{Item, ItemKind, more_strides};

/// Expands one copy of a row in brackets; the frame goes on from what comes out.
pub(super) fn rows<'a>(
    net: &mut Expander<'_, 'a>,
    frame: &mut Frame<'_, 'a>,
    making: &Making<'_, 'a>,
    row: &BodyRow<'a>,
) {
    let mut made: Vec<Made> = row.parts().iter().map(|layer| making.begin(layer, &mut net.found)).collect();
    outer(net, making, row, &mut made);
    made.iter_mut().for_each(|m| making.finish(m, &mut net.found));
    let residual = net.settings.brackets.residual && row.parts().len() > 1;
    let (entry, count) = (frame.prev.clone(), made.len());
    let shortcut = residual.then(|| shortcut(making, row, &made));
    let mut last = Vec::new();
    for (index, mut made) in made.into_iter().enumerate() {
        made.row.poisoned |= frame.dark;
        let words = after::wanted(&made, net.settings);
        let at = net.push(frame, made.row);
        let Some((words, place, by_header)) = words else { continue };
        let base = net.made(at);
        let (span, line) = (base.span, base.line);
        let mut rows = after::rows((&words, place), (span, line), making.scope, net.settings, &mut net.found);
        if residual && index + 1 == count {
            // The activation of the last row comes after the sum.
            let kept = rows.iter().rposition(|r| r.kind.is_none_or(|k| k.name != "ACT")).map_or(0, |i| i + 1);
            last = rows.split_off(kept);
        }
        if by_header {
            net.drafts[at].followers = rows.len() as u32;
        }
        for row in rows {
            net.push(frame, row);
        }
    }
    if let Some(shortcut) = shortcut {
        let body = std::mem::replace(&mut frame.prev, entry);
        net.push(frame, shortcut);
        let joined = [body, frame.prev.clone()].concat();
        frame.prev = joined;
        let span = making.scope.at(row.cell.span);
        net.push(frame, blank(layer::find("ADD"), "ADD", span, making.scope, row.row.line));
        for row in last {
            net.push(frame, row);
        }
    }
}

/// The way around the rows: their strides together, the channels of the last one.
fn shortcut(making: &Making<'_, '_>, row: &BodyRow<'_>, made: &[Made]) -> Row {
    let span = making.scope.at(row.cell.span);
    let kind = layer::find("SHORTCUT");
    let mut shortcut = blank(kind, "SHORTCUT", span, making.scope, row.row.line);
    let strides = || made.iter().filter_map(|m| Some((&m.row, m.row.args.pair("stride")?)));
    let stride = strides().fold([1, 1], |all, (_, [h, w])| [all[0] * h, all[1] * w]);
    let mut strided = strides().filter(|(_, s)| *s != [1, 1]).map(|(row, _)| row);
    // Where one row alone has a stride, its cell speaks for the way around, too.
    let strided = strided.next().filter(|_| strided.next().is_none());
    let last = made.iter().rev().find_map(|m| Some((&m.row, m.row.args.int("K")?)));
    let values = [
        ("stride", Some(Value::Pair(stride)), strided),
        ("K", last.map(|(_, k)| Value::Int(k)), last.map(|(row, _)| row)),
    ];
    for (name, value, of) in values {
        if let (Some(spec), Some(value)) = (kind.and_then(|k| k.param(name)), value) {
            let cell = of.and_then(|row| row.origin(name)).filter(|o| !o.shared).map_or(span, |o| o.span);
            let origin =
                Origin { param: spec.name, span: cell, shared: false, stand_in: false, within: true };
            give(&mut shortcut, spec, value, origin);
        }
    }
    shortcut
}

/// Causes of the whole row: a stride for the row that takes it, everything else for each.
fn outer(net: &mut Expander<'_, '_>, making: &Making<'_, '_>, row: &BodyRow<'_>, made: &mut [Made]) {
    let wide = |m: &Made| m.row.args.pair("kernel").is_some_and(|k| k != [1, 1]);
    let strided =
        if net.settings.brackets.stride_first { 0 } else { made.iter().position(wide).unwrap_or(0) };
    let found = &mut net.found;
    let mut fill = |made: &mut [Made], items: &[Item], place: &dyn Fn(&std::ops::Range<u32>) -> Span| {
        let mut of_stride = vec![false; items.len()];
        for at in (0..items.len()).filter(|at| matches!(items[*at].kind, ItemKind::Slash { .. })) {
            let more = making.copy.map_or(0, |_| more_strides(&items[at..]));
            of_stride[at + 1..=at + more].fill(true);
        }
        for (index, made) in made.iter_mut().enumerate() {
            let mine = |(at, i): &(usize, &Item)| match &i.kind {
                _ if of_stride[*at] => index == strided,
                ItemKind::Slash { .. } => index == strided,
                ItemKind::Named { key, .. } => {
                    let stride = made.row.kind.and_then(|k| k.param(key)).is_some_and(|p| p.name == "stride");
                    !stride || index == strided
                }
                ItemKind::Repeat(_) => false,
                _ => true,
            };
            let items: Vec<Item> = items.iter().enumerate().filter(mine).map(|(_, i)| i.clone()).collect();
            making.fill(made, &items, place, found);
        }
    };
    fill(made, row.outer(), &|r| making.scope.place(&row.cell, r));
    let mut problems = Vec::new();
    for (cell, read, shift) in making.cells_of_causes("the bracket", &mut problems) {
        match &*read {
            Ok(items) => fill(made, items, &|r| making.back(cell, r, shift)),
            Err(_) => made[0].row.poisoned = true,
        }
    }
    net.found.extend(problems);
}

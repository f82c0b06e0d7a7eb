//! The single edits of a row's own causes that change its output, or its counts.

use super::claims;
use super::shared::Cells;
use super::stand_in::{stands_in, unwritten};
use super::world::{RowEdit, World};
use crate::graph::{About, Net, Row};
use crate::layer::{Args, Cost, Kind, Layer, PadWord, ParamSpec, StandIn, Type, Value};
use crate::shape::Shape;
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// An edit, what the row is with it, and how unlikely it is among edits of one cell.
#[derive(Clone, Debug)]
pub(super) struct Repair {
    pub param: &'static str,
    pub value: Value,
    pub prior: u32,
    pub shape: Shape,
    pub layer: Arc<dyn Layer>,
}

/// Prior of a row's stride, kernel or K.
const CAUSE: u32 = 1;
/// Prior of a padding word, and of the input's size.
const WORD: u32 = 2;
/// How far the input's size is moved when it is in doubt, in pixels a side.
const INPUT_REACH: i64 = 16;
/// The sides of images that networks are published for.
const USUAL: &[i64] = &[28, 32, 64, 96, 112, 128, 224, 227, 256, 299, 384, 416, 448, 512];

/// The single edits that give one of the shapes asked for, the likeliest of each parameter; where the row
/// claims counts, those that make them right too.
pub(super) fn repairs(
    net: &Net,
    node: NodeIndex,
    world: &World,
    cells: &Cells,
    inputs: &[Shape],
    wanted: &[Shape],
) -> Vec<Repair> {
    let row = &net.graph[node];
    let Some(kind) = row.kind.filter(|_| !row.poisoned) else { return Vec::new() };
    let args = world.args(node, row);
    let counted = counts_something(row);
    let layer = (kind.bind)(&args, &world.conventions).ok();
    let output = layer.as_ref().and_then(|l| l.infer(inputs).ok());
    let cost = layer.zip(output).filter(|_| counted).map(|(l, output)| l.cost(inputs, output));
    // A kernel that covers more than the whole map may have been meant to cover it.
    let impossible = inputs.first().filter(|_| output.is_none()).map(|s| s.hwc());
    let mut found: Vec<(Repair, usize)> = Vec::new();
    for spec in kind.params.iter().filter(|s| !cells.only_together(row, s.name)) {
        // What stands in a block speaks for every use of it.
        let within = u32::from(row.origin(spec.name).is_some_and(|o| o.within));
        let more = cost.filter(|_| spec.stand_in == StandIn::Channels);
        let more = more.and_then(|c| counted_channels(row, args.get(spec.name), &c));
        let back = stands_in(row, spec.name).then(|| unwritten(kind, &args));
        let tried = values(kind, spec, wanted, &args).into_iter().filter(|(v, _)| Some(v) != back.as_ref());
        let whole =
            impossible.filter(|_| spec.name == "kernel").map(|[h, w, _]| Value::Pair([h as i64, w as i64]));
        let more = more.into_iter().chain(whole).map(|v| (v, CAUSE)).chain(back.clone().map(|v| (v, 0)));
        for (value, prior) in tried.chain(more) {
            let prior = prior + within;
            let edited = args.with(spec.name, value.clone());
            let Ok(layer) = (kind.bind)(&edited, &world.conventions) else { continue };
            let Ok(shape) = layer.infer(inputs) else { continue };
            let wrong = if counted { claims::wrong_counts(row, &layer.cost(inputs, shape)) } else { 0 };
            let taken_back = back.as_ref() == Some(&value);
            let useful = wanted.iter().any(|w| w.agrees(shape)) || kind.inputs_nothing() || taken_back;
            let same = |r: &Repair| r.shape.agrees(shape) && r.param == spec.name;
            if useful && !found.iter().any(|(r, w)| same(r) && (*w, r.prior) <= (wrong, prior)) {
                found.retain(|(r, _)| !same(r));
                found.push((Repair { param: spec.name, value, prior, shape, layer }, wrong));
            }
        }
    }
    found.into_iter().map(|(r, _)| r).collect()
}

/// The small values a parameter is tried at, without the one it has.
pub(super) fn values(kind: &Kind, spec: &ParamSpec, wanted: &[Shape], args: &Args) -> Vec<(Value, u32)> {
    let now = args.get(spec.name);
    let mut found = match (spec.ty, spec.stand_in) {
        (Type::Size, _) if kind.inputs_nothing() => sizes(wanted, now),
        (Type::Int { .. }, StandIn::Channels) => {
            wanted.iter().map(|s| (Value::Int(s.channels() as i64), CAUSE)).collect()
        }
        (Type::Pair { .. }, _) => pairs(spec.repairs, now),
        (Type::Int { .. }, _) => spec.repairs.iter().map(|v| (Value::Int(*v), CAUSE)).collect(),
        (Type::Padding, _) => {
            let words = PadWord::ALL.iter().map(|w| (Value::PadWord(*w), WORD));
            let numbers = (0..=6).map(|p| (Value::Pad([p; 4]), WORD));
            if matches!(now, Some(Value::Pad(_))) { numbers.chain(words).collect() } else { words.collect() }
        }
        _ => Vec::new(),
    };
    found.retain(|(v, _)| now != Some(v));
    found
}

/// Both axes alike; where they differ now, either of them too. Few may be tried: no value waits for another's axes.
fn pairs(values: &[i64], now: Option<&Value>) -> Vec<(Value, u32)> {
    let of = |v: &i64| match now {
        Some(Value::Pair([a, b])) if a != b => vec![[*a, *v], [*v, *b], [*v, *v]],
        _ => vec![[*v, *v]],
    };
    values.iter().flat_map(of).map(|v| (Value::Pair(v), CAUSE)).collect()
}

/// The channels with which a claimed count of parameters would be right.
pub(super) fn counted_channels(row: &Row, now: Option<&Value>, cost: &Cost) -> Option<Value> {
    let Some(Value::Int(k)) = now else { return None };
    let claimed = claims::params(row)?;
    let k = (*k as f64 * claimed / cost.params().max(1) as f64).round();
    (1.0..1e9).contains(&k).then_some(Value::Int(k as i64))
}

/// True where a row claims counts, so that what it costs is worth computing.
pub(super) fn counts_something(row: &Row) -> bool {
    row.claims.iter().any(|c| matches!(c.about, About::Params | About::Macs))
}

/// How unlikely an edit is among edits of one cell.
pub(super) fn prior_of(net: &Net, edit: &RowEdit) -> u32 {
    let row = &net.graph[edit.node];
    let within = u32::from(row.origin(edit.param).is_some_and(|o| o.within));
    let word = matches!(edit.value, Value::Pad(_) | Value::PadWord(_) | Value::Size(_));
    within + if word { WORD } else { CAUSE }
}

/// Input sizes that later claims name, those near the one written, and the usual ones.
fn sizes(wanted: &[Shape], now: Option<&Value>) -> Vec<(Value, u32)> {
    let Some(Value::Size([h, w, c])) = now else { return Vec::new() };
    let named = wanted.iter().map(|s| s.hwc().map(|v| v as i64));
    let near = (1..=INPUT_REACH).flat_map(|d| [[h + d, w + d, *c], [h - d, w - d, *c]]);
    let usual = USUAL.iter().map(|v| [*v, *v, *c]).chain([[2 * h, 2 * w, *c], [h / 2, w / 2, *c]]);
    named
        .chain(usual)
        .chain(near)
        .filter(|s| s.iter().all(|v| *v > 0))
        .map(|s| (Value::Size(s), WORD))
        .collect()
}

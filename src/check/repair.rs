//! The single edits of a row's own causes that change its output.

use super::world::World;
use crate::graph::Net;
use crate::layer::{Kind, PadWord, ParamSpec, StandIn, Type, Value};
use crate::shape::Shape;
use petgraph::graph::NodeIndex;

/// An edit, what the row gives with it, and how unlikely it is among edits of one cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Repair {
    pub param: &'static str,
    pub value: Value,
    pub prior: u32,
    pub shape: Shape,
}

/// Prior of a row's stride, kernel or K.
const CAUSE: u32 = 1;
/// Prior of a padding word, and of the input's size.
const WORD: u32 = 2;
/// How far the input's size is moved when it is in doubt, in pixels a side.
const INPUT_REACH: i64 = 16;

/// Every single edit that gives one of the shapes asked for, the likeliest for each.
pub(super) fn repairs(
    net: &Net,
    node: NodeIndex,
    world: &World,
    inputs: &[Shape],
    wanted: &[Shape],
) -> Vec<Repair> {
    let row = &net.graph[node];
    let Some(kind) = row.kind.filter(|_| !row.poisoned) else { return Vec::new() };
    let args = world.args(node, row);
    let mut found: Vec<Repair> = Vec::new();
    for spec in kind.params {
        // What stands in a block speaks for every use of it.
        let within = u32::from(row.origin(spec.name).is_some_and(|o| o.within));
        for (value, prior) in values(kind, spec, wanted, args.get(spec.name)) {
            let prior = prior + within;
            if args.get(spec.name) == Some(&value) {
                continue;
            }
            let edited = args.with(spec.name, value.clone());
            let shape = (kind.bind)(&edited, &world.conventions).ok().and_then(|l| l.infer(inputs).ok());
            let Some(shape) = shape else { continue };
            let useful = wanted.iter().any(|w| w.agrees(shape)) || kind.inputs_nothing();
            if useful && !found.iter().any(|r| r.shape.agrees(shape) && r.prior <= prior) {
                found.retain(|r| !r.shape.agrees(shape));
                found.push(Repair { param: spec.name, value, prior, shape });
            }
        }
    }
    found
}

/// The small values a parameter is tried at.
fn values(kind: &Kind, spec: &ParamSpec, wanted: &[Shape], now: Option<&Value>) -> Vec<(Value, u32)> {
    match (spec.ty, spec.stand_in) {
        (Type::Size, _) if kind.inputs_nothing() => sizes(wanted, now),
        (Type::Int { .. }, StandIn::Channels) => {
            wanted.iter().map(|s| (Value::Int(s.channels() as i64), CAUSE)).collect()
        }
        (Type::Pair { .. }, _) => spec.repairs.iter().map(|v| (Value::Pair([*v, *v]), CAUSE)).collect(),
        (Type::Int { .. }, _) => spec.repairs.iter().map(|v| (Value::Int(*v), CAUSE)).collect(),
        (Type::Padding, _) => {
            let words = PadWord::ALL.iter().map(|w| (Value::PadWord(*w), WORD));
            let numbers = (0..=6).map(|p| (Value::Pad([p; 4]), WORD));
            if matches!(now, Some(Value::Pad(_))) { numbers.chain(words).collect() } else { words.collect() }
        }
        _ => Vec::new(),
    }
}

/// Input sizes near the one written, and those that later claims name.
fn sizes(wanted: &[Shape], now: Option<&Value>) -> Vec<(Value, u32)> {
    let Some(Value::Size([h, w, c])) = now else { return Vec::new() };
    let named = wanted.iter().map(|s| s.hwc().map(|v| v as i64));
    let near = (1..=INPUT_REACH).flat_map(|d| [[h + d, w + d, *c], [h - d, w - d, *c]]);
    named.chain(near).filter(|s| s.iter().all(|v| *v > 0)).map(|s| (Value::Size(s), WORD)).collect()
}

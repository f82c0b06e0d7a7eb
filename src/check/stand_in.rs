//! Strides that are not written and that the claims around a row determine: 56 goes in, 28 is declared.

use super::conventions::base;
use super::hints::{declared_into, hints};
use super::world::{RowEdit, takes_word};
use crate::graph::{Net, Origin, Row};
use crate::layer::{Args, Conventions, Kind, PadWord, Value, WindowKind};
use crate::shape::Shape;
use petgraph::graph::NodeIndex;

/// The strides that are tried.
const STRIDES: std::ops::RangeInclusive<i64> = 2..=8;

/// Writes each stride that one claim determines into its row; its origin is the claim.
pub(super) fn strides(net: &mut Net) {
    let nodes: Vec<NodeIndex> = net.graph.node_indices().collect();
    for node in nodes {
        let Some((stride, span)) = determined(net, node) else { continue };
        let row = &mut net.graph[node];
        row.args.set("stride", Value::Pair([stride; 2]));
        row.origins.push(Origin { param: "stride", span, shared: false, stand_in: true, within: false });
    }
}

/// The only stride that gives the declared size, where the row as it is written gives another.
fn determined(net: &Net, node: NodeIndex) -> Option<(i64, crate::source::Span)> {
    let row = &net.graph[node];
    let kind = row.kind.filter(|k| k.window.is_some() && k.param("stride").is_some() && !row.poisoned)?;
    if row.args.has("stride") {
        return None;
    }
    let (declared, span) = row.declared()?;
    let inputs: Vec<Shape> = declared_into(net, node).into_iter().collect::<Option<_>>()?;
    if inputs.first().is_some_and(|input| is_too_large(row, *input, declared)) {
        return None;
    }
    let tried = words(net, row, kind);
    let gives = |args: &Args| tried.iter().any(|c| reaches(kind, args, c, &inputs, declared));
    if inputs.is_empty() || gives(&row.args) {
        return None;
    }
    let mut fitting = STRIDES.filter(|s| gives(&row.args.with("stride", Value::Pair([*s; 2]))));
    let stride = fitting.next()?;
    let agreed = hints(net, node).iter().all(|h| area(h.shape) == area(declared));
    (fitting.next().is_none() && agreed).then_some((stride, span))
}

/// True for a size no smaller than what goes in: a stride of 2 gives less than that, unless the padding adds much.
fn is_too_large(row: &Row, input: Shape, declared: Shape) -> bool {
    let ([h, w], [out_h, out_w]) = (area(input), area(declared));
    let is_small = |p: i64| p.unsigned_abs().saturating_mul(4) < h.min(w);
    let adds_little = match row.args.get("padding") {
        Some(Value::Pad(sides)) => sides.iter().all(|p| is_small(*p)),
        _ => true,
    };
    out_h >= h && out_w >= w && adds_little
}

/// The conventions that the row may be meant under.
fn words(net: &Net, row: &Row, kind: &Kind) -> Vec<Conventions> {
    let base = base(net);
    match kind.window.filter(|w| net.dialect.is_none() && takes_word(row, *w)) {
        Some(window) => PadWord::ALL.iter().map(|word| base.with(window, *word)).collect(),
        None => vec![base],
    }
}

/// What a stride is where it is not written: the kernel of a pool, else 1.
pub(super) fn unwritten(kind: &Kind, args: &Args) -> Value {
    let stride = args.pair("kernel").filter(|_| kind.window == Some(WindowKind::Pool));
    Value::Pair(stride.unwrap_or([1, 1]))
}

/// True where a claim stood in for a stride, so that another claim may have been meant.
pub(super) fn stands_in(row: &Row, param: &str) -> bool {
    param == "stride" && row.origin(param).is_some_and(|o| o.stand_in)
}

/// True for an edit that only takes such a stride back: no cell says it.
pub(super) fn takes_back(net: &Net, edit: &RowEdit) -> bool {
    let row = &net.graph[edit.node];
    stands_in(row, edit.param) && row.kind.is_some_and(|k| edit.value == unwritten(k, &row.args))
}

fn reaches(kind: &Kind, args: &Args, conventions: &Conventions, inputs: &[Shape], declared: Shape) -> bool {
    let Ok(layer) = (kind.bind)(args, conventions) else { return false };
    layer.infer(inputs).is_ok_and(|out| area(out) == area(declared))
}

fn area(shape: Shape) -> [u64; 2] {
    let [h, w, _] = shape.hwc();
    [h, w]
}

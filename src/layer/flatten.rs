//! FLATTEN: a map as a vector.

use super::{Args, Arity, Bound, Conventions, Cost, Dialect, Kind, Layer, Positional, Problem, limits};
use crate::program::{Builder, FlattenOrder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "FLATTEN",
    aliases: &[],
    implied: &[],
    key: "flatten",
    summary: "A map as a vector: channels vary fastest in Keras, width elsewhere.",
    arity: Arity::One,
    params: &[],
    positional: Positional { size: None, slash: None, int: None, words: &[] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

/// The order in which a dialect flattens.
pub(super) const fn order(conventions: &Conventions) -> FlattenOrder {
    match conventions.dialect {
        Dialect::Keras => FlattenOrder::Hwc,
        _ => FlattenOrder::Chw,
    }
}

#[derive(Debug)]
struct Flatten(FlattenOrder);

fn bind(_: &Args, conventions: &Conventions) -> Bound {
    Ok(Arc::new(Flatten(order(conventions))))
}

impl Layer for Flatten {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        limits::fits(Shape::Flat(inputs[0].elements())).map_err(|p| p.input(0))
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        let [h, w, c] = inputs[0].hwc();
        vec![format!("{h} * {w} * {c} = {}", inputs[0].elements())]
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        match b.shape(inputs[0]) {
            Shape::Flat(_) => inputs[0],
            Shape::Map { .. } => b.op(Prim::Flatten { x: inputs[0], order: self.0 }, output),
        }
    }
}

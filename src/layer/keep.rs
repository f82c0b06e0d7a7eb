//! What layers that keep their input's shape and store nothing have in common.

use super::rank::as_map;
use super::{Cost, Layer, Problem};
use crate::program::{Builder, FlattenOrder, Prim, ValueId};
use crate::shape::Shape;
use std::fmt;

/// A layer whose output has its input's shape, lowered to one primitive.
pub(super) struct Keep {
    name: &'static str,
    maps: bool,
    prim: Box<dyn Fn(ValueId) -> Prim + Send + Sync>,
}

impl Keep {
    pub(super) fn new(name: &'static str, prim: impl Fn(ValueId) -> Prim + Send + Sync + 'static) -> Self {
        Self { name, maps: false, prim: Box::new(prim) }
    }

    /// For a primitive that takes only maps, `[N, C, H, W]`: a vector becomes one and back.
    pub(super) fn on_maps(mut self) -> Self {
        self.maps = true;
        self
    }
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keep({})", self.name)
    }
}

impl Layer for Keep {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        Ok(inputs[0])
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, _: &[Shape]) -> Vec<String> {
        Vec::new()
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, builder: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        match output {
            Shape::Flat(c) if self.maps => {
                let map = as_map(builder, inputs[0]);
                let x = builder.op((self.prim)(map), Shape::map(1, 1, c));
                builder.op(Prim::Flatten { x, order: FlattenOrder::Chw }, output)
            }
            _ => builder.op((self.prim)(inputs[0]), output),
        }
    }
}

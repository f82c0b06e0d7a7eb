//! What layers that keep their input's shape and store nothing have in common.

use super::{Cost, Layer, Problem};
use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;
use std::fmt;

/// A layer whose output has its input's shape, lowered to one primitive.
pub(super) struct Keep {
    name: &'static str,
    prim: Box<dyn Fn(ValueId) -> Prim + Send + Sync>,
}

impl Keep {
    pub(super) fn new(name: &'static str, prim: impl Fn(ValueId) -> Prim + Send + Sync + 'static) -> Self {
        Self { name, prim: Box::new(prim) }
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
        builder.op((self.prim)(inputs[0]), output)
    }
}

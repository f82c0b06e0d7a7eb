//! INPUT: the image that goes in.

use super::{
    Args, Arity, Bound, Conventions, Cost, Kind, Layer, ParamSpec, Positional, Problem, StandIn, Type, limits,
};
use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "INPUT",
    aliases: &["INPUT IMAGE", "INPUT LAYER", "IMAGE", "DATA"],
    implied: &[],
    key: "input",
    summary: "The image batch. Its size stands in the output column, or in the filter column where \
              there is no output column.",
    arity: Arity::None,
    params: &[ParamSpec {
        name: "size",
        aliases: &[],
        ty: Type::Size,
        unit: "pixels, channels",
        default: "",
        required: true,
        stand_in: StandIn::Size,
        doc: "Height, width and channels: `227x227x3`.",
        repairs: &[],
    }],
    positional: Positional { size: Some("size"), slash: None, int: None, words: &[] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Input(Shape);

fn bind(args: &Args, _: &Conventions) -> Bound {
    let [h, w, c] = args.size("size").unwrap_or([1, 1, 1]).map(|v| v.max(1) as u64);
    let shape = if (h, w) == (1, 1) { Shape::Flat(c) } else { Shape::map(h, w, c) };
    Ok(Arc::new(Input(shape)))
}

impl Layer for Input {
    fn infer(&self, _: &[Shape]) -> Result<Shape, Problem> {
        limits::fits(self.0).map_err(|p| p.param("size"))
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

    fn lower(&self, builder: &mut Builder, _: &[ValueId], output: Shape) -> ValueId {
        builder.op(Prim::Input, output)
    }
}

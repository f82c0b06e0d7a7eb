//! ADAPTIVE POOL: windows that split the map into a given size.

use super::rank::as_map;
use super::spec::param;
use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, Type, limits};
use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "ADAPTIVE POOL",
    aliases: &["ADAPTIVE AVERAGE POOL", "ADAPTIVE AVG POOL", "ADAPTIVEAVGPOOL", "ADAPTIVE MAX POOL", "ADAPTIVE POOLING"],
    implied: &[("ADAPTIVE MAX POOL", "mode", "max")],
    key: "adaptive_pool",
    summary: "Pools to a given size: window i of n over L pixels is floor(i L / n) to ceil((i + 1) L / n), as PyTorch \
              has it. The mean unless it says max.",
    arity: Arity::One,
    params: &[
        param("size", Type::Pair { min: 1, max: 65_536 }, "", "Output height and width.").unit("pixels").required(),
        param("mode", Type::Word(&["average", "max"]), "average", "Mean or largest."),
    ],
    positional: Positional { size: Some("size"), slash: None, int: Some("size"), words: &["mode"] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
pub(super) struct Adaptive {
    pub(super) size: [u32; 2],
    pub(super) max: bool,
}

fn bind(args: &Args, _: &Conventions) -> Bound {
    let size = args.pair("size").unwrap_or([1, 1]).map(|v| v.max(1) as u32);
    Ok(Arc::new(Adaptive { size, max: args.word("mode") == Some("max") }))
}

impl Layer for Adaptive {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let [h, w] = self.size.map(u64::from);
        limits::fits(Shape::map(h, w, inputs[0].channels())).map_err(|p| p.param("size"))
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        let ([h, w], [ih, iw, _]) = (self.size, inputs[0].hwc());
        let line = |i: u64, n: u32| match n {
            1 => format!("{i} pixels in one window = 1"),
            n => format!("{i} pixels in {n} windows = {n}"),
        };
        if h == w && ih == iw { vec![line(ih, h)] } else { vec![line(ih, h), line(iw, w)] }
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let x = as_map(b, inputs[0]);
        let size = self.size;
        let prim = if self.max { Prim::AdaptiveMaxPool2d { x, size } } else { Prim::AdaptiveAvgPool2d { x, size } };
        b.op(prim, output)
    }
}

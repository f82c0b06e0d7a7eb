//! LN: layer normalisation.

use super::gn::epsilon;
use super::spec::{eps, param, scale, shift};
use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, Type, limits};
use crate::program::{Builder, Init, Over, Prim, Role, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "LN",
    aliases: &["LAYERNORM", "LAYER NORM", "LAYER NORMALIZATION", "LAYER NORMALISATION", "LAYERNORMALIZATION"],
    implied: &[],
    key: "ln",
    summary: "Normalises by the mean and variance of the channels at each place (Keras's default, ConvNeXt's), or of \
              the whole map where it says `whole` (PyTorch's `LayerNorm([C, H, W])`); then scales and shifts.",
    arity: Arity::One,
    params: &[
        param(
            "over",
            Type::Word(&["channels", "whole"]),
            "channels",
            "What is normalised together: scale and shift are one a channel, or one for each number.",
        ),
        eps(),
        scale(),
        shift(),
    ],
    positional: Positional { size: None, slash: None, int: None, words: &["over", "scale", "shift"] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct LayerNorm {
    over: Over,
    eps: f64,
    scale: bool,
    shift: bool,
}

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    Ok(Arc::new(LayerNorm {
        over: if args.word("over") == Some("whole") { Over::Whole } else { Over::Channels },
        eps: epsilon(args, conventions),
        scale: args.flag("scale").unwrap_or(true),
        shift: args.flag("shift").unwrap_or(true),
    }))
}

impl Layer for LayerNorm {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        limits::fits(inputs[0]).map_err(|p| p.input(0))
    }

    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        let each = match self.over {
            Over::Channels => output.channels(),
            Over::Whole => output.elements(),
        };
        let norms = each.saturating_mul(u64::from(self.scale) + u64::from(self.shift));
        Cost { norms, ..Cost::default() }
    }

    fn arithmetic(&self, _: &[Shape]) -> Vec<String> {
        Vec::new()
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let dims = match (self.over, output) {
            (Over::Whole, Shape::Map { h, w, c }) => vec![c, h, w],
            _ => vec![output.channels()],
        };
        let scale = self.scale.then(|| b.param(Role::Scale, &dims, Init::Constant(1.0)));
        let shift = self.shift.then(|| b.param(Role::Shift, &dims, Init::Constant(0.0)));
        b.op(Prim::LayerNorm { x: inputs[0], over: self.over, scale, shift, eps: self.eps }, output)
    }
}

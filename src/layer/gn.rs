//! GN: group normalisation.

use super::spec::{MOST, eps, param, scale, shift};
use super::{Args, Arity, Bound, Conventions, Cost, Dialect, Kind, Layer, Positional, Problem, Type, groups};
use crate::program::{Builder, Init, Prim, Role, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "GN",
    aliases: &["GROUPNORM", "GROUP NORM", "GROUP NORMALIZATION", "GROUP NORMALISATION", "GROUPNORMALIZATION"],
    implied: &[],
    key: "gn",
    summary: "Normalises each image's channels, group by group, by their own mean and variance, then scales and shifts \
              each channel. As many groups as channels is instance normalisation.",
    arity: Arity::One,
    params: &[
        param("groups", Type::Int { min: 1, max: MOST }, "32", "How many groups of channels.").aliases(&["g", "group"]),
        eps(),
        scale(),
        shift(),
    ],
    positional: Positional { size: None, slash: None, int: Some("groups"), words: &["scale", "shift"] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct GroupNorm {
    groups: u64,
    eps: f64,
    scale: bool,
    shift: bool,
}

/// The epsilon of a dialect's normalisations: Keras 1e-3 (`keras/src/layers/normalization/`), elsewhere 1e-5.
pub(super) fn epsilon(args: &Args, conventions: &Conventions) -> f64 {
    args.real("eps").unwrap_or(if conventions.dialect == Dialect::Keras { 1e-3 } else { 1e-5 })
}

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    Ok(Arc::new(GroupNorm {
        groups: args.int("groups").unwrap_or(32).max(1).unsigned_abs(),
        eps: epsilon(args, conventions),
        scale: args.flag("scale").unwrap_or(true),
        shift: args.flag("shift").unwrap_or(true),
    }))
}

impl Layer for GroupNorm {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        groups::split(self.groups, &[("channels", inputs[0].channels())])?;
        Ok(inputs[0])
    }

    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        let each = u64::from(self.scale) + u64::from(self.shift);
        Cost { norms: output.channels().saturating_mul(each), ..Cost::default() }
    }

    fn arithmetic(&self, _: &[Shape]) -> Vec<String> {
        Vec::new()
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let c = [output.channels()];
        let scale = self.scale.then(|| b.param(Role::Scale, &c, Init::Constant(1.0)));
        let shift = self.shift.then(|| b.param(Role::Shift, &c, Init::Constant(0.0)));
        let (groups, eps) = (self.groups as u32, self.eps);
        b.op(Prim::GroupNorm { x: inputs[0], groups, scale, shift, eps }, output)
    }
}

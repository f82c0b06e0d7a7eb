//! SCALE: a factor a channel, learned, or one number.

use super::keep::Keep;
use super::spec::param;
use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, Type};
use crate::diag::Code;
use crate::program::{Builder, Function, Init, Prim, Role, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

const REAL: Type = Type::Real { min: -1e9, max: 1e9, max_included: true };

pub(super) static KIND: Kind = Kind {
    name: "SCALE",
    aliases: &["LAYER SCALE", "LAYERSCALE", "RESCALE", "RESCALING"],
    implied: &[],
    key: "scale",
    summary: "Multiplies each channel by a learned factor, and adds a learned offset where it says so (Caffe's Scale); \
              or multiplies all by one number that is not learned, `by` (Inception-ResNet's residuals).",
    arity: Arity::One,
    params: &[
        param("by", REAL, "learned", "One factor for all, not learned."),
        param("shift", Type::Flag, "no", "Learns an offset too.").aliases(&["bias", "bias_term", "center"]),
        param("init", REAL, "1", "The learned factor at the start."),
    ],
    positional: Positional { size: None, slash: None, int: Some("by"), words: &["shift"] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Scale {
    shift: bool,
    init: f64,
}

fn bind(args: &Args, _: &Conventions) -> Bound {
    let shift = args.flag("shift").unwrap_or(false);
    let Some(factor) = args.real("by") else {
        return Ok(Arc::new(Scale { shift, init: args.real("init").unwrap_or(1.0) }));
    };
    if let Some(name) = ["shift", "init"].into_iter().find(|n| args.has(n) && (*n == "init" || shift)) {
        let text = format!("a SCALE by a number learns nothing, so it takes no {name}");
        return Err(vec![Problem::new(Code::E0205, text).param(name).help("leave out one of the two")]);
    }
    Ok(Arc::new(Keep::new("SCALE", move |x| Prim::Activation { x, function: Function::Times { factor } })))
}

impl Layer for Scale {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        Ok(inputs[0])
    }

    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        Cost { norms: output.channels().saturating_mul(1 + u64::from(self.shift)), ..Cost::default() }
    }

    fn arithmetic(&self, _: &[Shape]) -> Vec<String> {
        Vec::new()
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn taps(&self) -> u64 {
        u64::from(self.shift)
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let c = [output.channels()];
        let scale = b.param(Role::Scale, &c, Init::Constant(self.init));
        let shift = self.shift.then(|| b.param(Role::Shift, &c, Init::Constant(0.0)));
        b.op(Prim::Scale { x: inputs[0], scale, shift }, output)
    }
}

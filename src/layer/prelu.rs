//! PRELU: ReLU with a learned slope below zero.

use super::spec::param;
use super::{Args, Arity, Bound, Conventions, Cost, Dialect, Kind, Layer, Positional, Problem, Type, limits};
use crate::program::{Builder, Init, Prim, Role, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "PRELU",
    aliases: &["PARAMETRIC RELU"],
    implied: &[],
    key: "prelu",
    summary: "`x` above zero, `a x` below, the slope `a` learned: one for all (PyTorch's default), one a channel (the \
              paper's, Caffe's) or one for each number (Keras's).",
    arity: Arity::One,
    params: &[
        param(
            "slopes",
            Type::Word(&["one", "channel", "number"]),
            "channel; PyTorch one, Keras number",
            "What has a slope of its own.",
        )
        .aliases(&["shared"]),
        param("init", Type::Real { min: -1e9, max: 1e9, max_included: true }, "0.25; Keras 0", "The slope at the start."),
    ],
    positional: Positional { size: None, slash: None, int: None, words: &["slopes"] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

#[derive(Clone, Copy, Debug)]
enum Slopes {
    One,
    Channel,
    Number,
}

#[derive(Debug)]
struct PRelu {
    slopes: Slopes,
    init: f64,
}

/// Defaults by source: PyTorch `torch/nn/modules/activation.py` (`num_parameters=1`, .25); Keras
/// `keras/src/layers/activations/prelu.py` (no shared axes, zeros); Caffe `prelu_layer.cpp` (a channel, .25).
fn bind(args: &Args, conventions: &Conventions) -> Bound {
    let (slopes, init) = match conventions.dialect {
        Dialect::Pytorch => (Slopes::One, 0.25),
        Dialect::Keras => (Slopes::Number, 0.0),
        Dialect::Caffe | Dialect::CudaConvnet | Dialect::Darknet | Dialect::Onnx => (Slopes::Channel, 0.25),
    };
    let slopes = match args.word("slopes") {
        Some("one") => Slopes::One,
        Some("channel") => Slopes::Channel,
        Some(_) => Slopes::Number,
        None => slopes,
    };
    Ok(Arc::new(PRelu { slopes, init: args.real("init").unwrap_or(init) }))
}

impl Layer for PRelu {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        limits::fits(inputs[0]).map_err(|p| p.input(0))
    }

    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        let norms = match self.slopes {
            Slopes::One => 1,
            Slopes::Channel => output.channels(),
            Slopes::Number => output.elements(),
        };
        Cost { norms, ..Cost::default() }
    }

    fn arithmetic(&self, _: &[Shape]) -> Vec<String> {
        Vec::new()
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let dims = match (self.slopes, output) {
            (Slopes::One, _) => vec![1],
            (Slopes::Number, Shape::Map { h, w, c }) => vec![c, h, w],
            (Slopes::Channel, _) | (Slopes::Number, Shape::Flat(_)) => vec![output.channels()],
        };
        let slope = b.param(Role::Slope, &dims, Init::Constant(self.init));
        b.op(Prim::PRelu { x: inputs[0], slope }, output)
    }
}

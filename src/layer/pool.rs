//! POOL: the largest or the mean of each window.

use super::spec::{ceil, dilation, kernel, padding, param, stride};
use super::rank::as_map;
use super::window::Window;
use super::{
    Args, Arity, Bound, Conventions, Cost, Dialect, Kind, Layer, Positional, Problem, StandIn, Type, WindowKind, limits,
};
use crate::diag::Code;
use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

const AVERAGE: &str = "average";

pub(super) static KIND: Kind = Kind {
    name: "POOL",
    aliases: &[
        "POOLING", "MAXPOOL", "MAX POOL", "MAX-POOL", "MAX POOLING", "MAXPOOLING", "MAXPOOL2D", "AVGPOOL", "AVG POOL",
        "AVG-POOL", "AVERAGE POOL", "AVERAGE POOLING", "AVGPOOL2D", "SUBSAMPLING", "MAX-POOLING", "AVERAGEPOOLING",
        "AVERAGE-POOLING", "AVG POOLING", "AVG-POOLING", "MEAN POOL", "MEAN POOLING", "SUB-SAMPLING",
    ],
    implied: &[
        ("MAXPOOL", "mode", "max"),
        ("MAX POOL", "mode", "max"),
        ("MAX-POOL", "mode", "max"),
        ("MAX POOLING", "mode", "max"),
        ("MAXPOOLING", "mode", "max"),
        ("MAXPOOL2D", "mode", "max"),
        ("AVGPOOL", "mode", AVERAGE),
        ("AVG POOL", "mode", AVERAGE),
        ("AVG-POOL", "mode", AVERAGE),
        ("AVERAGE POOL", "mode", AVERAGE),
        ("AVERAGE POOLING", "mode", AVERAGE),
        ("AVGPOOL2D", "mode", AVERAGE),
        ("SUBSAMPLING", "mode", AVERAGE),
        ("MAX-POOLING", "mode", "max"),
        ("AVERAGEPOOLING", "mode", AVERAGE),
        ("AVERAGE-POOLING", "mode", AVERAGE),
        ("AVG POOLING", "mode", AVERAGE),
        ("AVG-POOLING", "mode", AVERAGE),
        ("MEAN POOL", "mode", AVERAGE),
        ("MEAN POOLING", "mode", AVERAGE),
        ("SUB-SAMPLING", "mode", AVERAGE),
    ],
    key: "pool",
    summary: "The largest number of each window, or its mean; max unless it says otherwise.",
    arity: Arity::One,
    params: &[
        kernel().required().stand_in(StandIn::Whole),
        stride("the kernel"),
        padding(),
        dilation(),
        param("mode", Type::Word(&["max", AVERAGE]), "max", "Largest or mean.").aliases(&["type", "method"]),
        param(
            "divisor",
            Type::Word(&["inside", "padded", "kernel"]),
            "by dialect",
            "What a mean divides by: the pixels inside the image (Keras, ONNX, Darknet), those inside its padding \
             (PyTorch, Caffe), or the whole kernel.",
        ),
        ceil(),
    ],
    positional: Positional {
        size: Some("kernel"),
        slash: Some("stride"),
        int: None,
        words: &["mode", "padding", "ceil", "divisor"],
    },
    window: Some(WindowKind::Pool),
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Divisor {
    Inside,
    Padded,
    Kernel,
}

#[derive(Debug)]
struct Pool {
    window: Window,
    average: bool,
    divisor: Divisor,
}

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    let kernel = args.pair("kernel").unwrap_or([1, 1]);
    let stride = args.pair("stride").unwrap_or(kernel);
    let divisor = match (args.word("divisor"), conventions.dialect) {
        (Some("inside"), _) => Divisor::Inside,
        (Some("padded"), _) => Divisor::Padded,
        (Some(_), _) => Divisor::Kernel,
        (None, Dialect::Pytorch | Dialect::Caffe) => Divisor::Padded,
        (None, Dialect::Keras | Dialect::Onnx | Dialect::Darknet | Dialect::CudaConvnet) => Divisor::Inside,
    };
    let average = args.word("mode") == Some(AVERAGE);
    if average && args.pair("dilation").is_some_and(|d| d != [1, 1]) {
        return Err(vec![
            Problem::new(Code::E0205, "an average pool has no dilation")
                .param("dilation")
                .help("leave the dilation out, or write `max`"),
        ]);
    }
    let window = Window::of(args, conventions, WindowKind::Pool, stride);
    Ok(Arc::new(Pool { window, average, divisor }))
}

impl Layer for Pool {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let size = self.window.resolve(inputs[0])?;
        limits::fits(Shape::map(size.h, size.w, inputs[0].channels())).map_err(|p| p.param("padding"))
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        self.window.arithmetic(inputs[0])
    }

    fn padding(&self, inputs: &[Shape]) -> Option<[u32; 4]> {
        self.window.resolve(inputs[0]).ok().map(|r| r.padding)
    }

    fn taps(&self) -> u64 {
        let [h, w] = self.window.kernel;
        h.saturating_mul(w).unsigned_abs()
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let x = as_map(b, inputs[0]);
        let resolved = self.window.resolve(b.shape(x)).ok();
        let padding = resolved.map_or([0; 4], |r| r.padding);
        let kernel = Window::stored(self.window.kernel);
        let stride = Window::stored(self.window.stride);
        let prim = if self.average {
            let counted = match self.divisor {
                Divisor::Inside => [0; 4],
                Divisor::Padded => resolved.map_or([0; 4], |r| r.asked),
                Divisor::Kernel => padding,
            };
            Prim::AvgPool2d { x, kernel, stride, padding, counted }
        } else {
            Prim::MaxPool2d { x, kernel, stride, padding, dilation: Window::stored(self.window.dilation) }
        };
        b.op(prim, output)
    }
}

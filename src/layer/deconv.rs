//! DECONV: transposed convolution.

use super::rank::as_map;
use super::spec::{MOST, dilation, kernel, param, stride};
use super::transposed::Transposed;
use super::weights::{Weights, initialisers};
use super::window::Window;
use super::{
    Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, StandIn, Type, groups, limits,
};
use crate::diag::Code;
use crate::program::{Builder, Prim, Role, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "DECONV",
    aliases: &[
        "DECONVOLUTION", "TRANSPOSED CONV", "TRANSPOSED CONVOLUTION", "TRANSPOSE CONV", "CONV TRANSPOSE",
        "CONVTRANSPOSE", "CONVTRANSPOSE2D", "CONV2DTRANSPOSE", "UP-CONV", "UPCONV", "UP CONV", "UP-CONVOLUTION",
    ],
    implied: &[],
    key: "deconv",
    summary: "Transposed convolution: each input pixel adds its multiple of K kernels to the output, a stride apart. \
              Without a word nothing is cut: `(i - 1) s + k`, in Keras `(i - 1) s + max(k, s)`; `same` is `i s`; numbers \
              are cut, `(i - 1) s - 2p + k + output_padding`.",
    arity: Arity::One,
    params: &[
        kernel().required(),
        stride("1"),
        param("padding", Type::Padding, "valid", "Cut from the full output: a word (not `ceil`), or numbers as in CONV.")
            .aliases(&["p", "pad"])
            .unit("pixels"),
        param("output_padding", Type::Pair { min: 0, max: 65_536 }, "0", "Rows and columns more at the end.")
            .aliases(&["out_pad", "adj"])
            .unit("pixels")
            .repairs(&[0, 1, 2]),
        dilation(),
        param("groups", Type::Int { min: 1, max: MOST }, "1", "Groups that the channels are split into.")
            .aliases(&["g", "group"]),
        param("K", Type::Int { min: 1, max: MOST }, "the declared channels", "How many filters.")
            .aliases(&["filters", "c", "channels", "out"])
            .unit("channels")
            .required()
            .stand_in(StandIn::Channels),
        param("bias", Type::Flag, "yes", "Adds a bias to each filter."),
    ],
    positional: Positional { size: Some("kernel"), slash: Some("stride"), int: Some("K"), words: &["padding", "bias"] },
    window: None,
    keeps_shape: false,
    weighted: true,
    bind,
};

#[derive(Debug)]
struct Deconv {
    window: Transposed,
    k: u64,
    groups: u64,
    bias: bool,
    conventions: Conventions,
}

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    let Some(k) = args.int("K") else {
        return Err(vec![
            Problem::new(Code::E0207, "DECONV does not say how many filters it has")
                .help("write `K=64`, or declare the output size"),
        ]);
    };
    let window = Transposed::of(args, conventions).map_err(|p| vec![p])?;
    Ok(Arc::new(Deconv {
        window,
        k: k.max(1).unsigned_abs(),
        groups: args.int("groups").unwrap_or(1).max(1).unsigned_abs(),
        bias: args.flag("bias").unwrap_or(true),
        conventions: *conventions,
    }))
}

impl Deconv {
    fn kernel_area(&self) -> u64 {
        let [h, w] = self.window.kernel.map(i64::unsigned_abs);
        h.saturating_mul(w)
    }
}

impl Layer for Deconv {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let c = inputs[0].channels();
        groups::split(self.groups, &[("input channels", c), ("output channels", self.k)])?;
        let size = self.window.resolve(inputs[0])?;
        limits::kernel((self.k / self.groups).saturating_mul(self.kernel_area()).saturating_mul(c))?;
        limits::fits(Shape::map(size.h, size.w, self.k)).map_err(|p| p.param("K"))
    }

    fn cost(&self, inputs: &[Shape], _: Shape) -> Cost {
        let [h, w, c] = inputs[0].hwc();
        let weights = (self.k / self.groups).saturating_mul(self.kernel_area()).saturating_mul(c);
        let biases = if self.bias { self.k } else { 0 };
        let macs = weights.saturating_mul(h).saturating_mul(w);
        Cost { weights, biases, macs, ..Cost::default() }
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        self.window.arithmetic(inputs[0])
    }

    /// It cuts; it adds no zeros.
    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let x = as_map(b, inputs[0]);
        let shape = b.shape(x);
        let (c, each, area) = (shape.channels(), self.k / self.groups, self.kernel_area());
        let [kh, kw] = self.window.kernel.map(i64::unsigned_abs);
        // Every framework takes the kernel's second axis for the fan in, which here are outputs.
        let (kernels, biases) = initialisers(&self.conventions, Weights::Conv, each * area, c * area);
        let kernel = b.param(Role::Kernel, &[c, each, kh, kw], kernels);
        let bias = self.bias.then(|| b.param(Role::Bias, &[self.k], biases));
        let crop = self.window.resolve(shape).map_or([0; 4], |r| r.crop);
        let stride = Window::stored(self.window.stride);
        let dilation = Window::stored(self.window.dilation);
        let groups = self.groups as u32;
        b.op(Prim::ConvTranspose2d { x, kernel, bias, stride, crop, dilation, groups }, output)
    }
}

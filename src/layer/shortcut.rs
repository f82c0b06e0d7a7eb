//! SHORTCUT: the other way around a residual block.

use super::rank::as_map;
use super::spec::{MOST, param, stride};
use super::{
    Args, Arity, Bound, Conventions, Cost, Kind, Layer, PadWord, Positional, Problem, StandIn, Type, Value, bn, conv,
    limits,
};
use crate::diag::Code;
use crate::program::{Builder, PadMode, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "SHORTCUT",
    aliases: &["SKIP", "SKIP CONNECTION", "RESIDUAL CONNECTION", "IDENTITY"],
    implied: &[],
    key: "shortcut",
    summary: "Its input where that has K channels and the stride is 1. Else a projection, CONV 1x1 with the stride and \
              BN; or, where it says `zeros`, every s-th pixel with channels of zeros behind (ResNet's option A).",
    arity: Arity::One,
    params: &[
        stride("1"),
        param("K", Type::Int { min: 1, max: MOST }, "the input's", "How many channels come out.")
            .aliases(&["filters", "c", "channels", "out"])
            .unit("channels")
            .stand_in(StandIn::Channels),
        param("mode", Type::Word(&["project", "zeros"]), "project", "What changes the shape.").aliases(&["option"]),
        param("bn", Type::Flag, "yes", "Batch norm after the projection."),
        param("bias", Type::Flag, "no; yes without batch norm", "The projection's bias."),
    ],
    positional: Positional { size: None, slash: Some("stride"), int: Some("K"), words: &["mode", "bn", "bias"] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Shortcut {
    stride: [i64; 2],
    k: Option<u64>,
    zeros: bool,
    bn: bool,
    bias: bool,
    conventions: Conventions,
}

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    let bn = args.flag("bn").unwrap_or(true);
    Ok(Arc::new(Shortcut {
        stride: args.pair("stride").unwrap_or([1, 1]).map(|s| s.max(1)),
        k: args.int("K").map(|k| k.max(1).unsigned_abs()),
        zeros: args.word("mode") == Some("zeros"),
        bn,
        bias: args.flag("bias").unwrap_or(!bn),
        conventions: *conventions,
    }))
}

/// What it comes to for an input.
enum Way {
    Identity,
    /// Pixels left out and channels added.
    Zeros { height: u64, width: u64, more: u64 },
    Project(Vec<Arc<dyn Layer>>),
}

impl Shortcut {
    fn way(&self, input: Shape) -> Result<Way, Problem> {
        let [h, w, c] = input.hwc();
        let k = self.k.unwrap_or(c);
        if k == c && self.stride == [1, 1] {
            return Ok(Way::Identity);
        }
        if !self.zeros {
            return Ok(Way::Project(self.projection(k)?));
        }
        let Some(more) = k.checked_sub(c) else {
            let text = format!("zeros cannot make {k} channels of {c}");
            let help = format!("write `K={c}` or more, or leave `zeros` out");
            return Err(Problem::new(Code::E0304, text).param("K").help(help));
        };
        let every = |side: u64, stride: i64| side.div_ceil(stride.unsigned_abs());
        Ok(Way::Zeros { height: every(h, self.stride[0]), width: every(w, self.stride[1]), more })
    }

    /// CONV 1x1 and BN, as rows of their own would be bound.
    fn projection(&self, k: u64) -> Result<Vec<Arc<dyn Layer>>, Problem> {
        let mut args = Args::new();
        args.set("kernel", Value::Pair([1, 1]));
        args.set("stride", Value::Pair(self.stride));
        args.set("padding", Value::PadWord(PadWord::Valid));
        args.set("ceil", Value::Flag(false));
        args.set("K", Value::Int(k as i64));
        args.set("bias", Value::Flag(self.bias));
        let mut rows = vec![(conv::KIND.bind)(&args, &self.conventions)];
        if self.bn {
            rows.push((bn::KIND.bind)(&Args::new(), &self.conventions));
        }
        let first = |mut all: Vec<Problem>| all.swap_remove(0);
        rows.into_iter().collect::<Result<_, _>>().map_err(first)
    }

    /// Pixels left out by a window of one pixel, zeros behind the last channel.
    fn padded(&self, b: &mut Builder, input: ValueId, output: Shape) -> ValueId {
        let mut x = as_map(b, input);
        let ([h, w, k], c) = (output.hwc(), b.shape(x).channels());
        if self.stride != [1, 1] {
            let stride = self.stride.map(|s| s.unsigned_abs() as u32);
            let prim = Prim::MaxPool2d { x, kernel: [1, 1], stride, padding: [0; 4], dilation: [1, 1] };
            x = b.op(prim, Shape::map(h, w, c));
        }
        if k > c {
            let channels = (k - c) as u32;
            x = b.op(Prim::Pad { x, padding: [0; 4], channels, mode: PadMode::Zeros }, output);
        }
        x
    }
}

impl Layer for Shortcut {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        match self.way(inputs[0])? {
            Way::Identity => limits::fits(inputs[0]).map_err(|p| p.input(0)),
            Way::Zeros { height, width, more } => {
                let c = inputs[0].channels().saturating_add(more);
                limits::fits(Shape::map(height, width, c)).map_err(|p| p.input(0))
            }
            Way::Project(rows) => rows.iter().try_fold(inputs[0], |shape, row| row.infer(&[shape])),
        }
    }

    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
        let Ok(Way::Project(rows)) = self.way(inputs[0]) else { return Cost::default() };
        let mut shape = inputs[0];
        rows.iter().fold(Cost::default(), |sum, row| {
            let cost = row.cost(&[shape], output);
            shape = output;
            Cost {
                weights: sum.weights.saturating_add(cost.weights),
                biases: sum.biases.saturating_add(cost.biases),
                norms: sum.norms.saturating_add(cost.norms),
                buffers: sum.buffers.saturating_add(cost.buffers),
                macs: sum.macs.saturating_add(cost.macs),
            }
        })
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        let [h, w, _] = inputs[0].hwc();
        if self.stride == [1, 1] {
            return Vec::new();
        }
        let line = |i: u64, s: i64| format!("floor(({i} - 1) / {s}) + 1 = {}", i.div_ceil(s.unsigned_abs()));
        let ([sh, sw], square) = (self.stride, h == w && self.stride[0] == self.stride[1]);
        if square { vec![line(h, sh)] } else { vec![line(h, sh), line(w, sw)] }
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        match self.way(b.shape(inputs[0])) {
            Ok(Way::Project(rows)) => rows.iter().fold(inputs[0], |x, row| row.lower(b, &[x], output)),
            Ok(Way::Zeros { .. }) => self.padded(b, inputs[0], output),
            Ok(Way::Identity) | Err(_) => inputs[0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Dialect;
    use super::*;

    fn shortcut(stride: i64, k: Option<i64>, mode: &'static str) -> Arc<dyn Layer> {
        let mut args = Args::new();
        args.set("stride", Value::Pair([stride; 2]));
        args.set("mode", Value::Word(mode));
        if let Some(k) = k {
            args.set("K", Value::Int(k));
        }
        bind(&args, &Conventions::of(Dialect::CudaConvnet)).unwrap()
    }

    #[test]
    fn nothing_is_stored_where_the_shape_stays() {
        let input = Shape::map(56, 56, 64);
        let layer = shortcut(1, Some(64), "project");
        assert_eq!(layer.infer(&[input]), Ok(input));
        assert_eq!(layer.cost(&[input], input), Cost::default());
    }

    /// ResNet-50's first projection of conv3_x: 256 x 512 weights and BN's 2 x 512.
    #[test]
    fn a_projection_is_conv_and_bn() {
        let (input, output) = (Shape::map(57, 56, 256), Shape::map(29, 28, 512));
        let layer = shortcut(2, Some(512), "project");
        assert_eq!(layer.infer(&[input]), Ok(output));
        let cost = layer.cost(&[input], output);
        assert_eq!((cost.weights, cost.biases, cost.norms, cost.buffers), (131_072, 0, 1024, 1024));
    }

    #[test]
    fn zeros_store_nothing_and_take_no_channel_away() {
        let layer = shortcut(2, Some(32), "zeros");
        assert_eq!(layer.infer(&[Shape::map(9, 8, 16)]), Ok(Shape::map(5, 4, 32)));
        assert_eq!(layer.cost(&[Shape::map(9, 8, 16)], Shape::map(5, 4, 32)), Cost::default());
        assert_eq!(layer.infer(&[Shape::map(9, 8, 33)]).unwrap_err().code, Code::E0304);
    }
}

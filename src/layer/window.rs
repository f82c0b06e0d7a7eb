//! Windows: how a kernel, a stride and a padding rule give a size. Convolutions and pools share it.
//!
//! Formulas, by source: TensorFlow's SAME `o = ceil(i / s)`, total padding `max(0, (o-1)s + keff - i)`
//! (`keras/src/ops/operation_utils.py`); floor `(i + p0 + p1 - keff) // s + 1` (PyTorch `Pool.h`, Caffe
//! `conv_layer.cpp`); ceil `ceil((i + p0 + p1 - keff) / s) + 1` with the clip `(o-1)s >= i + p0` taking one
//! off (Caffe `pooling_layer.cpp` only where `p != 0`, PyTorch always); cuda-convnet `1 + ceil((2p + i - k) / s)`.
//! `keff = d (k - 1) + 1`.

use super::{Args, Conventions, Dialect, PadWord, Problem, Value, WindowKind};
use crate::diag::Code;
use crate::shape::Shape;

/// The longest side of a map, as libtorch counts it.
const LONGEST: i64 = i32::MAX as i64;

/// The padding a row asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pad {
    Word(PadWord),
    /// Top, bottom, left, right.
    Numbers([i64; 4]),
}

/// When a rounded-up size loses a window that starts beyond the image.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Clip {
    Never,
    IfPadded,
    Always,
}

/// A window with its conventions settled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    pub(super) kernel: [i64; 2],
    pub(super) stride: [i64; 2],
    pub(super) dilation: [i64; 2],
    pad: Pad,
    ceil: bool,
    clip: Clip,
}

/// What one axis comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    out: i64,
    before: i64,
    after: i64,
    /// The part of `after` that the row asked for, without what rounding up reads.
    asked: i64,
}

/// Both axes resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Resolved {
    pub(super) h: u64,
    pub(super) w: u64,
    /// Top, bottom, left, right, including what rounding up reads beyond the end.
    pub(super) padding: [u32; 4],
    /// The part of it that the row asked for.
    pub(super) asked: [u32; 4],
}

/// Darknet pads a pool by `k - 1` in all, the smaller half first (`maxpool_layer.c`).
fn darknet([h, w]: [i64; 2]) -> Pad {
    let (top, left) = ((h - 1) / 2, (w - 1) / 2);
    Pad::Numbers([top, h - 1 - top, left, w - 1 - left])
}

impl Window {
    /// The window of a row's `kernel`, `stride`, `dilation`, `padding` and `ceil`.
    pub(super) fn of(args: &Args, conventions: &Conventions, kind: WindowKind, stride: [i64; 2]) -> Self {
        let word = conventions.word(kind);
        let flag = args.flag("ceil");
        let pad = match args.get("padding") {
            Some(Value::PadWord(word)) => Pad::Word(*word),
            Some(Value::Pad(numbers)) => Pad::Numbers(*numbers),
            Some(Value::Int(p)) => Pad::Numbers([*p; 4]),
            _ if flag == Some(true) => Pad::Word(PadWord::Ceil),
            _ if conventions.dialect == Dialect::Darknet
                && kind == WindowKind::Pool
                && word == PadWord::Same =>
            {
                darknet(args.pair("kernel").unwrap_or([1, 1]))
            }
            _ => Pad::Word(word),
        };
        let ceil = flag.unwrap_or(match pad {
            Pad::Word(own) => own == PadWord::Ceil,
            Pad::Numbers(_) => word == PadWord::Ceil,
        });
        let clip = match (conventions.dialect, kind) {
            (Dialect::CudaConvnet, _) => Clip::Never,
            (Dialect::Caffe, _) => Clip::IfPadded,
            _ => Clip::Always,
        };
        Self {
            kernel: args.pair("kernel").unwrap_or([1, 1]),
            stride,
            dilation: args.pair("dilation").unwrap_or([1, 1]),
            pad,
            ceil,
            clip,
        }
    }

    fn keff(&self, axis: usize) -> i64 {
        self.dilation[axis] * (self.kernel[axis] - 1) + 1
    }

    /// Zeros asked for on one axis where that does not depend on the output.
    fn asked(&self, axis: usize) -> (i64, i64) {
        match self.pad {
            Pad::Numbers(p) => (p[2 * axis], p[2 * axis + 1]),
            Pad::Word(PadWord::Half) => (self.kernel[axis] / 2, self.kernel[axis] / 2),
            Pad::Word(_) => (0, 0),
        }
    }

    fn axis(&self, axis: usize, input: i64) -> Result<Axis, Problem> {
        let (k, s) = (self.keff(axis), self.stride[axis]);
        let side = if axis == 0 { "height" } else { "width" };
        if let Pad::Word(word @ (PadWord::Same | PadWord::SameLower)) = self.pad {
            let out = (input + s - 1) / s;
            let total = ((out - 1) * s + k - input).max(0);
            let small = total / 2;
            let (before, after) =
                if word == PadWord::Same { (small, total - small) } else { (total - small, small) };
            return Ok(Axis { out, before, after, asked: after });
        }
        let (before, after) = self.asked(axis);
        let room = input + before + after - k;
        if room < 0 && !(self.ceil && room > -s) {
            return Err(Problem::new(
                Code::E0303,
                format!("the kernel covers {k} pixels but the {side} has only {}", input + before + after),
            )
            .param("kernel")
            .note(format!("{input} + {before} + {after} - {k} = {room}"))
            .help("make the kernel smaller or the padding larger"));
        }
        if !self.ceil {
            return Ok(Axis { out: room.div_euclid(s) + 1, before, after, asked: after });
        }
        let mut out = -(-room).div_euclid(s) + 1;
        let clips = match self.clip {
            Clip::Never => false,
            Clip::IfPadded => before + after != 0,
            Clip::Always => true,
        };
        if clips && (out - 1) * s >= input + before {
            out -= 1;
        }
        if out < 1 {
            return Err(Problem::new(Code::E0303, format!("the {side} falls to {out}")).param("kernel"));
        }
        let reach = (out - 1) * s + k - input - before;
        Ok(Axis { out, before, after: after.max(reach).max(0), asked: after })
    }

    /// Resolves both axes of a map.
    pub(super) fn resolve(&self, input: Shape) -> Result<Resolved, Problem> {
        let [h, w, _] = input.hwc().map(|v| i64::try_from(v).unwrap_or(i64::MAX));
        if h > LONGEST || w > LONGEST {
            return Err(
                Problem::new(Code::E0303, format!("{input} is larger than libtorch can index")).input(0)
            );
        }
        let (y, x) = (self.axis(0, h)?, self.axis(1, w)?);
        let small = |v: i64| u32::try_from(v.max(0)).unwrap_or(u32::MAX);
        Ok(Resolved {
            h: y.out.max(1) as u64,
            w: x.out.max(1) as u64,
            padding: [y.before, y.after, x.before, x.after].map(small),
            asked: [y.before, y.asked, x.before, x.asked].map(small),
        })
    }

    /// The formula with its numbers, for the height, and for the width where that differs.
    pub(super) fn arithmetic(&self, input: Shape) -> Vec<String> {
        let [h, w, _] = input.hwc().map(|v| i64::try_from(v).unwrap_or(LONGEST));
        let square = h == w && self.kernel[0] == self.kernel[1] && self.stride[0] == self.stride[1];
        let axes: &[usize] = if square && self.asked(0) == self.asked(1) { &[0] } else { &[0, 1] };
        axes.iter().filter_map(|a| self.formula(*a, [h, w][*a])).collect()
    }

    fn formula(&self, axis: usize, input: i64) -> Option<String> {
        let Axis { out, .. } = self.axis(axis, input).ok()?;
        let (k, s) = (self.keff(axis), self.stride[axis]);
        if let Pad::Word(PadWord::Same | PadWord::SameLower) = self.pad {
            return Some(format!("ceil({input} / {s}) = {out}"));
        }
        let (before, after) = self.asked(axis);
        let round = if self.ceil { "ceil" } else { "floor" };
        let unclipped = if self.ceil { -(-(input + before + after - k)).div_euclid(s) + 1 } else { out };
        let clip = if unclipped == out { "" } else { " - 1 (the last window starts beyond the image)" };
        Some(format!("{round}(({input} + {before} + {after} - {k}) / {s}) + 1{clip} = {out}"))
    }

    /// Kernel, stride and dilation as a program stores them.
    pub(super) fn stored(pair: [i64; 2]) -> [u32; 2] {
        pair.map(|v| u32::try_from(v.max(1)).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(input: u64, k: i64, s: i64, conventions: Conventions, pad: Option<Value>) -> u64 {
        resolve(input, k, s, conventions, pad, WindowKind::Conv).h
    }

    fn resolve(i: u64, k: i64, s: i64, conv: Conventions, pad: Option<Value>, kind: WindowKind) -> Resolved {
        let mut args = Args::new();
        args.set("kernel", Value::Pair([k, k]));
        if let Some(pad) = pad {
            args.set("padding", pad);
        }
        let window = Window::of(&args, &conv, kind, [s, s]);
        let found = window.resolve(Shape::map(i, i, 3)).unwrap();
        let [top, bottom, ..] = found.padding.map(i64::from);
        assert_eq!(
            (i as i64 + top + bottom - k).div_euclid(s) + 1,
            found.h as i64,
            "padding explains the size"
        );
        let text = window.arithmetic(Shape::map(i, i, 3));
        assert!(text[0].ends_with(&format!("= {}", found.h)), "{text:?}");
        found
    }

    fn word(word: PadWord) -> Option<Value> {
        Some(Value::PadWord(word))
    }

    const TORCH: Conventions = Conventions::of(Dialect::Pytorch);

    #[test]
    fn first_convolutions_of_alexnet() {
        assert_eq!(size(227, 11, 4, TORCH, word(PadWord::Same)), 57);
        assert_eq!(size(227, 11, 4, TORCH, word(PadWord::Valid)), 55);
        assert_eq!(size(224, 11, 4, TORCH, word(PadWord::Same)), 56);
        assert_eq!(size(224, 11, 4, TORCH, word(PadWord::Valid)), 54);
        assert_eq!(size(224, 11, 4, TORCH, Some(Value::Pad([2; 4]))), 55);
        assert_eq!(size(224, 11, 4, TORCH, word(PadWord::Ceil)), 55);
        assert_eq!(size(224, 11, 4, TORCH, Some(Value::Pad([1; 4]))), 54);
        assert_eq!(size(224, 11, 4, Conventions::of(Dialect::CudaConvnet), None), 55);
    }

    #[test]
    fn seven_by_seven_over_224() {
        assert_eq!(size(224, 7, 2, TORCH, Some(Value::Pad([3; 4]))), 112);
        assert_eq!(size(224, 7, 2, TORCH, word(PadWord::Same)), 112);
        assert_eq!(size(224, 7, 2, TORCH, word(PadWord::Valid)), 109);
        assert_eq!(size(224, 7, 2, TORCH, Some(Value::Pad([1; 4]))), 110);
        assert_eq!(size(224, 7, 2, TORCH, word(PadWord::Ceil)), 110);
    }

    #[test]
    fn googlenet_pools_need_ceil_padding_or_same() {
        for (input, out) in [(112, 56), (56, 28), (28, 14), (14, 7)] {
            assert_eq!(size(input, 3, 2, TORCH, word(PadWord::Ceil)), out);
            assert_eq!(size(input, 3, 2, TORCH, word(PadWord::Same)), out);
            assert_eq!(size(input, 3, 2, TORCH, Some(Value::Pad([1; 4]))), out);
        }
    }

    #[test]
    fn caffe_and_pytorch_clip_differently_without_padding() {
        let pool = |d| resolve(2, 1, 3, Conventions::of(d), word(PadWord::Ceil), WindowKind::Pool).h;
        assert_eq!((pool(Dialect::Caffe), pool(Dialect::Pytorch)), (2, 1));
    }

    #[test]
    fn same_puts_the_odd_pixel_at_the_end_and_lower_at_the_start() {
        let pad = |w| resolve(224, 3, 2, TORCH, word(w), WindowKind::Conv).padding;
        assert_eq!(pad(PadWord::Same), [0, 1, 0, 1]);
        assert_eq!(pad(PadWord::SameLower), [1, 0, 1, 0]);
    }

    #[test]
    fn a_kernel_beyond_its_input_is_a_problem() {
        let mut args = Args::new();
        args.set("kernel", Value::Pair([5, 5]));
        let window = Window::of(&args, &TORCH, WindowKind::Conv, [1, 1]);
        let problem = window.resolve(Shape::map(3, 3, 1)).unwrap_err();
        assert_eq!(problem.code, Code::E0303);
    }
}

//! Windows: how a kernel, a stride and a padding rule give a size. Convolutions and pools share it.
//!
//! Formulas, by source: TensorFlow's SAME `o = ceil(i / s)`, total padding `max(0, (o-1)s + keff - i)`
//! (`keras/src/ops/operation_utils.py`); floor `(i + p0 + p1 - keff) // s + 1` (PyTorch `Pool.h`, Caffe
//! `conv_layer.cpp`); ceil `ceil((i + p0 + p1 - keff) / s) + 1` with the clip `(o-1)s >= i + p0` taking one
//! off (Caffe `pooling_layer.cpp` only where `p != 0` on either axis, PyTorch always); cuda-convnet `1 + ceil((2p + i - k) / s)`.
//! `keff = d (k - 1) + 1`.
//!
//! Every number of a row is held within libtorch's longest side, so that nothing here leaves 64 bits.

use super::limits::{self, LONGEST};
use super::{Args, Conventions, Dialect, PadWord, Problem, Value, WindowKind};
use crate::diag::Code;
use crate::shape::Shape;

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
    kind: WindowKind,
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

/// Height and width, as far as libtorch can index.
fn sides(input: Shape) -> [i64; 2] {
    let [h, w, _] = input.hwc();
    [h, w].map(|v| i64::try_from(v).unwrap_or(LONGEST).min(LONGEST))
}

/// A kernel that is larger than what it slides over.
fn beyond(axis: usize, input: i64, [before, after]: [i64; 2], k: i64) -> Problem {
    let side = if axis == 0 { "height" } else { "width" };
    let room = input + before + after;
    Problem::new(Code::E0303, format!("the kernel covers {k} pixels but the {side} has only {room}"))
        .param("kernel")
        .note(format!("{input} + {before} + {after} - {k} = {}", room - k))
        .help("make the kernel smaller or the padding larger")
}

/// A pool's window that holds no pixel has no largest number and no mean.
fn hollow(padding: i64, k: i64) -> Problem {
    Problem::new(Code::E0205, format!("padding {padding} leaves windows of {k} that hold no pixel"))
        .param("padding")
        .help(format!("write a padding below {k}"))
}

impl Window {
    /// The window of a row's `kernel`, `stride`, `dilation`, `padding` and `ceil`.
    pub(super) fn of(args: &Args, conventions: &Conventions, kind: WindowKind, stride: [i64; 2]) -> Self {
        let word = conventions.word(kind);
        let flag = args.flag("ceil");
        let pair = |name| args.pair(name).unwrap_or([1, 1]).map(|v| v.clamp(1, LONGEST));
        let kernel = pair("kernel");
        let pad = match args.get("padding") {
            Some(Value::PadWord(word)) => Pad::Word(*word),
            Some(Value::Pad(numbers)) => Pad::Numbers(numbers.map(|p| p.clamp(0, LONGEST))),
            Some(Value::Int(p)) => Pad::Numbers([(*p).clamp(0, LONGEST); 4]),
            _ if flag == Some(true) => Pad::Word(PadWord::Ceil),
            _ if conventions.dialect == Dialect::Darknet
                && kind == WindowKind::Pool
                && word == PadWord::Same =>
            {
                darknet(kernel)
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
        let stride = stride.map(|v| v.clamp(1, LONGEST));
        Self { kernel, stride, dilation: pair("dilation"), pad, ceil, clip, kind }
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

    /// TensorFlow's SAME, or its mirror image: the size comes first, the padding follows.
    fn same(&self, axis: usize, input: i64, lower: bool) -> Axis {
        let (k, s) = (self.keff(axis), self.stride[axis]);
        let out = (input + s - 1) / s;
        let total = ((out - 1) * s + k - input).max(0);
        let small = total / 2;
        let (before, after) = if lower { (total - small, small) } else { (small, total - small) };
        Axis { out, before, after, asked: after }
    }

    /// The rounded-up size before clipping, and after.
    fn rounded_up(&self, axis: usize, input: i64) -> (i64, i64) {
        let (k, s) = (self.keff(axis), self.stride[axis]);
        let (before, after) = self.asked(axis);
        let out = -(k - input - before - after).div_euclid(s) + 1;
        let clips = match self.clip {
            Clip::Never => false,
            Clip::IfPadded => (0..2).any(|a| self.asked(a) != (0, 0)),
            Clip::Always => true,
        };
        let beyond = clips && out > 1 && (out - 1) * s >= input + before;
        (out, out - i64::from(beyond))
    }

    fn axis(&self, axis: usize, input: i64) -> Result<Axis, Problem> {
        if let Pad::Word(word @ (PadWord::Same | PadWord::SameLower)) = self.pad {
            return Ok(self.same(axis, input, word == PadWord::SameLower));
        }
        let (k, s) = (self.keff(axis), self.stride[axis]);
        let (before, asked) = self.asked(axis);
        if self.kind == WindowKind::Pool && before.max(asked) >= k {
            return Err(hollow(before.max(asked), k));
        }
        let room = input + before + asked - k;
        if room < 0 && !(self.ceil && room > -s) {
            return Err(beyond(axis, input, [before, asked], k));
        }
        if !self.ceil {
            return Ok(Axis { out: room / s + 1, before, after: asked, asked });
        }
        let (_, out) = self.rounded_up(axis, input);
        let reach = ((out - 1) * s + k - input - before).max(0);
        // Zeros after a clipped window that would make room for one more are not read.
        let extra = (input + before + asked.max(reach) - k).div_euclid(s) >= out;
        let after = if extra { reach } else { asked.max(reach) };
        Ok(Axis { out, before, after, asked: asked.min(after) })
    }

    /// Resolves both axes of a map.
    pub(super) fn resolve(&self, input: Shape) -> Result<Resolved, Problem> {
        limits::fits(input).map_err(|p| p.input(0))?;
        let [h, w] = sides(input);
        let (y, x) = (self.axis(0, h)?, self.axis(1, w)?);
        let sums = [y.out, x.out, y.before, y.after, x.before, x.after];
        if let Some(most) = sums.into_iter().find(|v| *v > LONGEST) {
            return Err(limits::too_large(most, "a side or a padding").param("kernel"));
        }
        let small = |v: i64| u32::try_from(v).unwrap_or(0);
        Ok(Resolved {
            h: y.out.unsigned_abs(),
            w: x.out.unsigned_abs(),
            padding: [y.before, y.after, x.before, x.after].map(small),
            asked: [y.before, y.asked, x.before, x.asked].map(small),
        })
    }

    /// The formula with its numbers, for the height, and for the width where that differs.
    pub(super) fn arithmetic(&self, input: Shape) -> Vec<String> {
        let [h, w] = sides(input);
        let square = h == w && self.keff(0) == self.keff(1) && self.stride[0] == self.stride[1];
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
        let unclipped = if self.ceil { self.rounded_up(axis, input).0 } else { out };
        let clip = if unclipped == out { "" } else { " - 1 (the last window starts beyond the image)" };
        Some(format!("{round}(({input} + {before} + {after} - {k}) / {s}) + 1{clip} = {out}"))
    }

    /// Kernel, stride and dilation as a program stores them.
    pub(super) fn stored(pair: [i64; 2]) -> [u32; 2] {
        pair.map(|v| u32::try_from(v.max(1)).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests;

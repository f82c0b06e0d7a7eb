//! Windows of transposed convolutions: how far each input pixel's copy of the kernel reaches in the output.
//!
//! The full output is `(i - 1) s + keff` a side, `keff = d (k - 1) + 1`; what is cut from it, by source:
//! numbers `(i - 1) s - p0 - p1 + keff + output_padding` (PyTorch `ConvTranspose2d`, Caffe `deconv_layer.cpp` without
//! output_padding, ONNX `ConvTranspose`, Darknet `deconvolutional_layer.c`); SAME `i s`, half the rest cut before,
//! rounded down (Keras and ONNX SAME_UPPER; SAME_LOWER rounds up), in Keras with an output padding
//! `(i - 1) s + keff % 2 + output_padding`; VALID `(i - 1) s + max(keff, s)` in Keras, the full output elsewhere
//! (`keras/src/backend/common/backend_utils.py`).

use super::limits::{self, LONGEST};
use super::{Args, Conventions, Dialect, PadWord, Problem, Value};
use crate::diag::Code;
use crate::shape::Shape;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    Same {
        lower: bool,
    },
    Valid,
    /// Top, bottom, left, right.
    Numbers([i64; 4]),
}

/// A transposed window with its conventions settled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Transposed {
    pub(super) kernel: [i64; 2],
    pub(super) stride: [i64; 2],
    pub(super) dilation: [i64; 2],
    /// Rows and columns added at the end.
    more: Option<[i64; 2]>,
    cut: Cut,
    keras: bool,
}

/// What one axis comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    out: i64,
    before: i64,
    after: i64,
}

/// Both axes resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) h: u64,
    pub(super) w: u64,
    /// Cut from the full output: top, bottom, left, right.
    pub(super) crop: [i32; 4],
}

impl Transposed {
    /// The window of a row's `kernel`, `stride`, `dilation`, `padding` and `output_padding`.
    ///
    /// # Errors
    /// Where more is added at the end than any window could reach.
    pub(super) fn of(args: &Args, conventions: &Conventions) -> Result<Self, Problem> {
        let pair = |name| args.pair(name).unwrap_or([1, 1]).map(|v| v.clamp(1, LONGEST));
        let (kernel, stride, dilation) = (pair("kernel"), pair("stride"), pair("dilation"));
        let cut = match args.get("padding") {
            Some(Value::PadWord(PadWord::Same)) => Cut::Same { lower: false },
            Some(Value::PadWord(PadWord::SameLower)) => Cut::Same { lower: true },
            Some(Value::PadWord(PadWord::Half)) => {
                Cut::Numbers([kernel[0] / 2, kernel[0] / 2, kernel[1] / 2, kernel[1] / 2])
            }
            Some(Value::PadWord(PadWord::Valid)) | None => Cut::Valid,
            Some(Value::PadWord(PadWord::Ceil)) => {
                let text = "a transposed convolution has no size to round up";
                return Err(Problem::new(Code::E0205, text).param("padding").help(
                    "write `valid`, `same`, `k//2` or numbers, and `output_padding=1` for a pixel more",
                ));
            }
            Some(Value::Pad(numbers)) => Cut::Numbers(numbers.map(|p| p.clamp(0, LONGEST))),
            Some(_) => Cut::Numbers([args.int("padding").unwrap_or(0).clamp(0, LONGEST); 4]),
        };
        let more = args.pair("output_padding").map(|m| m.map(|v| v.clamp(0, LONGEST)));
        let window =
            Self { kernel, stride, dilation, more, cut, keras: conventions.dialect == Dialect::Keras };
        match (0..2).find(|a| more.is_some_and(|m| m[*a] >= stride[*a].max(dilation[*a]))) {
            None => Ok(window),
            Some(axis) => Err(window.too_far(axis)),
        }
    }

    fn too_far(&self, axis: usize) -> Problem {
        let (s, d) = (self.stride[axis], self.dilation[axis]);
        let more = self.more.map_or(0, |m| m[axis]);
        let text = format!("an output padding of {more} is beyond any window of stride {s} and dilation {d}");
        Problem::new(Code::E0205, text)
            .param("output_padding")
            .help(format!("write an output padding below {}", s.max(d)))
    }

    fn keff(&self, axis: usize) -> i64 {
        self.dilation[axis] * (self.kernel[axis] - 1) + 1
    }

    fn axis(&self, axis: usize, input: i64) -> Axis {
        let (k, s) = (self.keff(axis), self.stride[axis]);
        let full = (input - 1) * s + k;
        let more = self.more.map(|m| m[axis]);
        let (out, before) = match self.cut {
            Cut::Numbers(p) => {
                let (before, after) = (p[2 * axis], p[2 * axis + 1]);
                (full - before - after + more.unwrap_or(0), before)
            }
            Cut::Valid if self.keras && more.is_none() => (full + (s - k).max(0), 0),
            Cut::Valid => (full + more.unwrap_or(0), 0),
            Cut::Same { lower } => {
                let (out, rest) = match more {
                    Some(m) if self.keras => {
                        let out = (input - 1) * s + k % 2 + m;
                        (out, full - out)
                    }
                    _ => (input * s, full + more.unwrap_or(0) - input * s),
                };
                (out, (rest + i64::from(lower)).div_euclid(2).max(0))
            }
        };
        Axis { out, before, after: full - out - before }
    }

    /// Resolves both axes of a map.
    pub(super) fn resolve(&self, input: Shape) -> Result<Placed, Problem> {
        limits::fits(input).map_err(|p| p.input(0))?;
        let [h, w] = sides(input);
        let (y, x) = (self.axis(0, h), self.axis(1, w));
        if let Some((axis, side)) = [y.out, x.out].into_iter().enumerate().find(|(_, v)| *v < 1) {
            let name = ["height", "width"][axis];
            return Err(Problem::new(Code::E0303, format!("this padding leaves a {name} of {side}"))
                .param("padding")
                .note(self.formula(axis, [h, w][axis]))
                .help("make the padding smaller"));
        }
        let all = [y.out, x.out, y.before, y.after, x.before, x.after];
        if let Some(most) = all.into_iter().find(|v| v.abs() > LONGEST) {
            return Err(limits::too_large(most, "a side or a padding").param("stride"));
        }
        let small = |v: i64| i32::try_from(v).unwrap_or(0);
        Ok(Placed {
            h: y.out.unsigned_abs(),
            w: x.out.unsigned_abs(),
            crop: [y.before, y.after, x.before, x.after].map(small),
        })
    }

    /// The formula with its numbers, for the height, and for the width where that differs.
    pub(super) fn arithmetic(&self, input: Shape) -> Vec<String> {
        let [h, w] = sides(input);
        let mut lines = vec![self.formula(0, h), self.formula(1, w)];
        lines.dedup();
        lines
    }

    fn formula(&self, axis: usize, input: i64) -> String {
        let Axis { out, .. } = self.axis(axis, input);
        let (k, s, more) = (self.keff(axis), self.stride[axis], self.more.map(|m| m[axis]));
        let end = more.filter(|m| *m > 0).map_or(String::new(), |m| format!(" + {m}"));
        match (self.cut, more) {
            (Cut::Same { .. }, Some(_)) if self.keras => {
                format!("({input} - 1) * {s} + {}{end} = {out}", k % 2)
            }
            (Cut::Same { .. }, _) => format!("{input} * {s} = {out}"),
            (Cut::Valid, None) if self.keras => format!("({input} - 1) * {s} + max({k}, {s}) = {out}"),
            (Cut::Valid, _) => format!("({input} - 1) * {s} + {k}{end} = {out}"),
            (Cut::Numbers(p), _) => {
                let (before, after) = (p[2 * axis], p[2 * axis + 1]);
                format!("({input} - 1) * {s} - {before} - {after} + {k}{end} = {out}")
            }
        }
    }
}

/// Height and width, as far as libtorch can index.
fn sides(input: Shape) -> [i64; 2] {
    let [h, w, _] = input.hwc();
    [h, w].map(|v| i64::try_from(v).unwrap_or(LONGEST).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(
        i: u64,
        [k, s, d]: [i64; 3],
        dialect: Dialect,
        padding: Option<Value>,
        more: Option<i64>,
    ) -> Placed {
        let mut args = Args::new();
        for (name, v) in [("kernel", k), ("stride", s), ("dilation", d)] {
            args.set(name, Value::Pair([v; 2]));
        }
        if let Some(padding) = padding {
            args.set("padding", padding);
        }
        if let Some(more) = more {
            args.set("output_padding", Value::Pair([more; 2]));
        }
        let window = Transposed::of(&args, &Conventions::of(dialect)).unwrap();
        let placed = window.resolve(Shape::map(i, i, 1)).unwrap();
        let [top, bottom, ..] = placed.crop.map(i64::from);
        assert_eq!((i as i64 - 1) * s + d * (k - 1) + 1 - top - bottom, placed.h as i64);
        assert!(window.arithmetic(Shape::map(i, i, 1))[0].ends_with(&format!("= {}", placed.h)));
        placed
    }

    /// `(i-1)s - 2p + keff + output_padding`.
    #[test]
    fn pytorch() {
        let pad = |p| Some(Value::Pad([p; 4]));
        for (i, ksd, p, more, out) in [
            (7, [4, 2, 1], 1, None, 14),
            (7, [3, 2, 1], 1, None, 13),
            (7, [3, 2, 1], 1, Some(1), 14),
            (28, [2, 2, 1], 0, None, 56),
            (5, [3, 1, 2], 0, None, 9),
            (1, [4, 1, 1], 0, None, 4),
        ] {
            let placed = place(i, ksd, Dialect::Pytorch, pad(p), more);
            assert_eq!(placed.h, out, "{i} {ksd:?} {p} {more:?}");
            assert_eq!(placed.crop[0], p as i32);
            assert_eq!(placed.crop[1], p as i32 - more.unwrap_or(0) as i32);
        }
    }

    /// valid `(i-1)s + max(k, s)`, same `i s`; the parts as Keras's JAX backend cuts them.
    #[test]
    fn keras() {
        let word = |w| Some(Value::PadWord(w));
        for (i, k, s, valid, same, crop) in [
            (7, 3, 2, 15, 14, [0, 1]),
            (7, 2, 3, 21, 21, [0, -1]),
            (7, 4, 2, 16, 14, [1, 1]),
            (7, 4, 1, 10, 7, [1, 2]),
            (5, 1, 2, 10, 10, [0, -1]),
        ] {
            assert_eq!(place(i, [k, s, 1], Dialect::Keras, None, None).h, valid, "{i} {k} {s}");
            let placed = place(i, [k, s, 1], Dialect::Keras, word(PadWord::Same), None);
            assert_eq!((placed.h, &placed.crop[..2]), (same, &crop[..]), "{i} {k} {s}");
        }
        assert_eq!(place(7, [3, 2, 1], Dialect::Keras, word(PadWord::Same), Some(1)).h, 14);
        assert_eq!(place(7, [4, 2, 1], Dialect::Keras, word(PadWord::Same), Some(1)).h, 13);
        assert_eq!(place(7, [3, 2, 1], Dialect::Keras, None, Some(1)).h, 16);
    }

    /// `s(i-1) + keff - 2p`.
    #[test]
    fn caffe() {
        assert_eq!(place(10, [64, 32, 1], Dialect::Caffe, None, None).h, 352);
        assert_eq!(place(10, [4, 2, 1], Dialect::Caffe, Some(Value::Pad([1; 4])), None).h, 20);
        assert_eq!(place(7, [2, 3, 1], Dialect::Caffe, None, None).h, 20);
    }

    #[test]
    fn the_odd_pixel_is_cut_at_the_end_and_with_lower_at_the_start() {
        let crop = |w| place(7, [3, 2, 1], Dialect::Onnx, Some(Value::PadWord(w)), None).crop[..2].to_vec();
        assert_eq!(crop(PadWord::Same), [0, 1]);
        assert_eq!(crop(PadWord::SameLower), [1, 0]);
    }

    #[test]
    fn what_leaves_nothing_is_refused() {
        let of = |list: &[(&'static str, Value)]| {
            let mut args = Args::new();
            list.iter().for_each(|(name, value)| args.set(name, value.clone()));
            Transposed::of(&args, &Conventions::of(Dialect::Pytorch))
        };
        let far =
            of(&[("stride", Value::Pair([2; 2])), ("output_padding", Value::Pair([0, 2]))]).unwrap_err();
        assert_eq!(far.code, Code::E0205);
        let none = of(&[("kernel", Value::Pair([2; 2])), ("padding", Value::Pad([1; 4]))]).unwrap();
        assert_eq!(none.resolve(Shape::map(1, 1, 1)).unwrap_err().code, Code::E0303);
        assert!(of(&[("padding", Value::PadWord(PadWord::Ceil))]).is_err());
    }
}

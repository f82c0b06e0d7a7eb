//! Every number of the size formulas, and what windows refuse.

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
    assert_eq!((i as i64 + top + bottom - k).div_euclid(s) + 1, found.h as i64, "padding explains the size");
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

/// Sizes, kernels, strides and paddings (at most half the kernel, as PyTorch has it) with room for a window.
fn grid() -> impl Iterator<Item = [i64; 4]> {
    let all = (1..=30).flat_map(|i| (1..=5).flat_map(move |k| (1..=4).map(move |s| [i, k, s])));
    all.flat_map(|[i, k, s]| (0..=k / 2).map(move |p| [i, k, s, p])).filter(|[i, k, _, p]| i + 2 * p >= *k)
}

/// `ceil(a / b)` and `floor(a / b)` as the sources write them, in floating point.
fn ceil(a: i64, b: i64) -> i64 {
    (a as f64 / b as f64).ceil() as i64
}

fn floor(a: i64, b: i64) -> i64 {
    (a as f64 / b as f64).floor() as i64
}

fn given(i: i64, k: i64, s: i64, dialect: Dialect, p: i64, kind: WindowKind) -> i64 {
    resolve(i as u64, k, s, Conventions::of(dialect), Some(Value::Pad([p; 4])), kind).h as i64
}

#[test]
fn caffes_formulas() {
    for [i, k, s, p] in grid() {
        assert_eq!(given(i, k, s, Dialect::Caffe, p, WindowKind::Conv), floor(i + 2 * p - k, s) + 1);
        let mut out = ceil(i + 2 * p - k, s) + 1;
        if p != 0 && (out - 1) * s >= i + p {
            out -= 1;
        }
        assert_eq!(given(i, k, s, Dialect::Caffe, p, WindowKind::Pool), out, "{i} {k}/{s} p={p}");
    }
}

#[test]
fn pytorchs_formulas() {
    let ceiling = TORCH.with(WindowKind::Pool, PadWord::Ceil);
    for [i, k, s, p] in grid() {
        for kind in [WindowKind::Conv, WindowKind::Pool] {
            assert_eq!(given(i, k, s, Dialect::Pytorch, p, kind), floor(i + 2 * p - k, s) + 1);
        }
        let mut out = floor(i + 2 * p - (k - 1) - 1 + s - 1, s) + 1;
        if (out - 1) * s >= i + p {
            out -= 1;
        }
        let found = resolve(i as u64, k, s, ceiling, Some(Value::Pad([p; 4])), WindowKind::Pool);
        assert_eq!(found.h as i64, out, "{i} {k}/{s} p={p}");
    }
}

/// The two ceil pools differ for `p = 0` and `k < s` only.
#[test]
fn caffe_and_pytorch_agree_on_all_other_ceil_pools() {
    let ceiling = TORCH.with(WindowKind::Pool, PadWord::Ceil);
    let mut apart = 0;
    for [i, k, s, p] in grid() {
        let torch = resolve(i as u64, k, s, ceiling, Some(Value::Pad([p; 4])), WindowKind::Pool).h as i64;
        if given(i, k, s, Dialect::Caffe, p, WindowKind::Pool) != torch {
            assert!(p == 0 && k < s, "{i} {k}/{s} p={p}");
            apart += 1;
        }
    }
    assert!(apart > 0);
}

#[test]
fn kerass_formulas() {
    let keras = Conventions::of(Dialect::Keras);
    for [i, k, s, _] in grid() {
        for kind in [WindowKind::Conv, WindowKind::Pool] {
            let same = resolve(i as u64, k, s, keras, word(PadWord::Same), kind);
            let out = ceil(i, s);
            let total = ((out - 1) * s + k - i).max(0);
            assert_eq!(same.h as i64, out);
            assert_eq!(same.padding[..2], [(total / 2) as u32, (total - total / 2) as u32], "{i} {k}/{s}");
            if i >= k {
                let valid = resolve(i as u64, k, s, keras, word(PadWord::Valid), kind);
                assert_eq!((valid.h as i64, valid.padding), (floor(i - k, s) + 1, [0; 4]));
            }
        }
    }
}

/// ONNX's pads, SAME_UPPER, SAME_LOWER and VALID; its ceil_mode clips as PyTorch's does.
#[test]
fn onnxs_formulas() {
    let onnx = Conventions::of(Dialect::Onnx);
    for [i, k, s, p] in grid() {
        assert_eq!(given(i, k, s, Dialect::Onnx, p, WindowKind::Conv), floor(i + 2 * p - k, s) + 1);
        let upper = resolve(i as u64, k, s, onnx, word(PadWord::Same), WindowKind::Conv);
        let lower = resolve(i as u64, k, s, onnx, word(PadWord::SameLower), WindowKind::Conv);
        assert_eq!((upper.h, lower.h), (lower.h, ceil(i, s) as u64));
        assert_eq!(upper.padding[0], lower.padding[1]);
        let (ours, torch) = [onnx, TORCH].map(|c| c.with(WindowKind::Pool, PadWord::Ceil)).into();
        let ceiling = |c| resolve(i as u64, k, s, c, Some(Value::Pad([p; 4])), WindowKind::Pool).h;
        assert_eq!(ceiling(ours), ceiling(torch));
    }
}

/// Darknet: a convolution's `pad=1` means `k // 2` a side; a pool's padding is a total of `k - 1`.
#[test]
fn darknets_formulas() {
    let darknet = Conventions::of(Dialect::Darknet);
    for [i, k, s, _] in grid() {
        let conv = resolve(i as u64, k, s, darknet, word(PadWord::Half), WindowKind::Conv);
        assert_eq!(conv.h as i64, floor(i + 2 * (k / 2) - k, s) + 1);
        let pool = resolve(i as u64, k, s, darknet, None, WindowKind::Pool);
        assert_eq!(pool.h as i64, floor(i + (k - 1) - k, s) + 1, "{i} {k}/{s}");
        assert_eq!(pool.asked[0] + pool.asked[1], (k - 1) as u32);
    }
}

/// cuda-convnet: a convolution is `1 + ceil((2p + i - k) / s)`, a pool that starts at 0 `ceil((i - k) / s) + 1`.
#[test]
fn cuda_convnets_formulas() {
    for [i, k, s, p] in grid() {
        let conv = given(i, k, s, Dialect::CudaConvnet, p, WindowKind::Conv);
        assert_eq!(conv, 1 + ceil(2 * p + i - k, s));
        if p == 0 {
            assert_eq!(given(i, k, s, Dialect::CudaConvnet, 0, WindowKind::Pool), ceil(i - k, s) + 1);
        }
    }
}

/// A dilated kernel reaches `d (k - 1) + 1`.
#[test]
fn dilation_widens_the_kernel() {
    for (i, k, s, d, out) in [(13, 3, 1, 2, 9), (13, 3, 2, 2, 5), (7, 3, 1, 3, 1)] {
        let mut args = Args::new();
        args.set("kernel", Value::Pair([k, k]));
        args.set("dilation", Value::Pair([d, d]));
        let window = Window::of(&args, &TORCH, WindowKind::Conv, [s, s]);
        assert_eq!(window.resolve(Shape::map(i, i, 1)).unwrap().h, out);
    }
}

/// AlexNet's sizes after each convolution and pool: kernel, stride, padding (`same` or numbers).
#[test]
fn alexnets_sizes() {
    let net =
        [(11, 4, 0, 'c'), (3, 2, 0, 'p'), (5, 1, 2, 'c'), (3, 2, 0, 'p'), (3, 1, 1, 'c'), (3, 2, 0, 'p')];
    let sizes = |first: u64, same: bool| -> Vec<u64> {
        let mut size = first;
        net.iter()
            .map(|(k, s, p, kind)| {
                let pad = if same && *kind == 'c' { word(PadWord::Same) } else { Some(Value::Pad([*p; 4])) };
                let kind = if *kind == 'c' { WindowKind::Conv } else { WindowKind::Pool };
                size = resolve(size, *k, *s, TORCH, pad, kind).h;
                size
            })
            .collect()
    };
    assert_eq!(sizes(227, false), [55, 27, 27, 13, 13, 6]);
    assert_eq!(sizes(227, true), [57, 28, 28, 13, 13, 6]);
    assert_eq!(sizes(224, false), [54, 26, 26, 12, 12, 5]);
}

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

//! Windows with paddings that libtorch's own operators do not take.

use anyhow::Result;
use tch::{Kind, Tensor};

/// `[top, bottom, left, right]` as libtorch's `pad` wants it: left, right, top, bottom.
pub(super) fn pad(x: &Tensor, [top, bottom, left, right]: [u32; 4], value: f64) -> Result<Tensor> {
    if [top, bottom, left, right] == [0; 4] {
        return Ok(x.shallow_clone());
    }
    Ok(x.f_pad([left, right, top, bottom].map(i64::from), "constant", value)?)
}

/// True where both sides of each axis are padded alike.
pub(super) fn even([top, bottom, left, right]: [u32; 4]) -> Option<[i64; 2]> {
    (top == bottom && left == right).then_some([i64::from(top), i64::from(left)])
}

pub(super) fn wide(pair: [u32; 2]) -> [i64; 2] {
    pair.map(i64::from)
}

/// Max pool; padding counts as minus infinity.
pub(super) fn max(
    x: &Tensor,
    kernel: [u32; 2],
    stride: [u32; 2],
    padding: [u32; 4],
    dilation: [u32; 2],
) -> Result<Tensor> {
    let (k, s, d) = (wide(kernel), wide(stride), wide(dilation));
    // libtorch takes a padding of at most half the kernel, alike on both sides.
    let own = even(padding).filter(|p| p[0] <= k[0] / 2 && p[1] <= k[1] / 2);
    Ok(match own {
        Some(p) => x.f_max_pool2d(k, s, p, d, false)?,
        None => pad(x, padding, f64::NEG_INFINITY)?.f_max_pool2d(k, s, [0, 0], d, false)?,
    })
}

/// Average pool: the sum of each window over how many of its pixels count.
pub(super) fn average(
    x: &Tensor,
    kernel: [u32; 2],
    stride: [u32; 2],
    padding: [u32; 4],
    counted: [u32; 4],
) -> Result<Tensor> {
    let (k, s) = (wide(kernel), wide(stride));
    if padding == counted
        && let Some(p) = even(padding).filter(|p| p[0] <= k[0] / 2 && p[1] <= k[1] / 2)
    {
        return Ok(x.f_avg_pool2d(k, s, p, false, true, None::<i64>)?);
    }
    let mean = |x: &Tensor| x.f_avg_pool2d(k, s, [0, 0], false, true, None::<i64>);
    let means = mean(&pad(x, padding, 0.0)?)?;
    let size = x.size();
    let ones = Tensor::f_ones([1, 1, size[2], size[3]], (Kind::Float, x.device()))?;
    let inside = pad(&ones, counted, 1.0)?;
    let rest = std::array::from_fn(|i| padding[i] - counted[i].min(padding[i]));
    let share = mean(&pad(&inside, rest, 0.0)?)?;
    // A last ceil window of cuda-convnet may hold nothing that counts: its mean is 0.
    let least = 0.5 / (k[0] * k[1]) as f64;
    Ok(means.f_div(&share.f_clamp_min(least)?.f_to_kind(x.kind())?)?)
}

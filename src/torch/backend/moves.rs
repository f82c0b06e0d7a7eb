//! Primitives that move numbers: borders, parts, other sizes, shuffled channels.

use super::pools;
use anyhow::Result;
use netc::program::{PadMode, Resample};
use netc::shape::Shape;
use tch::Tensor;

/// A border around a map, and channels of zeros behind it.
pub(super) fn pad(x: &Tensor, padding: [u32; 4], channels: u32, mode: PadMode) -> Result<Tensor> {
    let [top, bottom, left, right] = padding.map(i64::from);
    let sides = [left, right, top, bottom];
    let x = match mode {
        _ if sides == [0; 4] => x.shallow_clone(),
        PadMode::Zeros => x.f_pad(sides, "constant", 0.0)?,
        PadMode::Reflect => x.f_pad(sides, "reflect", None)?,
        PadMode::Edge => x.f_pad(sides, "replicate", None)?,
    };
    Ok(if channels == 0 { x } else { x.f_pad([0, 0, 0, 0, 0, i64::from(channels)], "constant", 0.0)? })
}

/// The part of this size that begins at height, width and channel `start`.
pub(super) fn slice(x: &Tensor, start: [u32; 3], size: Shape) -> Result<Tensor> {
    let [h, w, c] = size.hwc().map(|v| v as i64);
    let [top, left, first] = start.map(i64::from);
    let x = x.f_narrow(1, first, c)?;
    Ok(if x.dim() < 4 { x } else { x.f_narrow(2, top, h)?.f_narrow(3, left, w)? })
}

/// A map at another height and width.
pub(super) fn resize(x: &Tensor, resample: Resample, size: Shape) -> Result<Tensor> {
    let [h, w, _] = size.hwc().map(|v| v as i64);
    Ok(match resample {
        Resample::Nearest => x.f_upsample_nearest2d([h, w], None, None)?,
        Resample::Bilinear { corners } => x.f_upsample_bilinear2d([h, w], corners, None, None)?,
    })
}

/// Channel shuffle.
pub(super) fn shuffle(x: &Tensor, groups: u32) -> Result<Tensor> {
    let (size, groups) = (x.size(), i64::from(groups));
    // The batch is left open: a trace takes any.
    let table = x.f_reshape([-1, groups, size[1] / groups, size[2], size[3]])?;
    Ok(table.f_transpose(1, 2)?.f_reshape([-1, size[1], size[2], size[3]])?)
}

/// A transposed convolution's numbers.
pub(super) struct Transposed {
    pub(super) stride: [u32; 2],
    pub(super) crop: [i32; 4],
    pub(super) dilation: [u32; 2],
    pub(super) groups: u32,
}

/// Transposed convolution, cut from its full output.
pub(super) fn transposed(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    t: &Transposed,
) -> Result<Tensor> {
    let (s, d, groups) = (pools::wide(t.stride), pools::wide(t.dilation), i64::from(t.groups));
    let [top, bottom, left, right] = t.crop.map(i64::from);
    // libtorch cuts both sides alike and adds a little at the end.
    let (own, more) = ([top, left], [top - bottom, left - right]);
    if (0..2).all(|a| own[a] >= 0 && (0..s[a].max(d[a])).contains(&more[a])) {
        return Ok(x.f_conv_transpose2d(kernel, bias, s, own, more, groups, d)?);
    }
    let none = [0, 0];
    let full = x.f_conv_transpose2d(kernel, None::<Tensor>, s, none, none, groups, d)?;
    let (size, cut) = (full.size(), |v: i64| v.max(0));
    let part = full.f_narrow(2, cut(top), size[2] - cut(top) - cut(bottom))?.f_narrow(
        3,
        cut(left),
        size[3] - cut(left) - cut(right),
    )?;
    let more = [left, right, top, bottom].map(|v| cut(-v));
    let whole = if more == [0; 4] { part } else { part.f_pad(more, "constant", 0.0)? };
    Ok(match bias {
        Some(bias) => whole.f_add(&bias.f_reshape([1, -1, 1, 1])?)?,
        None => whole,
    })
}

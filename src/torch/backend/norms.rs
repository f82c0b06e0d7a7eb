//! Normalisations without running statistics, and learned factors.

use anyhow::Result;
use netc::program::Over;
use tch::Tensor;

/// `[C]` as it multiplies `[N, C]` or `[N, C, H, W]`.
fn per_channel(x: &Tensor, of: &Tensor) -> Result<Tensor> {
    Ok(if x.dim() == 4 { of.f_reshape([1, -1, 1, 1])? } else { of.shallow_clone() })
}

/// Group norm.
pub(super) fn group(
    x: &Tensor,
    groups: i64,
    scale: Option<&Tensor>,
    shift: Option<&Tensor>,
    eps: f64,
) -> Result<Tensor> {
    // libtorch's backward pass of an offset without a factor reads the factor that is not there.
    let own = shift.filter(|_| scale.is_some());
    let out = x.f_group_norm(groups, scale, own, eps, false)?;
    Ok(match shift {
        Some(shift) if own.is_none() => out.f_add(&per_channel(x, shift)?)?,
        _ => out,
    })
}

/// Layer norm over the channels of each place, or over all of an image.
pub(super) fn layer(
    x: &Tensor,
    over: Over,
    scale: Option<&Tensor>,
    shift: Option<&Tensor>,
    eps: f64,
) -> Result<Tensor> {
    let size = x.size();
    Ok(match over {
        Over::Channels if x.dim() == 4 => {
            let last = x.f_permute([0, 2, 3, 1])?;
            last.f_layer_norm([size[1]], scale, shift, eps, false)?.f_permute([0, 3, 1, 2])?
        }
        Over::Channels | Over::Whole => x.f_layer_norm(&size[1..], scale, shift, eps, false)?,
    })
}

/// `factor x + offset` per channel.
pub(super) fn scale(x: &Tensor, factor: &Tensor, offset: Option<&Tensor>) -> Result<Tensor> {
    let out = x.f_mul(&per_channel(x, factor)?)?;
    Ok(match offset {
        Some(offset) => out.f_add(&per_channel(x, offset)?)?,
        None => out,
    })
}

/// ReLU with a slope below zero: one for all, one a channel, or one for each number.
pub(super) fn prelu(x: &Tensor, slope: &Tensor) -> Result<Tensor> {
    if slope.dim() == 1 {
        return Ok(x.f_prelu(slope)?);
    }
    Ok(x.f_relu()?.f_add(&x.f_clamp_max(0.0)?.f_mul(slope)?)?)
}

//! Out of memory, on either device, is a message with the batch that would fit and status 3.

use super::Failed;
use crate::backend::{Footprint, available, capacity};
use anyhow::{Error, Result, bail};
use netc::program::Program;
use tch::Device;

/// Refuses a pass that would not fit, before anything is allocated. `what`: `a step`, `an evaluation`.
///
/// # Errors
/// [`Failed`], with the batch that would fit.
pub(super) fn ask(what: &str, footprint: Footprint, batch: u64, device: Device) -> Result<()> {
    match available(device).filter(|free| footprint.bytes(batch) > *free) {
        Some(free) => bail!(too_large(what, footprint, batch, free)),
        None => Ok(()),
    }
}

/// The largest batch up to `most` that fits in evaluation.
///
/// # Errors
/// [`Failed`] where not even one image does.
pub(super) fn evaluation_batch(program: &Program, most: u64, device: Device) -> Result<u64> {
    let footprint = Footprint::of_evaluation(program);
    let Some(free) = available(device) else { return Ok(most) };
    match footprint.batch(free) {
        Some(fits) => Ok(fits.min(most)),
        None => bail!(too_large("an evaluation", footprint, 1, free)),
    }
}

/// libtorch's own out-of-memory error as ours; any other as it is.
pub(super) fn told(error: Error, what: &str, footprint: Footprint, batch: u64, device: Device) -> Error {
    if error.downcast_ref::<Failed>().is_some() || !is_out_of_memory(&error) {
        return error;
    }
    let all = capacity(&format!("{error:#}")).or_else(|| available(device)).unwrap_or(0);
    // What failed does not fit, whatever the estimate says.
    let below = footprint.bytes(batch).saturating_sub(footprint.per_image.saturating_mul(batch / 2));
    too_large(what, footprint, batch, all.min(below)).into()
}

/// Out of memory, with the batch that would fit.
fn too_large(what: &str, footprint: Footprint, batch: u64, free: u64) -> Failed {
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    let help = match footprint.batch(free).filter(|b| *b < batch) {
        Some(fits) => format!("help: --batch {fits} would fit"),
        None => "help: not even one image fits; another device or a smaller net is needed".to_owned(),
    };
    let images = if batch == 1 { "one image".to_owned() } else { format!("{batch} images") };
    Failed(format!(
        "out of memory: {what} on {images} takes about {:.1} GB and {:.1} GB can be had\n{help}",
        gigabytes(footprint.bytes(batch)),
        gigabytes(free)
    ))
}

/// Whether libtorch or the allocator ran out; each says it in its own words.
fn is_out_of_memory(error: &Error) -> bool {
    let text = format!("{error:#}").to_lowercase();
    ["out of memory", "can't allocate memory", "bad_alloc"].iter().any(|w| text.contains(w))
}

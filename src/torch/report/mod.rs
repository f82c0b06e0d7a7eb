//! What a person looks at: TensorBoard's events, curves, first-layer filters, a report page.

mod curves;
mod filters;
mod history;
mod page;
mod tensorboard;

pub use curves::{curves_picture, curves_svg};
pub use filters::{filters, first_kernel};
pub use history::{History, Points};
pub use page::{Page, Shown, escaped, page};
pub use tensorboard::Board;

use anyhow::Result;
use image::{ImageFormat, RgbImage};
use std::io::Cursor;

/// A picture as PNG.
///
/// # Errors
/// Where it has no pixels.
pub fn png(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

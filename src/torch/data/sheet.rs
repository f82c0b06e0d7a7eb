//! A contact sheet: what the network sees of a picture, before its values are normalised.

use std::path::Path;

use anyhow::{Context, Result};

use super::prepare::Scratch;
use super::{Image, Normalisation, Preparation, read_file};

/// Largest side of a view on the sheet, in pixels.
const LARGEST: u32 = 160;
/// Smallest: views of small inputs are drawn larger.
const SMALLEST: u32 = 64;
/// Pixels between two views.
const GAP: usize = 6;

/// The picture's views on one sheet, six a row: first that of evaluation, in a frame, then those that training takes
/// in the first epochs under `seed`, of the first picture of a set. Errors name the file.
pub fn contact_sheet(preparation: &Preparation, path: &Path, views: usize, seed: u64) -> Result<Image> {
    let drawn = || -> Result<Vec<Image>> {
        let picture = Image::decode(&read_file(path)?)?;
        (0..views).map(|n| draw(preparation, &picture, n.checked_sub(1).map(|n| n as u64), seed)).collect()
    };
    Ok(arrange(&drawn().with_context(|| path.display().to_string())?))
}

/// One view, of an epoch or of evaluation, in colour.
fn draw(preparation: &Preparation, picture: &Image, epoch: Option<u64>, seed: u64) -> Result<Image> {
    let [channels, height, width] = preparation.input;
    let plain =
        Normalisation { mean: vec![0.0; channels], deviation: vec![1.0; channels], pixels: Vec::new() };
    let plain = Preparation { normalisation: plain, ..preparation.clone() };
    let mut scratch = Scratch::default();
    let base = plain.base(picture.clone(), &mut scratch.scaler, epoch.is_some())?;
    let view = match epoch {
        Some(epoch) => plain.random(&base, seed, epoch, 0),
        None => plain.centre(&base),
    };
    let mut values = vec![0.0; channels * height * width];
    plain.write(&base, &view, &mut scratch, &mut values)?;
    let plane = height * width;
    let byte = |at: usize| (255.0 * values[at]).round() as u8;
    let pixels =
        (0..plane).flat_map(|p| (0..3).map(move |c| p + plane * c.min(channels - 1))).map(byte).collect();
    let view = Image { width: width as u32, height: height as u32, channels: 3, pixels };
    let side = view.width.max(view.height);
    let scale = f64::from(side.clamp(SMALLEST, LARGEST)) / f64::from(side);
    let scaled = |v: u32| (f64::from(v) * scale).round().max(1.0) as u32;
    view.resized(scaled(view.width), scaled(view.height))
}

/// Six a row on white; a frame around the first.
fn arrange(views: &[Image]) -> Image {
    let columns = views.len().clamp(1, 6);
    let size = views.first().map_or((1, 1), |v| (v.width as usize, v.height as usize));
    let (width, height) =
        (columns * (size.0 + GAP) + GAP, views.len().div_ceil(columns) * (size.1 + GAP) + GAP);
    let mut pixels = vec![255; width * height * 3];
    for y in GAP / 2..size.1 + GAP + GAP / 2 {
        for x in GAP / 2..size.0 + GAP + GAP / 2 {
            pixels[(y * width + x) * 3..][..3].copy_from_slice(&[0, 90, 200]);
        }
    }
    for (n, view) in views.iter().enumerate() {
        let (top, left) = (GAP + n / columns * (size.1 + GAP), GAP + n % columns * (size.0 + GAP));
        for (y, row) in view.pixels.chunks_exact(3 * size.0).enumerate() {
            pixels[((top + y) * width + left) * 3..][..row.len()].copy_from_slice(row);
        }
    }
    Image { width: width as u32, height: height as u32, channels: 3, pixels }
}

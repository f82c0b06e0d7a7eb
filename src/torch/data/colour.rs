//! Changes of colour: random jitter, and noise along the colours' principal components.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::augment::{Change, Turn};
use super::image::Image;

/// The principal components of the training pictures' colours, each times its eigenvalue, as columns; a row for each
/// of R, G, B; on the scale 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Components(pub [[f32; 3]; 3]);

impl Components {
    /// From eigenvalues and eigenvectors (as columns).
    pub(super) fn of(values: [f32; 3], vectors: [[f32; 3]; 3]) -> Self {
        Self(vectors.map(|row| [row[0] * values[0], row[1] * values[1], row[2] * values[2]]))
    }

    /// From the covariance of R, G, B, whose eigenvalues come largest first.
    pub(super) fn from_covariance(covariance: [[f64; 3]; 3]) -> Result<Self> {
        let matrix = Tensor::f_from_slice(covariance.as_flattened())?.f_view([3, 3])?;
        let (values, vectors) = matrix.f_linalg_eigh("L")?;
        let read = |t: Tensor| -> Result<Vec<f32>> { Ok(Vec::try_from(t.f_to_kind(Kind::Float)?)?) };
        let values: [f32; 3] = read(values.f_flip([0])?)?.try_into().ok().context("three eigenvalues")?;
        let vectors = read(vectors.f_flip([1])?.f_contiguous()?.f_flatten(0, -1)?)?;
        let mut rows = [[0.0; 3]; 3];
        rows.as_flattened_mut().copy_from_slice(vectors.get(..9).context("nine components")?);
        Ok(Self::of(values, rows))
    }

    /// What is added to each channel for these draws.
    pub(super) fn noise(&self, draws: [f64; 3]) -> [f32; 3] {
        self.0.map(|row| row.iter().zip(draws).map(|(c, d)| f64::from(*c) * d).sum::<f64>() as f32)
    }
}

/// Changes brightness, contrast, saturation and hue as drawn, in that draw's order; values are rounded and kept in 0
/// to 255 after each, as torchvision does it. Grey pictures have no saturation and no hue.
pub(super) fn turn(picture: &mut Image, turn: &Turn) {
    let colour = picture.channels == 3;
    for change in turn.order {
        match change {
            Change::Brightness if turn.brightness != 1.0 => blend(picture, turn.brightness, |_| 0.0),
            Change::Contrast if turn.contrast != 1.0 => {
                let mean = mean_grey(picture);
                blend(picture, turn.contrast, |_| mean);
            }
            Change::Saturation if turn.saturation != 1.0 && colour => blend(picture, turn.saturation, grey),
            Change::Hue if turn.hue != 0.0 && colour => {
                picture
                    .pixels
                    .as_chunks_mut::<3>()
                    .0
                    .iter_mut()
                    .for_each(|p| *p = turned(*p, turn.hue as f32));
            }
            _ => {}
        }
    }
}

/// The luma of ITU-R BT.601.
fn grey(pixel: &[u8]) -> f32 {
    match pixel {
        [r, g, b] => 0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b),
        _ => f32::from(pixel[0]),
    }
}

fn mean_grey(picture: &Image) -> f32 {
    let sum: f64 = picture.pixels.chunks_exact(picture.channels as usize).map(|p| f64::from(grey(p))).sum();
    (sum / (f64::from(picture.width) * f64::from(picture.height))) as f32
}

/// `factor * value + (1 - factor) * other(pixel)`.
fn blend(picture: &mut Image, factor: f64, other: impl Fn(&[u8]) -> f32) {
    let factor = factor as f32;
    for pixel in picture.pixels.chunks_exact_mut(picture.channels as usize) {
        let rest = (1.0 - factor) * other(pixel);
        // `as` keeps to 0 and 255.
        pixel.iter_mut().for_each(|v| *v = factor.mul_add(f32::from(*v), rest).round() as u8);
    }
}

/// The hue turned by a share of the circle, in HSV.
fn turned([r, g, b]: [u8; 3], by: f32) -> [u8; 3] {
    let [r, g, b] = [r, g, b].map(f32::from);
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let chroma = most - least;
    if chroma == 0.0 {
        return [r, g, b].map(|v| v as u8);
    }
    let sixth = if most == r {
        (g - b) / chroma
    } else if most == g {
        (b - r) / chroma + 2.0
    } else {
        (r - g) / chroma + 4.0
    };
    let hue = (sixth / 6.0 + by).rem_euclid(1.0) * 6.0;
    // Wikipedia's alternative formula: f(n) = V - V S max(0, min(k, 4 - k, 1)), k = (n + H/60) mod 6.
    [5.0, 3.0, 1.0].map(|n| {
        let k = (n + hue) % 6.0;
        (most - chroma * k.min(4.0 - k).clamp(0.0, 1.0)).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Turn = Turn {
        order: [Change::Hue, Change::Contrast, Change::Brightness, Change::Saturation],
        brightness: 1.0,
        contrast: 1.0,
        saturation: 1.0,
        hue: 0.0,
    };

    fn after(turned_by: Turn, pixels: &[u8]) -> Vec<u8> {
        let mut image =
            Image { width: pixels.len() as u32 / 3, height: 1, channels: 3, pixels: pixels.to_vec() };
        turn(&mut image, &turned_by);
        image.pixels
    }

    #[test]
    fn hue_turns_through_the_primaries() {
        let third = Turn { hue: 1.0 / 3.0, ..STILL };
        assert_eq!(after(third, &[200, 50, 50]), [50, 200, 50]);
        assert_eq!(after(third, &[50, 200, 50]), [50, 50, 200]);
        assert_eq!(after(Turn { hue: 0.5, ..STILL }, &[255, 0, 0, 7, 7, 7]), [0, 255, 255, 7, 7, 7]);
        for pixel in [[10, 20, 30], [255, 254, 0], [3, 200, 100]] {
            let there = after(Turn { hue: 0.25, ..STILL }, &pixel);
            let back = after(Turn { hue: -0.25, ..STILL }, &there);
            assert!(back.iter().zip(pixel).all(|(a, b)| a.abs_diff(b) <= 2), "{pixel:?} {back:?}");
        }
    }

    #[test]
    fn brightness_contrast_and_saturation_blend() {
        assert_eq!(after(Turn { brightness: 1.5, ..STILL }, &[100, 200, 10]), [150, 255, 15]);
        assert_eq!(after(Turn { saturation: 0.0, ..STILL }, &[100, 200, 10]), [148, 148, 148]);
        // Mean grey of 0 and 100 is 50: half the contrast is 25 and 75.
        assert_eq!(
            after(Turn { contrast: 0.5, ..STILL }, &[0, 0, 0, 100, 100, 100]),
            [25, 25, 25, 75, 75, 75]
        );
    }

    /// Colours that vary along one direction have it as their first component, with its variance.
    #[test]
    fn components_are_the_directions_of_variance() {
        let direction = [0.6, 0.0, 0.8];
        let covariance = direction.map(|a| direction.map(|b| 0.09 * a * b));
        let Components(rows) = Components::from_covariance(covariance).unwrap();
        for (row, wanted) in rows.iter().zip(direction) {
            assert!((row[0].abs() - 0.09 * wanted as f32).abs() < 1e-6, "{rows:?}");
            assert!(row[1].abs() < 1e-6 && row[2].abs() < 1e-6, "{rows:?}");
        }
        assert_eq!(rows[0][0].signum(), rows[2][0].signum());
        let noise = Components(rows).noise([2.0, 5.0, 5.0]);
        assert!((noise[0].abs() - 0.108).abs() < 1e-5 && noise[1].abs() < 1e-5);
    }
}

//! How the views of a picture are made: the settings, and what chance decides of one view.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::image::{Image, LONGEST_SIDE};
use super::random::{Purpose, Stream};

/// What views are cut from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// The centre square of the picture, as in 2012.
    #[default]
    Square,
    /// All of it, its sides in proportion.
    Whole,
    /// The picture as it is, without a change of size.
    Original,
}

/// What is taken off each value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mean {
    /// The training pictures' mean of each channel.
    #[default]
    Channel,
    /// Their mean at each pixel of what views are cut from, as in 2012.
    Pixel,
    /// Nothing.
    None,
    /// A number for each channel, on the scale 0 to 1.
    Given(Vec<f32>),
}

/// What each value is divided by then.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// The training pictures' standard deviation of each channel.
    #[default]
    Deviation,
    /// Nothing: values are on the scale 0 to 1.
    Unit,
    /// Values are on the scale 0 to 255, as in 2012.
    Byte,
    /// A number for each channel, on the scale 0 to 1.
    Given(Vec<f32>),
}

/// A part of the picture, of random size and shape, resized to the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ResizedCrop {
    /// Least and most share of the picture's area.
    pub area: [f64; 2],
    /// Least and most ratio of width to height.
    pub ratio: [f64; 2],
}

/// Random changes of colour; each is a strength, 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Jitter {
    /// Values are multiplied by `1 - b` to `1 + b`.
    pub brightness: f64,
    /// Values move from, or to, the picture's mean grey by such a factor.
    pub contrast: f64,
    /// Values move from, or to, their pixel's grey by such a factor.
    pub saturation: f64,
    /// Hues turn by up to this share of the circle, at most 0.5.
    pub hue: f64,
}

impl Jitter {
    /// Whether it does nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Colour noise along the principal components of the training pictures' colours (Krizhevsky et al. 2012, section
/// 4.1): each component is added times its eigenvalue and a number drawn from N(0, sigma), one for a picture. The
/// covariance is that of values on the scale 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pca {
    /// Standard deviation of the draws.
    pub sigma: f64,
    /// Eigenvalues; without them they are computed from the training pictures.
    pub values: Option<[f32; 3]>,
    /// Eigenvectors as columns, a row for each of R, G, B.
    pub vectors: Option<[[f32; 3]; 3]>,
}

/// How views are made, and how pixels become numbers. Without `resize`, a picture is resized to the network's input.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Augment {
    /// The short side that pictures are resized to; a view of the input's size is cut from them, anywhere in
    /// training, from the centre in evaluation.
    pub resize: Option<u32>,
    /// What views are cut from.
    pub base: Base,
    /// In training, a part of random size instead.
    pub resized_crop: Option<ResizedCrop>,
    /// Mirror left and right, half of the time, in training.
    pub mirror: bool,
    /// Random changes of colour in training.
    pub jitter: Jitter,
    /// Colour noise in training.
    pub pca: Option<Pca>,
    /// What is taken off.
    pub mean: Mean,
    /// What is divided by.
    pub scale: Scale,
}

impl Augment {
    /// Whether mean and deviation are those of training pictures.
    #[must_use]
    pub fn needs_pictures(&self) -> bool {
        matches!(self.mean, Mean::Channel | Mean::Pixel) || self.scale == Scale::Deviation
    }

    /// Whether the parts fit each other and a network's input `[C, H, W]`.
    pub(super) fn check(&self, [channels, height, width]: [usize; 3]) -> Result<()> {
        let fits = |side: usize| (1..=LONGEST_SIDE as usize).contains(&side);
        ensure!(fits(height) && fits(width), "pictures cannot be made {height}x{width}");
        if let Some(side) = self.resize.map(|r| r as usize) {
            ensure!(fits(side), "pictures cannot be resized to {side}");
            ensure!(
                side >= height && side >= width,
                "a crop of {height}x{width} cannot be cut from pictures that are resized to {side}"
            );
            ensure!(
                self.base != Base::Original,
                "`resize` changes pictures that `base: original` leaves as they are"
            );
        }
        if self.mean == Mean::Pixel {
            let fixed = self.resized_crop.is_none() && self.base_size([channels, height, width]).is_some();
            ensure!(
                fixed,
                "a mean of each pixel needs views that are cut at known places: `base: square` and no `area`"
            );
        }
        ensure!(self.pca.is_none() || channels == 3, "colour noise (`pca`) needs an input of three channels");
        let counts = |given: &[f32]| given.len() == channels && given.iter().all(|v| v.is_finite());
        if let Mean::Given(mean) = &self.mean {
            ensure!(counts(mean), "`mean` has {} numbers for {channels} channels", mean.len());
        }
        if let Scale::Given(scale) = &self.scale {
            ensure!(
                counts(scale) && scale.iter().all(|s| *s > 0.0),
                "`scale` has no {channels} numbers above zero"
            );
        }
        if let Some(ResizedCrop { area: [least, most], ratio: [flat, tall] }) = self.resized_crop {
            ensure!(
                0.0 < least && least <= most && most <= 1.0,
                "`area` is {least} to {most}; it lies in (0, 1]"
            );
            ensure!(
                0.0 < flat && flat <= tall && tall.is_finite(),
                "`ratio` is {flat} to {tall}; it is above 0"
            );
        }
        let Jitter { brightness, contrast, saturation, hue } = self.jitter;
        let valid = [brightness, contrast, saturation].iter().all(|v| v.is_finite() && *v >= 0.0);
        ensure!(valid && (0.0..=0.5).contains(&hue), "colour jitter is 0 or more, and `hue` at most 0.5");
        Ok(())
    }

    /// The height and width of what views are cut from, where they do not depend on the picture.
    pub(super) fn base_size(&self, [_, height, width]: [usize; 3]) -> Option<[u32; 2]> {
        match (self.resize, self.base) {
            (_, Base::Original) => None,
            (None, _) => Some([height as u32, width as u32]),
            (Some(side), Base::Square) => Some([side; 2]),
            (Some(_), Base::Whole) => None,
        }
    }

    /// What chance decides of picture `index` in an epoch.
    pub(super) fn draw(&self, base: &Image, input: [usize; 3], seed: u64, epoch: u64, index: usize) -> View {
        let mut stream = Stream::new(Purpose::View, seed, epoch, index as u64);
        let place = match self.resized_crop {
            Some(crop) => Place::Part(crop.draw(base, &mut stream)),
            None => {
                let [rows, columns] = room(base, input);
                Place::Cut { top: stream.below(rows + 1), left: stream.below(columns + 1) }
            }
        };
        let mirrored = self.mirror && stream.coin();
        let mut stream = Stream::new(Purpose::Colour, seed, epoch, index as u64);
        let noise = self.pca.as_ref().map_or([0.0; 3], |pca| [(); 3].map(|()| stream.normal() * pca.sigma));
        View { place, mirrored, noise, turn: (!self.jitter.is_none()).then(|| self.jitter.draw(&mut stream)) }
    }
}

/// Rows and columns by which a picture is larger than the input.
pub(super) fn room(base: &Image, [_, height, width]: [usize; 3]) -> [usize; 2] {
    [base.height as usize - height, base.width as usize - width]
}

/// Which part of a picture, which way round, in which colours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct View {
    pub(super) place: Place,
    pub(super) mirrored: bool,
    /// Draws for the principal components, sigma in them.
    pub(super) noise: [f64; 3],
    pub(super) turn: Option<Turn>,
}

/// The part of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The input's size, from here on.
    Cut { top: usize, left: usize },
    /// A part that is resized.
    Part(Part),
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) top: u32,
    pub(super) left: u32,
    pub(super) height: u32,
    pub(super) width: u32,
}

/// One draw of a jitter: a factor each, and in which order they come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Turn {
    pub(super) order: [Change; 4],
    pub(super) brightness: f64,
    pub(super) contrast: f64,
    pub(super) saturation: f64,
    pub(super) hue: f64,
}

/// One of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Brightness,
    Contrast,
    Saturation,
    Hue,
}

impl View {
    /// A cut, and nothing else.
    pub(super) fn cut(top: usize, left: usize, mirrored: bool) -> Self {
        Self { place: Place::Cut { top, left }, mirrored, noise: [0.0; 3], turn: None }
    }
}

impl Jitter {
    fn draw(&self, stream: &mut Stream) -> Turn {
        let mut factor = |strength: f64| stream.between((1.0 - strength).max(0.0), 1.0 + strength);
        let [brightness, contrast, saturation] =
            [self.brightness, self.contrast, self.saturation].map(&mut factor);
        let hue = stream.between(-self.hue, self.hue);
        let mut order = [Change::Brightness, Change::Contrast, Change::Saturation, Change::Hue];
        stream.shuffle(&mut order);
        Turn { order, brightness, contrast, saturation, hue }
    }
}

impl ResizedCrop {
    /// A part of that area and shape; after ten draws that do not fit, the largest centre part of an allowed shape, as
    /// in torchvision.
    fn draw(self, picture: &Image, stream: &mut Stream) -> Part {
        let (height, width) = (f64::from(picture.height), f64::from(picture.width));
        for _ in 0..10 {
            let area = height * width * stream.between(self.area[0], self.area[1]);
            let ratio = stream.between(self.ratio[0].ln(), self.ratio[1].ln()).exp();
            let (w, h) = ((area * ratio).sqrt().round(), (area / ratio).sqrt().round());
            if (1.0..=width).contains(&w) && (1.0..=height).contains(&h) {
                let (w, h) = (w as u32, h as u32);
                let top = stream.below((picture.height - h) as usize + 1) as u32;
                let left = stream.below((picture.width - w) as usize + 1) as u32;
                return Part { top, left, height: h, width: w };
            }
        }
        let ratio = (width / height).clamp(self.ratio[0], self.ratio[1]);
        let (w, h) = (width.min(height * ratio).round().max(1.0), height.min(width / ratio).round().max(1.0));
        let (w, h) = (w as u32, h as u32);
        Part { top: (picture.height - h) / 2, left: (picture.width - w) / 2, height: h, width: w }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(height: u32, width: u32) -> Image {
        Image { height, width, channels: 1, pixels: vec![0; (height * width) as usize] }
    }

    #[test]
    fn all_places_are_drawn_alike_and_no_others() {
        let augment = Augment { resize: Some(6), mirror: true, ..Augment::default() };
        let mut counts = std::collections::BTreeMap::new();
        for index in 0..9000 {
            let view = augment.draw(&grey(6, 6), [1, 4, 4], 7, 0, index);
            let Place::Cut { top, left } = view.place else { panic!("{view:?}") };
            *counts.entry((top, left, view.mirrored)).or_insert(0) += 1;
        }
        // 3 x 3 cuts and 2 mirrors: 500 of each, give or take five standard deviations.
        assert_eq!(counts.len(), 18);
        assert!(counts.values().all(|c| (390..610).contains(c)), "{counts:?}");
    }

    #[test]
    fn resized_parts_have_the_area_and_shape_asked_for() {
        let crop = ResizedCrop { area: [0.25, 0.5], ratio: [0.75, 4.0 / 3.0] };
        let picture = grey(300, 400);
        for index in 0..500 {
            let part = crop.draw(&picture, &mut Stream::new(Purpose::View, 1, 0, index));
            let area = f64::from(part.height * part.width) / 120_000.0;
            let ratio = f64::from(part.width) / f64::from(part.height);
            assert!((0.24..0.51).contains(&area) && (0.74..1.35).contains(&ratio), "{part:?}");
            assert!(part.top + part.height <= 300 && part.left + part.width <= 400);
        }
        let thin = crop.draw(&grey(2, 900), &mut Stream::new(Purpose::View, 1, 0, 0));
        assert!(thin.height >= 1 && thin.width >= 1 && thin.left + thin.width <= 900);
    }

    #[test]
    fn colour_noise_has_the_deviation_asked_for() {
        let pca = Pca { sigma: 0.1, values: None, vectors: None };
        let augment = Augment { pca: Some(pca), ..Augment::default() };
        let all: Vec<f64> =
            (0..4000).flat_map(|i| augment.draw(&grey(4, 4), [3, 4, 4], 0, 3, i).noise).collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let deviation = (all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / all.len() as f64).sqrt();
        assert!(mean.abs() < 0.005 && (deviation - 0.1).abs() < 0.004, "{mean} {deviation}");
    }
}

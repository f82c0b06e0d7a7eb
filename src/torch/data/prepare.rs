//! From a decoded picture to the network's input: size, colour, crop, mirror, normalisation.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::image::Scaler;
use super::random::{Purpose, Stream};
use super::statistics::sum_all;
use super::{Dataset, Image, read_file};

/// Most pictures that the statistics are taken from.
const SAMPLE: usize = 1024;

/// Height and width, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
}

/// How the views of a picture are made. Without a crop, a picture is resized to the network's input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Augment {
    /// Resize to exactly this first; without a crop it is the network's input.
    pub resize: Option<Size>,
    /// Cut this out: anywhere in training, from the centre in evaluation. It is the network's input.
    pub crop: Option<Size>,
    /// Mirror left and right, half of the time, in training.
    pub mirror: bool,
}

/// `(value / 255 - mean) / deviation`, per channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// Mean of each channel, 0 to 1.
    pub mean: Vec<f32>,
    /// Standard deviation of each channel, same scale.
    pub deviation: Vec<f32>,
}

/// Everything between a decoded picture and the network's input; kept with a checkpoint, so that prediction
/// does what training did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// The network's input, `[C, H, W]`.
    pub input: [usize; 3],
    /// How views are made.
    pub augment: Augment,
    /// How pixels become numbers.
    pub normalisation: Normalisation,
}

/// Which part of a picture, and which way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    top: usize,
    left: usize,
    mirrored: bool,
}

impl Preparation {
    /// Takes mean and deviation of each channel from up to 1024 of the pictures `train`, chosen by `seed`. Errors:
    /// an input that is not 1 or 3 channels, a crop that is not the input's size or larger than what it is cut
    /// from, a picture that cannot be decoded.
    pub fn measure(
        dataset: &Dataset,
        train: &[usize],
        input: [usize; 3],
        augment: Augment,
        seed: u64,
    ) -> Result<Self> {
        let normalisation = Normalisation { mean: vec![0.0; input[0]], deviation: vec![1.0; input[0]] };
        let mut preparation = Self { input, augment, normalisation };
        preparation.check()?;
        ensure!(!train.is_empty(), "there are no pictures to train on");
        let mut chosen = train.to_vec();
        Stream::new(Purpose::Statistics, seed, 0, 0).shuffle(&mut chosen);
        chosen.truncate(SAMPLE);
        preparation.normalisation = sum_all(&preparation, dataset, &chosen)?.normalisation(input[0]);
        Ok(preparation)
    }

    /// Whether the parts fit each other; a preparation that was read from a file is checked with this.
    pub fn check(&self) -> Result<()> {
        let [channels, height, width] = self.input;
        ensure!(
            channels == 1 || channels == 3,
            "the input has {channels} channels; pictures are read as 1 (grey) or 3 (RGB)"
        );
        let fits = |side: usize| (1..=super::LONGEST_SIDE as usize).contains(&side);
        ensure!(fits(height) && fits(width), "pictures cannot be made {height}x{width}");
        if let Some(Size { height: h, width: w }) = self.augment.resize {
            ensure!(fits(h as usize) && fits(w as usize), "pictures cannot be resized to {h}x{w}");
            let same = (h as usize, w as usize) == (height, width);
            ensure!(
                same || self.augment.crop.is_some(),
                "pictures are resized to {h}x{w} and not cropped, but the network's input is {height}x{width}"
            );
        }
        if let Some(Size { height: h, width: w }) = self.augment.crop {
            let same = (h as usize, w as usize) == (height, width);
            ensure!(same, "the crop is {h}x{w}, but the network's input is {height}x{width}");
        }
        if let (Some(from), Some(crop)) = (self.augment.resize, self.augment.crop) {
            let holds = from.height >= crop.height && from.width >= crop.width;
            let (h, w) = (crop.height, crop.width);
            ensure!(holds, "a crop of {h}x{w} cannot be cut from {}x{}", from.height, from.width);
        }
        let known = self.normalisation.mean.len() == channels
            && self.normalisation.deviation.len() == channels
            && self.normalisation.deviation.iter().all(|d| d.is_finite() && *d > 0.0);
        ensure!(known, "the stored mean and deviation do not fit {channels} channels");
        Ok(())
    }

    /// The size that pictures are resized to before a view is cut; none: they are left as they are.
    fn base_size(&self) -> Option<(u32, u32)> {
        match self.augment.crop {
            Some(_) => self.augment.resize.map(|size| (size.width, size.height)),
            None => Some((self.input[2] as u32, self.input[1] as u32)),
        }
    }

    /// Bytes that a picture takes once its size and colour are fixed, if that does not depend on the picture.
    pub(crate) fn base_bytes(&self) -> Option<u64> {
        self.base_size().map(|(w, h)| u64::from(w) * u64::from(h) * self.input[0] as u64)
    }

    /// The picture as views are cut from it: resized, and grey if the network wants one channel. A grey picture
    /// stays grey where three are wanted; [`Preparation::write`] repeats it.
    pub(crate) fn base(&self, picture: Image, scaler: &mut Scaler) -> Result<Image> {
        let mut picture = if self.input[0] == 1 { picture.into_grey() } else { picture };
        if let Some((width, height)) = self.base_size() {
            picture = scaler.resize(picture, width, height)?;
        }
        let (height, width) = (self.input[1], self.input[2]);
        ensure!(
            picture.height as usize >= height && picture.width as usize >= width,
            "the picture is {}x{}, smaller than the crop of {height}x{width}; `resize` makes it larger",
            picture.height,
            picture.width
        );
        Ok(picture)
    }

    /// The view that evaluation takes: the centre (rounded up and left), not mirrored.
    pub(crate) fn centre(&self, base: &Image) -> View {
        let (rows, columns) = self.room(base);
        View { top: rows / 2, left: columns / 2, mirrored: false }
    }

    /// The view that training takes of picture `index` in an epoch.
    pub(crate) fn random(&self, base: &Image, seed: u64, epoch: u64, index: usize) -> View {
        let (rows, columns) = self.room(base);
        let mut stream = Stream::new(Purpose::View, seed, epoch, index as u64);
        let (top, left) = (stream.below(rows + 1), stream.below(columns + 1));
        View { top, left, mirrored: self.augment.mirror && stream.coin() }
    }

    fn room(&self, base: &Image) -> (usize, usize) {
        (base.height as usize - self.input[1], base.width as usize - self.input[2])
    }

    /// Writes a view, normalised, as `[C, H, W]` into `out`, which is that long.
    pub(crate) fn write(&self, base: &Image, view: View, out: &mut [f32]) {
        let [_, height, width] = self.input;
        let (stride, step) = (base.width as usize * base.channels as usize, base.channels as usize);
        for (channel, plane) in out.chunks_exact_mut(height * width).enumerate() {
            let table = self.table(channel);
            let offset = if step == 1 { 0 } else { channel };
            for (y, row) in plane.chunks_exact_mut(width).enumerate() {
                let from = (view.top + y) * stride + view.left * step + offset;
                let pixels = base.pixels[from..].iter().step_by(step);
                if view.mirrored {
                    row.iter_mut().rev().zip(pixels).for_each(|(o, &p)| *o = table[usize::from(p)]);
                } else {
                    row.iter_mut().zip(pixels).for_each(|(o, &p)| *o = table[usize::from(p)]);
                }
            }
        }
    }

    /// What each byte becomes.
    fn table(&self, channel: usize) -> [f32; 256] {
        let (mean, deviation) = (self.normalisation.mean[channel], self.normalisation.deviation[channel]);
        std::array::from_fn(|value| (value as f32 / 255.0 - mean) / deviation)
    }

    /// One picture's file as the network's input, `[1, C, H, W]`: the view that evaluation takes. Errors name the
    /// file.
    pub fn picture(&self, path: &Path) -> Result<Tensor> {
        let prepare = || -> Result<Tensor> {
            let base = self.base(Image::decode(&read_file(path)?)?, &mut Scaler::default())?;
            let [channels, height, width] = self.input;
            let mut values = vec![0.0; channels * height * width];
            self.write(&base, self.centre(&base), &mut values);
            Ok(Tensor::f_from_slice(&values)?.f_view([1, channels as i64, height as i64, width as i64])?)
        };
        prepare().with_context(|| path.display().to_string())
    }
}

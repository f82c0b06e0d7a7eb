//! From a decoded picture to the network's input: size, colour, view, normalisation.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::augment::{Augment, Base, Mean, Place, Scale, View, room};
use super::colour::{Components, turn};
use super::image::{Region, Scaler};
use super::random::{Purpose, Stream};
use super::statistics::{Sums, sum_all};
use super::{Dataset, Image, read_file};

/// Most pictures that the statistics of channels are taken from.
const SAMPLE: usize = 1024;
/// Most pictures that the mean of each pixel is taken from.
const PIXEL_SAMPLE: usize = 16_384;
/// Views that ten-crop evaluation takes of a picture.
pub const TEN: usize = 10;

/// `(value / 255 - mean) / deviation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// Mean of each channel, 0 to 1.
    pub mean: Vec<f32>,
    /// Standard deviation of each channel, same scale.
    pub deviation: Vec<f32>,
    /// Mean at each pixel of what views are cut from, `[H, W, C]`, 0 to 1, instead of `mean`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pixels: Vec<f32>,
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
    /// The principal components of the colours, where noise is added along them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<Components>,
}

/// What a worker uses again from picture to picture.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) scaler: Scaler,
    cut: Vec<u8>,
}

impl Preparation {
    /// Takes what `augment` asks for from the pictures `train`: mean and deviation of each channel and the principal
    /// components from up to 1024 of them, the mean of each pixel from up to 16,384, chosen by `seed`. Errors: an
    /// input that is not 1 or 3 channels, settings that do not fit it or each other, a picture that cannot be decoded
    /// (where the set does not skip those).
    pub fn measure(
        dataset: &Dataset,
        train: &[usize],
        input: [usize; 3],
        augment: Augment,
        seed: u64,
    ) -> Result<Self> {
        let mut preparation = Self::plain(input, augment)?;
        let sums = preparation.sums(dataset, train, seed)?;
        preparation.take(&sums)?;
        Ok(preparation)
    }

    /// As [`Preparation::measure`], without pictures: values are on the scale 0 to 1, or as `augment` gives them.
    /// Errors: as there, and where `augment` gives no principal components for its noise.
    pub fn without_data(input: [usize; 3], augment: Augment) -> Result<Self> {
        let mut preparation = Self::plain(input, augment)?;
        preparation.take_given();
        let pca = preparation.augment.pca.as_ref();
        ensure!(
            pca.is_none() || preparation.components.is_some(),
            "the colour noise needs training pictures, or `pca_values` and `pca_vectors`"
        );
        Ok(preparation)
    }

    fn plain(input: [usize; 3], augment: Augment) -> Result<Self> {
        let channels = input[0];
        let normalisation =
            Normalisation { mean: vec![0.0; channels], deviation: vec![1.0; channels], pixels: Vec::new() };
        let preparation = Self { input, augment, normalisation, components: None };
        preparation.check()?;
        Ok(preparation)
    }

    fn sums(&self, dataset: &Dataset, train: &[usize], seed: u64) -> Result<Sums> {
        ensure!(!train.is_empty(), "there are no pictures to train on");
        let each_pixel = self.augment.mean == Mean::Pixel;
        let mut chosen = train.to_vec();
        Stream::new(Purpose::Statistics, seed, 0, 0).shuffle(&mut chosen);
        chosen.truncate(if each_pixel { PIXEL_SAMPLE } else { SAMPLE });
        sum_all(self, dataset, &chosen, each_pixel)
    }

    fn take(&mut self, sums: &Sums) -> Result<()> {
        let channels = self.input[0];
        let first = |all: [f64; 3]| all[..channels].iter().map(|v| *v as f32).collect::<Vec<f32>>();
        self.take_given();
        match &self.augment.mean {
            Mean::Channel => self.normalisation.mean = first(sums.mean()),
            Mean::Pixel => self.normalisation.pixels = sums.mean_image(channels),
            Mean::None | Mean::Given(_) => {}
        }
        if self.augment.scale == Scale::Deviation {
            self.normalisation.deviation = first(sums.deviation());
        }
        if self.augment.pca.is_some() && self.components.is_none() {
            self.components = Some(Components::from_covariance(sums.covariance())?);
        }
        Ok(())
    }

    /// What is given needs no pictures.
    fn take_given(&mut self) {
        if let Mean::Given(mean) = &self.augment.mean {
            self.normalisation.mean.clone_from(mean);
        }
        match &self.augment.scale {
            Scale::Byte => self.normalisation.deviation = vec![1.0 / 255.0; self.input[0]],
            Scale::Given(scale) => self.normalisation.deviation.clone_from(scale),
            Scale::Deviation | Scale::Unit => {}
        }
        let pca = self.augment.pca.as_ref();
        self.components = pca.and_then(|p| Some(Components::of(p.values?, p.vectors?)));
    }

    /// Whether the parts fit each other; a preparation that was read from a file is checked with this.
    pub fn check(&self) -> Result<()> {
        let channels = self.input[0];
        ensure!(
            channels == 1 || channels == 3,
            "the input has {channels} channels; pictures are read as 1 (grey) or 3 (RGB)"
        );
        self.augment.check(self.input)?;
        let Normalisation { mean, deviation, pixels } = &self.normalisation;
        let base = self.augment.base_size(self.input).map_or(0, |[h, w]| h as usize * w as usize * channels);
        let known = mean.len() == channels
            && deviation.len() == channels
            && deviation.iter().all(|d| d.is_finite() && *d > 0.0)
            && (pixels.is_empty() || pixels.len() == base);
        ensure!(known, "the stored mean and deviation do not fit {channels} channels");
        Ok(())
    }

    /// Bytes that a picture takes once its size and colour are fixed, if that does not depend on the picture.
    pub(crate) fn base_bytes(&self) -> Option<u64> {
        let [height, width] = self.augment.base_size(self.input)?;
        let fixed = self.augment.resized_crop.is_none();
        fixed.then(|| u64::from(width) * u64::from(height) * self.input[0] as u64)
    }

    /// The picture as views are cut from it: resized, and grey if the network wants one channel. A grey picture
    /// stays grey where three are wanted; [`Preparation::write`] repeats it.
    pub(crate) fn base(&self, picture: Image, scaler: &mut Scaler, training: bool) -> Result<Image> {
        let picture = if self.input[0] == 1 { picture.into_grey() } else { picture };
        let (height, width) = (picture.height, picture.width);
        if training && self.augment.resized_crop.is_some() {
            return Ok(picture);
        }
        let base = match (self.augment.resize, self.augment.base) {
            (_, Base::Original) => picture,
            (None, _) => scaler.resize(picture, self.input[2] as u32, self.input[1] as u32)?,
            (Some(side), Base::Square) => {
                let square = height.min(width);
                let (top, left) = (f64::from(height - square) / 2.0, f64::from(width - square) / 2.0);
                let square = f64::from(square);
                scaler.resize_part(
                    picture,
                    Region { top, left, height: square, width: square },
                    side,
                    side,
                )?
            }
            (Some(side), Base::Whole) => {
                let long =
                    |long: u32, short: u32| (u64::from(long) * u64::from(side) / u64::from(short)) as u32;
                let (h, w) =
                    if height < width { (side, long(width, height)) } else { (long(height, width), side) };
                scaler.resize(picture, w, h)?
            }
        };
        ensure!(
            base.height as usize >= self.input[1] && base.width as usize >= self.input[2],
            "the picture is {}x{}, smaller than the crop of {}x{}; `resize` makes it larger",
            base.height,
            base.width,
            self.input[1],
            self.input[2]
        );
        Ok(base)
    }

    /// The base of picture `index`; nothing where it is to be left out. Errors name the file.
    pub(crate) fn base_of(
        &self,
        dataset: &Dataset,
        index: usize,
        scaler: &mut Scaler,
        training: bool,
    ) -> Result<Option<Image>> {
        let [_, h, w] = self.input;
        let base = |picture: Image| {
            let small = (picture.height as usize) < h || (picture.width as usize) < w;
            if small && self.augment.resize.is_some() {
                dataset.is_small(index, &picture);
            }
            self.base(picture, scaler, training).with_context(|| dataset.sample_name(index).to_owned())
        };
        dataset.or_skip(index, dataset.image(index).and_then(base))
    }

    /// The view that evaluation takes: the centre (rounded up and left), not mirrored.
    pub(crate) fn centre(&self, base: &Image) -> View {
        let [rows, columns] = room(base, self.input);
        View::cut(rows / 2, columns / 2, false)
    }

    /// The ten views of Krizhevsky et al.: the four corners and the centre, and their mirror images.
    pub(crate) fn ten(&self, base: &Image) -> [View; TEN] {
        let [rows, columns] = room(base, self.input);
        let five = [(0, 0), (0, columns), (rows, 0), (rows, columns), (rows / 2, columns / 2)];
        std::array::from_fn(|n| View::cut(five[n % 5].0, five[n % 5].1, n >= 5))
    }

    /// The view that training takes of picture `index` in an epoch.
    pub(crate) fn random(&self, base: &Image, seed: u64, epoch: u64, index: usize) -> View {
        self.augment.draw(base, self.input, seed, epoch, index)
    }

    /// Writes a view, normalised, as `[C, H, W]` into `out`, which is that long.
    pub(crate) fn write(
        &self,
        base: &Image,
        view: &View,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) -> Result<()> {
        let [_, height, width] = self.input;
        let resized;
        let (source, mut top, mut left) = match view.place {
            Place::Cut { top, left } => (base, top, left),
            Place::Part(part) => {
                let region = Region::of(part.top, part.left, part.height, part.width);
                resized = scratch.scaler.part(base, region, width as u32, height as u32)?;
                (&resized, 0, 0)
            }
        };
        let place = (top, left);
        let turned = view.turn.as_ref().map(|change| {
            let mut cut = scratch.cut(source, (top, left), (height, width));
            turn(&mut cut, change);
            (top, left) = (0, 0);
            cut
        });
        let source = turned.as_ref().unwrap_or(source);
        let noise = self.components.map_or([0.0; 3], |c| c.noise(view.noise));
        for (channel, plane) in out.chunks_exact_mut(height * width).enumerate() {
            let rows = Rows { source, top, left, channel, mirrored: view.mirrored };
            if self.normalisation.pixels.is_empty() {
                rows.by_table(&self.table(channel, noise[channel]), plane, width);
            } else {
                rows.by_pixel(self, place, noise[channel], plane);
            }
        }
        if let Some(turned) = turned {
            scratch.cut = turned.pixels;
        }
        Ok(())
    }

    /// What each byte becomes.
    fn table(&self, channel: usize, noise: f32) -> [f32; 256] {
        let (mean, deviation) = (self.normalisation.mean[channel], self.normalisation.deviation[channel]);
        std::array::from_fn(|value| (value as f32 / 255.0 + noise - mean) / deviation)
    }

    /// One picture's file as the network's input, `[1, C, H, W]`: the view that evaluation takes. Errors name the
    /// file.
    pub fn picture(&self, path: &Path) -> Result<Tensor> {
        let prepare = || self.tensor(Image::decode(&read_file(path)?)?, false);
        prepare().with_context(|| path.display().to_string())
    }

    /// One picture's file as the ten views of ten-crop evaluation, `[10, C, H, W]`. Errors name the file.
    pub fn ten_views(&self, path: &Path) -> Result<Tensor> {
        let prepare = || self.tensor(Image::decode(&read_file(path)?)?, true);
        prepare().with_context(|| path.display().to_string())
    }

    /// A decoded picture as the network's input: one view, `[1, C, H, W]`, or ten.
    pub fn tensor(&self, picture: Image, ten: bool) -> Result<Tensor> {
        let mut scratch = Scratch::default();
        let base = self.base(picture, &mut scratch.scaler, false)?;
        let views = if ten { self.ten(&base).to_vec() } else { vec![self.centre(&base)] };
        let [channels, height, width] = self.input;
        let size = channels * height * width;
        let mut values = vec![0.0; size * views.len()];
        for (view, out) in views.iter().zip(values.chunks_exact_mut(size)) {
            self.write(&base, view, &mut scratch, out)?;
        }
        let shape = [views.len() as i64, channels as i64, height as i64, width as i64];
        Ok(Tensor::f_from_slice(&values)?.f_view(shape)?)
    }
}

impl Scratch {
    /// The part of a picture, copied.
    fn cut(&mut self, from: &Image, (top, left): (usize, usize), (height, width): (usize, usize)) -> Image {
        let channels = from.channels as usize;
        let mut pixels = std::mem::take(&mut self.cut);
        pixels.clear();
        let row = |y: usize| ((top + y) * from.width as usize + left) * channels;
        (0..height).for_each(|y| pixels.extend_from_slice(&from.pixels[row(y)..row(y) + width * channels]));
        Image { width: width as u32, height: height as u32, channels: from.channels, pixels }
    }
}

/// The rows of one channel of a view.
struct Rows<'a> {
    source: &'a Image,
    top: usize,
    left: usize,
    channel: usize,
    mirrored: bool,
}

impl Rows<'_> {
    /// The values of row `y`, from left to right.
    fn row(&self, y: usize) -> impl Iterator<Item = u8> {
        let step = self.source.channels as usize;
        let offset = if step == 1 { 0 } else { self.channel };
        let from = ((self.top + y) * self.source.width as usize + self.left) * step + offset;
        self.source.pixels[from..].iter().step_by(step).copied()
    }

    fn by_table(&self, table: &[f32; 256], plane: &mut [f32], width: usize) {
        for (y, row) in plane.chunks_exact_mut(width).enumerate() {
            let values = self.row(y).map(|v| table[usize::from(v)]);
            if self.mirrored {
                row.iter_mut().rev().zip(values).for_each(|(o, v)| *o = v);
            } else {
                row.iter_mut().zip(values).for_each(|(o, v)| *o = v);
            }
        }
    }

    /// Takes off the mean of the pixel at this place in the base, `(top, left)` of the view.
    fn by_pixel(&self, all: &Preparation, (top, left): (usize, usize), noise: f32, plane: &mut [f32]) {
        let [channels, _, width] = all.input;
        let base = all.augment.base_size(all.input).map_or(width, |[_, w]| w as usize);
        let deviation = all.normalisation.deviation[self.channel];
        for (y, row) in plane.chunks_exact_mut(width).enumerate() {
            let from = ((top + y) * base + left) * channels + self.channel;
            let means = all.normalisation.pixels[from..].iter().step_by(channels);
            let values = self.row(y).zip(means).map(|(v, m)| (f32::from(v) / 255.0 + noise - m) / deviation);
            if self.mirrored {
                row.iter_mut().rev().zip(values).for_each(|(o, v)| *o = v);
            } else {
                row.iter_mut().zip(values).for_each(|(o, v)| *o = v);
            }
        }
    }
}

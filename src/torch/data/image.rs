//! Pictures as bytes: decoding within limits, colour and size.

use std::io::Cursor;

use anyhow::{Context, Result, bail, ensure};
use fast_image_resize::images::{Image as Canvas, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageReader, Limits};

/// Longest side of a picture that is decoded, in pixels.
pub const LONGEST_SIDE: u32 = 32_768;
/// Most pixels of a picture that is decoded.
pub const MOST_PIXELS: u64 = 100_000_000;
/// Most bytes that decoding one picture may take.
const MOST_MEMORY: u64 = 1 << 30;

/// A picture: bytes by rows, the channels of a pixel together (`[H, W, C]`), 1 channel (grey) or 3 (RGB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// 1 or 3.
    pub channels: u32,
    /// `height * width * channels` values, 0 to 255.
    pub pixels: Vec<u8>,
}

impl Image {
    /// Decodes a PNG or JPEG and turns it upright if its EXIF data says so. Grey stays one channel, everything
    /// else becomes RGB; 16-bit values are rounded to 8, an alpha channel is dropped. Errors: not such a file, cut
    /// short, or larger than [`LONGEST_SIDE`] or [`MOST_PIXELS`], which is found before the pixels are decoded.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader =
            ImageReader::new(Cursor::new(bytes)).with_guessed_format().context("cannot read the picture")?;
        ensure!(reader.format().is_some(), "not a PNG or JPEG file");
        let mut limits = Limits::default();
        limits.max_alloc = Some(MOST_MEMORY);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(undecodable)?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if width.max(height) > LONGEST_SIDE || pixels > MOST_PIXELS {
            bail!(
                "the picture is {width}x{height}; at most {LONGEST_SIDE} a side and {MOST_PIXELS} pixels are decoded"
            );
        }
        let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
        let mut picture = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
        picture.apply_orientation(orientation);
        Ok(Self::from_dynamic(picture))
    }

    fn from_dynamic(picture: DynamicImage) -> Self {
        let (width, height) = (picture.width(), picture.height());
        if picture.color().has_color() {
            Self { width, height, channels: 3, pixels: picture.into_rgb8().into_raw() }
        } else {
            Self { width, height, channels: 1, pixels: picture.into_luma8().into_raw() }
        }
    }

    /// The picture at another size, by a triangle filter that widens when it shrinks, as Pillow's `BILINEAR` and
    /// torchvision's antialiased resize.
    pub fn resized(&self, width: u32, height: u32) -> Result<Self> {
        Scaler::default().part(self, Region::of(0, 0, self.height, self.width), width, height)
    }

    /// The picture as a PNG file.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        let kind = if self.channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes)
            .write_image(&self.pixels, self.width, self.height, kind)
            .context("cannot pack the picture")?;
        Ok(bytes)
    }

    /// The picture in grey: the luma of ITU-R BT.601, `.299 R + .587 G + .114 B`, rounded.
    #[must_use]
    pub fn into_grey(self) -> Self {
        if self.channels == 1 {
            return self;
        }
        let luma = |p: &[u8]| {
            ((299 * u32::from(p[0]) + 587 * u32::from(p[1]) + 114 * u32::from(p[2]) + 500) / 1000) as u8
        };
        let pixels = self.pixels.chunks_exact(3).map(luma).collect();
        Self { channels: 1, pixels, ..self }
    }
}

/// The decoder's reason on one line, once: its text holds that of its source already.
fn undecodable(error: image::ImageError) -> anyhow::Error {
    let reason = error.to_string();
    anyhow::anyhow!("cannot decode the picture: {}", reason.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A part of a picture, in pixels and parts of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Region {
    pub(crate) top: f64,
    pub(crate) left: f64,
    pub(crate) height: f64,
    pub(crate) width: f64,
}

impl Region {
    /// A part of whole pixels.
    pub(crate) fn of(top: u32, left: u32, height: u32, width: u32) -> Self {
        let [top, left, height, width] = [top, left, height, width].map(f64::from);
        Self { top, left, height, width }
    }
}

/// Changes the size of pictures; keeps its buffers from one to the next.
#[derive(Default)]
pub(crate) struct Scaler(Resizer);

impl Scaler {
    /// Resizes to exactly `width` by `height`: a triangle filter that widens when it shrinks (as Pillow's
    /// `BILINEAR`), in gamma space.
    pub(crate) fn resize(&mut self, picture: Image, width: u32, height: u32) -> Result<Image> {
        let all = Region::of(0, 0, picture.height, picture.width);
        self.resize_part(picture, all, width, height)
    }

    /// The same of a part of the picture.
    pub(crate) fn resize_part(
        &mut self,
        picture: Image,
        from: Region,
        width: u32,
        height: u32,
    ) -> Result<Image> {
        let whole = from.width == f64::from(picture.width) && from.height == f64::from(picture.height);
        if whole && (picture.width, picture.height) == (width, height) {
            return Ok(picture);
        }
        self.part(&picture, from, width, height)
    }

    /// The same of a picture that stays.
    pub(crate) fn part(&mut self, picture: &Image, from: Region, width: u32, height: u32) -> Result<Image> {
        let kind = if picture.channels == 1 { PixelType::U8 } else { PixelType::U8x3 };
        let source = ImageRef::new(picture.width, picture.height, &picture.pixels, kind)
            .context("the picture's size does not match its bytes")?;
        let mut to = Canvas::new(width, height, kind);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
            .use_alpha(false)
            .crop(from.left, from.top, from.width, from.height);
        self.0.resize(&source, &mut to, &options).context("cannot resize the picture")?;
        Ok(Image { width, height, channels: picture.channels, pixels: to.into_vec() })
    }
}

//! Events for TensorBoard: scalars, images, histograms, text and the net's graph.
//!
//! A file of events is TFRecords, each `length (u64), masked crc32c of the length, a protobuf, its masked crc32c`,
//! little-endian throughout.

mod graph;
mod proto;

use anyhow::{Context, Result};
use image::RgbImage;
use netc::program::Program;
use prost::Message;
use proto::{Content, Event, Histogram, Image, Metadata, Plugin, SessionLog, Shape, Summary, Value, What};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use tch::{Kind, Tensor};

/// Bars of a histogram.
const BARS: i64 = 30;

/// A file of events that is being written.
#[derive(Debug)]
pub struct Board {
    file: BufWriter<File>,
}

impl Board {
    /// A new file in a folder, which is made where it is not there. What an earlier file has from step `done` on is
    /// not shown any more.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn create(folder: &Path, done: u64) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let (seconds, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
        let name = format!("events.out.tfevents.{seconds:010}.netc.{}.{rest:09}", std::process::id());
        let path = folder.join(name);
        let file = File::create_new(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut board = Self { file: BufWriter::new(file) };
        board.write(0, What::FileVersion("brain.Event:2".to_owned()))?;
        if done > 0 {
            board.write(done, What::SessionLog(SessionLog { status: 1 }))?;
        }
        Ok(board)
    }

    /// A number.
    ///
    /// # Errors
    /// Where it cannot be written; so of the others.
    pub fn scalar(&mut self, step: u64, tag: &str, number: f64) -> Result<()> {
        self.value(step, tag, None, Content::Scalar(number as f32))
    }

    /// A picture.
    ///
    /// # Errors
    /// As [`Board::scalar`].
    pub fn image(&mut self, step: u64, tag: &str, picture: &RgbImage) -> Result<()> {
        let image = Image {
            height: picture.height().try_into()?,
            width: picture.width().try_into()?,
            colorspace: 3,
            encoded: super::png(picture)?,
        };
        self.value(step, tag, None, Content::Image(image))
    }

    /// Markdown.
    ///
    /// # Errors
    /// As [`Board::scalar`].
    pub fn text(&mut self, tag: &str, text: &str) -> Result<()> {
        const STRING: i32 = 7;
        let strings = vec![text.as_bytes().to_vec()];
        let tensor = proto::Tensor { dtype: STRING, shape: Some(Shape { dim: Vec::new() }), strings };
        let plugin = Some(Metadata { plugin: Some(Plugin { name: "text".to_owned() }) });
        self.value(0, tag, plugin, Content::Tensor(tensor))
    }

    /// How a tensor's numbers spread. Numbers that are not finite are left out.
    ///
    /// # Errors
    /// As [`Board::scalar`], and libtorch's.
    pub fn histogram(&mut self, step: u64, tag: &str, tensor: &Tensor) -> Result<()> {
        if let Some(histogram) = tch::no_grad(|| histogram(tensor))? {
            self.value(step, tag, None, Content::Histogram(histogram))?;
        }
        Ok(())
    }

    /// The net's graph.
    ///
    /// # Errors
    /// As [`Board::scalar`].
    pub fn graph(&mut self, program: &Program) -> Result<()> {
        self.write(0, What::GraphDef(graph::graph(program).encode_to_vec()))
    }

    /// Hands what was written to the system, for a TensorBoard that is looking.
    ///
    /// # Errors
    /// As [`Board::scalar`].
    pub fn flush(&mut self) -> Result<()> {
        Ok(self.file.flush()?)
    }

    fn value(&mut self, step: u64, tag: &str, metadata: Option<Metadata>, content: Content) -> Result<()> {
        let value = Value { tag: tag.to_owned(), metadata, content: Some(content) };
        self.write(step, What::Summary(Summary { value: vec![value] }))
    }

    fn write(&mut self, step: u64, what: What) -> Result<()> {
        let wall_time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
        let event = Event { wall_time, step: i64::try_from(step)?, what: Some(what) }.encode_to_vec();
        let length = (event.len() as u64).to_le_bytes();
        for part in [&length, &masked(&length).to_le_bytes()[..], &event, &masked(&event).to_le_bytes()] {
            self.file.write_all(part)?;
        }
        Ok(())
    }
}

/// TFRecord's checksum: rotated and shifted, so that the checksum of a text with checksums is no trivial one.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

fn histogram(tensor: &Tensor) -> Result<Option<Histogram>> {
    let all = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?.f_flatten(0, -1)?;
    let finite = all.f_masked_select(&all.f_isfinite()?)?;
    if finite.numel() == 0 {
        return Ok(None);
    }
    let number = |t: Tensor| -> Result<f64> { Ok(t.f_double_value(&[])?) };
    let (min, max) = (number(finite.f_min()?)?, number(finite.f_max()?)?);
    // A tensor of one number has one bar.
    let (low, high) = if min < max { (min, max) } else { (min - 1e-6, max + 1e-6) };
    let bars = finite.f_histc(BARS)?;
    let bars = if min < max {
        Vec::<f64>::try_from(bars.f_to_kind(Kind::Double)?)?
    } else {
        vec![finite.numel() as f64]
    };
    let width = (high - low) / bars.len() as f64;
    Ok(Some(Histogram {
        min,
        max,
        num: finite.numel() as f64,
        sum: number(finite.f_sum(Kind::Double)?)?,
        sum_squares: number(finite.f_square()?.f_sum(Kind::Double)?)?,
        bucket_limit: (1..=bars.len()).map(|i| low + width * i as f64).collect(),
        bucket: bars,
    }))
}

#[cfg(test)]
mod tests {
    use super::masked;

    /// The checksum of nine digits is in every description of crc32c: 0xe3069283.
    #[test]
    fn checksums_are_masked_as_tensorflow_has_them() {
        assert_eq!(masked(b"123456789"), 0xe306_9283_u32.rotate_right(15).wrapping_add(0xa282_ead8));
        assert_eq!(masked(&[]), 0xa282_ead8);
    }
}

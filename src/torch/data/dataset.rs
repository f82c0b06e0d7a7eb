//! Labelled pictures and where their bytes lie.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::archive::Archive;
use super::blob::Blob;
use super::{Image, read_file};

/// Labelled pictures, not yet decoded.
#[derive(Debug)]
pub struct Dataset {
    pub(super) name: String,
    pub(super) classes: Vec<String>,
    pub(super) samples: Vec<Sample>,
    pub(super) remarks: Vec<String>,
    on_bad: OnBad,
    /// Pictures that could not be read, with the reason.
    bad: Mutex<Vec<(usize, String)>>,
    /// Pictures that were enlarged to be cut, with their height and width.
    small: Mutex<BTreeMap<usize, [u32; 2]>>,
}

/// What becomes of a picture that cannot be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnBad {
    /// It ends what is being done, and is named.
    #[default]
    Fail,
    /// It is left out, named and counted.
    Skip,
}

/// One labelled picture.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(super) label: usize,
    pub(super) name: String,
    pub(super) part: Option<Part>,
    pub(super) picture: Picture,
}

/// The part of a set that comes divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Part {
    Train,
    HeldOut,
}

/// Where a picture's bytes lie.
#[derive(Debug, Clone)]
pub(crate) enum Picture {
    /// Decoded already.
    Memory(Arc<Image>),
    /// A file of its own.
    File(PathBuf),
    /// The file of this number in a zip.
    Entry(Arc<Archive>, usize),
    /// A PNG or JPEG inside another file.
    Span { blob: Arc<Blob>, offset: u64, length: u64 },
    /// Bytes as they are, inside another file.
    Plain { blob: Arc<Blob>, offset: u64, plain: Plain },
}

/// A picture without a format: `[C, H, W]` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plain {
    pub(super) channels: u32,
    pub(super) height: u32,
    pub(super) width: u32,
}

impl Plain {
    /// How many bytes it is.
    pub(super) fn bytes(self) -> u64 {
        u64::from(self.channels) * u64::from(self.height) * u64::from(self.width)
    }

    /// The picture that these bytes are.
    fn picture(self, bytes: Vec<u8>) -> Image {
        let Self { channels, height, width } = self;
        let plane = height as usize * width as usize;
        let pixels = match channels {
            1 => bytes,
            _ => (0..plane).flat_map(|p| bytes.iter().skip(p).step_by(plane).copied()).collect(),
        };
        Image { width, height, channels, pixels }
    }
}

impl Dataset {
    /// Checks that every label is a class and that there is something to tell apart.
    pub(super) fn new(name: &str, classes: Vec<String>, samples: Vec<Sample>) -> Result<Self> {
        ensure!(!samples.is_empty(), "{name} holds no pictures");
        ensure!(
            classes.len() > 1,
            "{name} holds one class only, `{}`; at least two are needed",
            classes.concat()
        );
        ensure!(samples.iter().all(|s| s.label < classes.len()), "{name} has a label outside its classes");
        Ok(Self {
            name: name.to_owned(),
            classes,
            samples,
            remarks: Vec::new(),
            on_bad: OnBad::Fail,
            bad: Mutex::default(),
            small: Mutex::default(),
        })
    }

    /// The set's name, or the path it was opened by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The class names; a label is an index into them.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// What was assumed about the files or is odd about them, a sentence each.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// How many pictures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Never true of a set that was opened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The class of picture `index`.
    ///
    /// # Panics
    /// If `index` is not below [`Dataset::len`].
    #[must_use]
    pub fn label(&self, index: usize) -> usize {
        self.samples[index].label
    }

    /// The file's name of picture `index`, for messages and reports.
    ///
    /// # Panics
    /// If `index` is not below [`Dataset::len`].
    #[must_use]
    pub fn sample_name(&self, index: usize) -> &str {
        &self.samples[index].name
    }

    /// The set with another way to take pictures that cannot be read.
    #[must_use]
    pub fn on_bad_image(mut self, on_bad: OnBad) -> Self {
        self.on_bad = on_bad;
        self
    }

    /// The pictures found so far that cannot be read, in the order they were found: indices and reasons, which name
    /// the file.
    #[must_use]
    pub fn bad_images(&self) -> Vec<(usize, String)> {
        self.bad.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The pictures found so far that are smaller than the crop, so that they were enlarged: indices, heights and widths.
    #[must_use]
    pub fn enlarged(&self) -> BTreeMap<usize, [u32; 2]> {
        self.small.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps in mind that picture `index` is smaller than the crop.
    pub(crate) fn is_small(&self, index: usize, picture: &Image) {
        let mut small = self.small.lock().unwrap_or_else(PoisonError::into_inner);
        small.insert(index, [picture.height, picture.width]);
    }

    /// What was made of picture `index`; nothing if that failed and the picture is to be left out.
    pub(crate) fn or_skip<T>(&self, index: usize, made: Result<T>) -> Result<Option<T>> {
        match made {
            Err(error) if self.on_bad == OnBad::Skip => {
                let mut bad = self.bad.lock().unwrap_or_else(PoisonError::into_inner);
                if bad.iter().all(|(known, _)| *known != index) {
                    bad.push((index, format!("{error:#}")));
                }
                Ok(None)
            }
            made => made.map(Some),
        }
    }

    /// Decodes picture `index`. Errors name the file.
    pub fn image(&self, index: usize) -> Result<Image> {
        let sample =
            self.samples.get(index).with_context(|| format!("{} has no picture {index}", self.name))?;
        sample.picture.decode().with_context(|| sample.name.clone())
    }
}

impl Picture {
    fn decode(&self) -> Result<Image> {
        match self {
            Self::Memory(image) => Ok(Image::clone(image)),
            Self::File(path) => Image::decode(&read_file(path)?),
            Self::Entry(archive, entry) => Image::decode(&archive.read(*entry)?),
            Self::Span { blob, offset, length } => Image::decode(&blob.read(*offset, *length)?),
            Self::Plain { blob, offset, plain } => Ok(plain.picture(blob.read(*offset, plain.bytes())?)),
        }
    }
}

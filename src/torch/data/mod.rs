//! Data sets: opening, splitting, decoding, augmentation, and batches made ahead of the step.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use std::sync::Arc;
//! use netc_torch::data::{self, Augment, Loader, LoaderOptions, Preparation};
//!
//! let dataset = Arc::new(data::open("digits", std::path::Path::new("cache"))?);
//! let split = dataset.split(0.2, 0)?;
//! let preparation = Preparation::measure(&dataset, &split.train, [1, 28, 28], Augment::default(), 0)?;
//! let loader = Loader::new(dataset, preparation, LoaderOptions { batch: 32, ..Default::default() })?;
//! for batch in loader.train(&split.train, 0)? {
//!     let batch = batch?; // images [N, C, H, W] and labels [N]
//! }
//! for batch in loader.evaluate(&split.held_out)? {
//!     let batch = batch?;
//! }
//! # Ok(()) }
//! ```

mod archive;
mod digits;
mod elpv;
mod folder;
mod image;
mod loader;
mod prepare;
mod random;
mod split;
mod statistics;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

use archive::Archive;
pub use image::{Image, LONGEST_SIDE, MOST_PIXELS};
pub use loader::{Batch, Batches, Loader, LoaderOptions};
pub use prepare::{Augment, Normalisation, Preparation, Size};
pub use split::Split;

/// Most bytes of one picture's file.
const MOST_BYTES: u64 = 256 << 20;

/// Labelled pictures, not yet decoded.
#[derive(Debug)]
pub struct Dataset {
    name: String,
    classes: Vec<String>,
    samples: Vec<Sample>,
}

/// One labelled picture.
#[derive(Debug)]
pub(crate) struct Sample {
    label: usize,
    name: String,
    part: Option<Part>,
    picture: Picture,
}

/// The part of a set that comes divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Train,
    HeldOut,
}

/// Where a picture's bytes lie.
#[derive(Debug, Clone)]
pub(crate) enum Picture {
    Memory(Arc<Image>),
    File(PathBuf),
    Entry(Arc<Archive>, usize),
}

/// Opens `digits` (built in), `elpv` (in `cache`, where `make data` puts it), a folder of pictures
/// (`CLASS/*.png|jpg`, or `train/CLASS/...` and `val/CLASS/...`), or the ELPV set as a folder or zip. Errors say
/// what layout was looked for and what was found.
pub fn open(name_or_path: &str, cache: &Path) -> Result<Dataset> {
    match name_or_path {
        "digits" => return digits::open(),
        "elpv" => return elpv::open_cached(cache),
        _ => {}
    }
    let path = Path::new(name_or_path);
    let Ok(facts) = std::fs::metadata(path) else {
        bail!(
            "no data set is called `{name_or_path}` and no folder or zip lies there; the names are `digits` (built \
             in) and `elpv` (fetched by `make data`)"
        );
    };
    if facts.is_file() {
        return elpv::open_zip(path);
    }
    match elpv::find_folder(path) {
        Some(inside) => elpv::open_folder(&inside),
        None => folder::open(path),
    }
}

impl Dataset {
    /// Checks that every label is a class and that there is something to tell apart.
    fn new(name: &str, classes: Vec<String>, samples: Vec<Sample>) -> Result<Self> {
        ensure!(!samples.is_empty(), "{name} holds no pictures");
        ensure!(
            classes.len() > 1,
            "{name} holds one class only, `{}`; at least two are needed",
            classes.concat()
        );
        ensure!(samples.iter().all(|s| s.label < classes.len()), "{name} has a label outside its classes");
        Ok(Self { name: name.to_owned(), classes, samples })
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

    /// Decodes picture `index`. Errors name the file.
    pub fn image(&self, index: usize) -> Result<Image> {
        let sample =
            self.samples.get(index).with_context(|| format!("{} has no picture {index}", self.name))?;
        let decoded = match &sample.picture {
            Picture::Memory(image) => Ok(Image::clone(image)),
            Picture::File(path) => read_file(path).and_then(|bytes| Image::decode(&bytes)),
            Picture::Entry(archive, entry) => archive.read(*entry).and_then(|bytes| Image::decode(&bytes)),
        };
        decoded.with_context(|| sample.name.clone())
    }
}

/// Reads a picture's file, [`MOST_BYTES`] at most.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>> {
    read_bounded(File::open(path).context("cannot open the file")?, MOST_BYTES)
}

/// Reads to the end, or fails beyond `most` bytes.
pub(crate) fn read_bounded(from: impl Read, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes).context("cannot read the file")?;
    ensure!(bytes.len() as u64 <= most, "the file is larger than {} MiB", most >> 20);
    Ok(bytes)
}

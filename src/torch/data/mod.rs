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
//!
//! A reader turns files into a [`Dataset`]: class names and, for each picture, its class and where its bytes lie.
//! It decodes nothing and writes nothing. Each length that a file claims is checked against the file.

mod archive;
mod augment;
mod blob;
mod cifar;
mod colour;
mod dataset;
mod digits;
mod elpv;
mod folder;
mod idx;
mod ilsvrc;
mod image;
mod index;
mod loader;
mod manifest;
mod matlab;
mod open;
mod prepare;
mod random;
mod sheet;
mod split;
mod statistics;
mod tarball;
mod tree;
mod webdataset;

pub use augment::{Augment, Base, Jitter, Mean, Pca, ResizedCrop, Scale};
pub use colour::Components;
pub use dataset::{Dataset, OnBad};
pub(crate) use dataset::{Part, Picture, Plain, Sample};
pub use image::{Image, LONGEST_SIDE, MOST_PIXELS};
pub use loader::{Batch, Batches, Loader, LoaderOptions};
pub use open::open;
pub use prepare::{Normalisation, Preparation, TEN};
pub use sheet::contact_sheet;
pub use split::Split;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Most bytes of one picture's file.
const MOST_BYTES: u64 = 256 << 20;

/// Reads a picture's file, [`MOST_BYTES`] at most.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path).context("cannot open the file")?;
    let size = file.metadata().map_or(0, |m| m.len()).min(MOST_BYTES);
    read_bounded(file, size, MOST_BYTES)
}

/// Reads to the end, or fails beyond `most` bytes; `expected` are made room for beforehand.
pub(crate) fn read_bounded(from: impl Read, expected: u64, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected)? + 1);
    from.take(most + 1).read_to_end(&mut bytes).context("cannot read the file")?;
    ensure!(bytes.len() as u64 <= most, "the file is larger than {} MiB", most >> 20);
    Ok(bytes)
}

/// `1 picture`, `2 pictures`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

//! What a reader found in folders and tars, kept in the cache, so that a large set is looked through once.
//!
//! An index names each folder and file that it was made from, with size and time of the last change; if any
//! differs, it is not used. It only saves time: one that is missing, damaged or not writable is made anew.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{Dataset, Part};
use crate::backend::replace_shared;

/// Changes whenever an index would be read otherwise.
const VERSION: u32 = 1;
/// A folder that changed this lately may change again within the file system's clock tick.
const SETTLED: Duration = Duration::from_secs(2);

/// The index of one data set.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Index {
    version: u32,
    path: PathBuf,
    /// What it was made from.
    pub(super) stamps: Vec<Stamp>,
    /// The classes' names.
    pub(super) classes: Vec<String>,
    /// The pictures, in the set's order.
    pub(super) entries: Vec<Entry>,
    /// What was said about the set.
    pub(super) remarks: Vec<String>,
}

/// A folder or file as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Its path.
    pub(super) path: PathBuf,
    bytes: u64,
    modified: Duration,
}

/// One picture.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Its class.
    pub(super) label: usize,
    /// Its part.
    pub(super) part: Option<Part>,
    /// Its path below the folder, or in the tar.
    pub(super) name: String,
    /// Of which tar, by its place among the stamps; 0 for files of their own.
    pub(super) file: usize,
    /// Where it begins there.
    pub(super) offset: u64,
    /// How long it is.
    pub(super) length: u64,
}

impl Stamp {
    /// As it is now.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let facts = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        let modified = facts.modified().ok().and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok());
        Ok(Self { path: path.to_owned(), bytes: facts.len(), modified: modified.unwrap_or_default() })
    }
}

impl Index {
    /// An index of what was found at `path`.
    pub(super) fn new(path: &Path, stamps: Vec<Stamp>, classes: Vec<String>, entries: Vec<Entry>) -> Self {
        Self { version: VERSION, path: path.to_owned(), stamps, classes, entries, remarks: Vec::new() }
    }

    /// The index of a set whose pictures are files below `path`.
    pub(super) fn of_files(dataset: &Dataset, path: &Path, stamps: Vec<Stamp>) -> Self {
        let below =
            |name: &str| Path::new(name).strip_prefix(path).map_or(name.into(), |p| p.display().to_string());
        let entry = |sample: &super::Sample| Entry {
            label: sample.label,
            part: sample.part,
            name: below(&sample.name),
            file: 0,
            offset: 0,
            length: 0,
        };
        let entries = dataset.samples.iter().map(entry).collect();
        let mut index = Self::new(path, stamps, dataset.classes.clone(), entries);
        index.remarks.clone_from(&dataset.remarks);
        index
    }

    /// The index of `path` in the cache, if all that it was made from is as it was.
    pub(super) fn load(cache: &Path, path: &Path) -> Option<Self> {
        let file = File::open(place(cache, path)).ok()?;
        let index: Self = serde_json::from_reader(BufReader::new(file)).ok()?;
        let same = |stamp: &Stamp| Stamp::of(&stamp.path).is_ok_and(|now| now == *stamp);
        let fits = |e: &Entry| e.file < index.stamps.len() && e.label < index.classes.len();
        let valid = index.version == VERSION
            && index.path == path
            && !index.stamps.is_empty()
            && index.stamps.iter().all(same)
            && index.entries.iter().all(fits);
        valid.then_some(index)
    }

    /// Writes it to the cache, whole or not at all. Where that fails, the set is looked through again next time.
    pub(super) fn save(&self, cache: &Path, path: &Path) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if self.stamps.iter().all(|s| s.modified + SETTLED < now) {
            let _ = self.write(&place(cache, path));
        }
    }

    fn write(&self, place: &Path) -> Result<()> {
        fs::create_dir_all(place.parent().context("no folder")?)?;
        replace_shared(place, |partial| {
            let mut file = BufWriter::new(File::create(partial)?);
            serde_json::to_writer(&mut file, self)?;
            Ok(file.flush()?)
        })
    }
}

/// Where the index of `path` lies: a hash of the path, which the index itself says in full.
fn place(cache: &Path, path: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).hash(&mut hasher);
    cache.join("index").join(format!("{:016x}.json", hasher.finish()))
}

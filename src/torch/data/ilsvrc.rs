//! ILSVRC2012 (ImageNet) as it is distributed: `ILSVRC2012_img_train.tar`, a tar of class tars, or `train/`,
//! unpacked; `ILSVRC2012_img_val.tar` or a `val/` of files that no folder sorts; and the development kit,
//! `ILSVRC2012_devkit_t12.tar.gz` or unpacked, which says what the validation pictures show.
//!
//! The kit numbers the classes in an order of its own, which `meta.mat` tells; labels here are by the classes' names
//! in WordNet, sorted. A ground truth file that names a class a line (`n01440764`) needs no `meta.mat`.

mod devkit;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

use self::devkit::Devkit;
use super::blob::Blob;
use super::index::{Entry, Index, Stamp};
use super::tree::Tree;
use super::{Dataset, Part, Picture, Sample, tarball};

const TRAIN_TAR: &str = "ILSVRC2012_img_train.tar";
const VAL_TAR: &str = "ILSVRC2012_img_val.tar";
const VAL_PREFIX: &str = "ILSVRC2012_val_";

/// Whether the folder holds the training tar, or unsorted validation pictures beside `train/`.
pub(super) fn is_here(folder: &Path) -> bool {
    let unsorted = || {
        let entries = std::fs::read_dir(folder.join("val")).into_iter().flatten().flatten();
        let mut names = entries.map(|e| e.file_name()).take(64);
        names.any(|n| n.to_string_lossy().starts_with(VAL_PREFIX))
    };
    folder.join(TRAIN_TAR).is_file()
        || folder.join("train").is_dir() && (folder.join(VAL_TAR).is_file() || unsorted())
}

/// Opens the set in `folder`.
pub(super) fn open(folder: &Path, cache: &Path) -> Result<Dataset> {
    let tars: Vec<PathBuf> =
        [TRAIN_TAR, VAL_TAR].iter().map(|n| folder.join(n)).filter(|p| p.is_file()).collect();
    let blobs = tars.iter().map(|p| Ok(Arc::new(Blob::open(p)?))).collect::<Result<Vec<_>>>()?;
    let index = match Index::load(cache, folder) {
        Some(index) => index,
        None => look(folder, &tars, &blobs, cache)?,
    };
    let mut samples = Vec::with_capacity(index.entries.len());
    for entry in index.entries {
        let (name, picture) = if entry.length == 0 {
            let path = folder.join(&entry.name);
            (path.display().to_string(), Picture::File(path))
        } else {
            let blob = blobs.get(entry.file).context("the index in the cache is damaged")?;
            ensure!(
                blob.holds(entry.offset, entry.length),
                "{}: `{}` is cut short",
                blob.path().display(),
                entry.name
            );
            let picture =
                Picture::Span { blob: Arc::clone(blob), offset: entry.offset, length: entry.length };
            (format!("{}:{}", blob.path().display(), entry.name), picture)
        };
        samples.push(Sample { label: entry.label, name, part: entry.part, picture });
    }
    let mut dataset = Dataset::new(&folder.display().to_string(), index.classes, samples)?;
    dataset.remarks = index.remarks;
    Ok(dataset)
}

/// What is found while looking through the set.
struct Found<'a> {
    folder: &'a Path,
    tars: &'a [PathBuf],
    blobs: &'a [Arc<Blob>],
    stamps: Vec<Stamp>,
    entries: Vec<Entry>,
}

fn look(folder: &Path, tars: &[PathBuf], blobs: &[Arc<Blob>], cache: &Path) -> Result<Index> {
    let stamps = tars.iter().map(|p| Stamp::of(p)).collect::<Result<Vec<_>>>()?;
    let mut found = Found { folder, tars, blobs, stamps, entries: Vec::new() };
    let classes = found.train()?;
    let val = found.val()?;
    let mut remarks = Vec::new();
    let kit = Devkit::find(folder)?;
    if val.is_empty() {
        remarks.push(format!(
            "{} holds no validation pictures; a share of the training set is held out",
            folder.display()
        ));
        for entry in &mut found.entries {
            entry.part = None;
        }
    } else {
        let kit = kit.as_ref().with_context(|| devkit::missing(folder, val.len()))?;
        found.stamps.extend(kit.stamps.iter().cloned());
        found.held_out(val, kit, &classes)?;
    }
    let names = classes.iter().map(|c| match kit.as_ref().and_then(|k| k.words.get(c)) {
        Some(words) => format!("{c} {words}"),
        None => c.clone(),
    });
    let mut index = Index::new(folder, found.stamps, names.collect(), found.entries);
    index.remarks = remarks;
    index.save(cache, folder);
    Ok(index)
}

/// A validation picture's name and place.
type Held = (String, u64, u64);

impl Found<'_> {
    fn blob(&self, tar: &str) -> Option<(usize, &Arc<Blob>)> {
        let file = self.tars.iter().position(|t| t.ends_with(tar))?;
        Some((file, &self.blobs[file]))
    }

    /// The training pictures; returns the classes, sorted.
    fn train(&mut self) -> Result<Vec<String>> {
        let Some((file, blob)) = self.blob(TRAIN_TAR) else { return self.train_folder() };
        let blob = Arc::clone(blob);
        let mut tars = BTreeMap::new();
        for class in tarball::list(&blob, 0, blob.length())? {
            let shown = blob.path().display();
            let name = class.name.strip_suffix(".tar");
            let name = name.with_context(|| format!("{shown}: `{}` is no class tar", class.name))?.to_owned();
            ensure!(tars.insert(name, class).is_none(), "{shown} holds two class tars of one name");
        }
        for (label, class) in tars.values().enumerate() {
            let inside = tarball::list(&blob, class.offset, class.length)
                .with_context(|| format!("class tar `{}`", class.name))?;
            let mut names = std::collections::HashSet::new();
            for picture in inside {
                let twice = !names.insert(picture.name.clone());
                ensure!(!twice, "{} holds two files named `{}`", class.name, picture.name);
                let Some(name) = named(&picture.name) else { continue };
                let (offset, length) = (picture.offset, picture.length);
                ensure!(length > 0, "{}: `{}` is empty", class.name, picture.name);
                self.entries.push(Entry { label, part: Some(Part::Train), name, file, offset, length });
            }
        }
        Ok(tars.into_keys().collect())
    }

    fn train_folder(&mut self) -> Result<Vec<String>> {
        let folder = self.folder.join("train");
        let tree = Tree::of_folder(&folder, 1, &mut self.stamps)?;
        ensure!(
            !tree.folders.is_empty(),
            "{} holds no class folders: found {}",
            folder.display(),
            tree.describe()
        );
        for (label, (class, inside)) in tree.folders.iter().enumerate() {
            ensure!(
                !inside.pictures.is_empty(),
                "class folder {} holds no pictures: found {}",
                inside.shown,
                inside.describe()
            );
            for name in inside.pictures.keys() {
                let name = format!("train/{class}/{name}");
                self.entries.push(Entry {
                    label,
                    part: Some(Part::Train),
                    name,
                    file: 0,
                    offset: 0,
                    length: 0,
                });
            }
        }
        Ok(tree.folders.into_keys().collect())
    }

    /// The validation pictures, sorted by name.
    fn val(&mut self) -> Result<Vec<Held>> {
        let mut held: Vec<Held> = if let Some((_, blob)) = self.blob(VAL_TAR) {
            let listed = tarball::list(blob, 0, blob.length())?;
            let held = listed
                .into_iter()
                .filter_map(|e| Some((named(&e.name)?, e.offset, e.length)))
                .collect::<Vec<_>>();
            ensure!(held.iter().all(|h| h.2 > 0), "{} holds an empty picture", blob.path().display());
            held
        } else if self.folder.join("val").is_dir() {
            let tree = Tree::of_folder(&self.folder.join("val"), 0, &mut self.stamps)?;
            tree.pictures.into_keys().map(|name| (format!("val/{name}"), 0, 0)).collect()
        } else {
            Vec::new()
        };
        held.sort();
        let twice = held.windows(2).find(|two| two[0].0 == two[1].0);
        ensure!(twice.is_none(), "two validation pictures are named `{}`", twice.map_or("", |t| &t[0].0));
        Ok(held)
    }

    /// Labels the validation pictures: the one numbered n (`ILSVRC2012_val_0000000n`) is line n of the ground truth.
    fn held_out(&mut self, val: Vec<Held>, kit: &Devkit, classes: &[String]) -> Result<()> {
        let file = self.blob(VAL_TAR).map_or(0, |(file, _)| file);
        for (name, offset, length) in val {
            let truth = number(&name).and_then(|n| kit.truth.get(n.checked_sub(1)?));
            let Some(class) = truth else {
                bail!(
                    "`{name}` is no {VAL_PREFIX}NNNNNNNN.JPEG among the {} of the ground truth",
                    kit.truth.len()
                );
            };
            let label = classes.binary_search(class).ok();
            let label = label
                .with_context(|| format!("`{name}` shows `{class}`, a class without training pictures"))?;
            self.entries.push(Entry { label, part: Some(Part::HeldOut), name, file, offset, length });
        }
        Ok(())
    }
}

/// The name, of a file that is a picture.
fn named(name: &str) -> Option<String> {
    super::tree::is_picture(name).then(|| name.to_owned())
}

/// The number in `val/ILSVRC2012_val_00000293.JPEG`.
fn number(name: &str) -> Option<usize> {
    let name = name.rsplit('/').next()?.strip_prefix(VAL_PREFIX)?;
    name.split('.').next()?.parse().ok()
}

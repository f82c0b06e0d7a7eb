//! Image folders: `CLASS/*.png|jpg`, or `train/CLASS/...` and `val/CLASS/...`. A class is a folder's name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{Dataset, Part, Picture, Sample};

const LAYOUT: &str = "looked for CLASS/*.png|jpg|jpeg, or train/CLASS/... and val/CLASS/...";
const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// Opens the folder at `path`.
pub(super) fn open(path: &Path) -> Result<Dataset> {
    let root = Listing::read(path)?;
    let has = |name: &str| root.folders.iter().any(|f| f.file_name() == Some(OsStr::new(name)));
    let mut samples = Vec::new();
    let classes = match (has("train"), has("val")) {
        (true, true) => {
            let train = classes_of(&Listing::read(&path.join("train"))?)?;
            let held_out = classes_of(&Listing::read(&path.join("val"))?)?;
            same_classes(path, &train, &held_out)?;
            collect(&train, Some(Part::Train), &mut samples);
            collect(&held_out, Some(Part::HeldOut), &mut samples);
            train
        }
        (true, false) if root.folders.len() == 1 => {
            let train = classes_of(&Listing::read(&path.join("train"))?)?;
            collect(&train, None, &mut samples);
            train
        }
        (false, true) if root.folders.len() == 1 => {
            bail!("{}: {LAYOUT}; found val/ but no train/", path.display())
        }
        _ => {
            let classes = classes_of(&root)?;
            collect(&classes, None, &mut samples);
            classes
        }
    };
    Dataset::new(&path.display().to_string(), classes.into_keys().collect(), samples)
}

/// Class name to its pictures, both sorted.
type Classes = BTreeMap<String, Vec<PathBuf>>;

fn collect(classes: &Classes, part: Option<Part>, samples: &mut Vec<Sample>) {
    for (label, pictures) in classes.values().enumerate() {
        samples.extend(pictures.iter().map(|path| Sample {
            label,
            name: path.display().to_string(),
            part,
            picture: Picture::File(path.clone()),
        }));
    }
}

/// The pictures of each class folder. Errors: no class folders, or one without pictures.
fn classes_of(root: &Listing) -> Result<Classes> {
    if root.folders.is_empty() {
        bail!("{} holds no class folders: {LAYOUT}; found {}", root.path.display(), root.describe());
    }
    let mut classes = Classes::new();
    for folder in &root.folders {
        let inside = Listing::read(folder)?;
        let shown = folder.display();
        ensure!(
            !inside.pictures.is_empty(),
            "class folder {shown} holds no png or jpg: found {}",
            inside.describe()
        );
        let name = folder.file_name().and_then(OsStr::to_str);
        let name = name.with_context(|| format!("the name of class folder {shown} is not UTF-8"))?;
        classes.insert(name.to_owned(), inside.pictures);
    }
    Ok(classes)
}

fn same_classes(path: &Path, train: &Classes, held_out: &Classes) -> Result<()> {
    let missing = |from: &Classes, other: &Classes| from.keys().find(|c| !other.contains_key(*c)).cloned();
    for (from, other, pair) in [(train, held_out, ("train", "val")), (held_out, train, ("val", "train"))] {
        if let Some(class) = missing(from, other) {
            bail!("{}: class `{class}` is in {}/ but not in {}/", path.display(), pair.0, pair.1);
        }
    }
    Ok(())
}

/// What lies in a folder, hidden files apart.
struct Listing {
    path: PathBuf,
    folders: Vec<PathBuf>,
    pictures: Vec<PathBuf>,
    others: usize,
}

impl Listing {
    fn read(path: &Path) -> Result<Self> {
        let mut listing = Self { path: path.to_owned(), folders: vec![], pictures: vec![], others: 0 };
        let unreadable = || format!("cannot read the folder {}", path.display());
        for entry in fs::read_dir(path).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?.path();
            if entry.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')) {
                continue;
            }
            if entry.is_dir() {
                listing.folders.push(entry);
            } else if is_picture(&entry) {
                listing.pictures.push(entry);
            } else {
                listing.others += 1;
            }
        }
        listing.folders.sort();
        listing.pictures.sort();
        Ok(listing)
    }

    fn describe(&self) -> String {
        let named = |count: usize, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            n => Some(format!("{n} {what}s")),
        };
        let found = [
            named(self.folders.len(), "folder"),
            named(self.pictures.len(), "picture"),
            named(self.others, "other file"),
        ];
        let found: Vec<String> = found.into_iter().flatten().collect();
        if found.is_empty() { "nothing".to_owned() } else { found.join(" and ") }
    }
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    ending.is_some_and(|e| ENDINGS.contains(&e.as_str()))
}

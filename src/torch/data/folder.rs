//! Image folders, on disk or in an archive: `CLASS/*.png|jpg`, or `train/CLASS/...` and `val/CLASS/...`. A class
//! is a folder's name.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::index::Index;
use super::tree::Tree;
use super::{Dataset, Part, Picture, Sample, counted};

const LAYOUT: &str = "looked for CLASS/*.png|jpg|jpeg, or train/CLASS/... and val/CLASS/...";
/// Folders that divide a set.
const PARTS: [&str; 2] = ["train", "val"];
/// From so many pictures on, what was found in a folder is kept for the next time.
const WORTH_KEEPING: usize = 1000;

/// Opens the folder at `path`, by the index in `cache` where nothing in it was added, renamed or removed since.
pub(super) fn open(path: &Path, cache: &Path) -> Result<Dataset> {
    if let Some(index) = Index::load(cache, path) {
        let samples = index.entries.iter().map(|e| Sample {
            label: e.label,
            name: path.join(&e.name).display().to_string(),
            part: e.part,
            picture: Picture::File(path.join(&e.name)),
        });
        let mut dataset =
            Dataset::new(&path.display().to_string(), index.classes.clone(), samples.collect())?;
        dataset.remarks = index.remarks;
        return Ok(dataset);
    }
    let mut stamps = Vec::new();
    let tree = Tree::of_folder(path, 2, &mut stamps)?;
    let dataset = of_tree(&path.display().to_string(), tree)?;
    if dataset.len() >= WORTH_KEEPING {
        Index::of_files(&dataset, path, stamps).save(cache, path);
    }
    Ok(dataset)
}

/// The set that a tree of folders holds.
pub(super) fn of_tree(name: &str, tree: Tree) -> Result<Dataset> {
    let mut root = tree.unwrapped(&PARTS);
    let has = |name: &str| root.folders.contains_key(name);
    let mut samples = Vec::new();
    let mut odd = Odd::default();
    let classes: Vec<String> = match (has("train"), has("val")) {
        (true, true) => {
            let mut part = |name: &str| root.folders.remove(name).unwrap_or_default();
            let (train, held_out) = (classes_of(part("train"))?, classes_of(part("val"))?);
            same_classes(name, &train, &held_out)?;
            let names = train.keys().cloned().collect();
            collect(train, Some(Part::Train), &mut samples, &mut odd);
            collect(held_out, Some(Part::HeldOut), &mut samples, &mut odd);
            names
        }
        (true, false) if root.folders.len() == 1 => {
            let train = classes_of(root.folders.remove("train").unwrap_or_default())?;
            let names = train.keys().cloned().collect();
            collect(train, None, &mut samples, &mut odd);
            names
        }
        (false, true) if root.folders.len() == 1 => {
            bail!("{name}: {LAYOUT}; found val/ but no train/")
        }
        _ => {
            let train = classes_of(root)?;
            let names = train.keys().cloned().collect();
            collect(train, None, &mut samples, &mut odd);
            names
        }
    };
    let mut dataset = Dataset::new(name, classes, samples)?;
    dataset.remarks = odd.told();
    Ok(dataset)
}

/// Class folders by name.
type Classes = BTreeMap<String, Tree>;

/// What is odd about the class folders, counted, each with its first case.
#[derive(Default)]
struct Odd {
    others: Tally,
    namesakes: Tally,
}

/// How many, and the first of them.
#[derive(Default)]
struct Tally {
    count: usize,
    first: String,
}

impl Tally {
    fn add(&mut self, count: usize, what: impl FnOnce() -> String) {
        if self.count == 0 && count > 0 {
            self.first = what();
        }
        self.count += count;
    }
}

impl Odd {
    /// Pictures that differ in case or ending alone, such as `a.jpg` and `a.png`: one may be a copy of the other.
    fn look(&mut self, folder: &Tree) {
        self.others.add(folder.others + folder.folders.len(), || folder.shown.clone());
        let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
        let mut seen = BTreeMap::new();
        for name in folder.pictures.keys() {
            if let Some(other) = seen.insert(stem(name), name) {
                self.namesakes.add(1, || format!("{} and {name}", folder.name_of(other)));
            }
        }
    }

    fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        if self.others.count > 0 {
            let (count, first) = (self.others.count, &self.others.first);
            let what =
                if count == 1 { "is 1 file or folder that is" } else { "are files or folders that are" };
            let counted =
                if count == 1 { String::new() } else { format!(" ({count}; the first in {first})") };
            let at = if count == 1 { first.as_str() } else { "class folders" };
            told.push(format!("in {at} {what} no png or jpg and not read{counted}"));
        }
        if self.namesakes.count > 0 {
            let pairs = counted(self.namesakes.count, "pair");
            told.push(format!(
                "{pairs} of pictures differ in case or ending alone and all are used, first {}",
                self.namesakes.first
            ));
        }
        told
    }
}

fn collect(classes: Classes, part: Option<Part>, samples: &mut Vec<Sample>, odd: &mut Odd) {
    for (label, mut folder) in classes.into_values().enumerate() {
        odd.look(&folder);
        let pictures = std::mem::take(&mut folder.pictures);
        samples.extend(pictures.into_iter().map(|(name, picture)| Sample {
            label,
            name: folder.name_of(&name),
            part,
            picture,
        }));
    }
}

/// The class folders. Errors: none, or one without pictures.
fn classes_of(root: Tree) -> Result<Classes> {
    if root.folders.is_empty() {
        bail!("{} holds no class folders: {LAYOUT}; found {}", root.shown, root.describe());
    }
    for (name, folder) in &root.folders {
        ensure!(
            !folder.pictures.is_empty(),
            "class folder {} holds no png or jpg: found {}",
            if folder.shown.is_empty() { name } else { &folder.shown },
            folder.describe()
        );
    }
    Ok(root.folders)
}

fn same_classes(path: &str, train: &Classes, held_out: &Classes) -> Result<()> {
    let missing = |from: &Classes, other: &Classes| from.keys().find(|c| !other.contains_key(*c)).cloned();
    for (from, other, pair) in [(train, held_out, ("train", "val")), (held_out, train, ("val", "train"))] {
        if let Some(class) = missing(from, other) {
            bail!("{path}: class `{class}` is in {}/ but not in {}/", pair.0, pair.1);
        }
    }
    Ok(())
}

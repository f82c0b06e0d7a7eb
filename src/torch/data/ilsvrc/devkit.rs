//! The development kit: what each validation picture shows, and what the classes are called.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::super::blob::Blob;
use super::super::index::Stamp;
use super::super::matlab::{self, Value};
use super::super::{read_file, tarball};

const KIT: &str = "ILSVRC2012_devkit_t12";
const TRUTH: &str = "ILSVRC2012_validation_ground_truth.txt";
const META: &str = "meta.mat";

/// What it says.
#[derive(Debug)]
pub(super) struct Devkit {
    /// For each validation picture, its class in WordNet (`n01440764`).
    pub(super) truth: Vec<String>,
    /// For each class its first name in English, where `meta.mat` says it.
    pub(super) words: HashMap<String, String>,
    /// The files this comes from.
    pub(super) stamps: Vec<Stamp>,
}

/// What was looked for, in words.
pub(super) fn missing(folder: &Path, pictures: usize) -> String {
    format!(
        "{} holds {pictures} validation pictures but not what they show: looked for {KIT}.tar.gz, or {TRUTH} and {META} \
         in the folder itself, {KIT}/data/ or data/",
        folder.display()
    )
}

impl Devkit {
    /// The kit in a folder, packed or unpacked; nothing where there is none.
    pub(super) fn find(folder: &Path) -> Result<Option<Self>> {
        for inside in ["", "data", "ILSVRC2012_devkit_t12/data"] {
            let (truth, meta) = (folder.join(inside).join(TRUTH), folder.join(inside).join(META));
            if truth.is_file() {
                let mut stamps = vec![Stamp::of(&truth)?];
                let meta = if meta.is_file() {
                    stamps.push(Stamp::of(&meta)?);
                    Some(read_file(&meta).with_context(|| meta.display().to_string())?)
                } else {
                    None
                };
                let truth_bytes = read_file(&truth).with_context(|| truth.display().to_string())?;
                let kit = Self::read(&truth_bytes, meta.as_deref(), stamps);
                return kit.map(Some).with_context(|| truth.display().to_string());
            }
        }
        let packed = folder.join(format!("{KIT}.tar.gz"));
        if packed.is_file() { Self::unpack(&packed).map(Some) } else { Ok(None) }
    }

    fn unpack(path: &Path) -> Result<Self> {
        let blob = Blob::open(path)?;
        let entries = tarball::list(&blob, 0, blob.length())?;
        let file = |name: &str| -> Result<Vec<u8>> {
            let entry = entries.iter().find(|e| e.name.rsplit('/').next() == Some(name));
            let entry = entry.with_context(|| format!("{}: there is no {name} in it", path.display()))?;
            blob.read(entry.offset, entry.length)
        };
        let kit = Self::read(&file(TRUTH)?, Some(&file(META)?), vec![Stamp::of(path)?]);
        kit.with_context(|| path.display().to_string())
    }

    fn read(truth: &[u8], meta: Option<&[u8]>, stamps: Vec<Stamp>) -> Result<Self> {
        let text = std::str::from_utf8(truth).context("the ground truth is not UTF-8")?;
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        let synsets = meta.map(synsets).transpose().context(META)?;
        let mut words = HashMap::new();
        for (name, word) in synsets.iter().flat_map(HashMap::values) {
            words.insert(name.clone(), word.clone());
        }
        let class = |(index, line): (usize, &&str)| -> Result<String> {
            let at = || format!("line {} of the ground truth", index + 1);
            if line.starts_with('n') {
                return Ok((*line).to_owned());
            }
            let id: u64 = line.parse().with_context(|| format!("{} is `{line}`, no class", at()))?;
            let Some(synsets) = &synsets else {
                bail!(
                    "the ground truth numbers the classes, and {META}, which says what the numbers mean, is missing"
                );
            };
            let (name, _) =
                synsets.get(&id).with_context(|| format!("{}: {META} has no class {id}", at()))?;
            Ok(name.clone())
        };
        let truth = lines.iter().enumerate().map(class).collect::<Result<Vec<_>>>()?;
        Ok(Self { truth, words, stamps })
    }
}

/// For each number the class in WordNet and its first name.
fn synsets(bytes: &[u8]) -> Result<HashMap<u64, (String, String)>> {
    let mut all = HashMap::new();
    for record in matlab::structs(bytes)? {
        let (Some(Value::Number(id)), Some(Value::Text(name)), Some(Value::Text(words))) =
            (record.get("ILSVRC2012_ID"), record.get("WNID"), record.get("words"))
        else {
            bail!("its structs have no ILSVRC2012_ID, WNID and words");
        };
        ensure!(id.fract() == 0.0 && (1.0..1e9).contains(id), "a class is numbered {id}");
        let first = words.split(',').next().unwrap_or_default().trim().to_owned();
        all.insert(*id as u64, (name.clone(), first));
    }
    Ok(all)
}

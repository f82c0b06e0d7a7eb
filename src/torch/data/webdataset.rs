//! WebDataset shards: tars whose files go together by the name before the first dot, `000017.jpg` with
//! `000017.cls` (the class's number) or `000017.json` (with `label`, `cls` or `class`).
//!
//! A folder of `*.tar`, one tar, or a pattern `train-{0000..0147}.tar`. Where some shards' names begin with `train`
//! and others with `val` or `test`, or they lie in such folders, the set comes divided. `classes.txt` beside the
//! shards names the classes, one a line; else they are numbers. Shards are looked through once; what was found is
//! kept in the cache.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::blob::Blob;
use super::index::{Entry, Index, Stamp};
use super::manifest::class_names;
use super::tree::is_picture;
use super::{Dataset, Part, Picture, Sample, tarball};

/// Most classes that a label may name.
const MOST_CLASSES: u64 = 1 << 20;
/// Most bytes of a label's file.
const LABEL_BYTES: u64 = 1 << 20;
/// Most shards that a pattern stands for.
const MOST_SHARDS: u64 = 100_000;

/// The shards in a folder, sorted: `*.tar`, or `train/*.tar` and `val/*.tar`.
pub(super) fn shards(folder: &Path) -> Vec<PathBuf> {
    let tars = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
        entries.filter(|p| p.extension().is_some_and(|e| e == "tar") && p.is_file()).collect()
    };
    let mut all: Vec<PathBuf> =
        [folder.to_owned(), folder.join("train"), folder.join("val")].iter().flat_map(|f| tars(f)).collect();
    all.sort();
    all
}

/// The files that `A-{000..147}.tar` stands for; nothing if it is no such pattern.
pub(super) fn expand(pattern: &str) -> Option<Result<Vec<PathBuf>>> {
    let (before, rest) = pattern.split_once('{')?;
    let (range, after) = rest.split_once('}')?;
    let (first, last) = range.split_once("..")?;
    let width = first.len();
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    if last < first || last - first >= MOST_SHARDS {
        return Some(Err(anyhow::anyhow!(
            "`{pattern}`: {{{first}..{last}}} is no range of up to {MOST_SHARDS} shards"
        )));
    }
    let all: Vec<PathBuf> =
        (first..=last).map(|n| PathBuf::from(format!("{before}{n:0width$}{after}"))).collect();
    match all.iter().find(|p| !p.is_file()) {
        Some(missing) => Some(Err(anyhow::anyhow!("`{pattern}`: {} is missing", missing.display()))),
        None => Some(Ok(all)),
    }
}

/// Whether the files of a tar are samples with labels, rather than folders of pictures.
pub(super) fn is_shard(entries: &[tarball::Entry]) -> bool {
    entries.iter().any(|e| ["cls", "json"].contains(&key(&e.name).1))
}

/// Opens the shards; `name` is what the set is called by.
pub(super) fn open(name: &Path, shards: &[PathBuf], cache: &Path) -> Result<Dataset> {
    let blobs = shards.iter().map(|p| Ok(Arc::new(Blob::open(p)?))).collect::<Result<Vec<_>>>()?;
    let index = match Index::load(cache, name) {
        Some(index) if index.stamps.iter().map(|s| &s.path).eq(shards) => index,
        _ => look(name, shards, &blobs, cache)?,
    };
    let most = index.entries.iter().map(|e| e.label).max().unwrap_or(0);
    let beside = if name.is_dir() { name } else { shards[0].parent().unwrap_or(Path::new("")) };
    let classes = class_names(beside, most + 1)?;
    let mut samples = Vec::with_capacity(index.entries.len());
    for entry in index.entries {
        let (blob, shard) = (&blobs[entry.file], shards[entry.file].display());
        ensure!(blob.holds(entry.offset, entry.length), "{shard}: `{}` is cut short", entry.name);
        samples.push(Sample {
            label: entry.label,
            name: format!("{shard}:{}", entry.name),
            part: entry.part,
            picture: Picture::Span { blob: Arc::clone(blob), offset: entry.offset, length: entry.length },
        });
    }
    Dataset::new(&name.display().to_string(), classes, samples)
}

/// Looks through the shards' headers and labels.
fn look(name: &Path, shards: &[PathBuf], blobs: &[Arc<Blob>], cache: &Path) -> Result<Index> {
    let parts = parts(name, shards);
    let mut entries = Vec::new();
    for (file, blob) in blobs.iter().enumerate() {
        let listed = tarball::list(blob, 0, blob.length())?;
        for (picture, label) in samples(blob, &listed)? {
            entries.push(Entry {
                label,
                part: parts[file],
                name: picture.name.clone(),
                file,
                offset: picture.offset,
                length: picture.length,
            });
        }
    }
    let stamps = shards.iter().map(|p| Stamp::of(p)).collect::<Result<_>>()?;
    let most = entries.iter().map(|e| e.label).max().unwrap_or(0);
    let index = Index::new(name, stamps, (0..=most).map(|n| n.to_string()).collect(), entries);
    index.save(cache, name);
    Ok(index)
}

/// The part of each shard, by its name or folder; none where not all of them say, or all say the same.
fn parts(name: &Path, shards: &[PathBuf]) -> Vec<Option<Part>> {
    let part = |path: &PathBuf| {
        let below = path.strip_prefix(name).unwrap_or(path);
        let own = below.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = path.parent().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
        let says = |word: &str| own.starts_with(word) || folder.as_deref() == Some(word);
        let held_out = says("val") || says("test");
        if says("train") { Some(Part::Train) } else { held_out.then_some(Part::HeldOut) }
    };
    let all: Vec<Option<Part>> = shards.iter().map(part).collect();
    let has = |part| all.contains(&Some(part));
    if all.contains(&None) || !(has(Part::Train) && has(Part::HeldOut)) {
        vec![None; shards.len()]
    } else {
        all
    }
}

/// A file's name up to the first dot of its last part, and its ending.
fn key(name: &str) -> (&str, &str) {
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[start..].find('.') {
        Some(dot) => (&name[..start + dot], &name[start + dot + 1..]),
        None => (name, ""),
    }
}

/// What is known of a sample.
#[derive(Default)]
struct Parts<'a> {
    picture: Option<&'a tarball::Entry>,
    label: Option<usize>,
}

/// The pictures of a shard with their labels, in its order. Errors: two pictures or labels of one name, a picture
/// without a label.
fn samples<'a>(blob: &Blob, entries: &'a [tarball::Entry]) -> Result<Vec<(&'a tarball::Entry, usize)>> {
    let shown = blob.path().display();
    let mut order = Vec::new();
    let mut all: HashMap<&str, Parts<'a>> = HashMap::new();
    for entry in entries {
        let (key, ending) = key(&entry.name);
        let ending = ending.to_ascii_lowercase();
        let parts = all.entry(key).or_insert_with(|| {
            order.push(key);
            Parts::default()
        });
        if is_picture(&format!("x.{ending}")) {
            let twice = parts.picture.replace(entry).is_some();
            ensure!(!twice, "{shown} holds two pictures named `{key}`: which one is meant cannot be told");
        } else if let Some(label) =
            label(blob, entry, &ending).with_context(|| format!("{shown}:{}", entry.name))?
        {
            ensure!(
                parts.label.replace(label).is_none_or(|l| l == label),
                "{shown} holds two labels for `{key}` that differ"
            );
        }
    }
    let mut found = Vec::new();
    for key in order {
        match &all[key] {
            Parts { picture: Some(picture), label: Some(label) } => found.push((*picture, *label)),
            Parts { picture: Some(_), label: None } => {
                bail!("{shown}: `{key}` has no label: looked for {key}.cls, or {key}.json with `label`")
            }
            Parts { picture: None, .. } => {}
        }
    }
    ensure!(
        !found.is_empty(),
        "{shown} holds no png or jpg with a label: looked for KEY.jpg with KEY.cls or KEY.json"
    );
    Ok(found)
}

/// The label that a file holds, if it is one that holds labels.
fn label(blob: &Blob, entry: &tarball::Entry, ending: &str) -> Result<Option<usize>> {
    let text = || -> Result<String> {
        ensure!(entry.length <= LABEL_BYTES, "the file of a label is larger than 1 MiB");
        String::from_utf8(blob.read(entry.offset, entry.length)?).context("not UTF-8")
    };
    let number = match ending {
        "cls" => {
            let text = text()?;
            Some(
                text.trim()
                    .parse::<u64>()
                    .with_context(|| format!("`{}` is no class number", text.trim()))?,
            )
        }
        "json" => {
            let value: Value = serde_json::from_str(&text()?).context("not JSON")?;
            ["label", "cls", "class"].iter().find_map(|k| value.get(k)?.as_u64())
        }
        _ => None,
    };
    let Some(number) = number else { return Ok(None) };
    ensure!(number < MOST_CLASSES, "the class number is {number}; it is below {MOST_CLASSES}");
    Ok(Some(usize::try_from(number)?))
}

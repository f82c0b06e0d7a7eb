//! CIFAR-10 and CIFAR-100, the binary versions, unpacked or in the `.tar.gz` they come in.
//!
//! CIFAR-10 is `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`: records of a label and 32x32 pixels,
//! `[C, H, W]`. CIFAR-100 is `train.bin` and `test.bin`: a coarse label, a fine one, and the same pixels; its
//! classes are the 100 fine ones.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use super::blob::Blob;
use super::{Dataset, Part, Picture, Plain, Sample, read_bounded, tarball};

const PLAIN: Plain = Plain { channels: 3, height: 32, width: 32 };

/// One of the two sets.
struct Kind {
    folder: &'static str,
    train: &'static [&'static str],
    test: &'static str,
    names: &'static str,
    classes: usize,
    /// Bytes before the pixels; the last of them is the label.
    labels: u64,
}

const KINDS: [Kind; 2] = [
    Kind {
        folder: "cifar-10-batches-bin",
        train: &[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
        ],
        test: "test_batch.bin",
        names: "batches.meta.txt",
        classes: 10,
        labels: 1,
    },
    Kind {
        folder: "cifar-100-binary",
        train: &["train.bin"],
        test: "test.bin",
        names: "fine_label_names.txt",
        classes: 100,
        labels: 2,
    },
];

/// Opens the folder, or the one in it that the archives hold; nothing if it is neither set.
pub(super) fn open(folder: &Path) -> Option<Result<Dataset>> {
    let here = |kind: &Kind| {
        let all = [folder.to_owned(), folder.join(kind.folder)];
        all.into_iter().find(|f| f.join(kind.train[0]).is_file())
    };
    let (kind, inside) = KINDS.iter().find_map(|kind| Some((kind, here(kind)?)))?;
    let fetch = |name: &str| -> Result<Arc<Blob>> {
        let path = inside.join(name);
        ensure!(path.is_file(), "{} is missing: looked for {}", path.display(), all_files(kind));
        Ok(Arc::new(Blob::open(&path)?))
    };
    Some(read(&folder.display().to_string(), kind, fetch))
}

/// Opens the archive whose files were listed; nothing if it is neither set. The bytes are those of the archive
/// unpacked in memory.
pub(super) fn open_tar(blob: &Blob, entries: &[tarball::Entry]) -> Option<Result<Dataset>> {
    let find = |name: &str| entries.iter().find(|e| e.name.rsplit('/').next() == Some(name));
    let kind = KINDS.iter().find(|kind| find(kind.train[0]).is_some() && find(kind.names).is_some())?;
    let shown = blob.path().display().to_string();
    let fetch = |name: &str| -> Result<Arc<Blob>> {
        let entry = find(name).with_context(|| format!("{shown}: {name} is missing"))?;
        let bytes =
            read_bounded(blob.window(entry.offset, entry.length), entry.length.min(1 << 20), 1 << 30)?;
        Ok(Arc::new(Blob::of(&blob.path().join(name), bytes)))
    };
    Some(read(&shown, kind, fetch))
}

fn all_files(kind: &Kind) -> String {
    format!("{}, {} and {}", kind.train.join(", "), kind.test, kind.names)
}

fn read(shown: &str, kind: &Kind, fetch: impl Fn(&str) -> Result<Arc<Blob>>) -> Result<Dataset> {
    let mut samples = Vec::new();
    for name in kind.train {
        records(kind, &fetch(name)?, Part::Train, &mut samples)?;
    }
    records(kind, &fetch(kind.test)?, Part::HeldOut, &mut samples)?;
    let names = fetch(kind.names)?;
    let mut text = String::new();
    let read = names.window(0, names.length().min(1 << 16)).read_to_string(&mut text);
    read.with_context(|| names.path().display().to_string())?;
    let classes: Vec<String> =
        text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    ensure!(
        classes.len() == kind.classes,
        "{} names {} classes, not {}",
        names.path().display(),
        classes.len(),
        kind.classes
    );
    Dataset::new(shown, classes, samples)
}

fn records(kind: &Kind, blob: &Arc<Blob>, part: Part, samples: &mut Vec<Sample>) -> Result<()> {
    let (record, shown) = (kind.labels + PLAIN.bytes(), blob.path().display());
    ensure!(
        blob.length() > 0 && blob.length().is_multiple_of(record),
        "{shown} is {} bytes long, which is no number of records of {record}: it is damaged or cut short",
        blob.length()
    );
    for index in 0..blob.length() / record {
        let offset = index * record + kind.labels;
        let label = usize::from(blob.read(offset - 1, 1)?[0]);
        ensure!(label < kind.classes, "{shown}: record {index} has the label {label} of {}", kind.classes);
        let picture = Picture::Plain { blob: Arc::clone(blob), offset, plain: PLAIN };
        samples.push(Sample { label, name: format!("{shown}: picture {index}"), part: Some(part), picture });
    }
    Ok(())
}

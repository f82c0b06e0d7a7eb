//! IDX, the format of MNIST, Fashion-MNIST and their kin: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
//! `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, each plain or packed by gzip (`.gz`).
//!
//! A file begins with two zero bytes, the type (8: bytes), the number of dimensions, and the dimensions as
//! big-endian 32-bit numbers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

use super::blob::Blob;
use super::image::{LONGEST_SIDE, MOST_PIXELS};
use super::manifest::class_names;
use super::{Dataset, Part, Picture, Plain, Sample};

/// The names of the parts in the files' names.
const PARTS: [(&str, Part); 2] = [("train", Part::Train), ("t10k", Part::HeldOut)];

/// Whether the folder holds IDX images by one of the usual names.
pub(super) fn is_here(folder: &Path) -> bool {
    PARTS.iter().any(|(part, _)| find(folder, part, "images", 3).is_some())
}

/// Opens the IDX files of a folder. A file `classes.txt` names the classes, one a line; else they are numbers.
pub(super) fn open(folder: &Path) -> Result<Dataset> {
    let shown = folder.display();
    let looked = "looked for train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or .gz";
    let mut samples = Vec::new();
    let present: Vec<_> = PARTS.iter().filter(|(p, _)| find(folder, p, "images", 3).is_some()).collect();
    ensure!(present.iter().any(|(_, p)| *p == Part::Train), "{shown}: {looked}; found the test images only");
    for (name, part) in &present {
        let images = find(folder, name, "images", 3).with_context(|| format!("{shown}: {looked}"))?;
        let labels = find(folder, name, "labels", 1)
            .with_context(|| format!("{shown}: {looked}; found {} but no labels for it", images.display()))?;
        let part = (present.len() == 2).then_some(*part);
        samples.extend(read(&images, &labels, part)?);
    }
    let most = samples.iter().map(|s| s.label).max().unwrap_or(0);
    let classes = class_names(folder, most + 1)?;
    Dataset::new(&shown.to_string(), classes, samples)
}

/// `train-images-idx3-ubyte`, or with a dot before `idx3`, plain or packed.
fn find(folder: &Path, part: &str, what: &str, dimensions: usize) -> Option<PathBuf> {
    let names = ["-", "."].map(|dot| format!("{part}-{what}{dot}idx{dimensions}-ubyte"));
    let all = names.iter().flat_map(|name| [name.clone(), format!("{name}.gz")]);
    all.map(|name| folder.join(name)).find(|path| path.is_file())
}

fn read(images: &Path, labels: &Path, part: Option<Part>) -> Result<Vec<Sample>> {
    let (blob, [count, height, width]) = header::<3>(images)?;
    let fits = |side: u32| (1..=LONGEST_SIDE).contains(&side);
    ensure!(
        fits(height) && fits(width) && u64::from(height) * u64::from(width) <= MOST_PIXELS,
        "{} claims images of {height}x{width}; they have 1 to {LONGEST_SIDE} pixels a side",
        images.display()
    );
    let (names, [labelled]) = header::<1>(labels)?;
    ensure!(
        labelled == count,
        "{} holds {count} images but {} {labelled} labels",
        images.display(),
        labels.display()
    );
    let plain = Plain { channels: 1, height, width };
    let labels = names.read(8, u64::from(count))?;
    let sample = |(index, &label): (usize, &u8)| Sample {
        label: usize::from(label),
        name: format!("{}: image {index}", images.display()),
        part,
        picture: Picture::Plain { blob: Arc::clone(&blob), offset: 16 + index as u64 * plain.bytes(), plain },
    };
    Ok(labels.iter().enumerate().map(sample).collect())
}

/// The dimensions of an IDX file of bytes, whose length is what they ask for.
fn header<const N: usize>(path: &Path) -> Result<(Arc<Blob>, [u32; N])> {
    let blob = Blob::open(path)?;
    let shown = path.display();
    let number = |at: u64| -> Result<u32> {
        let bytes = blob.read(at, 4).with_context(|| format!("{shown} is no IDX file: it is too short"))?;
        Ok(bytes.iter().fold(0, |sum, b| sum << 8 | u32::from(*b)))
    };
    let magic = number(0)?;
    match (magic >> 16, magic >> 8 & 0xff, magic & 0xff) {
        (0, 8, n) if n as usize == N => {}
        (0, 8, n) => bail!("{shown}: IDX data of {n} dimensions where {N} are expected"),
        (0, kind @ 9..=14, _) => bail!("{shown}: IDX data of type {kind:#04x}; bytes (0x08) are read"),
        _ => bail!("{shown} is no IDX file: it begins with {magic:08x}"),
    }
    let mut dimensions = [0; N];
    for (index, size) in dimensions.iter_mut().enumerate() {
        *size = number(4 + 4 * index as u64)?;
    }
    let wanted = dimensions.iter().try_fold(1u64, |n, d| n.checked_mul(u64::from(*d)));
    let wanted = wanted.and_then(|n| n.checked_add(4 + 4 * N as u64));
    let found = blob.length();
    ensure!(
        wanted == Some(found),
        "{shown} claims {} but is {found} bytes long, {}",
        dimensions.map(|d| d.to_string()).join("x"),
        wanted.map_or("which cannot be".to_owned(), |w| format!("not {w}: it is damaged or cut short"))
    );
    Ok((Arc::new(blob), dimensions))
}

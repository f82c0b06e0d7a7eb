//! The ELPV photographs of solar cells: `labels.csv` (path, defect probability, mono or poly; separated by
//! blanks, no header) beside `images/`, as a folder, the PyPI wheel or any zip of them. The task is mono against
//! poly.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

use super::archive::Archive;
use super::{Dataset, Picture, Sample, read_file};

/// Where set-up unpacks the wheel, under the cache.
const IN_CACHE: &str = "data/elpv-1.0.0.post1";
const LABELS: &str = "labels.csv";
const CLASSES: [&str; 2] = ["mono", "poly"];

/// Opens the set in the cache.
pub(super) fn open_cached(cache: &Path) -> Result<Dataset> {
    let folder = cache.join(IN_CACHE);
    let Some(inside) = find_folder(&folder) else {
        let found = if folder.exists() { "the folder holds no such file" } else { "there is no such folder" };
        bail!(
            "the ELPV photographs are missing: looked for elpv_dataset/data/{LABELS} in {}, but {found}; `make \
             data` fetches them (91 MB, CC BY-NC-SA 4.0)",
            folder.display()
        );
    };
    let mut dataset = open_folder(&inside)?;
    "elpv".clone_into(&mut dataset.name);
    Ok(dataset)
}

/// The folder that holds `labels.csv`: `path`, or where the wheel and the authors' repository keep it inside.
pub(super) fn find_folder(path: &Path) -> Option<PathBuf> {
    ["", "elpv_dataset/data", "src/elpv_dataset/data"]
        .iter()
        .map(|inside| path.join(inside))
        .find(|folder| folder.join(LABELS).is_file())
}

/// Opens a folder that holds `labels.csv` and the pictures it names.
pub(super) fn open_folder(folder: &Path) -> Result<Dataset> {
    let labels = folder.join(LABELS);
    let shown = labels.display().to_string();
    let text = read_file(&labels).with_context(|| shown.clone())?;
    let locate = |name: &str| {
        let path = folder.join(name);
        path.is_file().then(|| (path.display().to_string(), Picture::File(path)))
    };
    Dataset::new(&folder.display().to_string(), classes(), parse(&shown, text, locate)?)
}

/// Whether a zip holds `labels.csv` at any depth.
pub(super) fn is_zip(archive: &Archive) -> Result<bool> {
    Ok(labels_in(&archive.names()?).is_some())
}

/// The shortest path of a `labels.csv`.
fn labels_in(names: &[(usize, String)]) -> Option<&(usize, String)> {
    names.iter().filter(|(_, n)| n.rsplit('/').next() == Some(LABELS)).min_by_key(|(_, n)| n.len())
}

/// Opens a zip that holds `labels.csv` at any depth, and beside it the pictures it names.
pub(super) fn open_zip(archive: &Arc<Archive>) -> Result<Dataset> {
    let (path, names) = (archive.path(), archive.names()?);
    let Some((entry, labels)) = labels_in(&names) else {
        bail!("{} is no ELPV zip: looked for {LABELS} among its {} files", path.display(), names.len());
    };
    let beside = labels.strip_suffix(LABELS).unwrap_or_default();
    let shown = format!("{}:{labels}", path.display());
    let text = archive.read(*entry).with_context(|| shown.clone())?;
    let locate = |name: &str| {
        let inside = format!("{beside}{name}");
        let entry = archive.find(&inside)?;
        Some((format!("{}:{inside}", path.display()), Picture::Entry(Arc::clone(archive), entry)))
    };
    Dataset::new(&path.display().to_string(), classes(), parse(&shown, text, locate)?)
}

fn classes() -> Vec<String> {
    CLASSES.map(str::to_owned).to_vec()
}

/// The samples of `labels.csv`; `locate` gives a listed picture's name for messages and its place, or nothing
/// where there is none.
fn parse(
    shown: &str,
    text: Vec<u8>,
    locate: impl Fn(&str) -> Option<(String, Picture)>,
) -> Result<Vec<Sample>> {
    let text = String::from_utf8(text).with_context(|| format!("{shown} is not UTF-8"))?;
    let mut samples = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let at = || format!("{shown}:{}", index + 1);
        let (name, label) = parse_line(line).with_context(at)?;
        let (name, picture) = locate(name).with_context(|| format!("{name} is missing")).with_context(at)?;
        samples.push(Sample { label, name, part: None, picture });
    }
    Ok(samples)
}

/// The picture's path and class of one line.
fn parse_line(line: &str) -> Result<(&str, usize)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let &[name, probability, kind] = fields.as_slice() else {
        bail!(
            "expected a path, a probability and mono or poly, found {} fields: `{}`",
            fields.len(),
            line.trim()
        );
    };
    let share: f64 =
        probability.parse().with_context(|| format!("the defect probability is `{probability}`"))?;
    ensure!((0.0..=1.0).contains(&share), "the defect probability is {share}; it lies between 0 and 1");
    let inside = Path::new(name).components().all(|c| matches!(c, Component::Normal(_)));
    ensure!(inside, "`{name}` leaves the data set's folder");
    let label = CLASSES.iter().position(|c| *c == kind);
    Ok((name, label.with_context(|| format!("the kind of cell is `{kind}`; it is mono or poly"))?))
}

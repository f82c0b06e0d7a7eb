//! CSV manifests: one picture a line. The first line names the columns: `path` and `label`, and optionally `split`.
//! Also lists of class names, `classes.txt`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use csv::{ReaderBuilder, StringRecord, Trim};

use super::{Dataset, Part, Picture, Sample, read_file};

const PATHS: [&str; 4] = ["path", "file", "filename", "image"];
const LABELS: [&str; 2] = ["label", "class"];
const SPLITS: [&str; 3] = ["split", "part", "subset"];

/// Opens the manifest at `path`; pictures are looked for from its own folder. Lines are parted by commas, those
/// of a `.tsv` by tabs.
pub(super) fn open(path: &Path) -> Result<Dataset> {
    let shown = path.display().to_string();
    let bytes = read_file(path).with_context(|| shown.clone())?;
    let tabs = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("tsv"));
    let delimiter = if tabs { b'\t' } else { b',' };
    let mut reader = ReaderBuilder::new().delimiter(delimiter).trim(Trim::All).from_reader(bytes.as_slice());
    let columns =
        Columns::find(reader.headers().with_context(|| shown.clone())?).with_context(|| shown.clone())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut lines = Vec::new();
    let mut seen = HashMap::new();
    for record in reader.records() {
        let record = record.with_context(|| shown.clone())?;
        let at = record.position().map_or(0, csv::Position::line);
        let line = columns.read(&record, folder).with_context(|| format!("{shown}:{at}"))?;
        if let Some(first) = seen.insert(line.path.clone(), at) {
            bail!("{shown}:{at}: {} is listed twice, first in line {first}", line.path.display());
        }
        lines.push(line);
    }
    of_lines(&shown, lines)
}

fn of_lines(shown: &str, lines: Vec<Line>) -> Result<Dataset> {
    let mut classes: Vec<String> =
        lines.iter().map(|l| l.label.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    if classes.iter().all(|c| c.parse::<u64>().is_ok()) {
        classes.sort_by_key(|c| c.parse::<u64>().unwrap_or(0));
    }
    let label: HashMap<&str, usize> = classes.iter().enumerate().map(|(i, c)| (c.as_str(), i)).collect();
    let samples = lines.iter().map(|line| Sample {
        label: label[line.label.as_str()],
        name: line.path.display().to_string(),
        part: line.part,
        picture: Picture::File(line.path.clone()),
    });
    let samples: Vec<Sample> = samples.collect();
    let parts = |part| lines.iter().filter(|l| l.part == part).count();
    let undivided = parts(None);
    ensure!(
        undivided == 0 || undivided == lines.len(),
        "{shown}: {undivided} lines have no split and the others do; write one for each or for none"
    );
    ensure!(
        undivided == lines.len() || parts(Some(Part::Train)) > 0,
        "{shown}: no line is of the split `train`"
    );
    Dataset::new(shown, classes, samples)
}

struct Line {
    path: PathBuf,
    label: String,
    part: Option<Part>,
}

/// Where the columns lie.
struct Columns {
    path: usize,
    label: usize,
    split: Option<usize>,
}

impl Columns {
    fn find(header: &StringRecord) -> Result<Self> {
        let bare = |name: &str| name.trim_start_matches('\u{feff}').to_ascii_lowercase();
        let of = |names: &[&str]| header.iter().position(|h| names.contains(&bare(h).as_str()));
        let found = || header.iter().map(|h| format!("`{h}`")).collect::<Vec<_>>().join(", ");
        let missing = |what: &str, names: &[&str]| {
            format!(
                "the first line names no column {what} ({}): it is {}; write `path,label` before the first picture",
                names.join(", "),
                found()
            )
        };
        Ok(Self {
            path: of(&PATHS).with_context(|| missing("of paths", &PATHS))?,
            label: of(&LABELS).with_context(|| missing("of labels", &LABELS))?,
            split: of(&SPLITS),
        })
    }

    fn read(&self, record: &StringRecord, folder: &Path) -> Result<Line> {
        let get = |index: usize, what: &str| {
            record.get(index).filter(|v| !v.is_empty()).with_context(|| format!("there is no {what}"))
        };
        let path = folder.join(get(self.path, "path")?);
        ensure!(path.is_file(), "{} is missing", path.display());
        let part = match self.split.and_then(|s| record.get(s)).map(str::to_ascii_lowercase).as_deref() {
            None | Some("") => None,
            Some("train" | "training") => Some(Part::Train),
            Some("val" | "valid" | "validation" | "test") => Some(Part::HeldOut),
            Some(other) => bail!("the split is `{other}`; it is train, val or test"),
        };
        Ok(Line { path, label: get(self.label, "label")?.to_owned(), part })
    }
}

/// The class names in the folder's `classes.txt`, one a line, at least `count`; else the numbers from 0.
pub(super) fn class_names(folder: &Path, count: usize) -> Result<Vec<String>> {
    let path = folder.join("classes.txt");
    if !path.is_file() {
        return Ok((0..count).map(|n| n.to_string()).collect());
    }
    let shown = || path.display().to_string();
    let text = String::from_utf8(read_file(&path).with_context(shown)?);
    let text = text.with_context(|| format!("{} is not UTF-8", path.display()))?;
    let names: Vec<String> =
        text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    ensure!(
        names.len() >= count,
        "{} names {} classes, but there are labels up to {}",
        path.display(),
        names.len(),
        count - 1
    );
    Ok(names)
}

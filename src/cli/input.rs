//! Reading specs: files and standard input, what is not UTF-8, names that do not exist.

use super::{Assignment, specs};
use crate::diag::{Code, Diagnostic};
use crate::source::{Source, Span};
use crate::{Compiled, Options};
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The name that stands for standard input.
pub(super) const STDIN: &str = "-";
/// How many folder entries are looked at for a name that is close.
const SEARCHED: usize = 4000;
/// How deep below the current folder.
const DEPTH: usize = 3;

/// A text that was read, and what already forbids going on.
pub(super) struct Loaded {
    pub(super) source: Source,
    pub(super) unreadable: Option<Diagnostic>,
}

impl Loaded {
    /// Compiles it; a text that is not UTF-8 or too big gives its one diagnostic and no net.
    pub(super) fn compile(&self, options: &Options) -> Compiled {
        match &self.unreadable {
            Some(diagnostic) => Compiled {
                document: crate::syntax::Document::default(),
                nets: Vec::new(),
                diagnostics: vec![diagnostic.clone()],
            },
            None => crate::compile(&self.source, options),
        }
    }
}

/// Reads a spec.
///
/// # Errors
/// Where it cannot be read; a name that does not exist says which one is near.
pub(super) fn load(path: &Path) -> anyhow::Result<Loaded> {
    let name = path.display().to_string();
    let limit = Source::MAX_BYTES as u64;
    let mut bytes = Vec::new();
    let read = if name == STDIN {
        io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|f| f.take(limit + 1).read_to_end(&mut bytes))
    };
    match read {
        Ok(_) => Ok(decode(name, bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => anyhow::bail!("{}", not_found(path)),
        Err(e) if e.kind() == ErrorKind::IsADirectory => anyhow::bail!("{name} is a folder, not a spec"),
        Err(e) => Err(anyhow::Error::new(e).context(format!("cannot read {name}"))),
    }
}

fn decode(name: String, bytes: Vec<u8>) -> Loaded {
    if bytes.len() > Source::MAX_BYTES {
        let message = format!("the document is longer than {} MiB", Source::MAX_BYTES >> 20);
        let unreadable = Diagnostic::new(Code::E0110, Span::default(), message)
            .help("a table that somebody wrote is far shorter: is this the right file?");
        return Loaded { source: Source::new(name, ""), unreadable: Some(unreadable) };
    }
    match String::from_utf8(bytes) {
        Ok(text) => Loaded { source: Source::new(name, text), unreadable: None },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or_default();
            // What stands before the bad byte is unchanged by the replacement, so `at` still holds.
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let unreadable = Diagnostic::new(
                Code::E0102,
                Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8()),
                format!("the text is not UTF-8: byte 0x{byte:02x} at offset {at}"),
            )
            .label("not UTF-8")
            .help("save the file as UTF-8");
            Loaded { source: Source::new(name, text), unreadable: Some(unreadable) }
        }
    }
}

/// What compiling a file takes from the command line.
pub(super) fn options(path: &Path, set: &[Assignment], strict: bool) -> Options {
    let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let stem = if stem == STDIN || stem.is_empty() { "net".to_owned() } else { stem };
    let set = set.iter().map(|a| (a.name.clone(), a.value)).collect();
    Options { set, stem, strict, ..Options::default() }
}

fn not_found(path: &Path) -> String {
    let name = path.display();
    if let Some(near) = nearest(path) {
        return format!("{name} is not there\nhelp: the nearest file is {}", near.display());
    }
    let stem = path.file_stem().map(|s| s.to_string_lossy().to_lowercase()).unwrap_or_default();
    match specs::find(&stem) {
        Some(spec) => {
            format!("{name} is not there\nhelp: `netc new {}` writes the one inside netc", spec.name)
        }
        None => format!("{name} is not there"),
    }
}

/// The file in the folder it was looked for in, or below the current one, whose name is this one's or close to it.
fn nearest(path: &Path) -> Option<PathBuf> {
    let wanted = path.file_name()?.to_string_lossy().to_lowercase();
    let mut best: Option<(f64, PathBuf)> = None;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let beside = folder.map_or_else(Vec::new, |f| below(f, 0, &mut SEARCHED.clone()));
    for candidate in beside.into_iter().chain(below(Path::new(""), DEPTH, &mut SEARCHED.clone())) {
        let name = candidate.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        let mut likeness = strsim::normalized_damerau_levenshtein(&wanted, &name);
        if candidate.extension() == path.extension() {
            likeness += 0.05;
        }
        if likeness >= 0.75 && best.as_ref().is_none_or(|(score, _)| likeness > *score) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, path)| path)
}

/// The specs and Markdown files of a folder and the folders below, in the order of their names.
fn below(folder: &Path, depth: usize, left: &mut usize) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(here) else { return Vec::new() };
    let mut names: Vec<_> = entries.flatten().take(*left).map(|e| e.file_name()).collect();
    *left -= names.len();
    names.sort();
    let mut found = Vec::new();
    let mut folders = Vec::new();
    for name in names {
        let shown = name.to_string_lossy();
        let path = folder.join(&name);
        if shown.starts_with('.') || shown == "target" {
            continue;
        } else if path.is_dir() {
            folders.push(path);
        } else if shown.ends_with(".spec") || shown.ends_with(".md") {
            found.push(path);
        }
    }
    if depth > 0 {
        folders.iter().for_each(|f| found.extend(below(f, depth - 1, left)));
    }
    found
}

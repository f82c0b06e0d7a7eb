//! Folders and the pictures in them, on disk or in an archive, before anybody asks what the folders mean.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use super::archive::Archive;
use super::blob::Blob;
use super::index::Stamp;
use super::{Picture, counted, tarball};

/// Endings of the files that are pictures, in any case.
pub(super) const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// A folder. Hidden files are left out.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Its path, for messages.
    pub(super) shown: String,
    /// The folders in it, by name.
    pub(super) folders: BTreeMap<String, Tree>,
    /// The pictures in it, by name.
    pub(super) pictures: BTreeMap<String, Picture>,
    /// Other files.
    pub(super) others: usize,
}

impl Tree {
    /// The folder at `path` and `depth` levels of folders in it. `stamps` takes each folder that was listed.
    pub(super) fn of_folder(path: &Path, depth: usize, stamps: &mut Vec<Stamp>) -> Result<Self> {
        let mut tree = Self { shown: path.display().to_string(), ..Self::default() };
        let unreadable = || format!("cannot read the folder {}", path.display());
        stamps.push(Stamp::of(path)?);
        for entry in fs::read_dir(path).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            let (place, kind) = (entry.path(), entry.file_type().with_context(unreadable)?);
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            let is_folder = kind.is_dir() || kind.is_symlink() && place.is_dir();
            let Some(name) = name.to_str() else {
                bail!(
                    "{}: the name of a {} is not UTF-8",
                    place.display(),
                    if is_folder { "folder" } else { "file" }
                );
            };
            if is_folder {
                let inside =
                    if depth > 0 { Self::of_folder(&place, depth - 1, stamps)? } else { Self::default() };
                tree.folders.insert(name.to_owned(), inside);
            } else if is_picture(name) {
                tree.pictures.insert(name.to_owned(), Picture::File(place));
            } else {
                tree.others += 1;
            }
        }
        Ok(tree)
    }

    /// The files of a zip. Errors: two of one name.
    pub(super) fn of_zip(archive: &Arc<Archive>) -> Result<Self> {
        let mut tree = Self { shown: archive.path().display().to_string(), ..Self::default() };
        for (entry, name) in archive.names()? {
            tree.insert(&name, Picture::Entry(Arc::clone(archive), entry))?;
        }
        Ok(tree)
    }

    /// The files of a tar. Errors: two of one name.
    pub(super) fn of_tar(blob: &Arc<Blob>, entries: &[tarball::Entry]) -> Result<Self> {
        let mut tree = Self { shown: blob.path().display().to_string(), ..Self::default() };
        for entry in entries {
            let picture =
                Picture::Span { blob: Arc::clone(blob), offset: entry.offset, length: entry.length };
            tree.insert(&entry.name, picture)?;
        }
        Ok(tree)
    }

    /// Takes a file by its path in an archive.
    fn insert(&mut self, path: &str, picture: Picture) -> Result<()> {
        let archive = self.shown.clone();
        let mut parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
        // What macOS's archiver adds are no files of the author's.
        if parts.iter().any(|p| p.starts_with('.') && *p != "..") || parts.first() == Some(&"__MACOSX") {
            return Ok(());
        }
        if parts.contains(&"..") || path.contains('\\') {
            bail!("{archive}: `{path}` leaves the archive");
        }
        let Some(name) = parts.pop() else { return Ok(()) };
        if path.ends_with('/') {
            return Ok(());
        }
        let mut tree = self;
        for part in parts {
            let shown = format!("{}{}{part}", tree.shown, if tree.shown == archive { ":" } else { "/" });
            tree = tree.folders.entry(part.to_owned()).or_default();
            tree.shown = shown;
        }
        if !is_picture(name) {
            tree.others += 1;
        } else if tree.pictures.insert(name.to_owned(), picture).is_some() {
            bail!("{archive} holds two files named `{path}`: which one is meant cannot be told");
        }
        Ok(())
    }

    /// Below the folders that hold one folder and nothing else.
    pub(super) fn unwrapped(mut self, keep: &[&str]) -> Self {
        while self.folders.len() == 1 && self.pictures.is_empty() && self.others == 0 {
            let Some((name, inside)) = self.folders.pop_first() else { break };
            if keep.contains(&name.as_str()) || inside.folders.is_empty() {
                self.folders.insert(name, inside);
                break;
            }
            self = inside;
        }
        self
    }

    /// `2 folders and 1 other file`.
    pub(super) fn describe(&self) -> String {
        let named = |count: usize, what: &str| (count > 0).then(|| counted(count, what));
        let found = [
            named(self.folders.len(), "folder"),
            named(self.pictures.len(), "picture"),
            named(self.others, "other file"),
        ];
        let found: Vec<String> = found.into_iter().flatten().collect();
        if found.is_empty() { "nothing".to_owned() } else { found.join(" and ") }
    }

    /// The name that a picture in it goes by in messages.
    pub(super) fn name_of(&self, picture: &str) -> String {
        PathBuf::from(&self.shown).join(picture).display().to_string()
    }
}

/// Whether a file's name ends as a picture's.
pub(super) fn is_picture(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    ending.is_some_and(|e| ENDINGS.contains(&e.as_str()))
}

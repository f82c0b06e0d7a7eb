//! What lies in a tar, found by its headers alone: nothing is unpacked, so nothing can be written anywhere.

use std::io::{BufReader, Read};

use anyhow::{Context, Result, ensure};

use super::blob::Blob;

/// Most files in a tar.
const MOST_ENTRIES: usize = 5_000_000;

/// A regular file in a tar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path in the tar, without `./` before it.
    pub(super) name: String,
    /// Where its bytes begin, in the blob.
    pub(super) offset: u64,
    /// How many they are.
    pub(super) length: u64,
}

/// The files of the tar that is `length` bytes at `start` of a blob. Folders are left out; links, devices and
/// sparse files are refused, since their bytes lie elsewhere.
pub(super) fn list(blob: &Blob, start: u64, length: u64) -> Result<Vec<Entry>> {
    let shown = || blob.path().display().to_string();
    // Headers are 512 bytes apart from each other by whole files: a small buffer.
    let window = BufReader::with_capacity(4096, blob.window(start, length));
    let mut tar = tar::Archive::new(window);
    let mut found = Vec::new();
    for entry in tar.entries_with_seek().with_context(shown)? {
        let entry = entry.with_context(|| format!("{} is no tar, or damaged", blob.path().display()))?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let name = std::str::from_utf8(&entry.path_bytes())
            .map(|n| n.trim_start_matches("./").to_owned())
            .with_context(|| format!("{}: a file's name is not UTF-8", blob.path().display()))?;
        ensure!(
            kind.is_file() || kind.is_contiguous(),
            "{}: `{name}` is a link or another special file, which are not followed",
            blob.path().display()
        );
        let (offset, size) = (start.saturating_add(entry.raw_file_position()), entry.size());
        let inside =
            offset.checked_add(size).is_some_and(|end| end <= start + length && blob.holds(offset, size));
        ensure!(inside, "{}: `{name}` is cut short: the tar ends before it does", blob.path().display());
        ensure!(found.len() < MOST_ENTRIES, "{} holds more than {MOST_ENTRIES} files", blob.path().display());
        found.push(Entry { name, offset, length: size });
    }
    ensure!(!found.is_empty(), "{} is no tar, or one that holds no files", blob.path().display());
    Ok(found)
}

/// Whether these bytes begin a tar that says so (POSIX or GNU).
pub(super) fn is_tar(blob: &Blob) -> bool {
    let mut start = Vec::new();
    let read = blob.window(0, 512).read_to_end(&mut start);
    read.is_ok() && start.get(257..262) == Some(b"ustar")
}

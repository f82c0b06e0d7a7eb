//! Files that are whole at every moment: written beside their place, synced, renamed.

use anyhow::{Context, Result};
use std::fs::{File, remove_file, rename};
use std::path::Path;

/// Has `write` make a file under another name, then puts it in its place.
///
/// # Errors
/// Where it cannot be written: what was made is removed again, and the file before it stays.
pub fn replace(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    replace_beside(path, "partial", write)
}

/// As [`replace`], for a place that other processes write too: the other name carries this one's number.
///
/// # Errors
/// As [`replace`].
pub fn replace_shared(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    replace_beside(path, &format!("partial-{}", std::process::id()), write)
}

fn replace_beside(path: &Path, end: &str, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(end);
    let partial = path.with_file_name(name);
    let wrote = write(&partial).and_then(|()| {
        File::open(&partial)?.sync_all()?;
        Ok(rename(&partial, path)?)
    });
    if wrote.is_err() {
        // A full disk needs the room.
        let _ = remove_file(&partial);
    }
    wrote.with_context(|| format!("cannot write {}", path.display()))?;
    sync_folder(path)
}

/// The new name, too, must outlive a power cut.
///
/// # Errors
/// The system's.
pub fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|f| f.sync_all());
    synced.with_context(|| format!("cannot write {}", folder.display()))
}

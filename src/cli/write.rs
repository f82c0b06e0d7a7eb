//! Files are written whole or not at all.

use anyhow::Context as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

/// Writes a file: to a temporary one beside it, synced, then renamed, so that no reader and no crash sees half of it.
/// The folder is made where it is not there.
///
/// # Errors
/// Where it cannot be written; the file before it stays.
pub fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    let written = write();
    if written.is_err() {
        // It may never have been made.
        let _ = fs::remove_file(&partial);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

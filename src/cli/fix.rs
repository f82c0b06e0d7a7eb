//! `--fix`: certain edits, applied until there are none, written so that a file is never half mended.

use super::input::Loaded;
use crate::mend::apply;
use crate::source::Source;
use crate::{Compiled, Options};
use anyhow::Context as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How often a mended text is looked at again.
const ROUNDS: usize = 5;

/// A text with its certain fixes applied, and what is left to say.
pub(super) struct Mended {
    pub(super) loaded: Loaded,
    pub(super) compiled: Compiled,
    /// How many problems were mended.
    pub(super) applied: usize,
}

/// Applies every certain fix, and those that come to light after it.
pub(super) fn mend(mut loaded: Loaded, mut compiled: Compiled, options: &Options) -> Mended {
    let mut applied = 0;
    for _ in 0..ROUNDS {
        if loaded.unreadable.is_some() {
            break;
        }
        let (text, count) = apply(&loaded.source, &compiled.diagnostics);
        if count == 0 {
            break;
        }
        applied += count;
        loaded = Loaded { source: Source::new(loaded.source.name(), text), unreadable: None };
        compiled = loaded.compile(options);
    }
    Mended { loaded, compiled, applied }
}

/// Replaces a file: a new one beside it, forced to disk, then renamed over it, permissions kept.
pub(super) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let what = || format!("cannot write {}", path.display());
    // A link keeps pointing where it did.
    let target = fs::canonicalize(path).with_context(what)?;
    let permissions = fs::metadata(&target).with_context(what)?.permissions();
    if permissions.readonly() {
        anyhow::bail!("cannot write {}: it is read-only", path.display());
    }
    let (temporary, mut file) = beside(&target).with_context(what)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_permissions(permissions))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(what)
}

/// A new file in the same folder.
fn beside(target: &Path) -> std::io::Result<(PathBuf, fs::File)> {
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut last = std::io::Error::other("no free name for a temporary file");
    for number in 0..16 {
        let path = target.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()));
        match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

//! `--fix`: certain edits, applied until there are none, written so that a file is never half mended.

use super::input::Loaded;
use crate::diag::{Diagnostic, Edit};
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

/// Applies the certain fixes in the order of the diagnostics; one that overlaps an earlier one waits
/// for the next round. Returns the text and how many were applied.
fn apply(source: &Source, diagnostics: &[Diagnostic]) -> (String, usize) {
    let mut chosen: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for fix in diagnostics.iter().filter_map(|d| d.fix.as_ref()).filter(|f| f.certain) {
        let changes = fix.edits.iter().any(|e| source.slice(e.span) != e.text);
        let free = fix.edits.iter().all(|e| fits(source, e) && !chosen.iter().any(|c| overlap(c, e)));
        if changes && free {
            chosen.extend(&fix.edits);
            count += 1;
        }
    }
    chosen.sort_by_key(|e| e.span);
    let mut text = String::with_capacity(source.text().len());
    let mut at = 0;
    for edit in chosen {
        text.push_str(&source.text()[at..edit.span.range().start]);
        text.push_str(&edit.text);
        at = edit.span.range().end;
    }
    text.push_str(&source.text()[at..]);
    (text, count)
}

fn fits(source: &Source, edit: &Edit) -> bool {
    source.text().get(edit.span.range()).is_some()
}

/// Two insertions at one place overlap too: their order would be a guess.
fn overlap(a: &Edit, b: &Edit) -> bool {
    a.span.start == b.span.start || (a.span.start < b.span.end && b.span.start < a.span.end)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::source::Span;

    fn fixing(start: usize, end: usize, text: &str, certain: bool) -> Diagnostic {
        let span = Span::new(start, end);
        Diagnostic::new(Code::E0301, span, "").fix(span, text, certain)
    }

    #[test]
    fn certain_fixes_that_do_not_overlap_are_applied() {
        let source = Source::new("x", "abcdef");
        let diagnostics = [
            fixing(4, 5, "E", true),
            fixing(0, 2, "", true),
            fixing(1, 3, "no", true),
            fixing(5, 6, "guess", false),
            fixing(9, 12, "outside", true),
            fixing(3, 4, "d", true),
        ];
        assert_eq!(apply(&source, &diagnostics), ("cdEf".to_owned(), 2));
    }
}

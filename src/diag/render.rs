//! What the output formats share: places in lines and columns, counts, safe text.

use super::{Diagnostic, Severity};
use crate::source::{Source, Span};
use std::fmt;

/// An output format of diagnostics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: the lines with carets.
    #[default]
    Human,
    /// One line a diagnostic.
    Concise,
    /// One JSON object for all files.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub's workflow commands.
    Github,
}

/// One document and what was found in it, in the order it is printed.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The document.
    pub source: &'a Source,
    /// What was found.
    pub diagnostics: &'a [Diagnostic],
}

impl Format {
    /// Renders all documents of one run, ending in a line break unless there is nothing to say.
    /// `color` is for [`Format::Human`] alone.
    pub fn render(self, reports: &[Report<'_>], color: bool) -> String {
        match self {
            Self::Human => super::human::render(reports, color),
            Self::Concise => super::concise::render(reports),
            Self::Json => super::json::render(reports),
            Self::Sarif => super::sarif::render(reports),
            Self::Github => super::github::render(reports),
        }
    }
}

/// Where a span begins and ends as a person counts: from 1, columns in characters, the end one past
/// the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

impl Region {
    pub(super) fn of(source: &Source, span: Span) -> Self {
        let (start, end) = (source.place(span.start), source.place(span.end.max(span.start)));
        Self { line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    }
}

/// How many of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Counts {
    /// Counts diagnostics.
    pub fn of<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> Self {
        let mut counts = Self::default();
        for diagnostic in diagnostics {
            match diagnostic.severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Note => counts.notes += 1,
            }
        }
        counts
    }
}

impl fmt::Display for Counts {
    /// `2 errors, 4 warnings, 1 note`, leaving out what there is none of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}{}", if n == 1 { "" } else { "s" }))
            .collect();
        f.write_str(if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") }.as_str())
    }
}

/// Text of a document as one line that cannot steer a terminal.
pub(super) fn one_line(text: &str) -> String {
    annotate_snippets::normalize_untrusted_str(&text.replace(['\n', '\r'], " "))
}

/// What to write, where a fix says it and no help does.
pub(super) fn advice(diagnostic: &Diagnostic) -> Option<String> {
    let certain = diagnostic.fix.as_ref().is_some_and(|f| f.certain);
    let written = diagnostic.fix.as_ref().and_then(|f| match f.edits.as_slice() {
        [edit] if !edit.text.is_empty() => Some(format!("write `{}`", edit.text)),
        _ => None,
    });
    let help = diagnostic.help.clone().or(written)?;
    Some(if certain { format!("{help}   (netc check --fix does it)") } else { help })
}

//! One JSON object for all files. Its keys are stable: some may be added, none is renamed.

use super::render::Region;
use super::{Diagnostic, Fix, Report};
use crate::source::Source;
use serde::Serialize;

#[derive(Serialize)]
struct Output<'a> {
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    diagnostics: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    net: Option<&'a str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    label: &'a str,
    related: Vec<Place<'a>>,
    declared: Option<&'a str>,
    inferred: Option<&'a str>,
    notes: &'a [String],
    help: Option<&'a str>,
    use_line: Option<u32>,
    fix: Option<Mend<'a>>,
}

/// A place and a text: another label, or an edit's new text.
#[derive(Serialize)]
struct Place<'a> {
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct Mend<'a> {
    edits: Vec<Place<'a>>,
    certain: bool,
}

pub(super) fn render(reports: &[Report<'_>]) -> String {
    let files = reports
        .iter()
        .map(|r| File {
            file: r.source.name(),
            diagnostics: r.diagnostics.iter().map(|d| item(r.source, d)).collect(),
        })
        .collect();
    let mut text =
        serde_json::to_string_pretty(&Output { files }).expect("a tree of strings and numbers is valid JSON");
    text.push('\n');
    text
}

fn item<'a>(source: &Source, d: &'a Diagnostic) -> Item<'a> {
    let Region { line, column, end_line, end_column } = Region::of(source, d.primary.span);
    Item {
        code: d.code.name(),
        severity: d.severity.word(),
        message: &d.message,
        net: d.net.as_deref(),
        line,
        column,
        end_line,
        end_column,
        label: &d.primary.text,
        related: d.secondary.iter().map(|l| place(source, l.span, &l.text)).collect(),
        declared: d.declared.as_deref(),
        inferred: d.inferred.as_deref(),
        notes: &d.notes,
        help: d.help.as_deref(),
        use_line: d.use_line,
        fix: d.fix.as_ref().map(|f| mend(source, f)),
    }
}

fn mend<'a>(source: &Source, fix: &'a Fix) -> Mend<'a> {
    Mend { edits: fix.edits.iter().map(|e| place(source, e.span, &e.text)).collect(), certain: fix.certain }
}

fn place<'a>(source: &Source, span: crate::source::Span, text: &'a str) -> Place<'a> {
    let Region { line, column, end_line, end_column } = Region::of(source, span);
    Place { line, column, end_line, end_column, text }
}

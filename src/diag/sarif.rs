//! SARIF 2.1.0, the interchange format of static analysers (OASIS, 2020).

use super::render::Region;
use super::{ALL, Code, Diagnostic, Report};
use crate::source::{Source, Span};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn render(reports: &[Report<'_>]) -> String {
    let used: BTreeSet<Code> = reports.iter().flat_map(|r| r.diagnostics).map(|d| d.code).collect();
    let rules: Vec<Value> = ALL.iter().filter(|c| used.contains(c)).map(|c| rule(*c)).collect();
    let results: Vec<Value> =
        reports.iter().flat_map(|r| r.diagnostics.iter().map(|d| result(r.source, d))).collect();
    let driver = json!({ "name": "netc", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    });
    format!("{log:#}\n")
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.name(),
        "shortDescription": { "text": code.summary() },
        "defaultConfiguration": { "level": code.severity().word() },
    })
}

fn result(source: &Source, d: &Diagnostic) -> Value {
    let related: Vec<Value> = d
        .secondary
        .iter()
        .map(|l| {
            let mut location = location(source, l.span);
            location["message"] = json!({ "text": l.text });
            location
        })
        .collect();
    let mut result = json!({
        "ruleId": d.code.name(),
        "level": d.severity.word(),
        "message": { "text": message(d) },
        "locations": [location(source, d.primary.span)],
        "relatedLocations": related,
    });
    if let Some(fix) = &d.fix {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(
                |e| json!({ "deletedRegion": region(source, e.span), "insertedContent": { "text": e.text } }),
            )
            .collect();
        let change = json!({ "artifactLocation": artifact(source), "replacements": replacements });
        result["fixes"] = json!([{ "artifactChanges": [change] }]);
    }
    result
}

fn message(d: &Diagnostic) -> String {
    std::iter::once(&d.message).chain(&d.notes).chain(&d.help).cloned().collect::<Vec<_>>().join("\n")
}

fn location(source: &Source, span: Span) -> Value {
    json!({ "physicalLocation": { "artifactLocation": artifact(source), "region": region(source, span) } })
}

/// The file as a URI reference: every byte outside the unreserved set and `/` is escaped.
fn artifact(source: &Source) -> Value {
    let escape = |b: u8| match b {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(b).to_string()
        }
        _ => format!("%{b:02X}"),
    };
    json!({ "uri": source.name().bytes().map(escape).collect::<String>() })
}

fn region(source: &Source, span: Span) -> Value {
    let Region { line, column, end_line, end_column } = Region::of(source, span);
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

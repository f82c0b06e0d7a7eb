//! `netc check --format sarif` against the JSON schema of SARIF 2.1.0: several files at once, fixes, names and columns
//! beyond ASCII.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::diag::{Format, Report};
use netc::source::Source;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Without its two patterns for a language, which have a bracket too many; netc names no language.
fn schema() -> jsonschema::Validator {
    let text = include_str!("sarif/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(text).unwrap();
    for holder in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{holder}/properties/language")).unwrap();
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(schema: &jsonschema::Validator, log: &Value) {
    let wrong: Vec<String> = schema.iter_errors(log).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All wrong tables and those of the literature.
fn documents() -> Vec<PathBuf> {
    let mut folders = vec![root().join("tests/ui"), root().join("tests/tables"), root().join("specs")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "spec" || e == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 80, "only {} documents", found.len());
    found
}

/// One log of every file there is: what one table alone cannot show is there too.
#[test]
fn every_report_is_valid() {
    let sources: Vec<Source> = documents()
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            Source::new(name, String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned())
        })
        .collect();
    let found: Vec<_> =
        sources.iter().map(|s| netc::compile(s, &netc::Options::default()).diagnostics).collect();
    let reports: Vec<Report<'_>> =
        sources.iter().zip(&found).map(|(source, diagnostics)| Report { source, diagnostics }).collect();
    let log: Value = serde_json::from_str(&Format::Sarif.render(&reports, false)).unwrap();
    assert_valid(&schema(), &log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > 100 && results.iter().any(|r| r["fixes"].is_array()));
}

/// The command itself, on two files: one with a blank, an umlaut and crosses before the wrong cell.
#[test]
fn of_several_files_with_names_beyond_ascii() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sarif");
    fs::create_dir_all(&folder).unwrap();
    let name = "größe, 1.spec";
    let table = "| Layer | Output Size | Filter |\n|---|---|---|\n| INPUT | 8×8×3 | |\n| CONV | 8×8×4 | 3×3=1; K=4; p=1 |\n| POOL | 8×8×4 | 2×2/2 |\n";
    fs::write(folder.join(name), format!("---\ndialect: pytorch\n---\n{table}")).unwrap();
    fs::write(folder.join("empty.spec"), "").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_netc"))
        .args(["check", "--format", "sarif", name, "empty.spec"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_valid(&schema(), &log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let wrong = results.iter().find(|r| r["ruleId"] == "E0301").unwrap();
    let place = &wrong["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "gr%C3%B6%C3%9Fe%2C%201.spec");
    // Columns count characters: nine stand before the size.
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&8.into(), &10.into()));
    assert_eq!(place["region"]["endColumn"], 15);
    assert!(results.iter().any(|r| r["fixes"].is_array()), "{log:#}");
    assert!(results.iter().any(|r| r["ruleId"] == "E0101"), "{log:#}");
}

/// The schema sees what it must.
#[test]
fn a_wrong_log_is_not_valid() {
    let schema = schema();
    for (key, value) in [("version", Value::from("3")), ("runs", Value::Null), ("nets", Value::from(1))] {
        let mut log: Value = serde_json::from_str(&Format::Sarif.render(&[], false)).unwrap();
        assert_valid(&schema, &log);
        log[key] = value;
        assert!(!schema.is_valid(&log), "{key}");
    }
}

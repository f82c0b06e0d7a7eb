//! Wrong tables, and what netc says of each: `tests/ui/<topic>/*.spec`.
//!
//! A new case is a file; `INSTA_UPDATE=always cargo test --test ui` writes its snapshot, which is then read
//! with a user's eyes. A line `<!-- args: --set classes=0 -->` adds arguments.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::source::Source;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Codes that no spec text brings about, and why.
const NOT_BY_TEXT: &[(&str, &str)] = &[
    ("E0108", "said of a command that needs one net, by its arguments"),
    ("E0110", "needs a text beyond 64 MiB; tests/cli.rs has one"),
    ("E0503", "said by training, of data"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")
}

/// The arguments a document asks for.
fn args(text: &str) -> Vec<&str> {
    let line = text.lines().find_map(|l| l.strip_prefix("<!-- args: ")?.strip_suffix(" -->"));
    line.map_or_else(Vec::new, |l| l.split_whitespace().collect())
}

/// What `netc check` prints of a file, and its exit status.
fn said(path: &Path, text: &str) -> String {
    let shown = path.strip_prefix(folder()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_netc"))
        .arg("check")
        .arg(shown)
        .args(args(text))
        .current_dir(folder())
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    format!("status {}\n{out}", output.status.code().unwrap())
}

/// The sizes of every row of every net.
fn shapes(text: &str) -> String {
    let compiled = netc::compile(&Source::new("x", text), &netc::Options::default());
    let mut out = String::new();
    for checked in &compiled.nets {
        let rows: Vec<String> = checked
            .net
            .order
            .iter()
            .map(|n| {
                let shape = checked.row(*n).map_or("?".to_owned(), |r| r.output.to_string());
                format!("{} {shape}", checked.net.graph[*n].name)
            })
            .collect();
        writeln!(out, "sizes: {}", rows.join(", ")).unwrap();
    }
    out
}

#[test]
fn every_wrong_table_is_told() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("ui/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::glob!("ui", "**/*.spec", |path| {
            let bytes = fs::read(path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let out = said(path, &text) + &shapes(&text);
            assert!(!out.contains("panicked"), "{out}");
            insta::assert_snapshot!(out);
        });
    });
}

/// A code that no table shows is one whose message nobody has read.
#[test]
fn every_code_has_a_table() {
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(folder().join("snapshots")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for code in netc::diag::ALL.iter().filter(|c| text.contains(&format!("[{c}]"))) {
            seen.insert(code.name());
        }
    }
    let excused = |name: &str| NOT_BY_TEXT.iter().any(|(code, _)| *code == name);
    let missing: Vec<&str> =
        netc::diag::ALL.iter().map(|c| c.name()).filter(|n| !seen.contains(n) && !excused(n)).collect();
    assert!(missing.is_empty(), "no table in tests/ui shows {}", missing.join(", "));
    for (code, why) in NOT_BY_TEXT {
        assert!(!seen.contains(code), "{code} is shown although: {why}");
    }
}

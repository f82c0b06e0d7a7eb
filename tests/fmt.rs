//! `netc fmt` over every document there is: a fixed point that changes no meaning and no prose, before
//! and after `--fix`, whatever the line breaks.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::source::Source;
use netc::{Compiled, Options, compile};
use std::fs;
use std::path::{Path, PathBuf};

fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("specs"), root.join("tests/ui"), root.join("tests/tables")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let named = path.extension().is_some_and(|e| e == "spec" || e == "md");
            match fs::read_to_string(&path) {
                Ok(text) if named && text.len() < 200_000 => found.push((path, text)),
                _ if path.is_dir() && path.file_name().is_some_and(|n| n != "snapshots") => {
                    folders.push(path)
                }
                _ => {}
            }
        }
    }
    assert!(found.len() > 50, "only {} documents were found", found.len());
    found
}

/// The documents as they stand, with other line breaks, and with crosses and blanks as papers print them.
fn variants() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (path, text) in documents() {
        let name = path.display().to_string();
        all.push((format!("{name}, CRLF and BOM"), format!("\u{feff}{}", text.replace('\n', "\r\n"))));
        all.push((format!("{name}, spaced"), spaced(&text)));
        all.push((name, text));
    }
    all
}

/// `3x3/2; K=4` as `3 × 3 / 2;K = 4`, in rows only.
fn spaced(text: &str) -> String {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        if !line.starts_with("| ") {
            out.push_str(line);
            continue;
        }
        let chars: Vec<char> = line.chars().collect();
        for (at, c) in chars.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|i| chars.get(i).copied());
            match c {
                'x' if digit(before) && digit(chars.get(at + 1).copied()) => out.push('×'),
                '/' if digit(before) && digit(chars.get(at + 1).copied()) => out.push_str(" / "),
                _ => out.push(*c),
            }
        }
    }
    out
}

fn compiled(text: &str) -> Compiled {
    compile(&Source::new("x.spec", text), &Options { stem: "x".to_owned(), ..Options::default() })
}

fn format(text: &str) -> String {
    netc::fmt::format(&Source::new("x.spec", text))
}

#[test]
fn a_fixed_point_that_changes_no_meaning() {
    for (name, text) in variants() {
        let once = format(&text);
        assert_eq!(format(&once), once, "{name}: no fixed point");
        assert_eq!(netc::fmt::difference(&compiled(&text), &compiled(&once)), None, "{name}:\n{once}");
    }
}

/// The comparison sees what it must: other causes, other claims, other findings.
#[test]
fn other_documents_differ() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/lenet.spec")).unwrap();
    let own = compiled(&text);
    for (from, to) in [("5x5", "3x3"), ("K=6", "K=7"), ("TANH", "RELU"), ("| 28x28x6", "| 27x28x6")] {
        let other = text.replacen(from, to, 1);
        if other != text {
            assert!(netc::fmt::difference(&own, &compiled(&other)).is_some(), "{from} to {to}");
        }
    }
}

/// Every line that is no table's stands in the result, in order, byte for byte.
#[test]
fn prose_is_kept() {
    for (name, text) in variants() {
        let once = format(&text);
        let mut left = once.split_inclusive('\n');
        for line in text.split_inclusive('\n').filter(|l| !l.contains('|') && !l.trim().is_empty()) {
            assert!(left.any(|l| l == line), "{name}: {line:?} is gone");
        }
        let breaks = |t: &str| t.replace("\r\n", "").contains('\n');
        assert_eq!(breaks(&text), breaks(&once), "{name}: line breaks");
        assert_eq!(text.starts_with('\u{feff}'), once.starts_with('\u{feff}'), "{name}: BOM");
    }
}

/// Documents with characters changed, taken out and doubled at random, by a fixed seed.
#[test]
fn broken_documents_keep_their_meaning_too() {
    let signs: Vec<char> = "|-:x×/=;,. 3K*`[]{}()<>#\\²\t\n".chars().collect();
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let documents: Vec<String> =
        documents().into_iter().map(|(_, t)| t).filter(|t| t.len() < 2000 && t.len() > 40).collect();
    for _ in 0..200 {
        let mut text: Vec<char> = documents[random(documents.len())].chars().collect();
        for _ in 0..=random(3) {
            let at = random(text.len());
            match random(3) {
                0 => text[at] = signs[random(signs.len())],
                1 => drop(text.remove(at)),
                _ => text.insert(at, signs[random(signs.len())]),
            }
        }
        let text: String = text.into_iter().collect();
        let once = format(&text);
        assert_eq!(format(&once), once, "no fixed point:\n{text}");
        assert_eq!(
            netc::fmt::difference(&compiled(&text), &compiled(&once)),
            None,
            "before:\n{text}\nafter:\n{once}"
        );
    }
}

/// Canonical specs stay as they are, and are found again from the way papers print them.
#[test]
fn crosses_and_blanks_have_one_form() {
    for name in ["alexnet", "alexnet-owt", "caffe-alexnet", "forked", "lenet", "vgg16"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("specs/{name}.spec"));
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(format(&text), text, "{name}: netc fmt FILE");
        assert_ne!(spaced(&text), text, "{name}");
        assert_eq!(format(&spaced(&text)), text, "{name}");
    }
}

/// Mended and then formatted is stable: nothing is left to mend that was mended, nothing to format.
#[test]
fn formatting_after_fixing_is_stable() {
    for (name, text) in documents() {
        let mended = fixed(&text);
        let once = format(&mended);
        assert_eq!(fixed(&once), once, "{}: to mend after formatting", name.display());
        assert_eq!(format(&fixed(&once)), once, "{}", name.display());
        // In the other order too.
        let other = fixed(&format(&text));
        assert_eq!(format(&other), once, "{}: the order matters", name.display());
    }
}

/// The certain fixes of every round, as `netc check --fix` applies them.
fn fixed(text: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fmt");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("x.spec");
    fs::write(&path, text).unwrap();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_netc"))
        .args(["check", "--fix", "--format", "concise"])
        .arg(&path)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.code().is_some_and(|c| c < 2), "{status}");
    fs::read_to_string(&path).unwrap()
}

/// `netc fmt --check specs/*.spec` passes.
#[test]
fn each_spec_is_in_canonical_form() {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut seen = 0;
    for (path, text) in documents().into_iter().filter(|(p, _)| p.parent() == Some(specs.as_path())) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let written = netc::fmt::format(&Source::new(name.as_str(), text.as_str()));
        let first = text.lines().zip(written.lines()).find(|(a, b)| a != b);
        assert!(text == written, "run `netc fmt specs/{name}`: {first:?}");
        seen += 1;
    }
    assert!(seen > 20, "only {seen} specs were found");
}

/// Found by fuzzing: a row of dashes and a control character is a row; without the character it would be the line
/// below a head.
#[test]
fn a_row_does_not_become_the_line_below_a_head() {
    for row in ["-\r--|", "| -\u{b}-- | |", "--\u{200b} | --"] {
        let text = format!("| Type | Output |\n|---|---|\n{row}\n| INPUT | 4x4x1 |\n| FC | 3 |\n");
        let written = netc::fmt::format(&Source::new("x.spec", text.as_str()));
        let rows = |text: &str| {
            netc::compile(&Source::new("x.spec", text), &netc::Options::default()).diagnostics.len()
        };
        assert_eq!(rows(&text), rows(&written), "{row:?}");
        assert_eq!(netc::fmt::format(&Source::new("x.spec", written.as_str())), written, "{row:?}");
    }
}

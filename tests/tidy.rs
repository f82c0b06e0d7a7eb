//! The house rules: walls between rooms, lengths of files and functions, words that must not appear.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};

/// Most lines in a source file, and in nine of ten.
const FILE: usize = 500;
const MOST_FILES: usize = 300;
/// Most lines in a function, and in nine of ten.
const FUNCTION: usize = 60;
const MOST_FUNCTIONS: usize = 30;

/// For each room, the rooms of the compiler it may use.
const WALLS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("shape", &[]),
    ("diag", &["source"]),
    ("program", &["shape", "source"]),
    ("layer", &["diag", "program", "shape"]),
    ("syntax", &["diag", "source", "layer"]),
    ("graph", &["diag", "layer", "shape", "source", "syntax"]),
    ("check", &["diag", "graph", "layer", "shape", "source", "syntax"]),
    ("export", &["program", "shape"]),
    ("lower", &["check", "graph", "program", "shape"]),
    ("mend", &["diag", "source"]),
    ("reread", &["check", "diag", "layer", "shape", "source", "syntax"]),
    ("recipe", &["diag", "program", "source", "syntax"]),
    ("fmt", &["check", "compile", "diag", "graph", "layer", "source", "syntax"]),
    (
        "show",
        &["check", "diag", "graph", "layer", "lower", "program", "shape", "source", "syntax", "compile"],
    ),
    (
        "compile",
        &[
            "check", "diag", "graph", "layer", "lower", "program", "recipe", "reread", "shape", "source",
            "syntax",
        ],
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    assert!(files.len() > 20, "the test looks in the wrong folder");
    files
        .into_iter()
        .map(|p| (p.strip_prefix(root()).unwrap().to_owned(), fs::read_to_string(&p).unwrap()))
        .collect()
}

fn assert_none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn files_are_short() {
    let long = |(p, t): &(PathBuf, String)| {
        let lines = t.lines().count();
        (lines > FILE).then(|| format!("{}: {lines} lines, at most {FILE}", p.display()))
    };
    assert_none(sources().iter().filter_map(long).collect());
}

/// Name and length of every function: its body ends at the first line that closes at the indentation of its `fn`.
fn functions() -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (path, text) in sources() {
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let is_fn = code.starts_with("fn ") || code.starts_with("pub") && code.contains(" fn ");
            if !is_fn || code.ends_with(';') {
                continue;
            }
            let close = format!("{}}}", &line[..line.len() - code.len()]);
            let length = lines[index..].iter().position(|l| *l == close).unwrap_or(0) + 1;
            found.push((format!("{}:{}", path.display(), index + 1), length));
        }
    }
    found
}

#[test]
fn functions_are_short() {
    let long = |(place, length): &(String, usize)| {
        (*length > FUNCTION).then(|| format!("{place}: {length} lines, at most {FUNCTION}"))
    };
    assert_none(functions().iter().filter_map(long).collect());
}

#[test]
fn nine_of_ten_are_shorter_still() {
    let tenth = |mut lengths: Vec<usize>| {
        lengths.sort_unstable();
        lengths[lengths.len() * 9 / 10]
    };
    let file = tenth(sources().iter().map(|(_, text)| text.lines().count()).collect());
    assert!(file <= MOST_FILES, "a tenth of the files has more than {file} lines, of {MOST_FILES} allowed");
    let function = tenth(functions().into_iter().map(|(_, length)| length).collect());
    assert!(
        function <= MOST_FUNCTIONS,
        "a tenth of the functions has more than {function} lines, of {MOST_FUNCTIONS} allowed"
    );
}

#[test]
fn rooms_use_only_what_lies_below() {
    let mut problems = Vec::new();
    for (path, text) in sources() {
        let inside = path.strip_prefix("src").unwrap().to_owned();
        let room = inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        let Some((_, below)) = WALLS.iter().find(|(r, _)| *r == room) else { continue };
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        for (index, line) in code.lines().enumerate() {
            for used in line.split("crate::").skip(1) {
                let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = WALLS.iter().any(|(r, _)| *r == name) || name == "cli";
                if known
                    && name != room
                    && !below.contains(&name.as_str())
                    && !line.trim_start().starts_with("//")
                {
                    problems.push(format!("{}:{}: {room} must not use {name}", path.display(), index + 1));
                }
            }
        }
    }
    assert_none(problems);
}

#[test]
fn compiler_rooms_do_no_io() {
    let mut problems = Vec::new();
    for (path, text) in sources() {
        let shown = path.to_string_lossy().replace('\\', "/");
        if ["src/cli", "src/torch", "src/main.rs"].iter().any(|p| shown.starts_with(p)) {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        for word in ["std::fs", "std::net", "std::process", "std::time", "std::env::"] {
            if code.contains(word) {
                problems.push(format!("{shown}: {word}"));
            }
        }
    }
    assert_none(problems);
}

#[test]
fn no_libtorch_outside_its_crate() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split('[').next().unwrap();
    assert!(!dependencies.contains("tch") && !dependencies.contains("torch"), "{dependencies}");
}

/// `netc` must start where there is no libtorch: read what its ELF file asks the loader for.
#[test]
#[cfg(target_os = "linux")]
fn the_netc_binary_needs_no_libtorch() {
    let binary = fs::read(env!("CARGO_BIN_EXE_netc")).unwrap();
    for library in ["libtorch", "libc10", "libcuda"] {
        let needle = [library.as_bytes(), b".so"].concat();
        let dynamic = [library.as_bytes(), b"_cpu.so"].concat();
        let found = binary.windows(needle.len()).any(|w| w == needle)
            || binary.windows(dynamic.len()).any(|w| w == dynamic);
        assert!(!found, "netc names {library}");
    }
}

#[test]
fn nothing_is_left_to_do() {
    let mut problems = Vec::new();
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("dbg", "!(")];
    for (path, text) in sources() {
        for (index, line) in text.lines().enumerate() {
            if words.iter().any(|w| line.contains(w)) {
                problems.push(format!("{}:{}: {}", path.display(), index + 1, line.trim()));
            }
        }
    }
    assert_none(problems);
}

//! Runs that are stopped and go on, by the command: signals are a process's own.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

mod run_support;

use run_support::{command, folder};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A net with all that a run's state holds: batch norm's statistics, dropout, momentum, a cosine.
const SPEC: &str = "---
name: Small
dialect: pytorch
train: { data: digits, epochs: 3, batch: 64, rate: 0.05, schedule: cosine, statistics_batches: 2 }
---

| Layer | Output | Filter |
|---|---|---|
| INPUT | 8x8x1 | |
| CONV | 8x8x6 | 3x3; K=6; p=1 |
| BN | | |
| RELU | | |
| DROPOUT | | p=0.2 |
| FC | 10 | |
";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// `(step, loss)` of the step events.
fn losses(output: &Output) -> Vec<(u64, f64)> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|event| event["event"] == "step")
        .map(|event| (event["step"].as_u64().unwrap(), event["loss"].as_f64().unwrap()))
        .collect()
}

#[test]
fn a_run_that_was_stopped_ends_bit_for_bit_as_one_that_was_not() {
    let folder = folder(SPEC);
    let at = folder.path();
    let whole = run(at, &["train", "small.spec", "--run", "whole", "--format", "json"]);
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));

    let mut child = command(at, &["train", "small.spec", "--run", "cut", "--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // After some steps; where exactly does not matter.
    let mut first = String::new();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
    while std::io::BufRead::read_line(&mut lines, &mut first).unwrap() > 0 && first.lines().count() < 8 {}
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    std::io::Read::read_to_string(&mut lines, &mut first).unwrap();
    let code = child.wait().unwrap().code();
    assert!(code == Some(130), "{code:?}\n{first}");

    let rest = run(at, &["train", "--resume", "cut", "--format", "json"]);
    assert!(rest.status.success(), "{}", String::from_utf8_lossy(&rest.stderr));
    let (all, rest) = (losses(&whole), losses(&rest));
    assert_eq!(all.len(), 3 * 22);
    assert!(!rest.is_empty() && rest.len() < all.len());
    assert_eq!(all[all.len() - rest.len()..], rest);
    let weights = |run: &str| std::fs::read(at.join(run).join("last.safetensors")).unwrap();
    assert!(weights("whole") == weights("cut"));
}

#[test]
fn a_run_goes_on_as_it_began_or_says_why_not() {
    let folder = folder(SPEC);
    let at = folder.path();
    assert!(run(at, &["train", "small.spec", "--run", "one", "--steps", "2"]).status.success());
    let refused = |arguments: &[&str], words: &[&str]| {
        let output = run(at, arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(words.iter().all(|w| text.contains(w)), "{text}");
    };
    refused(&["train", "small.spec", "--run", "one"], &["a run lies in one already", "--resume one"]);
    refused(&["train", "--resume", "one", "--seed", "7", "--batch", "3"], &["--batch, --seed differs"]);
    refused(&["train", "--resume", "none"], &["none is no run's folder", "run.json"]);
    let other = SPEC.replace("p=0.2", "p=0.3");
    std::fs::write(at.join("other.spec"), other).unwrap();
    refused(
        &["train", "other.spec", "--resume", "one"],
        &["these rows differ", "- | DROPOUT | | p=0.2 |", "+ | DROPOUT | | p=0.3 |"],
    );
    let whole = std::fs::read(at.join("one/last.safetensors")).unwrap();
    std::fs::write(at.join("one/last.safetensors"), &whole[..whole.len() - 9]).unwrap();
    refused(&["train", "--resume", "one"], &["no whole checkpoint"]);
    assert!(run(at, &["train", "small.spec", "--steps", "1"]).status.success());
    assert!(run(at, &["train", "small.spec", "--steps", "1"]).status.success());
    assert!(at.join("runs/small-2/last.safetensors").exists());
}

#[test]
fn what_does_not_fit_into_memory_is_told_with_the_batch_that_would() {
    let folder = folder(SPEC);
    let at = folder.path();
    // A third of a gigabyte an image, 1,400 images.
    let large = SPEC.replace("8x8x1", "64x64x1").replace("8x8x6", "64x64x4096").replace("K=6", "K=4096");
    let large = large.replace("| FC |", "| GLOBAL POOL | | |\n| FC |");
    std::fs::write(at.join("large.spec"), large).unwrap();
    let output = run(at, &["train", "large.spec", "--batch", "1400"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("out of memory") && text.contains("help: --batch "), "{text}");
    assert!(!at.join("runs").exists());
}

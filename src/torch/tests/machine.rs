//! What a run asks of the machine, by the command: its device, its precision, its memory; and what it tells a script.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

mod run_support;

use netc_torch::backend::{has_amx, load_cuda};
use run_support::{command, folder, told};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const SPEC: &str = "---
name: Small
dialect: pytorch
let: { wide: 8 }
---

| Layer | Output | Filter |
|---|---|---|
| INPUT | 8x8x1 | |
| CONV | | 3x3; K=wide; p=1 |
| BN | | |
| RELU | | |
| GLOBAL POOL | | |
| FC | 10 | |
";

fn both() -> tempfile::TempDir {
    let folder = folder(SPEC);
    std::fs::write(folder.path().join("seven.spec"), SPEC.replace("| FC | 10", "| FC | 7")).unwrap();
    folder
}

fn netc(at: &Path, line: &str) -> Output {
    command(at, &line.split_whitespace().collect::<Vec<_>>()).output().unwrap()
}

/// The events of a run that went well.
fn events(at: &Path, line: &str) -> Vec<Value> {
    let output = netc(at, &format!("{line} --format json --threads 1"));
    assert!(output.status.success(), "{line}: {}", told(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn numbers(events: &[Value], event: &str, key: &str) -> Vec<f64> {
    events.iter().filter(|e| e["event"] == event).map(|e| e[key].as_f64().unwrap()).collect()
}

#[test]
fn a_script_is_told_each_step_evaluation_and_checkpoint() {
    let folder = both();
    let line = "train small.spec --data digits --steps 3 --run run --seed 4 --precision auto";
    let all = events(folder.path(), line);
    let names: Vec<&str> = all.iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["start", "step", "step", "step", "eval", "checkpoint", "end"]);
    assert_eq!(all[0]["seed"], 4);
    for key in ["step", "epoch", "loss", "penalty", "lr", "images_per_second"] {
        assert!(all[1][key].is_number(), "{key}: {}", all[1]);
    }
    for key in ["loss", "top1", "top5", "images"] {
        assert!(all[4][key].is_number(), "{key}: {}", all[4]);
    }
    assert!(folder.path().join(all[5]["path"].as_str().unwrap()).exists());
    let device = if load_cuda().is_ok() { "cuda:0" } else { "cpu" };
    let precision = if has_amx() || device != "cpu" { "bf16" } else { "fp32" };
    assert_eq!((all[0]["device"].as_str(), all[0]["precision"].as_str()), (Some(device), Some(precision)));
}

/// bf16 rounds each product's factors to 8 bits: close to fp32, and not the same.
#[test]
fn bf16_trains_close_to_fp32() {
    let folder = both();
    let losses = |precision: &str| {
        let line = format!(
            "train small.spec --data digits --steps 30 --run {precision} --precision {precision} --device cpu"
        );
        let events = events(folder.path(), &line);
        assert_eq!(events[0]["precision"], precision);
        numbers(&events, "step", "loss")
    };
    let (exact, rounded) = (losses("fp32"), losses("bf16"));
    assert_eq!(exact.len(), 30);
    assert!(exact != rounded);
    for (exact, rounded) in exact.iter().zip(&rounded) {
        assert!((exact - rounded).abs() < 0.03 * exact, "{exact} {rounded}");
    }
    let evaluated = netc(folder.path(), "eval --run fp32 --precision bf16 --device cpu --format json");
    let evaluated: Value = serde_json::from_slice(&evaluated.stdout).unwrap();
    let own = netc(folder.path(), "eval --run fp32 --device cpu --format json");
    let own: Value = serde_json::from_slice(&own.stdout).unwrap();
    assert!((evaluated["loss"].as_f64().unwrap() - own["loss"].as_f64().unwrap()).abs() < 0.05);
}

/// The same code on another device: where there is none, a message; where there is one, the same numbers.
#[test]
fn cuda_is_used_where_it_is_and_refused_where_it_is_not() {
    let folder = both();
    let line = "train small.spec --data digits --steps 20 --precision fp32";
    for precision in ["tf32", "fp16"] {
        let output = netc(
            folder.path(),
            &format!("train small.spec --data digits --device cpu --precision {precision}"),
        );
        let said = told(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(&format!("precision {precision}: the processor does not compute in it")),
            "{said}"
        );
    }
    if load_cuda().is_err() {
        for device in ["cuda", "cuda:1"] {
            let output = netc(folder.path(), &format!("{line} --run gpu --device {device}"));
            let said = told(&output);
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains("CUDA") && said.contains("--device cpu"), "{said}");
            assert!(!folder.path().join("gpu").exists(), "a run that cannot start leaves no folder");
        }
        return;
    }
    for precision in ["tf32", "fp16"] {
        let line = format!(
            "train small.spec --data digits --steps 20 --run {precision} --device cuda --precision {precision}"
        );
        let losses = numbers(&events(folder.path(), &line), "step", "loss");
        assert!(losses[19] < losses[0], "{precision}: {losses:?}");
    }
    let on = |device: &str, run: &str| {
        let events = events(folder.path(), &format!("{line} --run {run} --device {device}"));
        numbers(&events, "step", "loss")
    };
    let (processor, card) = (on("cpu", "cpu"), on("cuda", "gpu"));
    for (a, b) in processor.iter().zip(&card) {
        assert!((a - b).abs() < 0.01 * a, "{a} {b}");
    }
    let beyond = netc(folder.path(), &format!("{line} --run none --device cuda:99"));
    assert_eq!(beyond.status.code(), Some(2), "{}", told(&beyond));
}

#[test]
fn a_last_layer_that_does_not_fit_the_classes_is_told_before_anything_starts() {
    let folder = both();
    let output = netc(folder.path(), "train seven.spec --data digits --run run");
    let said = told(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("E0503: seven.spec:") && said.contains("7 outputs but digits has 10 classes"),
        "{said}"
    );
    assert!(said.contains("help: write 10 for 7 in line "), "{said}");
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/lenet.spec");
    let set = netc(folder.path(), &format!("train {own} --data digits --set classes=7 --run run"));
    assert!(told(&set).contains("help: write `--set classes=10`, or leave"), "{}", told(&set));
    assert!(!folder.path().join("run").exists());
}

#[test]
fn a_spec_with_errors_is_told_as_check_tells_it() {
    let folder = both();
    let wrong = SPEC.replace("| CONV | |", "| CONV | 9x9x8 |").replace("let:", "train: { rate: -1 }\nlet:");
    std::fs::write(folder.path().join("wrong.spec"), wrong).unwrap();
    let output = netc(folder.path(), "train wrong.spec --data digits --run run");
    let said = told(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in [
        "error[E0308]",
        "CONV declares 9x9x8",
        "| CONV | 9x9x8 |",
        "^^^^^",
        "error[E0502]",
        "--> wrong.spec:4:16",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!folder.path().join("run").exists());
}

/// By a limit of the process's memory, which needs no rights.
#[test]
#[cfg(target_os = "linux")]
fn an_evaluation_that_does_not_fit_says_which_batch_would() {
    let folder = both();
    let at = folder.path();
    events(at, "train small.spec --data digits --steps 1 --run run --set wide=128 --device cpu");
    let limited = |line: &str| {
        let line = format!(
            "ulimit -v 4000000; exec {} {line} --device cpu --threads 1",
            env!("CARGO_BIN_EXE_netc-torch")
        );
        Command::new("sh").args(["-c", &line]).current_dir(at).output().unwrap()
    };
    let output = limited("eval --run run --batch 60000");
    let said = told(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("out of memory: an evaluation on 60000 images"), "{said}");
    let fits = said.split("--batch ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let output = limited(&format!("eval --run run --batch {fits}"));
    assert!(output.status.success(), "--batch {fits}: {}", told(&output));
}

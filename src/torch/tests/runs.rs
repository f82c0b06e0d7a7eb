//! Runs that end badly, by the command: killed, out of room, out of numbers.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

mod run_support;

use run_support::{folder, on_one_thread as command, told};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A recipe with all that a state holds: Adam's two slots, an average, a warm-up, a plateau, accumulated batches.
const SPEC: &str = "---
name: Small
dialect: pytorch
train:
  data: digits
  epochs: 3
  batch: 32
  accumulate: 2
  optimizer: adamw
  weight_decay: 0.01
  l2: 0.001
  schedule: plateau
  patience: 0
  threshold: 0.5
  warmup: 5 steps
  ema: 0.9
  clip_norm: 1
  save_every: 4 steps
  keep_every: 30 steps
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

fn log(run: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(run.join("log.jsonl")).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// `(step, loss, rate)` of the step events.
fn steps(run: &Path) -> Vec<(u64, f64, f64)> {
    let number = |event: &Value, key: &str| event[key].as_f64().unwrap();
    let log = log(run);
    let steps = log.iter().filter(|e| e["event"] == "step");
    steps.map(|e| (e["step"].as_u64().unwrap(), number(e, "loss"), number(e, "lr"))).collect()
}

/// Killed again and again, a run ends bit for bit as one that was not, and its log is whole.
#[test]
fn a_killed_run_loses_only_what_came_after_its_last_checkpoint() {
    let folder = folder(SPEC);
    let at = folder.path();
    let whole = command(at, &["train", "small.spec", "--run", "whole"]).output().unwrap();
    assert!(whole.status.success(), "{}", told(&whole));
    let mut arguments = vec!["train", "small.spec", "--run", "cut"];
    for moment in [2u64, 9, 23, 41] {
        let mut child = command(at, &arguments).stderr(Stdio::null()).spawn().unwrap();
        // Until the log shows so many steps; the child may be anywhere beyond, in a write too.
        let seen = || std::fs::read_to_string(at.join("cut/log.jsonl")).unwrap_or_default();
        let reached =
            |text: String| text.lines().filter(|l| l.contains("\"event\":\"step\"")).count() as u64 >= moment;
        while child.try_wait().unwrap().is_none() && !reached(seen()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if at.join("cut/last.safetensors").exists() {
            netc_torch::backend::read(&at.join("cut/last.safetensors")).unwrap();
            arguments = vec!["train", "--resume", "cut"];
        } else {
            std::fs::remove_dir_all(at.join("cut")).unwrap();
        }
    }
    let rest = command(at, &arguments).output().unwrap();
    assert!(rest.status.success(), "{}", told(&rest));
    let (all, cut) = (steps(&at.join("whole")), steps(&at.join("cut")));
    assert_eq!(all.len(), 3 * 22);
    assert_eq!(all, cut);
    assert!(all[0].2 < all[10].2 && all[65].2 < all[10].2, "a warm-up, then a fall");
    for name in ["last.safetensors", "best.safetensors", "step-00000030.safetensors"] {
        let bytes = |run: &str| std::fs::read(at.join(run).join(name)).unwrap();
        assert!(bytes("whole") == bytes("cut"), "{name}");
    }
    let entries: Value =
        serde_json::from_slice(&std::fs::read(at.join("cut/environment.json")).unwrap()).unwrap();
    assert!(entries.as_array().unwrap().len() > 1 && entries[0]["precision"].is_string(), "{entries}");
    assert!(log(&at.join("whole")).iter().any(|e| e["event"] == "end" && e["reason"] == "epochs"));
}

#[test]
fn a_run_has_one_writer_and_sigterm_saves() {
    let folder = folder(SPEC);
    let at = folder.path();
    let arguments = ["train", "small.spec", "--run", "one", "--epochs", "1000"];
    let mut child = command(at, &arguments).stderr(Stdio::null()).spawn().unwrap();
    while !at.join("one/last.safetensors").exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = command(at, &["train", "--resume", "one"]).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(told(&second).contains("another process writes the run in one"), "{}", told(&second));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let last = log(&at.join("one")).pop().unwrap();
    assert_eq!((&last["event"], &last["status"]), (&"end".into(), &"stopped".into()));
}

#[test]
fn what_is_no_number_is_told_with_its_row() {
    let folder = folder(SPEC);
    let at = folder.path();
    let arguments = ["train", "small.spec", "--optimizer", "sgd", "--rate", "1e30", "--run", "nan"];
    let output = command(at, &arguments).output().unwrap();
    let text = told(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("of step 1: ") && text.contains("row") && text.contains("(line "), "{text}");
    assert!(text.contains("nothing was saved before"), "{text}");
}

/// By limits of the process, which need no rights: of its memory, and of the size of its files as on a full disk.
#[test]
#[cfg(target_os = "linux")]
fn out_of_memory_and_out_of_room_are_told() {
    let folder = folder(SPEC);
    let at = folder.path();
    let limited = |limit: &str, arguments: &str| {
        let line = format!("{limit}; exec {} {arguments} --threads 1", env!("CARGO_BIN_EXE_netc-torch"));
        Command::new("sh").args(["-c", &line]).current_dir(at).output().unwrap()
    };
    let full = limited("trap '' XFSZ; ulimit -f 8", "train small.spec --run full");
    assert_eq!(full.status.code(), Some(2), "{}", told(&full));
    assert!(told(&full).contains("cannot write full/last.safetensors"), "{}", told(&full));
    assert!(!at.join("full/last.safetensors").exists());
    assert!(
        !std::fs::read_dir(at.join("full"))
            .unwrap()
            .any(|e| { e.unwrap().path().extension().is_some_and(|e| e == "partial") })
    );
    let sealed = command(at, &["train", "small.spec", "--run", "/sys/netc"]).output().unwrap();
    assert_eq!(sealed.status.code(), Some(2));
    assert!(told(&sealed).contains("cannot make /sys/netc"), "{}", told(&sealed));
    let large = SPEC.replace("8x8x1", "64x64x1").replace("8x8x6", "64x64x512").replace("K=6", "K=512");
    let large = large.replace("| FC |", "| GLOBAL POOL | | |\n| FC |");
    std::fs::write(at.join("large.spec"), large).unwrap();
    let output = limited("ulimit -v 4000000", "train large.spec --batch 64 --accumulate 1 --run big");
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(
        told(&output).contains("out of memory") && told(&output).contains("help: --batch "),
        "{}",
        told(&output)
    );
}

/// Pictures of which one is cut short and one is no picture.
fn broken(root: &Path) {
    for (class, shade) in [("dark", 20u8), ("light", 200)] {
        std::fs::create_dir_all(root.join(class)).unwrap();
        for n in 0..20u8 {
            let picture = image::GrayImage::from_pixel(8, 8, image::Luma([shade + n]));
            picture.save(root.join(class).join(format!("{n:02}.png"))).unwrap();
        }
    }
    let whole = std::fs::read(root.join("dark/03.png")).unwrap();
    std::fs::write(root.join("dark/03.png"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(root.join("light/07.png"), "no picture").unwrap();
}

/// What the recipe enlarges is told once, with how many and the first.
#[test]
fn pictures_smaller_than_the_crop_are_told() {
    let folder = folder(SPEC);
    let at = folder.path();
    broken(&at.join("shades"));
    for (path, side) in [("dark/03.png", 8), ("light/07.png", 8), ("light/02.png", 5), ("light/05.png", 7)] {
        let picture = image::GrayImage::from_pixel(side, 8, image::Luma([100]));
        picture.save(at.join("shades").join(path)).unwrap();
    }
    let spec = "---\nlet: { classes: 2 }\ntrain: { epochs: 2, batch: 4, augment: { resize: 9 } }\n---\n\n\
                | Layer | Output |\n|---|---|\n| INPUT | 8x8x1 |\n| FC | classes |\n";
    std::fs::write(at.join("small.spec"), spec).unwrap();
    let done = command(at, &["train", "small.spec", "--data", "shades", "--run", "r"]).output().unwrap();
    assert!(done.status.success(), "{}", told(&done));
    let notes: Vec<_> = told(&done)
        .lines()
        .filter(|line| line.contains("smaller than the crop"))
        .map(str::to_owned)
        .collect();
    assert_eq!(notes.len(), 1, "{}", told(&done));
    assert!(
        notes[0].ends_with("(8x8x1) are enlarged: 2 so far; first shades/light/02.png, 8x5"),
        "{notes:?}"
    );
    let events: Vec<Value> = log(&at.join("r")).into_iter().filter(|e| e["event"] == "enlarged").collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["count"], 2);
}

/// In training, not in the reader alone: named and counted once each, by default the end of the run.
#[test]
fn pictures_that_cannot_be_read_end_a_run_or_are_left_out() {
    let folder = folder(SPEC);
    let at = folder.path();
    broken(&at.join("shades"));
    let line = ["train", "small.spec", "--data", "shades", "--set", "classes=2", "--batch", "4"];
    let spec = SPEC.replace("data: digits", "data: shades").replace("| FC | 10 |", "| FC | classes |");
    let spec = spec.replace("dialect: pytorch", "dialect: pytorch\nlet: { classes: 2 }");
    std::fs::write(at.join("small.spec"), spec).unwrap();
    let fails = command(at, &[&line[..], &["--run", "fails"]].concat()).output().unwrap();
    assert_eq!(fails.status.code(), Some(2), "{}", told(&fails));
    assert!(told(&fails).contains("03.png") || told(&fails).contains("07.png"), "{}", told(&fails));
    let skips =
        command(at, &[&line[..], &["--run", "skips", "--on-bad-image", "skip"]].concat()).output().unwrap();
    assert!(skips.status.success(), "{}", told(&skips));
    for name in ["dark/03.png", "light/07.png"] {
        let warnings = told(&skips).matches(&format!("warning: left out: shades/{name}")).count();
        assert_eq!(warnings, 1, "{name}: {}", told(&skips));
    }
    let bad: Vec<Value> = log(&at.join("skips")).into_iter().filter(|e| e["event"] == "bad_image").collect();
    assert_eq!(bad.len(), 2, "{bad:?}");
    let measured = command(at, &["eval", "--run", "skips"]).output().unwrap();
    assert!(measured.status.success(), "{}", told(&measured));
}

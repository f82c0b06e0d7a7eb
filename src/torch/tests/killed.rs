//! Runs that are killed at random moments, whose disk is full or sealed, that are interrupted twice.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]
#![allow(clippy::print_stderr, reason = "what was seen, and what was skipped, is to be read")]
#![cfg(target_os = "linux")]

mod run_support;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use run_support::{on_one_thread as command, told};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Steps between two checkpoints.
const EVERY: u64 = 4;

fn lenet() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/lenet.spec");
    path.canonicalize().unwrap().display().to_string()
}

/// The steps that a checkpoint holds. Reading it checks that it is whole.
fn held(checkpoint: &Path) -> u64 {
    let all = netc_torch::backend::read(checkpoint).unwrap();
    let (_, state) = all.iter().find(|(name, _)| name == "@state").unwrap();
    state.double_value(&[0]) as u64
}

/// The steps that the log says were done.
fn done(run: &Path) -> u64 {
    let log = std::fs::read_to_string(run.join("log.jsonl")).unwrap_or_default();
    let steps = log.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
    steps.filter(|e| e["event"] == "step").filter_map(|e| e["step"].as_u64()).max().map_or(0, |s| s + 1)
}

/// Lives of one run, each ended by SIGKILL.
struct Lives {
    at: PathBuf,
    random: ChaCha8Rng,
    /// Steps of the newest checkpoint so far.
    saved: u64,
    lost: u64,
}

impl Lives {
    fn below(&mut self, most: u64) -> u64 {
        self.random.next_u64() % most
    }

    /// A constant rate follows no length, which these lives do not have.
    fn begin(&self) -> Child {
        let spec = lenet();
        let every = format!("{EVERY} steps");
        let fresh = [
            &*spec,
            "--data",
            "digits",
            "--run",
            "cut",
            "--save-every",
            &every,
            "--keep-every",
            "40 steps",
            "--schedule",
            "constant",
        ];
        let arguments = if self.at.join("cut/last.safetensors").exists() {
            vec!["train", "--resume", "cut", "--epochs", "100000"]
        } else {
            [&["train"][..], &fresh, &["--epochs", "100000"]].concat()
        };
        command(&self.at, &arguments)
            .args(["--format", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// One life: every other one is killed in its first moments, the rest some time after their first step.
    fn live(&mut self, nth: u64) {
        let run = self.at.join("cut");
        let mut child = self.begin();
        let mut events = BufReader::new(child.stdout.take().unwrap());
        if !nth.is_multiple_of(2) {
            let mut event = String::new();
            while !event.contains("\"event\":\"step\"") {
                event.clear();
                assert!(
                    events.read_line(&mut event).unwrap() > 0,
                    "the run in {} ended by itself",
                    run.display()
                );
            }
        }
        // The pipe must not fill.
        let rest = std::thread::spawn(move || std::io::copy(&mut events, &mut std::io::sink()));
        let most = if nth.is_multiple_of(2) { 1_500_000 } else { 400_000 };
        std::thread::sleep(Duration::from_micros(self.below(most)));
        child.kill().unwrap();
        child.wait().unwrap();
        rest.join().unwrap().unwrap();
        let last = run.join("last.safetensors");
        let now = if last.exists() { held(&last) } else { 0 };
        assert!(now >= self.saved, "life {nth}: the checkpoint went back from step {} to {now}", self.saved);
        let lost = done(&run).saturating_sub(now);
        assert!(lost <= EVERY, "life {nth}: {lost} steps were lost after the checkpoint of step {now}");
        for entry in run.read_dir().into_iter().flatten().map(|e| e.unwrap().path()) {
            if entry.extension().is_some_and(|e| e == "safetensors") {
                held(&entry);
            }
        }
        (self.saved, self.lost) = (now, self.lost.max(lost));
    }
}

/// `NETC_KILLS=100 cargo test --workspace --test killed -- --nocapture` for as many lives as are wanted.
#[test]
fn killed_at_random_moments_a_run_loses_no_checkpoint_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let kills: u64 = std::env::var("NETC_KILLS").map_or(10, |text| text.parse().unwrap());
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    eprintln!("moments drawn from seed {seed}");
    let random = ChaCha8Rng::seed_from_u64(seed);
    let mut lives = Lives { at: folder.path().to_owned(), random, saved: 0, lost: 0 };
    (0..kills).for_each(|nth| lives.live(nth));
    eprintln!(
        "{kills} kills: {} steps done, each checkpoint whole, at most {} steps lost at a time",
        lives.saved, lives.lost
    );
    let steps = (lives.saved + 10).to_string();
    assert!(lives.saved > 0, "no life was long enough for a checkpoint");
    let rest = command(folder.path(), &["train", "--resume", "cut", "--steps", &steps]).output().unwrap();
    assert!(rest.status.success(), "{}", told(&rest));
    let spec = lenet();
    let whole =
        ["train", &spec, "--data", "digits", "--run", "whole", "--steps", &steps, "--schedule", "constant"];
    let whole = command(folder.path(), &whole).output().unwrap();
    assert!(whole.status.success(), "{}", told(&whole));
    let bytes = |run: &str| std::fs::read(folder.path().join(run).join("last.safetensors")).unwrap();
    assert!(
        bytes("cut") == bytes("whole"),
        "after {kills} kills the weights differ from an undisturbed run's"
    );
}

/// A file system of its own of some size, unmounted at the end; none where that is not permitted.
struct Disk(PathBuf);

impl Disk {
    fn mounted(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]);
        let mounted = mount.arg(at).output().is_ok_and(|o| o.status.success());
        if !mounted {
            eprintln!("skipped: no file system can be mounted here; that needs root on Linux");
        }
        mounted.then(|| Self(at.to_owned()))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let output = Command::new("mount").args(["-o", &options]).arg(&self.0).output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_and_the_last_checkpoint_stays() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let Some(disk) = Disk::mounted(&at.join("disk"), "4m") else { return };
    let spec = lenet();
    // Checkpoints that are kept fill it after some steps.
    let arguments = ["train", &spec, "--data", "digits", "--run", "disk/run", "--keep-every", "3 steps"];
    let full = command(at, &arguments).output().unwrap();
    assert_eq!(full.status.code(), Some(2), "{}", told(&full));
    let text = told(&full);
    assert!(text.contains("cannot write disk/run/last.safetensors"), "{text}");
    assert!(text.contains("No space left on device"), "{text}");
    let last = at.join("disk/run/last.safetensors");
    let saved = held(&last);
    assert!(saved > 0, "nothing was saved before the disk was full");
    let again = command(at, &["train", "--resume", "disk/run"]).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "{}", told(&again));
    assert_eq!(held(&last), saved);
    disk.remount("size=200m");
    let steps = (saved + 5).to_string();
    let rest = command(at, &["train", "--resume", "disk/run", "--steps", &steps]).output().unwrap();
    assert!(rest.status.success(), "{}", told(&rest));
    assert_eq!(held(&last), saved + 5);
}

#[test]
fn a_disk_that_cannot_be_written_is_told_and_the_run_can_still_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let Some(disk) = Disk::mounted(&at.join("disk"), "50m") else { return };
    let spec = lenet();
    let arguments = ["train", &spec, "--data", "digits", "--run", "disk/run", "--steps", "6"];
    assert!(command(at, &arguments).output().unwrap().status.success());
    disk.remount("ro");
    for arguments in [
        &["train", "--resume", "disk/run", "--steps", "9"][..],
        &["train", &spec, "--data", "digits", "--run", "disk/other"],
    ] {
        let sealed = command(at, arguments).output().unwrap();
        assert_eq!(sealed.status.code(), Some(2), "{}", told(&sealed));
        assert!(told(&sealed).contains("Read-only file system"), "{}", told(&sealed));
        assert!(told(&sealed).contains("disk/"), "{}", told(&sealed));
    }
    assert_eq!(held(&at.join("disk/run/last.safetensors")), 6);
    let measured = command(at, &["eval", "--run", "disk/run"]).output().unwrap();
    assert!(measured.status.success(), "{}", told(&measured));
}

/// A net whose step takes seconds, so that a second signal comes before its end.
const SLOW: &str = "---
name: Slow
dialect: pytorch
---

| Layer | Output | Filter |
|---|---|---|
| INPUT | 96x96x1 | |
| CONV | 96x96x128 | 3x3; K=128; p=1 |
| CONV | 96x96x128 | 3x3; K=128; p=1 |
| GLOBAL POOL | | |
| FC | 10 | |
";

#[test]
fn a_second_signal_ends_it_at_once() {
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        std::fs::write(at.join("slow.spec"), SLOW).unwrap();
        let arguments =
            ["train", "slow.spec", "--data", "digits", "--batch", "64", "--run", "run", "--format", "json"];
        let piped = command(at, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = piped.unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.contains("\"event\":\"start\""), "{first}");
        let send = || {
            let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
            assert!(sent.unwrap().success());
        };
        std::thread::sleep(Duration::from_millis(300));
        send();
        std::thread::sleep(Duration::from_millis(200));
        send();
        let sent = Instant::now();
        assert_eq!(child.wait().unwrap().code(), Some(status));
        assert!(sent.elapsed() < Duration::from_secs(1), "it took {:?} to end", sent.elapsed());
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(!text.contains("saved"), "the step was too short for this test: {text}");
        assert!(!at.join("run/last.safetensors").exists());
    }
}

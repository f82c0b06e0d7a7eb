//! The `netc` command as a script sees it: status, standard output, standard error.
//! A new case is five lines: arguments in, a snapshot out.

#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const NETC: &str = env!("CARGO_BIN_EXE_netc");

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn start(binary: &Path, folder: &Path, args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(binary)
        .args(args)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env("PATH", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A process that fails at once may not read it.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let status = output.status.code().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    format!("status {status}\n--- stdout\n{out}--- stderr\n{err}")
}

fn netc_in(folder: &Path, args: &[&str], stdin: &[u8]) -> String {
    told(&start(Path::new(NETC), folder, args, stdin))
}

/// Runs netc in the repository's root.
fn netc(args: &[&str]) -> String {
    netc_in(Path::new(env!("CARGO_MANIFEST_DIR")), args, b"")
}

/// The binary alone in a folder, so that no netc-torch stands beside it.
fn alone(name: &str) -> (PathBuf, PathBuf) {
    let folder = folder(name);
    let binary = folder.join(Path::new(NETC).file_name().unwrap_or(OsStr::new("netc")));
    fs::copy(NETC, &binary).unwrap();
    (folder, binary)
}

#[test]
fn specs_lists_what_is_shipped() {
    insta::assert_snapshot!(netc(&["specs"]));
}

#[test]
fn new_writes_once() {
    let folder = folder("new");
    insta::assert_snapshot!("new_first", netc_in(&folder, &["new", "alexnet"], b""));
    insta::assert_snapshot!("new_again", netc_in(&folder, &["new", "alexnet"], b""));
    insta::assert_snapshot!("new_unknown", netc_in(&folder, &["new", "alexnett"], b""));
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/alexnet.spec");
    assert_eq!(fs::read(folder.join("alexnet.spec")).unwrap(), fs::read(shipped).unwrap());
}

#[test]
fn explain_a_kind_a_dialect_and_what_is_not_there() {
    insta::assert_snapshot!("explain_kind", netc(&["explain", "input"]));
    insta::assert_snapshot!("explain_dialect", netc(&["explain", "caffe"]));
    insta::assert_snapshot!("explain_unknown", netc(&["explain", "pythorch"]));
    assert!(netc(&["explain", "e0301"]).starts_with("status 0\n--- stdout\n# E0301"));
}

#[test]
fn train_without_netc_torch_says_how_to_get_it() {
    let (folder, binary) = alone("no-engine");
    for args in [&["train", "x.spec"][..], &["eval", "x.spec"], &["bench", "x.spec"]] {
        insta::assert_snapshot!("no_engine", told(&start(&binary, &folder, args, b"")));
    }
    let doctor = told(&start(&binary, &folder, &["doctor"], b""));
    assert!(doctor.starts_with("status 0\n--- stdout\nnetc "), "{doctor}");
    assert!(doctor.contains("netc-torch  not found beside netc or on PATH"), "{doctor}");
}

#[test]
#[cfg(unix)]
fn train_hands_its_arguments_to_netc_torch() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, binary) = alone("engine");
    let engine = folder.join("netc-torch");
    fs::write(&engine, "#!/bin/sh\necho \"$@\"\nexit 3\n").unwrap();
    fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).unwrap();
    let args = ["train", "a.spec", "--seed", "3", "--device", "cuda:1", "--set", "classes=10"];
    insta::assert_snapshot!(told(&start(&binary, &folder, &args, b"")));
}

/// Wrong arguments never reach the engine.
#[test]
fn usage_is_status_2() {
    for args in [
        &[][..],
        &["train"],
        &["train", "a.spec", "--device", "gpu"],
        &["train", "a.spec", "--epochs", "0"],
        &["train", "a.spec", "--set", "classes"],
        &["predict", "a.png"],
        &["frobnicate"],
    ] {
        let said = netc(args);
        assert!(said.starts_with("status 2\n--- stdout\n--- stderr\n"), "{args:?}: {said}");
    }
    assert!(netc(&["--version"]).starts_with("status 0\n--- stdout\nnetc "));
}

//! The command, run as a process of its own in a folder with a small spec.
#![allow(dead_code, reason = "each test file uses its own part of it")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// `netc-torch ARGUMENTS` in a folder, without standard input.
pub(crate) fn command(at: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc-torch"));
    command.current_dir(at).args(arguments).stdin(Stdio::null());
    command
}

/// The same on one thread.
pub(crate) fn on_one_thread(at: &Path, arguments: &[&str]) -> Command {
    let mut command = command(at, arguments);
    command.args(["--threads", "1"]);
    command
}

/// What it wrote to standard error.
pub(crate) fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A new folder that holds `small.spec`.
pub(crate) fn folder(spec: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.spec"), spec).unwrap();
    folder
}

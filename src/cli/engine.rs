//! Finds `netc-torch` and hands over to it.

use super::{Context, Exit};
use anyhow::Context as _;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// The engine's file name.
const NAME: &str = if cfg!(windows) { "netc-torch.exe" } else { "netc-torch" };

/// Where `netc-torch` is: beside this binary, else on `PATH`.
pub(super) fn find() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(NAME)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    beside.into_iter().chain(std::env::split_paths(&path).map(|dir| dir.join(NAME))).find(|p| is_program(p))
}

#[cfg(unix)]
fn is_program(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &std::path::Path) -> bool {
    path.is_file()
}

/// Replaces this process by `netc-torch` with the same arguments.
pub(super) fn exec(context: &Context) -> anyhow::Result<Exit> {
    let Some(engine) = find() else {
        anyhow::bail!(
            "netc-torch is not there: it trains and runs nets on libtorch, and was looked for beside netc and on PATH\n\
             help: `make build` sets up libtorch and builds it; where LIBTORCH is set, \
             `cargo build --release -p netc-torch` does"
        );
    };
    hand_over(Command::new(&engine).args(&context.arguments))
        .with_context(|| format!("cannot start {}", engine.display()))
}

#[cfg(unix)]
fn hand_over(command: &mut Command) -> std::io::Result<Exit> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn hand_over(command: &mut Command) -> std::io::Result<Exit> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(101))
}

/// Runs `netc-torch doctor`.
pub(super) fn doctor(engine: &std::path::Path) -> std::io::Result<std::process::Output> {
    Command::new(engine).arg("doctor").output()
}

/// The arguments after the program's own name.
pub(super) fn arguments() -> Vec<OsString> {
    std::env::args_os().skip(1).collect()
}

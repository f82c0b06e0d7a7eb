//! `netc doctor`: what is there to run on.

use super::{Context, Exit, engine, output};
use clap::Args;

/// Say what was found: netc, netc-torch, libtorch, devices, data
#[derive(Args, Clone, Copy, Debug)]
pub struct DoctorArgs {}

pub(super) fn run(_: &DoctorArgs, _: &Context) -> anyhow::Result<Exit> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!(
        "netc        {} ({} {})\nthreads     {threads}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::env::consts::OS,
    );
    match engine::find() {
        None => {
            text.push_str("netc-torch  not found beside netc or on PATH; `make build` sets up libtorch and builds it\n");
        }
        Some(path) => {
            text.push_str(&format!("netc-torch  {}\n", path.display()));
            text.push_str(&asked(engine::doctor(&path)));
        }
    }
    output::print(&text)?;
    Ok(Exit::Fine)
}

/// What netc-torch says of itself, or why it says nothing.
fn asked(answer: std::io::Result<std::process::Output>) -> String {
    match answer {
        Ok(out) if out.status.success() => String::from_utf8_lossy(&out.stdout).into_owned(),
        Ok(out) => {
            let said = String::from_utf8_lossy(&out.stderr);
            format!("netc-torch  does not run ({}): {}\n", out.status, said.trim())
        }
        Err(error) => format!("netc-torch  does not start: {error}\n"),
    }
}

//! What a run ran on: `environment.json`, an entry for each time it was started or went on.

use super::run::Plan;
use super::setup::Session;
use crate::backend::replace;
use anyhow::Result;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The version of libtorch that this was built for.
const LIBTORCH: &str = env!("NETC_LIBTORCH_VERSION");

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|l| l.starts_with("model name"))?;
    Some(line.split(':').nth(1)?.trim().to_owned())
}

fn entry(session: &Session, plan: &Plan, step: u64) -> Value {
    let arguments: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    json!({
        "netc": env!("CARGO_PKG_VERSION"),
        "libtorch": LIBTORCH,
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "processor": processor(),
        "device": plan.device_name(),
        "threads": tch::get_num_threads(),
        "precision": plan.precision(),
        "seed": session.recipe.seed,
        "command": arguments,
        "folder": std::env::current_dir().ok(),
        "time": now,
        "from_step": step,
    })
}

/// Adds this process to the file.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn add(path: &Path, session: &Session, plan: &Plan, step: u64) -> Result<()> {
    let before = std::fs::read(path).ok().and_then(|t| serde_json::from_slice::<Vec<Value>>(&t).ok());
    let mut all = before.unwrap_or_default();
    all.push(entry(session, plan, step));
    let text = serde_json::to_string_pretty(&all)?;
    replace(path, |partial| Ok(std::fs::write(partial, text.as_bytes())?))
}

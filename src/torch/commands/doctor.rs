//! `netc-torch doctor`.

use super::print;
use crate::backend::{has_amx, has_driver, load_cuda};
use crate::data;
use crate::train::cache;
use anyhow::Result;
use netc::cli::Exit;
use netc::diag::grouped;
use std::path::Path;

/// Data sets that have a name.
const NAMES: [&str; 2] = ["digits", "elpv"];
/// The oldest NVIDIA driver that the CUDA 13 of this libtorch runs on.
const DRIVER: u32 = 580;

/// `doctor`: what libtorch has here.
///
/// # Errors
/// A closed standard output.
pub fn run_doctor() -> Result<Exit> {
    let cuda = cuda();
    let cache = cache();
    let precision = match (&cuda, has_amx()) {
        (Ok(_), _) => "bf16 on the GPU",
        (Err(_), true) => "bf16 (the processor has AMX)",
        (Err(_), false) => "fp32 (no AMX, no GPU)",
    };
    let mut lines = vec![
        format!("libtorch    {} at {}", env!("NETC_LIBTORCH_VERSION"), env!("NETC_LIBTORCH_LIB")),
        format!("CUDA        {}", cuda.unwrap_or_else(|why| format!("not available: {why}"))),
        format!("precision   auto is {precision}"),
        format!("torch runs  {} threads", tch::get_num_threads()),
        format!("cache       {}", cache.display()),
    ];
    for name in NAMES {
        let found = match data::open(name, &cache) {
            Ok(set) => format!("{} images, {} classes", grouped(set.len() as u64), set.classes().len()),
            Err(error) => format!("not there: {}", format!("{error:#}").replace('\n', "; ")),
        };
        lines.push(format!("data        {name}: {found}"));
    }
    print(&lines.join("\n"))?;
    Ok(Exit::Fine)
}

/// The GPUs that libtorch sees, or why it sees none.
fn cuda() -> Result<String, String> {
    if !has_driver() {
        return Err("no NVIDIA driver is loaded".to_owned());
    }
    let driver = driver();
    if let Some(version) = driver.filter(|v| *v < DRIVER) {
        return Err(format!("the driver is {version}, and this libtorch needs {DRIVER} or newer"));
    }
    load_cuda().map_err(|error| format!("this libtorch has none: {error:#}"))?;
    let devices = tch::Cuda::device_count();
    if !tch::Cuda::is_available() || devices < 1 {
        return Err("libtorch sees no GPU".to_owned());
    }
    let driver = driver.map_or_else(String::new, |v| format!(", driver {v}"));
    Ok(format!(
        "{devices} {}{driver}: {}",
        if devices == 1 { "device" } else { "devices" },
        models().join(", ")
    ))
}

/// The driver's main version: `... Kernel Module  580.65.06  ...`.
fn driver() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/driver/nvidia/version").ok()?;
    let line = text.lines().next()?;
    line.split_whitespace().find_map(|word| word.split_once('.')?.0.parse().ok())
}

/// The GPUs' names, as the driver gives them.
fn models() -> Vec<String> {
    let name = |folder: &Path| {
        let text = std::fs::read_to_string(folder.join("information")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Model:"))?;
        Some(line.trim().to_owned())
    };
    let folders = std::fs::read_dir("/proc/driver/nvidia/gpus").into_iter().flatten().flatten();
    let mut folders: Vec<_> = folders.map(|entry| entry.path()).collect();
    folders.sort();
    folders.iter().filter_map(|folder| name(folder)).collect()
}

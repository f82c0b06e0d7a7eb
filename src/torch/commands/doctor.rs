//! `netc-torch doctor`.

use super::print;
use crate::backend::has_amx;
use crate::train::cache;
use anyhow::Result;
use netc::cli::Exit;

/// `doctor`: what libtorch has here.
///
/// # Errors
/// A closed standard output.
pub fn run_doctor() -> Result<Exit> {
    print(&format!(
        "libtorch: {} at {}\ncuda: {} ({} devices)\nprecision auto: {}\nthreads: {}\ncache: {}",
        env!("NETC_LIBTORCH_VERSION"),
        env!("NETC_LIBTORCH_LIB"),
        if tch::Cuda::is_available() { "available" } else { "not available" },
        tch::Cuda::device_count(),
        if has_amx() { "bf16 (the processor has AMX)" } else { "fp32 (no AMX, no GPU)" },
        tch::get_num_threads(),
        cache().display()
    ))?;
    Ok(Exit::Fine)
}

//! The device a command runs on, and the precision that suits it.

use super::shim::load_cuda;
use anyhow::{Context, Result, ensure};
use netc::cli::{Device as Wanted, Precision};
use std::path::Path;
use tch::{Cuda, Device};

/// The device that was asked for; to be called before anything else of libtorch's.
///
/// # Errors
/// Where CUDA is asked for and not there.
pub fn pick_device(wanted: Wanted) -> Result<Device> {
    const HELP: &str = "help: `--device cpu` runs on the processor; `netc doctor` says what was found";
    match wanted {
        Wanted::Cpu => Ok(Device::Cpu),
        Wanted::Auto => {
            let found = has_driver() && load_cuda().is_ok() && Cuda::is_available();
            Ok(if found { Device::Cuda(0) } else { Device::Cpu })
        }
        Wanted::Cuda(index) => {
            load_cuda().with_context(|| format!("no CUDA in this libtorch\n{HELP}\ncause"))?;
            let count = usize::try_from(Cuda::device_count()).unwrap_or(0);
            ensure!(
                has_driver() || count > 0,
                "cuda:{index} is not there: no NVIDIA driver is loaded\n{HELP}"
            );
            ensure!(
                Cuda::is_available() && index < count,
                "cuda:{index} is not there: libtorch sees {count} CUDA devices\n{HELP}"
            );
            Ok(Device::Cuda(index))
        }
    }
}

/// Whether an NVIDIA driver is loaded: without one, looking for its devices would only take time.
pub fn has_driver() -> bool {
    ["/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/dxg"].iter().any(|p| Path::new(p).exists())
}

/// Whether products are computed in bf16: asked for, or where the processor has AMX or the GPU has it.
pub fn pick_bf16(precision: Option<Precision>, device: Device) -> bool {
    match precision.unwrap_or_default() {
        Precision::Fp32 => false,
        Precision::Bf16 => true,
        Precision::Auto => device != Device::Cpu || has_amx(),
    }
}

/// Whether the processor multiplies bf16 matrices itself (AMX), as Linux tells it.
pub fn has_amx() -> bool {
    std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|t| t.contains("amx_bf16"))
}

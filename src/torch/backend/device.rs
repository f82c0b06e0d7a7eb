//! The device a command runs on, and the precision that suits it.

use super::shim::{allow_tf32, load_cuda};
use anyhow::{Context, Result, ensure};
use netc::cli::Device as Wanted;
use netc::recipe::Precision;
use serde::{Deserialize, Serialize};
use std::path::Path;
use tch::{Cuda, Device, Kind};

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

/// How convolutions and FC layers are computed; everything else, and every parameter, is fp32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Products {
    /// 32 bits.
    #[default]
    Fp32,
    /// 32 bits, rounded to 19 by the GPU's tensor cores.
    Tf32,
    /// 16-bit bfloat.
    Bf16,
    /// 16-bit float; training scales the loss, so that small gradients do not vanish.
    Fp16,
}

impl Products {
    /// `fp32`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
            Self::Fp16 => "fp16",
        }
    }

    /// What the factors of a product are cast to, if to anything.
    pub(super) const fn cast(self) -> Option<Kind> {
        match self {
            Self::Fp32 | Self::Tf32 => None,
            Self::Bf16 => Some(Kind::BFloat16),
            Self::Fp16 => Some(Kind::Half),
        }
    }
}

/// The precision that was asked for, on this device; `auto` is bf16 where the processor has AMX or there is a GPU.
/// Sets whether libtorch may round to tf32 on a GPU, which it would by itself in convolutions.
///
/// # Errors
/// tf32 and fp16 on the processor, which has neither.
pub fn pick_products(precision: Option<Precision>, device: Device) -> Result<Products> {
    let products = match precision.unwrap_or_default() {
        Precision::Fp32 => Products::Fp32,
        Precision::Tf32 => Products::Tf32,
        Precision::Bf16 => Products::Bf16,
        Precision::Fp16 => Products::Fp16,
        Precision::Auto if device != Device::Cpu || has_amx() => Products::Bf16,
        Precision::Auto => Products::Fp32,
    };
    ensure!(
        device != Device::Cpu || matches!(products, Products::Fp32 | Products::Bf16),
        "precision {}: the processor does not compute in it, CUDA devices do\nhelp: `--precision fp32` and `bf16` run on the processor",
        products.word()
    );
    allow_tf32(products == Products::Tf32);
    Ok(products)
}

/// Whether the processor multiplies bf16 matrices itself (AMX), as Linux tells it.
pub fn has_amx() -> bool {
    std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|t| t.contains("amx_bf16"))
}

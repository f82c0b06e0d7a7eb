//! How much memory a training step takes, before it is tried: Linux hands out memory it does not have and ends the
//! process later, so libtorch's own error often never comes.

use netc::program::{Function, Prim, Program};
use std::fs::read_to_string;
use std::path::Path;
use tch::Device;

/// Bytes of a training step or an evaluation in fp32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Parameters, in training their gradients and velocities too, libtorch itself.
    pub fixed: u64,
    /// For each image: what training keeps for the backward pass, or the most that an evaluation holds at once.
    pub per_image: u64,
}

/// libtorch's code, threads and the workspace of its kernels.
const ITSELF: u64 = 400 << 20;

impl Footprint {
    /// Of a program: `4 x parameters x (2 + slots)`, and every value that the backward pass keeps.
    pub fn of(program: &Program, optimiser_slots: u64) -> Self {
        let parameters: u64 = program.params.iter().map(netc::program::Param::elements).sum();
        let fixed = ITSELF.saturating_add(parameters.saturating_mul(4 * (2 + optimiser_slots)));
        let sizes = program.ops.iter().map(|op| op.shape.elements().saturating_mul(kept(&op.prim)));
        let largest = program.ops.iter().map(|op| op.shape.elements()).max().unwrap_or(0);
        // On top of what is kept, backward holds the gradients of two neighbours.
        let per_image = sizes.fold(largest.saturating_mul(8), u64::saturating_add).max(1);
        Self { fixed, per_image }
    }

    /// Of an evaluation: the parameters, and the values that are alive at once; a value lives until its last reader.
    pub fn of_evaluation(program: &Program) -> Self {
        let parameters: u64 = program.params.iter().map(netc::program::Param::elements).sum();
        let mut last: Vec<usize> = (0..program.ops.len()).collect();
        for (index, op) in program.ops.iter().enumerate() {
            for operand in op.prim.operands() {
                last[operand.0 as usize] = index;
            }
        }
        let size = |index: usize| program.ops[index].shape.elements().saturating_mul(4);
        let (mut alive, mut most) = (0u64, 1u64);
        for (index, op) in program.ops.iter().enumerate() {
            alive = alive.saturating_add(size(index));
            most = most.max(alive);
            let mut read: Vec<usize> = op.prim.operands().iter().map(|v| v.0 as usize).collect();
            read.sort_unstable();
            read.dedup();
            let freed = read.into_iter().filter(|v| last[*v] == index).map(size);
            alive = alive.saturating_sub(freed.fold(0, u64::saturating_add));
        }
        // A convolution unrolls its input or copies it into another layout.
        Self { fixed: ITSELF.saturating_add(parameters.saturating_mul(4)), per_image: most.saturating_mul(2) }
    }

    /// Of a batch of so many images.
    pub fn bytes(self, batch: u64) -> u64 {
        self.fixed.saturating_add(self.per_image.saturating_mul(batch))
    }

    /// The largest batch that fits into so many bytes; none where not even one image does.
    pub fn batch(self, bytes: u64) -> Option<u64> {
        Some(bytes.checked_sub(self.fixed)? / self.per_image).filter(|b| *b > 0)
    }
}

/// Bytes an operation keeps for each number it writes.
const fn kept(prim: &Prim) -> u64 {
    match prim {
        // Views, and what runs in place.
        Prim::Flatten { .. }
        | Prim::Unflatten { .. }
        | Prim::Slice { .. }
        | Prim::Activation { function: Function::Relu, .. } => 0,
        // The place of each maximum, in 64 bits.
        Prim::MaxPool2d { .. } | Prim::AdaptiveMaxPool2d { .. } => 12,
        // The mask beside the value.
        Prim::Dropout { .. } => 8,
        // Squares, their mean, the power.
        Prim::Lrn { .. } => 20,
        _ => 4,
    }
}

/// Bytes that can be had: the system's, what the control group leaves, or the process's own limit (`ulimit -v`). None
/// where it cannot be told.
pub fn available(device: Device) -> Option<u64> {
    if device != Device::Cpu {
        return None;
    }
    let system = kilobytes(&read_to_string("/proc/meminfo").ok()?, "MemAvailable:");
    system.into_iter().chain(control_group()).chain(address_space()).min()
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|l| l.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// What the strictest of the process's control groups (version 2) leaves; files that it cached can be given up.
fn control_group() -> Option<u64> {
    let groups = read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|l| l.strip_prefix("0::/"))?;
    let root = Path::new("/sys/fs/cgroup");
    root.join(own).ancestors().take_while(|p| p.starts_with(root)).filter_map(left).min()
}

fn left(group: &Path) -> Option<u64> {
    let read = |name: &str| read_to_string(group.join(name)).ok();
    let limit: u64 = read("memory.max")?.trim().parse().ok()?;
    let used: u64 = read("memory.current")?.trim().parse().ok()?;
    let statistics = read("memory.stat").unwrap_or_default();
    let cached =
        statistics.lines().find_map(|l| l.strip_prefix("inactive_file ")?.trim().parse::<u64>().ok());
    Some(limit.saturating_sub(used.saturating_sub(cached.unwrap_or(0))))
}

/// What `RLIMIT_AS` leaves.
fn address_space() -> Option<u64> {
    let limits = read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|l| l.strip_prefix("Max address space"))?;
    let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
    let used = kilobytes(&read_to_string("/proc/self/status").ok()?, "VmSize:")?;
    Some(limit.saturating_sub(used))
}

/// The bytes that a CUDA device has, by libtorch's out-of-memory message.
pub fn capacity(message: &str) -> Option<u64> {
    let rest = message.split("total capacity of ").nth(1)?;
    let (number, rest) = rest.split_once(' ')?;
    let unit = if rest.starts_with("GiB") { 1u64 << 30 } else { 1 << 20 };
    Some((number.parse::<f64>().ok()? * unit as f64) as u64)
}

#[cfg(test)]
mod tests {
    use super::{Footprint, capacity};

    #[test]
    fn the_batch_that_fits_is_the_largest() {
        let footprint = Footprint { fixed: 100, per_image: 10 };
        assert_eq!(footprint.bytes(3), 130);
        assert_eq!(footprint.batch(139), Some(3));
        assert_eq!((footprint.batch(109), footprint.batch(99)), (None, None));
    }

    #[test]
    fn a_devices_capacity_is_read_from_the_message() {
        let message = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.25 GiB of which 1.1 GiB is free.";
        assert_eq!(capacity(message), Some((79.25 * (1u64 << 30) as f64) as u64));
        assert_eq!(capacity("can't allocate memory"), None);
    }
}

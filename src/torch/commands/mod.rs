//! The subcommands of `netc-torch`; `netc` hands over to them with its own arguments.

mod bench;
mod doctor;
mod eval;
mod predict;
mod train;

pub use bench::run_bench;
pub use doctor::run_doctor;
pub use eval::run_eval;
pub use predict::run_predict;
pub use train::run_train;

use crate::backend::Store;
use crate::train::{Kept, RunFolder, load_weights, program};
use anyhow::Result;
use std::io::Write;
use std::path::Path;

fn threads(asked: Option<u32>) {
    if let Some(threads) = asked {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    }
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// A run that failed, as opposed to one that could not start.
#[derive(Debug)]
pub struct Failed(pub String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

/// A trained net from a run's folder.
struct Trained {
    kept: Kept,
    program: netc::program::Program,
    store: Store,
}

fn open(folder: &Path, checkpoint: Option<&Path>, device: tch::Device) -> Result<Trained> {
    let folder = RunFolder::at(folder);
    let (text, kept) = folder.kept()?;
    let (program, _) = program(&kept.file, &text, kept.net.as_deref(), &kept.set)?;
    let mut store = Store::new(&program, device, 0)?;
    load_weights(checkpoint.unwrap_or(&folder.checkpoint()), &mut store)?;
    Ok(Trained { kept, program, store })
}

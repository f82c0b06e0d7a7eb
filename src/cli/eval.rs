//! `netc eval`: its arguments; `netc-torch` runs it.

use super::common::{Assignment, Device, Precision, RunFormat};
use super::{Context, Exit, engine};
use clap::{ArgAction, Args};
use std::path::PathBuf;

/// Measure a trained net on a data set
#[derive(Args, Clone, Debug)]
pub struct EvalArgs {
    /// The spec; may be left out with --run
    #[arg(value_name = "FILE", required_unless_present = "run")]
    pub file: Option<PathBuf>,
    /// Which net, where the document has several
    #[arg(long, value_name = "NAME")]
    pub net: Option<String>,
    /// A built-in data set (digits, elpv) or a folder or archive of images
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,
    /// The run whose last checkpoint is measured
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// A checkpoint file instead of a run's last one
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Seed of the split where the data has none of its own
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Images at a time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: Option<u64>,
    /// How numbers are held
    #[arg(long, value_enum, default_value_t)]
    pub precision: Precision,
    /// Where it runs: cpu, cuda, cuda:N or auto
    #[arg(long, value_name = "DEVICE", default_value_t)]
    pub device: Device,
    /// Threads of the processor; all cores where not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub threads: Option<u32>,
    /// Give a symbol another value
    #[arg(long, value_name = "NAME=VALUE", action = ArgAction::Append)]
    pub set: Vec<Assignment>,
    /// For people, or one JSON object a line
    #[arg(long, value_enum, default_value_t)]
    pub format: RunFormat,
}

pub(super) fn run(_: &EvalArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

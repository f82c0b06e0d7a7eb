//! `netc bench`: its arguments; `netc-torch` runs it.

use super::common::RunOptions;
use super::{Context, Exit, engine};
use clap::Args;
use std::path::PathBuf;

/// Time a net's training step, and its data
#[derive(Args, Clone, Debug)]
pub struct BenchArgs {
    /// The spec
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Feed the steps from this data set too, beside one repeated batch; and time its images alone
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Steps that are timed, after a few that are not
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub steps: u64,
    /// Images a step
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: Option<u64>,
    /// Threads that decode and augment [default: one a processor, 8 at most]
    #[arg(long, value_name = "N", requires = "data", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub workers: Option<u32>,
    /// Which net and how it runs
    #[command(flatten)]
    pub options: RunOptions,
}

pub(super) fn run(_: &BenchArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

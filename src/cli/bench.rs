//! `netc bench`: its arguments; `netc-torch` runs it.

use super::common::{Assignment, Device, Precision, RunFormat};
use super::{Context, Exit, engine};
use clap::{ArgAction, Args};
use std::path::PathBuf;

/// Time a net's training step
#[derive(Args, Clone, Debug)]
pub struct BenchArgs {
    /// The spec
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which net, where the document has several
    #[arg(long, value_name = "NAME")]
    pub net: Option<String>,
    /// Feed the steps from this data set instead of one repeated batch
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

pub(super) fn run(_: &BenchArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

//! `netc report`: its arguments; `netc-torch` measures the net and writes the page.

use super::common::Device;
use super::{Context, Exit, engine};
use clap::Args;
use std::path::PathBuf;

/// Write a run as one page: table, graph, curves, confusion, worst images, filters
#[derive(Args, Clone, Debug)]
pub struct ReportArgs {
    /// The run's folder
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// The page that is written; RUN/report.html where not given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// A checkpoint file instead of the run's last one
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Measure on this data set instead of the run's own
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,
    /// Where it runs: cpu, cuda, cuda:N or auto
    #[arg(long, value_name = "DEVICE", default_value_t)]
    pub device: Device,
    /// Threads of the processor; all cores where not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub threads: Option<u32>,
}

pub(super) fn run(_: &ReportArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

//! `netc eval`: its arguments; `netc-torch` runs it.

use super::common::RunOptions;
use super::{Context, Exit, engine};
use clap::Args;
use std::path::PathBuf;

/// Measure a trained net on a data set
#[derive(Args, Clone, Debug)]
pub struct EvalArgs {
    /// The spec, with the weights of --checkpoint; a run has its own
    #[arg(value_name = "FILE", required_unless_present = "run")]
    pub file: Option<PathBuf>,
    /// A built-in data set (digits, elpv) or a folder or archive of images
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,
    /// The run whose last checkpoint is measured
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// A checkpoint file instead of a run's last one, or the spec's weights: an export's or torchvision's too
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Average the probabilities of ten views: the corners, the centre, and their mirror images
    #[arg(long)]
    pub ten_crop: bool,
    /// Write the confusion to a file too: NAME.csv or NAME.json
    #[arg(long, value_name = "FILE")]
    pub confusion: Option<PathBuf>,
    /// Seed of the split where the data has none of its own
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Images at a time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: Option<u64>,
    /// Which net and how it runs
    #[command(flatten)]
    pub options: RunOptions,
}

pub(super) fn run(_: &EvalArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

//! `netc predict`: its arguments; `netc-torch` runs it.

use super::common::RunOptions;
use super::{Context, Exit, engine};
use clap::Args;
use std::path::PathBuf;

/// Classify images with a trained net
#[derive(Args, Clone, Debug)]
pub struct PredictArgs {
    /// The images
    #[arg(value_name = "IMAGE", required = true)]
    pub images: Vec<PathBuf>,
    /// The run whose last checkpoint is used
    #[arg(long, value_name = "DIR", required_unless_present = "checkpoint")]
    pub run: Option<PathBuf>,
    /// A checkpoint file instead of a run's last one; wants --spec
    #[arg(long, value_name = "FILE", requires = "spec", conflicts_with = "run")]
    pub checkpoint: Option<PathBuf>,
    /// The spec, where there is no run to take it from
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// How many classes to print for each image
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
    /// Which net and how it runs
    #[command(flatten)]
    pub options: RunOptions,
}

pub(super) fn run(_: &PredictArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

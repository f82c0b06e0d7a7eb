//! `netc predict`: its arguments; `netc-torch` runs it.

use super::common::RunOptions;
use super::{Context, Exit, engine};
use clap::Args;
use std::path::PathBuf;

/// Classify images with a trained net
#[derive(Args, Clone, Debug)]
pub struct PredictArgs {
    /// The images; of a folder, every PNG and JPEG in it
    #[arg(value_name = "IMAGE|FOLDER", required = true)]
    pub images: Vec<PathBuf>,
    /// The run whose spec, classes and last checkpoint are used
    #[arg(long, value_name = "DIR", required_unless_present = "spec", conflicts_with = "spec")]
    pub run: Option<PathBuf>,
    /// A checkpoint file instead of the run's last one, or the spec's weights
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// A spec instead of a run; its weights are those of --checkpoint
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    pub spec: Option<PathBuf>,
    /// With a spec: the data that its classes' names, means and deviations are taken from
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,
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

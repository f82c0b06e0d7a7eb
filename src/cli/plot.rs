//! `netc plot`: its arguments; `netc-torch` draws, since it has the fonts and the picture formats.

use super::{Context, Exit, engine};
use clap::Args;
use std::path::PathBuf;

/// Draw the curves of runs beside each other
#[derive(Args, Clone, Debug)]
pub struct PlotArgs {
    /// The runs' folders, or files of the lines that train --format json prints
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// The file that is written: NAME.svg or NAME.png
    #[arg(short, long, value_name = "FILE", default_value = "curves.svg")]
    pub output: PathBuf,
    /// Its width in pixels
    #[arg(long, value_name = "N", default_value_t = 1200, value_parser = clap::value_parser!(u32).range(400..=8000))]
    pub width: u32,
}

pub(super) fn run(_: &PlotArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

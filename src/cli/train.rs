//! `netc train`: its arguments; `netc-torch` runs it.

use super::common::RunOptions;
use super::recipe::RecipeFlags;
use super::{Context, Exit, engine};
use crate::recipe::Override;
use clap::Args;
use std::path::PathBuf;

/// Train a net
#[derive(Args, Clone, Debug)]
pub struct TrainArgs {
    /// The spec; may be left out with --resume
    #[arg(value_name = "FILE", required_unless_present = "resume")]
    pub file: Option<PathBuf>,
    /// The run's folder: checkpoints and log
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// Begin with the weights of a file: a checkpoint, an export, or torchvision's AlexNet or VGG as safetensors
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    pub init: Option<PathBuf>,
    /// Rows that are not trained, by name; `conv*` for all that begin so
    #[arg(long, value_name = "ROWS", value_delimiter = ',')]
    pub freeze: Vec<String>,
    /// Go on with an earlier run
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
    /// Which net and how it runs
    #[command(flatten)]
    pub options: RunOptions,
    /// The recipe's keys
    #[command(flatten)]
    pub recipe: RecipeFlags,
}

impl TrainArgs {
    /// The recipe's keys that were given, `--precision` among them.
    pub fn overrides(&self) -> Vec<Override> {
        let precision = self.options.precision.map(|p| ("precision".to_owned(), p.word().to_owned()));
        self.recipe.given.iter().cloned().chain(precision).collect()
    }
}

pub(super) fn run(_: &TrainArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

//! `netc train`: its arguments; `netc-torch` runs it.

use super::common::RunOptions;
use super::{Context, Exit, engine};
use clap::Args;
use std::path::PathBuf;

/// Train a net
#[derive(Args, Clone, Debug)]
pub struct TrainArgs {
    /// The spec; may be left out with --resume
    #[arg(value_name = "FILE", required_unless_present = "resume")]
    pub file: Option<PathBuf>,
    /// A built-in data set (digits, elpv) or a folder or archive of images
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,
    /// The run's folder: checkpoints and log
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Passes over the training set
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub epochs: Option<u64>,
    /// Optimiser steps, instead of epochs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "epochs")]
    pub steps: Option<u64>,
    /// Images a step
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: Option<u64>,
    /// Go on with an earlier run
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
    /// Which net and how it runs
    #[command(flatten)]
    pub options: RunOptions,
}

pub(super) fn run(_: &TrainArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

//! `netc train`: its arguments; `netc-torch` runs it.

use super::common::{Assignment, Device, Precision, RunFormat};
use super::{Context, Exit, engine};
use clap::{ArgAction, Args};
use std::path::PathBuf;

/// Train a net
#[derive(Args, Clone, Debug)]
pub struct TrainArgs {
    /// The spec; may be left out with --resume
    #[arg(value_name = "FILE", required_unless_present = "resume")]
    pub file: Option<PathBuf>,
    /// Which net, where the document has several
    #[arg(long, value_name = "NAME")]
    pub net: Option<String>,
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
    /// Go on with an earlier run
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
    /// For people, or one JSON object a line
    #[arg(long, value_enum, default_value_t)]
    pub format: RunFormat,
}

pub(super) fn run(_: &TrainArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

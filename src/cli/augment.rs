//! `netc augment`: its arguments; `netc-torch` runs it.

use super::common::Assignment;
use super::recipe::RecipeFlags;
use super::{Context, Exit, engine};
use clap::{ArgAction, Args};
use std::path::PathBuf;

/// Draw what the net sees of an image in training
#[derive(Args, Clone, Debug)]
pub struct AugmentArgs {
    /// The spec
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A PNG or JPEG
    #[arg(value_name = "IMAGE")]
    pub image: PathBuf,
    /// The sheet, a PNG
    #[arg(long, short, value_name = "SHEET.png")]
    pub out: PathBuf,
    /// Views on the sheet, that of evaluation among them
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=400))]
    pub views: u32,
    /// Which net, where the document has several
    #[arg(long, value_name = "NAME")]
    pub net: Option<String>,
    /// Give a symbol another value
    #[arg(long, value_name = "NAME=VALUE", action = ArgAction::Append)]
    pub set: Vec<Assignment>,
    /// Keys of the recipe
    #[command(flatten)]
    pub recipe: RecipeFlags,
}

pub(super) fn run(_: &AugmentArgs, context: &Context) -> anyhow::Result<Exit> {
    engine::exec(context)
}

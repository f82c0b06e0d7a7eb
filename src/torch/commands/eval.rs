//! `netc-torch eval`.

use super::{open, print, threads};
use crate::backend::{Executor, pick_bf16, pick_device};
use crate::data::{self, Loader, LoaderOptions};
use crate::train::{cache, evaluate};
use anyhow::{Context, Result};
use netc::cli::{EvalArgs, Exit, RunFormat};
use serde_json::json;
use std::sync::Arc;

/// `eval`.
///
/// # Errors
/// A run or data that cannot be read, and libtorch's errors.
pub fn run_eval(args: &EvalArgs) -> Result<Exit> {
    let device = pick_device(args.options.device)?;
    threads(args.options.threads);
    anyhow::ensure!(
        args.file.is_none() && args.options.net.is_none() && args.options.set.is_empty(),
        "eval takes the spec that its run kept: leave out FILE, --net and --set"
    );
    let folder = args.run.as_ref().context("which run? write --run DIR")?;
    let trained = open(folder, args.checkpoint.as_deref(), device)?;
    let name = args.data.as_deref().unwrap_or(&trained.kept.data);
    let dataset = Arc::new(data::open(name, &cache())?);
    let classes = dataset.classes().len();
    anyhow::ensure!(
        trained.program.classes() == classes as u64,
        "the net tells {} classes apart but {} has {classes}",
        trained.program.classes(),
        dataset.name()
    );
    let split = dataset.split(trained.kept.holdout, args.seed.unwrap_or(trained.kept.seed))?;
    let options = LoaderOptions { batch: args.batch.unwrap_or(32) as usize, ..LoaderOptions::default() };
    let loader = Loader::new(Arc::clone(&dataset), trained.kept.preparation.clone(), options)?;
    let executor = Executor {
        program: &trained.program,
        store: &trained.store,
        bf16: pick_bf16(args.options.precision, device),
    };
    let pictures = if split.held_out.is_empty() { &split.train } else { &split.held_out };
    let score = evaluate(&executor, loader.evaluate(pictures)?, classes, device)?;
    print(&match args.options.format {
        RunFormat::Json => json!({
            "event": "eval", "loss": score.loss, "top1": score.top1, "top5": score.top5, "images": score.images,
            "confusion": score.confusion
        })
        .to_string(),
        RunFormat::Human => format!(
            "top-1 {:.2} % of {} images, loss {:.4}\n\n{}",
            100.0 * score.top1,
            score.images,
            score.loss,
            score.table(&dataset)
        ),
    })?;
    Ok(Exit::Fine)
}

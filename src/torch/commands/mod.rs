//! The subcommands of `netc-torch`; `netc` hands over to them with its own arguments.

mod augment;
mod bench;
mod doctor;
mod eval;
mod export;
mod plot;
mod predict;
mod report;
mod room;
mod train;

pub use augment::run_augment;
pub use bench::run_bench;
pub use doctor::run_doctor;
pub use eval::run_eval;
pub use export::run_export;
pub use plot::run_plot;
pub use predict::run_predict;
pub use report::run_report;
pub use train::run_train;

use crate::backend::{Executor, Footprint, Store, pick_products};
use crate::data::{self, Dataset, Loader, LoaderOptions};
use crate::train::{Asked, Kept, RunFolder, Score, cache, compiled, evaluate, load_weights};
use anyhow::{Result, ensure};
use netc::cli::Precision;
use netc::recipe::Recipe;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

fn threads(asked: Option<u32>) {
    if let Some(threads) = asked {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    }
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// A run that failed, as opposed to one that could not start.
#[derive(Debug)]
pub struct Failed(pub String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

/// A trained net from a run's folder.
struct Trained {
    kept: Kept,
    /// The spec's text.
    text: String,
    recipe: Recipe,
    program: netc::program::Program,
    store: Store,
    precision: Option<Precision>,
}

fn open(folder: &Path, checkpoint: Option<&Path>, device: tch::Device) -> Result<Trained> {
    let folder = RunFolder::at(folder);
    let (text, kept) = folder.kept()?;
    let asked = Asked { net: kept.net.clone(), set: kept.set.clone(), recipe: kept.recipe.clone() };
    let (program, recipe) = compiled(&kept.file, &text, &asked)?;
    let mut store = Store::new(&program, device, 0)?;
    load_weights(checkpoint.unwrap_or(&folder.checkpoint()), &mut store)?;
    Ok(Trained { kept, text, recipe, program, store, precision: None })
}

/// What a trained net makes of a data set.
struct Measured {
    score: Score,
    dataset: Arc<Dataset>,
    /// Which images these were.
    what: &'static str,
}

/// Measures on the images that the run held out, or on all of another data set's that are held out there.
fn measure(
    trained: &Trained,
    data: Option<&str>,
    seed: Option<u64>,
    batch: usize,
    ten: bool,
    device: tch::Device,
) -> Result<Measured> {
    let Trained { kept, program, store, .. } = trained;
    let dataset = Arc::new(data::open(data.unwrap_or(&kept.data), &cache())?);
    let classes = dataset.classes().len();
    ensure!(
        program.classes() == classes as u64,
        "the net tells {} classes apart but {} has {classes}",
        program.classes(),
        dataset.name()
    );
    ensure!(
        dataset.classes() == kept.classes,
        "{} has other classes than the net was trained on: {} against {}",
        dataset.name(),
        shortened(dataset.classes()),
        shortened(&kept.classes)
    );
    let split = dataset.split(kept.holdout, seed.unwrap_or(kept.seed))?;
    let options = LoaderOptions { batch, device, ..LoaderOptions::default() };
    let loader = Loader::new(Arc::clone(&dataset), kept.preparation.clone(), options)?;
    let executor = Executor { program, store, products: pick_products(trained.precision, device)? };
    let (pictures, what) = if split.held_out.is_empty() {
        (&split.train, "nothing is held out: these are the training images")
    } else {
        (&split.held_out, "held out")
    };
    let mut footprint = Footprint::of_evaluation(program);
    footprint.per_image = footprint.per_image.saturating_mul(if ten { 10 } else { 1 });
    let images = batch as u64;
    room::ask("an evaluation", footprint, images, device)?;
    let batches = if ten { loader.evaluate_ten(pictures)? } else { loader.evaluate(pictures)? };
    let score = evaluate(&executor, batches, classes, device)
        .map_err(|error| room::told(error, "an evaluation", footprint, images, device))?;
    Ok(Measured { score, dataset, what })
}

/// The first of many names.
fn shortened(names: &[String]) -> String {
    let first = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{first}, ...") } else { first }
}

//! A trained net put to use: from a run's folder, or from a spec and a file of weights.

use super::{room, say};
use crate::backend::{Executor, Footprint, Products, Store, pick_products};
use crate::data::{self, Dataset, Loader, LoaderOptions, OnBad, Preparation};
use crate::train::{
    Asked, Kept, RunFolder, Score, Session, cache, compiled, evaluate, load_weights, use_weights, views,
};
use anyhow::{Context, Result, ensure};
use netc::cli::RunOptions;
use netc::program::Program;
use netc::recipe::{Precision, Recipe};
use std::path::Path;
use std::sync::Arc;

/// A trained net from a run's folder.
pub(super) struct Trained {
    pub(super) kept: Kept,
    /// The spec's text.
    pub(super) text: String,
    pub(super) recipe: Recipe,
    pub(super) program: Program,
    pub(super) store: Store,
    pub(super) precision: Option<Precision>,
    /// The run's steps that the weights are of, where their file says so.
    pub(super) steps: Option<u64>,
}

/// The net of a run, with the weights of its last checkpoint or of another.
///
/// # Errors
/// Where it is no run, or the checkpoint does not fit it.
pub(super) fn open(folder: &Path, checkpoint: Option<&Path>, device: tch::Device) -> Result<Trained> {
    let folder = RunFolder::at(folder);
    let (text, kept) = folder.kept()?;
    let asked = Asked { net: kept.net.clone(), set: kept.set.clone(), recipe: kept.recipe.clone() };
    let (program, recipe) = compiled(&kept.file, &text, &asked)?;
    let mut store = Store::new(&program, device, 0)?;
    let steps = load_weights(checkpoint.unwrap_or(&folder.checkpoint()), &mut store)?;
    Ok(Trained { kept, text, recipe, program, store, precision: None, steps })
}

/// A spec whose weights lie in a file of their own.
pub(super) struct Bare<'a> {
    pub(super) file: &'a Path,
    pub(super) checkpoint: Option<&'a Path>,
    pub(super) data: Option<&'a str>,
    pub(super) seed: Option<u64>,
    pub(super) options: &'a RunOptions,
}

impl Bare<'_> {
    /// The net with its weights. Images are prepared as the recipe says, with means and deviations of the data's
    /// training images where it says no numbers; the classes are the data's.
    ///
    /// # Errors
    /// Where there are no weights or they do not fit, and where images cannot be prepared without data.
    pub(super) fn open(&self, device: tch::Device) -> Result<Trained> {
        let shown = self.file.display();
        let checkpoint = self.checkpoint.with_context(|| {
            format!(
                "{shown} is a spec without weights\nhelp: write --checkpoint FILE with them (a checkpoint, an export, \
                 torchvision's as safetensors), or --run DIR instead of the spec"
            )
        })?;
        let text = std::fs::read_to_string(self.file).with_context(|| format!("cannot read {shown}"))?;
        let (net, set) = (self.options.net.clone(), Asked::pairs(&self.options.set));
        let mut asked = Asked { net, set, recipe: Vec::new() }.key("data", self.data).key("seed", self.seed);
        let (mut program, mut recipe) = compiled(&shown.to_string(), &text, &asked)?;
        let kept = if recipe.data.is_some() {
            let session = Session::of(shown.to_string(), text.clone(), &mut asked)?;
            session.remarks.iter().for_each(|remark| say(&format!("note: {remark}")));
            let kept = Kept::without_run(&session, &asked);
            (program, recipe) = (session.program, session.recipe);
            kept
        } else {
            self.without_data(&program, &recipe, asked)?
        };
        let mut store = Store::new(&program, device, 0)?;
        if let Some(said) = use_weights(&mut store, &program, checkpoint)? {
            say(&said);
        }
        Ok(Trained { kept, text, recipe, program, store, precision: None, steps: None })
    }

    fn without_data(&self, program: &Program, recipe: &Recipe, asked: Asked) -> Result<Kept> {
        let mut augment = views(&recipe.augment);
        ensure!(
            !augment.needs_pictures(),
            "the recipe of {} takes the images' mean and deviation from training images\nhelp: write --data NAME with \
             them, or numbers in the header: `augment: {{ mean: [...], scale: [...] }}`",
            self.file.display()
        );
        // Noise is for training.
        augment.pca = None;
        let [h, w, c] = program.input_shape().hwc().map(|v| v as usize);
        Ok(Kept {
            name: program.name.clone(),
            file: self.file.display().to_string(),
            net: asked.net,
            data: String::new(),
            classes: (0..program.classes()).map(|class| class.to_string()).collect(),
            set: asked.set,
            seed: recipe.seed,
            holdout: recipe.holdout,
            recipe: asked.recipe,
            products: Products::default(),
            freeze: Vec::new(),
            init: None,
            preparation: Preparation::without_data([c, h, w], augment)?,
        })
    }
}

/// What a trained net makes of a data set.
pub(super) struct Measured {
    pub(super) score: Score,
    pub(super) dataset: Arc<Dataset>,
    /// Which images these were.
    pub(super) what: &'static str,
}

/// Measures on the images that the run held out, or on all of another data set's that are held out there.
pub(super) fn measure(
    trained: &Trained,
    data: Option<&str>,
    seed: Option<u64>,
    batch: usize,
    ten: bool,
    device: tch::Device,
) -> Result<Measured> {
    let Trained { kept, program, store, .. } = trained;
    let on_bad = if trained.recipe.skip_bad_images { OnBad::Skip } else { OnBad::Fail };
    let wanted = data.unwrap_or(&kept.data);
    ensure!(!wanted.is_empty(), "no data: write --data NAME, or a folder of images a class");
    let dataset = Arc::new(data::open(wanted, &cache())?.on_bad_image(on_bad));
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
    for (_, reason) in dataset.bad_images() {
        say(&format!("warning: left out: {reason}"));
    }
    Ok(Measured { score, dataset, what })
}

/// The first of many names.
fn shortened(names: &[String]) -> String {
    let first = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{first}, ...") } else { first }
}

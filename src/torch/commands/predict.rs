//! `netc-torch predict`.

use super::{Bare, Trained, open, print, room, say, threads};
use crate::backend::{Executor, Footprint, Mode, pick_device, pick_products};
use anyhow::{Context, Result, bail, ensure};
use netc::cli::{Exit, PredictArgs, RunFormat};
use serde_json::json;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// Files that are taken from a folder, by the ends of their names.
const PICTURES: [&str; 3] = ["png", "jpg", "jpeg"];
/// Images at a time, where so many fit.
const BATCH: u64 = 32;

/// `predict`. An image that cannot be read is named and the others are classified; the status says so.
///
/// # Errors
/// A run that cannot be read, folders without images, and libtorch's errors.
pub fn run_predict(args: &PredictArgs) -> Result<Exit> {
    let device = pick_device(args.options.device)?;
    threads(args.options.threads);
    let images = args.images.iter().map(|path| pictures(path)).collect::<Result<Vec<_>>>()?.concat();
    let trained = trained(args, device)?;
    let executor = Executor {
        program: &trained.program,
        store: &trained.store,
        products: pick_products(args.options.precision, device)?,
    };
    let batch = room::evaluation_batch(&trained.program, BATCH, device)?;
    let mut exit = Exit::Fine;
    for paths in images.chunks(batch as usize) {
        let mut read = Vec::new();
        for path in paths {
            match trained.kept.preparation.picture(path) {
                Ok(image) => read.push((path, image)),
                Err(error) => {
                    exit = Exit::Usage;
                    refused(args, path, &error)?;
                }
            }
        }
        if !read.is_empty() {
            answer(args, &trained, &executor, &read, device).map_err(|error| {
                let footprint = Footprint::of_evaluation(&trained.program);
                room::told(error, "an evaluation", footprint, read.len() as u64, device)
            })?;
        }
    }
    Ok(exit)
}

fn trained(args: &PredictArgs, device: Device) -> Result<Trained> {
    let PredictArgs { data, options, .. } = args;
    let checkpoint = args.checkpoint.as_deref();
    match (&args.run, &args.spec) {
        (Some(folder), None) => {
            ensure!(
                options.net.is_none() && options.set.is_empty() && data.is_none(),
                "a run has its own net, means and classes: leave out --net, --set and --data"
            );
            open(folder, checkpoint, device)
        }
        (None, Some(file)) => {
            Bare { file, checkpoint, data: data.as_deref(), seed: None, options }.open(device)
        }
        _ => bail!("which net? write --run DIR, or --spec FILE with --checkpoint FILE"),
    }
}

/// Classifies a batch and prints a line an image.
fn answer(
    args: &PredictArgs,
    trained: &Trained,
    executor: &Executor<'_>,
    read: &[(&PathBuf, Tensor)],
    device: Device,
) -> Result<()> {
    let images: Vec<&Tensor> = read.iter().map(|(_, image)| image).collect();
    let batch = Tensor::f_cat(&images, 0)?.f_to_device(device)?;
    let logits = tch::no_grad(|| executor.logits(&batch, Mode::Evaluate))?;
    let shares = logits.f_softmax(-1, Kind::Double)?.f_to_device(Device::Cpu)?;
    for (index, (path, _)) in read.iter().enumerate() {
        let shares: Vec<f64> = Vec::try_from(shares.f_get(index as i64)?)?;
        let mut ranked: Vec<(f64, &String)> = shares.into_iter().zip(&trained.kept.classes).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        ranked.truncate(args.top as usize);
        print(&match args.options.format {
            RunFormat::Json => {
                let classes: Vec<_> =
                    ranked.iter().map(|(p, c)| json!({"class": c, "probability": p})).collect();
                json!({"image": path, "classes": classes}).to_string()
            }
            RunFormat::Human => {
                let words: Vec<String> =
                    ranked.iter().map(|(p, c)| format!("{c} {:.1} %", 100.0 * p)).collect();
                format!("{}: {}", path.display(), words.join(", "))
            }
        })?;
    }
    Ok(())
}

fn refused(args: &PredictArgs, path: &Path, error: &anyhow::Error) -> Result<()> {
    if args.options.format == RunFormat::Json {
        return print(&json!({"image": path, "error": format!("{error:#}")}).to_string());
    }
    say(&format!("error: {error:#}"));
    Ok(())
}

/// An image itself, or all images of a folder and the folders in it, by name.
fn pictures(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
            let inside = entry.path();
            let extension =
                inside.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
            // A link to a folder may lead back up.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(inside);
            } else if PICTURES.contains(&extension.as_str()) {
                found.push(inside);
            }
        }
    }
    ensure!(
        !found.is_empty(),
        "{} holds no image: files that end in .png, .jpg or .jpeg were looked for, in the folders inside too",
        path.display()
    );
    found.sort();
    Ok(found)
}

//! `netc-torch eval`.

use super::{Bare, Measured, measure, open, print, threads};
use crate::backend::pick_device;
use crate::train::Score;
use anyhow::{Result, bail, ensure};
use netc::cli::{EvalArgs, Exit, RunFormat, RunOptions, write_whole};
use serde_json::{Value, json};
use std::path::Path;

/// Classes that are printed one by one for people.
const CLASSES: usize = 50;

/// `eval`.
///
/// # Errors
/// A run or data that cannot be read, a file that cannot be written, and libtorch's errors.
pub fn run_eval(args: &EvalArgs) -> Result<Exit> {
    let device = pick_device(args.options.device)?;
    threads(args.options.threads);
    let checkpoint = args.checkpoint.as_deref();
    let RunOptions { net, set, .. } = &args.options;
    let mut trained = match (&args.run, &args.file) {
        (Some(folder), None) => {
            ensure!(net.is_none() && set.is_empty(), "a run has its own net: leave out --net and --set");
            open(folder, checkpoint, device)?
        }
        (None, Some(file)) => {
            let (data, seed, options) = (args.data.as_deref(), args.seed, &args.options);
            Bare { file, checkpoint, data, seed, options }.open(device)?
        }
        _ => bail!("a run has its own spec: write either a spec with --checkpoint, or --run DIR"),
    };
    trained.precision = args.options.precision;
    let batch = args.batch.unwrap_or(32) as usize;
    let Measured { score, dataset, what } =
        measure(&trained, args.data.as_deref(), args.seed, batch, args.ten_crop, device)?;
    if let Some(path) = &args.confusion {
        write_whole(path, confusion(path, &score, dataset.classes())?.as_bytes())?;
    }
    print(&match args.options.format {
        RunFormat::Json => json!({
            "event": "eval", "loss": score.loss, "top1": score.top1, "top5": score.top5, "images": score.images,
            "classes": classes(&score, dataset.classes()), "confusion": score.confusion
        })
        .to_string(),
        RunFormat::Human => {
            format!("{} ({what})\n\n{}\n\n{}", score.sentence(), per_class(&score, dataset.classes()), score.table(&dataset))
        }
    })?;
    Ok(Exit::Fine)
}

/// The confusion in the format that a file's name asks for.
fn confusion(path: &Path, score: &Score, names: &[String]) -> Result<String> {
    match path.extension().map(|e| e.to_string_lossy().to_lowercase()).as_deref() {
        Some("csv") => Ok(score.csv(names)),
        Some("json") => Ok(format!("{}\n", json!({"classes": names, "confusion": score.confusion}))),
        _ => bail!(
            "{} names no format of a confusion\nhelp: write a name that ends in .csv or .json",
            path.display()
        ),
    }
}

fn classes(score: &Score, names: &[String]) -> Vec<Value> {
    let each = names.iter().zip(score.classes());
    each.map(|(name, class)| {
        json!({"class": name, "images": class.images, "top1": class.recall, "precision": class.precision})
    })
    .collect()
}

/// A line a class: its images, the share of them found, the share of its answers that was right; of many classes, the
/// ones that are found least.
fn per_class(score: &Score, names: &[String]) -> String {
    let mut rows: Vec<(&String, crate::train::ClassScore)> = names.iter().zip(score.classes()).collect();
    let mut text = String::new();
    if rows.len() > CLASSES {
        rows.retain(|(_, class)| class.images > 0);
        rows.sort_by(|a, b| a.1.recall.partial_cmp(&b.1.recall).unwrap_or(std::cmp::Ordering::Equal));
        rows.truncate(CLASSES);
        text.push_str(&format!("the {CLASSES} classes that are found least:\n"));
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max("class".len());
    text.push_str(&format!("{:<width$}  {:>7}  {:>8}  {:>12}", "class", "images", "found", "answer right"));
    let percent =
        |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |s| format!("{:.2} %", 100.0 * s));
    for (name, class) in rows {
        let (recall, precision) = (percent(class.recall), percent(class.precision));
        text.push_str(&format!("\n{name:<width$}  {:>7}  {recall:>8}  {precision:>12}", class.images));
    }
    text
}

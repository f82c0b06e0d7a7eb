//! `netc-torch predict`.

use super::{open, print, threads};
use crate::backend::{Executor, Mode, pick_bf16, pick_device};

use anyhow::{Context, Result};
use netc::cli::{Exit, PredictArgs, RunFormat};
use serde_json::json;

/// `predict`.
///
/// # Errors
/// A run or image that cannot be read, and libtorch's errors.
pub fn run_predict(args: &PredictArgs) -> Result<Exit> {
    let device = pick_device(args.options.device)?;
    threads(args.options.threads);
    anyhow::ensure!(
        args.checkpoint.is_none() && args.spec.is_none(),
        "predict takes spec, classes and checkpoint from a run: leave out --checkpoint and --spec, write --run DIR"
    );
    let folder = args.run.as_ref().context("which run? write --run DIR")?;
    let trained = open(folder, None, device)?;
    let executor = Executor {
        program: &trained.program,
        store: &trained.store,
        bf16: pick_bf16(args.options.precision, device),
    };
    for path in &args.images {
        let image = trained.kept.preparation.picture(path)?.f_to_device(device)?;
        let logits = tch::no_grad(|| executor.logits(&image, Mode::Evaluate))?;
        let shares: Vec<f64> = Vec::try_from(logits.f_softmax(-1, tch::Kind::Double)?.f_flatten(0, -1)?)?;
        let mut ranked: Vec<(f64, &String)> = shares.into_iter().zip(&trained.kept.classes).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        ranked.truncate(args.top as usize);
        match args.options.format {
            RunFormat::Json => {
                let classes: Vec<_> =
                    ranked.iter().map(|(p, c)| json!({"class": c, "probability": p})).collect();
                print(&json!({"image": path, "classes": classes}).to_string())?;
            }
            RunFormat::Human => {
                let words: Vec<String> =
                    ranked.iter().map(|(p, c)| format!("{c} {:.1} %", 100.0 * p)).collect();
                print(&format!("{}: {}", path.display(), words.join(", ")))?;
            }
        }
    }
    Ok(Exit::Fine)
}

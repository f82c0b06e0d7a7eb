//! `netc-torch train`.

use super::{Failed, print, threads};
use crate::train::{Asked, Ended, Plan, Session, pick_bf16, pick_device, train};
use anyhow::{Context, Result};
use netc::cli::{Exit, RunFormat, TrainArgs};
use std::io::Write;
use std::path::PathBuf;

/// `train`.
///
/// # Errors
/// What cannot be read or written, and libtorch's errors.
pub fn run_train(args: &TrainArgs) -> Result<Exit> {
    anyhow::ensure!(
        args.resume.is_none(),
        "--resume is not there yet: start again with the same --seed for the same run"
    );
    let file = args.file.as_ref().context("no spec was given")?;
    threads(args.threads);
    let device = pick_device(args.device)?;
    let mut asked = Asked {
        net: args.net.clone(),
        data: args.data.clone(),
        seed: args.seed,
        set: Asked::pairs(&args.set),
        batch: args.batch,
        epochs: args.epochs,
    };
    let session = Session::open(file, &mut asked)?;
    let stem = file.file_stem().map_or_else(|| "net".into(), |s| s.to_string_lossy());
    let plan = Plan {
        device,
        bf16: pick_bf16(args.precision, device),
        folder: args.run.clone().unwrap_or_else(|| PathBuf::from("runs").join(stem.as_ref())),
        steps: args.steps,
        format: args.format,
    };
    let ended = match train(&session, &asked, &plan) {
        Err(error) if is_out_of_memory(&error) => {
            let half = (session.recipe.batch / 2).max(1);
            anyhow::bail!(Failed(format!(
                "out of memory with batches of {}; try --batch {half}",
                session.recipe.batch
            )))
        }
        ended => ended?,
    };
    let checkpoint = plan.folder.join("last.safetensors");
    Ok(match ended {
        Ended::Done(score) => {
            if args.format == RunFormat::Human {
                print(&format!(
                    "top-1 {:.2} % of {} images held out\n\n{}\n\ncheckpoint: {}",
                    100.0 * score.top1,
                    score.images,
                    score.table(&session.dataset),
                    checkpoint.display()
                ))?;
            }
            Exit::Fine
        }
        Ended::Stopped(signal) => {
            let _ = writeln!(std::io::stderr(), "stopped; saved {}", checkpoint.display());
            if signal == signal_hook::consts::SIGTERM { Exit::Terminated } else { Exit::Interrupted }
        }
        Ended::NotFinite { step } => {
            anyhow::bail!(Failed(format!("the loss is no number at step {step}; a smaller rate may help")))
        }
    })
}

fn is_out_of_memory(error: &anyhow::Error) -> bool {
    let text = format!("{error:#}").to_lowercase();
    ["out of memory", "can't allocate memory", "bad_alloc"].iter().any(|w| text.contains(w))
}

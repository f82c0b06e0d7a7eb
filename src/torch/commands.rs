//! The subcommands of `netc-torch`; `netc` hands over to them with its own arguments.

use crate::backend::{Executor, Mode, Store};
use crate::data::{self, Loader, LoaderOptions};
use crate::train::{
    Asked, Ended, Kept, Plan, Session, cache, evaluate, has_amx, pick_bf16, pick_device, program, train,
};
use anyhow::{Context, Result};
use netc::cli::{EvalArgs, Exit, PredictArgs, RunFormat, TrainArgs};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn threads(asked: Option<u32>) {
    if let Some(threads) = asked {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    }
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

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

/// A run that failed, as opposed to one that could not start.
#[derive(Debug)]
pub struct Failed(pub String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

fn is_out_of_memory(error: &anyhow::Error) -> bool {
    let text = format!("{error:#}").to_lowercase();
    ["out of memory", "can't allocate memory", "bad_alloc"].iter().any(|w| text.contains(w))
}

/// A trained net from a run's folder.
struct Trained {
    kept: Kept,
    program: netc::program::Program,
    store: Store,
}

fn open(folder: &Path, checkpoint: Option<&Path>, device: tch::Device) -> Result<Trained> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| {
            format!("{} is no run's folder: cannot read {}", folder.display(), path.display())
        })
    };
    let kept: Kept = serde_json::from_str(&read("run.json")?).context("run.json is damaged")?;
    let (program, _) = program("spec.spec", &read("spec.spec")?, kept.net.as_deref(), &kept.set)?;
    let mut store = Store::new(&program, device, 0)?;
    store.load(checkpoint.unwrap_or(&folder.join("last.safetensors")))?;
    Ok(Trained { kept, program, store })
}

/// `eval`.
///
/// # Errors
/// A run or data that cannot be read, and libtorch's errors.
pub fn run_eval(args: &EvalArgs) -> Result<Exit> {
    threads(args.threads);
    let device = pick_device(args.device)?;
    anyhow::ensure!(
        args.file.is_none() && args.net.is_none() && args.set.is_empty(),
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
        bf16: pick_bf16(args.precision, device),
    };
    let pictures = if split.held_out.is_empty() { &split.train } else { &split.held_out };
    let score = evaluate(&executor, loader.evaluate(pictures)?, classes, device)?;
    print(&match args.format {
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

/// `predict`.
///
/// # Errors
/// A run or image that cannot be read, and libtorch's errors.
pub fn run_predict(args: &PredictArgs) -> Result<Exit> {
    threads(args.threads);
    let device = pick_device(args.device)?;
    anyhow::ensure!(
        args.checkpoint.is_none() && args.spec.is_none(),
        "predict takes spec, classes and checkpoint from a run: leave out --checkpoint and --spec, write --run DIR"
    );
    let folder = args.run.as_ref().context("which run? write --run DIR")?;
    let trained = open(folder, None, device)?;
    let executor = Executor {
        program: &trained.program,
        store: &trained.store,
        bf16: pick_bf16(args.precision, device),
    };
    for path in &args.images {
        let image = trained.kept.preparation.picture(path)?.f_to_device(device)?;
        let logits = tch::no_grad(|| executor.logits(&image, Mode::Evaluate))?;
        let shares: Vec<f64> = Vec::try_from(logits.f_softmax(-1, tch::Kind::Double)?.f_flatten(0, -1)?)?;
        let mut ranked: Vec<(f64, &String)> = shares.into_iter().zip(&trained.kept.classes).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        ranked.truncate(args.top as usize);
        match args.format {
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

/// `doctor`: what libtorch has here.
///
/// # Errors
/// A closed standard output.
pub fn run_doctor() -> Result<Exit> {
    print(&format!(
        "libtorch: {} at {}\ncuda: {} ({} devices)\nprecision auto: {}\nthreads: {}\ncache: {}",
        env!("NETC_LIBTORCH_VERSION"),
        env!("NETC_LIBTORCH_LIB"),
        if tch::Cuda::is_available() { "available" } else { "not available" },
        tch::Cuda::device_count(),
        if has_amx() { "bf16 (the processor has AMX)" } else { "fp32 (no AMX, no GPU)" },
        tch::get_num_threads(),
        cache().display()
    ))?;
    Ok(Exit::Fine)
}

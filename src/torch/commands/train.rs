//! `netc-torch train`.

use super::{Failed, print, room, threads};
use crate::backend::{Footprint, keep_memory, pick_device, pick_products};
use crate::train::{Asked, Ended, Kept, Plan, RunFolder, Session, compiled, train};
use anyhow::{Context, Result, bail, ensure};
use netc::cli::{Exit, RunFormat, TrainArgs};
use similar::{ChangeTag, TextDiff};
use std::io::Write;
use std::path::Path;
use tch::Device;

/// Keys of the recipe that say how long a run is.
const LENGTH: &[&str] = &["epochs", "steps", "time"];

/// `train`.
///
/// # Errors
/// What cannot be read or written, and libtorch's errors.
pub fn run_train(args: &TrainArgs) -> Result<Exit> {
    let device = pick_device(args.options.device)?;
    threads(args.options.threads);
    keep_memory();
    let (session, asked, plan) = match &args.resume {
        Some(folder) => resumed(args, folder, device)?,
        None => fresh(args, device)?,
    };
    let recipe = &session.recipe;
    let slots = recipe.optimizer.slots() + u64::from(recipe.ema.is_some());
    let footprint = Footprint::of(&session.program, slots);
    let batch = session.recipe.batch;
    room::ask("a step", footprint, batch, device)?;
    match train(&session, &asked, &plan) {
        Err(error) => Err(room::told(error, "a step", footprint, batch, device)),
        Ok(ended) => told(ended, args.options.format, &session, &plan),
    }
}

fn fresh(args: &TrainArgs, device: Device) -> Result<(Session, Asked, Plan)> {
    let file = args.file.as_ref().context("no spec was given")?;
    let (net, set) = (args.options.net.clone(), Asked::pairs(&args.options.set));
    let mut asked = Asked { net, set, recipe: args.overrides() };
    let session = Session::open(file, &mut asked)?;
    let stem = file.file_stem().map_or_else(|| "net".into(), |s| s.to_string_lossy());
    let plan = Plan {
        device,
        products: pick_products(Some(session.recipe.precision), device)?,
        folder: args.run.clone().map_or_else(|| RunFolder::unused(&stem), RunFolder::at),
        init: args.init.clone(),
        freeze: args.freeze.clone(),
        resume: false,
        format: args.options.format,
    };
    Ok((session, asked, plan))
}

/// The run that lies in a folder, with its own spec and recipe; only its length may be asked for anew.
fn resumed(args: &TrainArgs, folder: &Path, device: Device) -> Result<(Session, Asked, Plan)> {
    let folder = RunFolder::at(folder);
    let (text, kept) = folder.kept()?;
    if let Some(file) = &args.file {
        same_spec(file, &text)?;
    }
    same_settings(args, &kept, &text)?;
    let mut asked = kept.asked();
    let given = args.overrides();
    let is_length = |name: &str| LENGTH.contains(&name);
    if given.iter().any(|(name, _)| is_length(name)) {
        asked.recipe.retain(|(name, _)| !is_length(name));
        asked.recipe.extend(given.into_iter().filter(|(name, _)| is_length(name)));
    }
    let session = Session::of(kept.file, text, &mut asked)?;
    ensure!(
        session.preparation == kept.preparation && session.dataset.classes() == kept.classes,
        "{} has changed since the run in {} began: it cannot go on as it would have",
        session.dataset.name(),
        folder.path().display()
    );
    let plan = Plan {
        device,
        products: pick_products(Some(session.recipe.precision), device)?,
        folder,
        init: None,
        freeze: kept.freeze,
        resume: true,
        format: args.options.format,
    };
    Ok((session, asked, plan))
}

/// Refuses a spec that is not the run's, with the rows that differ.
fn same_spec(file: &Path, kept: &str) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let diff = TextDiff::from_lines(kept, &text);
    let rows: Vec<String> = diff
        .iter_all_changes()
        .filter_map(|change| match change.tag() {
            ChangeTag::Equal => None,
            ChangeTag::Delete => Some(format!("- {}", change.value().trim_end())),
            ChangeTag::Insert => Some(format!("+ {}", change.value().trim_end())),
        })
        .collect();
    ensure!(
        rows.is_empty(),
        "{} is not the spec of the run: these rows differ (-: the run's)\n{}\nhelp: leave the file out to go on with the run's own",
        file.display(),
        rows.join("\n")
    );
    Ok(())
}

/// Refuses what would make another run of it.
fn same_settings(args: &TrainArgs, kept: &Kept, text: &str) -> Result<()> {
    let set = Asked::pairs(&args.options.set);
    let mut wrong: Vec<String> = [
        ("--net", args.options.net.is_some() && args.options.net != kept.net),
        ("--set", !set.iter().all(|s| kept.set.contains(s))),
        ("--freeze", !args.freeze.is_empty() && args.freeze != kept.freeze),
        ("--run", args.run.as_ref().is_some_and(|r| Some(r) != args.resume.as_ref())),
    ]
    .iter()
    .filter(|(_, differs)| *differs)
    .map(|(name, _)| (*name).to_owned())
    .collect();
    let own = kept.asked();
    let (_, recipe) = compiled(&kept.file, text, &own)?;
    for (name, value) in args.overrides().into_iter().filter(|(n, _)| !LENGTH.contains(&n.as_str())) {
        // `auto` is what it was when the run began.
        let auto = name == "precision" && value == "auto";
        let other = compiled(&kept.file, text, &own.clone().key(&name, Some(&value)));
        if !auto && other?.1 != recipe {
            wrong.push(format!("--{}", name.replace(['.', '_'], "-")));
        }
    }
    ensure!(
        wrong.is_empty(),
        "{} differs from the run's own: a run goes on as it began\nhelp: leave it out, or start another run",
        wrong.join(", ")
    );
    Ok(())
}

fn told(ended: Ended, format: RunFormat, session: &Session, plan: &Plan) -> Result<Exit> {
    let checkpoint = plan.folder.checkpoint();
    Ok(match ended {
        Ended::Done(score) => {
            if format == RunFormat::Human {
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
            let folder = plan.folder.path().display();
            // A closed stderr must not change the status.
            let _ = writeln!(
                std::io::stderr(),
                "stopped; saved {}\nhelp: `netc train --resume {folder}` goes on with it",
                checkpoint.display()
            );
            if signal == signal_hook::consts::SIGTERM { Exit::Terminated } else { Exit::Interrupted }
        }
        Ended::NotFinite { step, saved, why } => {
            let kept = saved.map_or_else(
                || "nothing was saved before".to_owned(),
                |saved| format!("{} holds the state after step {saved}", checkpoint.display()),
            );
            let rate = session.recipe.rate;
            bail!(Failed(format!(
                "no number came of step {step}: {why}\n{kept}\nhelp: a rate below {rate:?}, a warm-up or --clip-norm may train"
            )))
        }
    })
}

//! `netc-torch export`.

use super::{open, print};
use crate::export::{Card, card, weights, write_tensors, write_torchscript};
use crate::report::History;
use anyhow::{Context, Result};
use netc::cli::{Exit, ExportArgs, ExportFormat, write_whole};
use netc::export::{Settings, source};
use std::path::PathBuf;
use tch::Tensor;

/// `export --run`.
///
/// # Errors
/// A run that cannot be read, a folder that cannot be written, and libtorch's errors.
pub fn run_export(args: &ExportArgs) -> Result<Exit> {
    let run = args.run.as_ref().context("which run? write --run DIR")?;
    let trained = open(run, args.checkpoint.as_deref(), tch::Device::Cpu)?;
    let kept = &trained.kept;
    let folder = args.output.clone().unwrap_or_else(|| run.join("export").join(args.to.word()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut written: Vec<PathBuf> = Vec::new();
    let mut place = |name: &str| {
        written.push(folder.join(name));
        folder.join(name)
    };
    let mut class = String::new();
    match args.to.framework() {
        Some(framework) => {
            let settings = Settings { origin: &kept.file, l2: trained.recipe.l2 };
            let source = source(&trained.program, framework, settings);
            write_whole(&place("model.py"), source.text.as_bytes())?;
            write_tensors(&place("weights.safetensors"), &weights(&source, &trained.store)?)?;
            class = source.class;
        }
        None if args.to == ExportFormat::Torchscript => {
            write_torchscript(&place("model.pt"), &trained.program, &trained.store)?;
        }
        None => {
            let own = trained.store.iter().map(|(name, tensor, _)| Ok((name.to_owned(), tensor.f_detach()?)));
            write_tensors(&place("weights.safetensors"), &own.collect::<Result<Vec<(String, Tensor)>>>()?)?;
        }
    }
    // A run of before there was a log has no results.
    let history = History::open(run).ok();
    let measured = trained.steps.and_then(|steps| history?.measured(steps));
    let text = card(Card {
        name: &kept.name,
        class: &class,
        spec: &trained.text,
        format: args.to,
        data: &kept.data,
        classes: &kept.classes,
        preparation: &kept.preparation,
        measured: measured.as_deref(),
    });
    write_whole(&place("README.md"), text.as_bytes())?;
    let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    print(&names.join("\n"))?;
    Ok(Exit::Fine)
}

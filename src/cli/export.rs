//! `netc export`: a spec as a program of another framework; with a run, `netc-torch` writes its weights too.

use super::common::Assignment;
use super::show::choose;
use super::{Context, Exit, engine, input, output};
use crate::diag::{Diagnostic, Report, Severity};
use crate::export::{Framework, Settings, source};
use anyhow::Context as _;
use clap::{ArgAction, Args, ValueEnum};
use std::path::PathBuf;

/// Write a net for another framework: as source, or a run's weights with it
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// The spec, where there is no run: its source alone
    #[arg(value_name = "FILE", required_unless_present = "run", conflicts_with = "run")]
    pub file: Option<PathBuf>,
    /// The run whose net and weights are written
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// A checkpoint file instead of the run's last one
    #[arg(long, value_name = "FILE", requires = "run")]
    pub checkpoint: Option<PathBuf>,
    /// What is written
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub to: ExportFormat,
    /// With FILE: the file that is written, standard output where not given. With --run: the folder
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Which net, where the document has several
    #[arg(long, value_name = "NAME", conflicts_with = "run")]
    pub net: Option<String>,
    /// Give a symbol another value
    #[arg(long, value_name = "NAME=VALUE", action = ArgAction::Append, conflicts_with = "run")]
    pub set: Vec<Assignment>,
}

/// `--to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The weights alone, by netc's names
    Safetensors,
    /// A PyTorch module as source, and the weights of its `state_dict`
    Pytorch,
    /// A Keras 3 model as source, and its weights
    Keras,
    /// A TorchScript file that `torch.jit.load` runs
    Torchscript,
}

impl ExportFormat {
    /// The framework whose source it is.
    pub const fn framework(self) -> Option<Framework> {
        match self {
            Self::Pytorch => Some(Framework::Pytorch),
            Self::Keras => Some(Framework::Keras),
            Self::Safetensors | Self::Torchscript => None,
        }
    }

    /// As it is written after `--to`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Pytorch => "pytorch",
            Self::Keras => "keras",
            Self::Torchscript => "torchscript",
        }
    }
}

pub(super) fn run(args: &ExportArgs, context: &Context) -> anyhow::Result<Exit> {
    let Some(file) = &args.file else { return engine::exec(context) };
    let Some(framework) = args.to.framework() else {
        anyhow::bail!(
            "{} holds a trained net's weights, and a spec has none\nhelp: write --run DIR instead of {}",
            args.to.word(),
            file.display()
        );
    };
    let loaded = input::load(file)?;
    let compiled = loaded.compile(&input::options(file, &args.set, false));
    let errors: Vec<Diagnostic> =
        compiled.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    if !errors.is_empty() {
        let color = output::colored(context.color, &std::io::stderr());
        let report = Report { source: &loaded.source, diagnostics: &errors };
        output::complain(&crate::diag::Format::Human.render(&[report], color));
        return Ok(Exit::Problems);
    }
    let net = choose(&compiled, args.net.as_deref())?;
    let program = crate::lower(net).context("the net has rows without a size")?;
    let recipe = crate::recipe::read(&compiled.document.header, &[]).recipe;
    let origin = file.display().to_string();
    let text = source(&program, framework, Settings { origin: &origin, l2: recipe.l2 }).text;
    match &args.output {
        None => output::print(&text)?,
        Some(path) => super::write_whole(path, text.as_bytes())?,
    }
    Ok(Exit::Fine)
}

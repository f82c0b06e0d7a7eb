//! `netc show`: a net as a table, JSON or its lowered program.

use super::common::Assignment;
use super::{Context, Exit, input, output};
use crate::Compiled;
use crate::check::Checked;
use crate::diag::{Code, Diagnostic, Report, Severity};
use crate::show::{Format, Training, View};
use crate::source::Source;
use crate::syntax::Header;
use clap::{ArgAction, Args};
use std::path::PathBuf;

/// Show a net: sizes, padding, parameters, multiplications, memory
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// The spec; - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which net, where the document has several
    #[arg(long, value_name = "NAME")]
    pub net: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Every row that blocks, repeats and `after:` stand for, with its conventions, where `markdown` and `latex` have
    /// the document's own rows
    #[arg(long)]
    pub expand: bool,
    /// Give a symbol another value
    #[arg(long, value_name = "NAME=VALUE", action = ArgAction::Append)]
    pub set: Vec<Assignment>,
}

pub(super) fn run(args: &ShowArgs, context: &Context) -> anyhow::Result<Exit> {
    let loaded = input::load(&args.file)?;
    let compiled = loaded.compile(&input::options(&args.file, &args.set, false));
    let errors: Vec<Diagnostic> =
        compiled.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    complain(&loaded.source, &errors, context);
    if compiled.nets.is_empty() && !errors.is_empty() {
        return Ok(Exit::Problems);
    }
    let net = choose(&compiled, args.net.as_deref())?;
    let remarks = remarks(args, &compiled, net);
    let training = training(&compiled.document.header);
    let written = (!args.expand).then_some(&compiled.document);
    let view = View { checked: net, training, remarks: &remarks, written };
    let Some(text) = view.render(args.format) else { return Ok(Exit::Problems) };
    output::print(&text)?;
    Ok(if errors.is_empty() { Exit::Fine } else { Exit::Problems })
}

/// Prints diagnostics to standard error.
pub(super) fn complain(source: &Source, errors: &[Diagnostic], context: &Context) {
    let color = output::colored(context.color, &std::io::stderr());
    let report = Report { source, diagnostics: errors };
    output::complain(&crate::diag::Format::Human.render(&[report], color));
}

/// The net that was asked for, or the only one.
pub(super) fn choose<'a>(compiled: &'a Compiled, name: Option<&str>) -> anyhow::Result<&'a Checked> {
    let nets = &compiled.nets;
    let names = || nets.iter().map(|n| n.net.name.as_str()).collect::<Vec<_>>().join(", ");
    match name {
        Some(name) => nets
            .iter()
            .find(|n| n.net.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| anyhow::anyhow!("no net is called {name}; there are: {}", names())),
        None if nets.len() == 1 => Ok(&nets[0]),
        None if nets.is_empty() => anyhow::bail!("the document holds no net"),
        None => anyhow::bail!("the document holds {} nets: choose one with --net: {}", nets.len(), names()),
    }
}

/// What is said below the table: inferred conventions, and for which values the claims speak.
fn remarks(args: &ShowArgs, compiled: &Compiled, net: &Checked) -> Vec<String> {
    let several = compiled.nets.len() > 1;
    let mine = |d: &&Diagnostic| !several || d.net.as_deref().is_none_or(|n| n == net.net.name);
    let inferred = compiled.diagnostics.iter().filter(|d| d.code == Code::N0301).filter(mine);
    let mut remarks: Vec<String> = inferred.map(|d| d.message.clone()).collect();
    let own = |a: &Assignment| {
        let field = compiled.document.header.get(&["let", &a.name])?;
        let value = field.value.as_f64()?;
        (value != a.value).then(|| format!("claims are for {}={value}", a.name))
    };
    remarks.extend(args.set.iter().filter_map(own));
    remarks.extend(views(compiled, net));
    remarks
}

/// How many distinct views of an image the recipe makes, where its header says how.
fn views(compiled: &Compiled, net: &Checked) -> Option<String> {
    let header = &compiled.document.header;
    header.get(&["train", "augment"])?;
    let augment = crate::recipe::read(header, &[]).recipe.augment;
    let [h, w, _] = crate::input_shape(net)?.hwc();
    let cut = augment.resize.map_or_else(String::new, |side| format!(" ({side} -> {})", if h == w { h.to_string() } else { format!("{h}x{w}") }));
    Some(match augment.views(h, w) {
        Some(views) => format!("views of an image in training: {views}{cut}"),
        None => "views of an image in training: as many as its size or the parts drawn of it give".to_owned(),
    })
}

/// Batch and optimiser state from the header's recipe.
fn training(header: &Header) -> Training {
    let recipe = crate::recipe::read(header, &[]).recipe;
    Training { batch: recipe.batch, slots: recipe.optimizer.slots() + u64::from(recipe.ema.is_some()) }
}

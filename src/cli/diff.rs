//! `netc diff`: two nets side by side.

use super::{Context, Exit, input, output, show as command};
use crate::Compiled;
use crate::check::Checked;
use crate::diag::{Diagnostic, Severity};
use crate::show::{Side, diff};
use clap::{ArgAction, Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Compare two nets: rows aligned, sizes and counts side by side (0 the same, 1 they differ or have errors, 2 usage)
#[derive(Args, Clone, Debug)]
pub struct DiffArgs {
    /// The first spec
    #[arg(value_name = "A")]
    pub a: PathBuf,
    /// The second spec; may be left out where `--net` names two nets of A
    #[arg(value_name = "B", required_unless_present = "net")]
    pub b: Option<PathBuf>,
    /// Which net, where a document has several; given twice, the first is A's and the second B's
    #[arg(long, value_name = "NAME", action = ArgAction::Append)]
    pub net: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
}

/// `--format` of `netc diff`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Rows side by side, totals below
    #[default]
    Table,
    /// The same for programs
    Json,
}

pub(super) fn run(args: &DiffArgs, context: &Context) -> anyhow::Result<Exit> {
    let (first, second) = match args.net.as_slice() {
        [] => (None, None),
        [one] if args.b.is_some() => (Some(one.as_str()), Some(one.as_str())),
        [_] => anyhow::bail!("one net cannot be compared with nothing\nhelp: name a second file or a second --net"),
        [a, b] => (Some(a.as_str()), Some(b.as_str())),
        _ => anyhow::bail!("two nets are compared, not {}: give --net twice at most", args.net.len()),
    };
    let b = args.b.as_deref().unwrap_or(&args.a);
    let one = read(&args.a, context)?;
    let other = read(b, context)?;
    let (net, against) = (choose(&one, first, &args.a, second == first)?, choose(&other, second, b, second == first)?);
    let (a_name, b_name) = (args.a.display().to_string(), b.display().to_string());
    let found = diff(Side { file: &a_name, net }, Side { file: &b_name, net: against });
    output::print(&match args.format {
        DiffFormat::Table => found.table(),
        DiffFormat::Json => found.json(),
    })?;
    let sound = one.is_sound() && other.is_sound();
    Ok(if found.is_same() && sound { Exit::Fine } else { Exit::Problems })
}

fn read(path: &Path, context: &Context) -> anyhow::Result<Compiled> {
    let loaded = input::load(path)?;
    let compiled = loaded.compile(&input::options(path, &[], false));
    let errors: Vec<Diagnostic> =
        compiled.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    command::complain(&loaded.source, &errors, context);
    Ok(compiled)
}

/// The net of a document. One name for both is not asked of a document that holds a single net.
fn choose<'a>(compiled: &'a Compiled, name: Option<&str>, path: &Path, both: bool) -> anyhow::Result<&'a Checked> {
    let name = name.filter(|_| !both || compiled.nets.len() != 1);
    command::choose(compiled, name).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))
}

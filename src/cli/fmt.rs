//! `netc fmt`: tables aligned and in one notation.

use super::input::{self, Loaded, STDIN};
use super::{Context, Exit, fix, output};
use crate::diag::{Format, Report, Severity};
use crate::source::Source;
use clap::Args;
use std::path::{Path, PathBuf};

/// Align tables and write their cells in one notation; prose stays byte for byte
#[derive(Args, Clone, Debug)]
pub struct FmtArgs {
    /// The specs, rewritten in place; - reads standard input and prints the result
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Write nothing: print what would change and exit with 1 if anything would
    #[arg(long)]
    pub check: bool,
}

pub(super) fn run(args: &FmtArgs, context: &Context) -> anyhow::Result<Exit> {
    let mut exit = Exit::Fine;
    let mut changed = 0;
    for path in &args.files {
        match one(args, path, context) {
            Ok((end, differs)) => {
                exit = exit.or(end);
                changed += usize::from(differs);
            }
            Err(error) if output::is_closed_pipe(&error) => return Err(error),
            Err(error) => {
                output::complain(&format!("error: {error:#}\n"));
                exit = Exit::Usage;
            }
        }
    }
    if args.check && changed > 0 {
        let (file, would) = if changed == 1 { ("file", "is") } else { ("files", "are") };
        output::complain(&format!("{changed} {file} {would} not in canonical form: `netc fmt FILE` writes it\n"));
        return Ok(exit.or(Exit::Problems));
    }
    Ok(exit)
}

/// Formats one file; says how it ended and whether it differs from its canonical form.
fn one(args: &FmtArgs, path: &Path, context: &Context) -> anyhow::Result<(Exit, bool)> {
    let loaded = input::load(path)?;
    let options = input::options(path, &[], false);
    let before = loaded.compile(&options);
    if before.document.tables.is_empty() {
        let errors: Vec<_> =
            before.diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect();
        let report = Report { source: &loaded.source, diagnostics: &errors };
        let color = output::colored(context.color, &std::io::stderr());
        output::complain(&Format::Human.render(&[report], color));
        return Ok((Exit::Problems, false));
    }
    let text = crate::fmt::format(&loaded.source);
    let differs = text != loaded.source.text();
    if differs {
        let after = Loaded { source: Source::new(loaded.source.name(), text.clone()), unreadable: None };
        if let Some(what) = crate::fmt::difference(&before, &after.compile(&options)) {
            let name = loaded.source.name();
            anyhow::bail!("{name} would not mean the same ({what}), so it is left as it is: this is a bug in netc, please report it");
        }
    }
    if args.check {
        if differs {
            output::print(&output::diff(loaded.source.name(), loaded.source.text(), &text))?;
        }
    } else if path.as_os_str() == STDIN {
        output::print(&text)?;
    } else if differs {
        fix::replace(path, &text)?;
        output::complain(&format!("{}: formatted\n", loaded.source.name()));
    }
    Ok((Exit::Fine, differs))
}

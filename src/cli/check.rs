//! `netc check`: what is wrong in a spec, and `--fix`.

use super::common::Assignment;
use super::fix::{self, Mended};
use super::input::{self, Loaded, STDIN};
use super::{Context, Exit, output};
use crate::Compiled;
use crate::diag::{Counts, Format, Report, Severity};
use crate::diag::grouped;
use clap::{ArgAction, Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Check that every size and count follows from the rows
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// The specs: Markdown with layer tables; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
    /// Mend what has one certain mend; of standard input, print the mended text
    #[arg(long)]
    pub fix: bool,
    /// With --fix: print a diff and write nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// Ask for padding and counting words instead of inferring them
    #[arg(long)]
    pub strict: bool,
    /// Treat warnings as errors
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub deny: Option<Deny>,
    /// Give a symbol another value
    #[arg(long, value_name = "NAME=VALUE", action = ArgAction::Append)]
    pub set: Vec<Assignment>,
}

/// `--format` of `netc check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// The lines with carets
    #[default]
    Human,
    /// One line a finding
    Concise,
    /// One JSON object
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// GitHub's workflow commands
    Github,
}

/// What `--deny` makes an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Every warning
    Warnings,
}

impl From<CheckFormat> for Format {
    fn from(format: CheckFormat) -> Self {
        match format {
            CheckFormat::Human => Self::Human,
            CheckFormat::Concise => Self::Concise,
            CheckFormat::Json => Self::Json,
            CheckFormat::Sarif => Self::Sarif,
            CheckFormat::Github => Self::Github,
        }
    }
}

pub(super) fn run(args: &CheckArgs, context: &Context) -> anyhow::Result<Exit> {
    let mut exit = Exit::Fine;
    let mut done = Vec::new();
    for path in &args.files {
        match one(args, path) {
            Ok(mended) => done.push(mended),
            Err(error) if output::is_closed_pipe(&error) => return Err(error),
            Err(error) => {
                output::complain(&format!("error: {error:#}\n"));
                exit = Exit::Usage;
            }
        }
    }
    if !args.dry_run {
        print(args, context, &done)?;
    }
    summarise(args, &done);
    let wrong = done.iter().any(|m| !m.compiled.is_sound());
    // The process ends now: giving back the memory of a million rows piece by piece would only cost time.
    std::mem::forget(done);
    Ok(if wrong { exit.or(Exit::Problems) } else { exit })
}

/// Reads, compiles and, where asked, mends one file.
fn one(args: &CheckArgs, path: &Path) -> anyhow::Result<Mended> {
    let options = input::options(path, &args.set, args.strict);
    let loaded = input::load(path)?;
    let compiled = loaded.compile(&options);
    if !args.fix {
        return Ok(denied(args, Mended { loaded, compiled, applied: 0 }));
    }
    let before = loaded.source.text().to_owned();
    let (was_readable, is_stdin) = (loaded.unreadable.is_none(), path.as_os_str() == STDIN);
    let mended = fix::mend(loaded, compiled, &options);
    let after = mended.loaded.source.text();
    if !was_readable {
        return Ok(denied(args, mended));
    }
    if args.dry_run {
        output::print(&output::diff(mended.loaded.source.name(), &before, after))?;
        // Nothing was mended: what counts is the text as it stands.
        let loaded = input::Loaded { source: crate::source::Source::new(mended.loaded.source.name(), before), unreadable: None };
        let compiled = loaded.compile(&options);
        return Ok(denied(args, Mended { loaded, compiled, applied: 0 }));
    }
    if is_stdin {
        output::print(after)?;
    } else if mended.applied > 0 {
        fix::replace(path, after)?;
    }
    Ok(denied(args, mended))
}

fn denied(args: &CheckArgs, mut mended: Mended) -> Mended {
    if args.deny == Some(Deny::Warnings) {
        for diagnostic in &mut mended.compiled.diagnostics {
            if diagnostic.severity == Severity::Warning {
                diagnostic.severity = Severity::Error;
            }
        }
        crate::diag::sort(&mut mended.compiled.diagnostics);
    }
    mended
}

/// Findings go to standard output, unless the mended text of standard input is there.
fn print(args: &CheckArgs, context: &Context, done: &[Mended]) -> anyhow::Result<()> {
    let reports: Vec<Report<'_>> = done
        .iter()
        .map(|m| Report { source: &m.loaded.source, diagnostics: &m.compiled.diagnostics })
        .collect();
    let format = Format::from(args.format);
    if args.fix && args.files.iter().any(|f| f.as_os_str() == STDIN) {
        let color = output::colored(context.color, &std::io::stderr());
        output::complain(&format.render(&reports, color));
        return Ok(());
    }
    output::print(&format.render(&reports, output::colored(context.color, &std::io::stdout())))
}

/// What a person wants to know at the end: the files that are fine, and how much was found.
fn summarise(args: &CheckArgs, done: &[Mended]) {
    if !matches!(args.format, CheckFormat::Human | CheckFormat::Concise) {
        return;
    }
    for Mended { loaded, compiled, applied } in done {
        if *applied > 0 {
            let s = if *applied == 1 { "" } else { "s" };
            output::complain(&format!("{}: {applied} problem{s} mended\n", loaded.source.name()));
        }
        if compiled.is_sound() {
            output::complain(&fine(loaded, compiled));
        }
    }
    let counts = Counts::of(done.iter().flat_map(|m| &m.compiled.diagnostics));
    if counts != Counts::default() {
        output::complain(&format!("{counts}\n"));
    }
}

/// `specs/alexnet.spec: ok (33 rows, 62,397,480 parameters)`.
fn fine(loaded: &Loaded, compiled: &Compiled) -> String {
    let rows: usize = compiled.nets.iter().map(|n| n.net.order.len()).sum();
    let what = match compiled.nets.as_slice() {
        [net] => format!("{} parameters", grouped(net.totals().cost.params())),
        nets => format!("{} nets", nets.len()),
    };
    format!("{}: ok ({} rows, {what})\n", loaded.source.name(), grouped(rows as u64))
}

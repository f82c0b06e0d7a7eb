//! `netc new`: writes a shipped spec.

use super::specs::{SPECS, find};
use super::{Context, Exit, output};
use anyhow::Context as _;
use clap::Args;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// Write one of the specs inside netc
#[derive(Args, Clone, Debug)]
pub struct NewArgs {
    /// Its name; `netc specs` lists them
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Where to write it, - for standard output; NAME.spec where not given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub(super) fn run(args: &NewArgs, _: &Context) -> anyhow::Result<Exit> {
    let spec = find(&args.name).ok_or_else(|| anyhow::anyhow!("{}", unknown(&args.name)))?;
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{}.spec", spec.name)));
    if path.as_os_str() == "-" {
        output::print(spec.text)?;
        return Ok(Exit::Fine);
    }
    let shown = path.display();
    let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            anyhow::bail!("{shown} is there already\nhelp: `netc new {} -o FILE` writes elsewhere", spec.name)
        }
        Err(e) => return Err(anyhow::Error::new(e).context(format!("cannot write {shown}"))),
    };
    file.write_all(spec.text.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
    output::complain(&format!("{shown} written: try `netc check {shown}`\n"));
    Ok(Exit::Fine)
}

fn unknown(name: &str) -> String {
    let near = SPECS
        .iter()
        .map(|s| (strsim::jaro_winkler(&name.to_lowercase(), s.name), s.name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, near)) => format!("no spec is called {name}\nhelp: did you mean {near}?"),
        None => format!("no spec is called {name}\nhelp: `netc specs` lists them"),
    }
}

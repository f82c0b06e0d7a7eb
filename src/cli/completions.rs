//! `netc completions`: what a shell needs to complete netc's arguments.

use super::{Context, Exit, output};
use clap::Args;
use clap_complete::Shell;

/// Print what a shell needs to complete netc's arguments
#[derive(Args, Clone, Debug)]
pub struct CompletionsArgs {
    /// The shell, such as `source <(netc completions bash)`
    #[arg(value_enum)]
    pub shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, _context: &Context) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::whole(), "netc", &mut script);
    output::print(&String::from_utf8(script)?)?;
    Ok(Exit::Fine)
}

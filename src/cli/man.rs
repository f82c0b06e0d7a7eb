//! `netc man`: the manual page of netc or of one of its commands.

use super::{Context, Exit, output};
use clap::Args;

/// What every command ends with.
const STATUS: &str = ".SH \"EXIT STATUS\"\n0 fine, 1 problems in a spec, 2 usage or a file that cannot be read, 3 a run that failed, \
101 a bug in netc, 130 interrupted, 143 terminated\n";

/// Print the manual page of netc, or of one of its commands
#[derive(Args, Clone, Debug)]
pub struct ManArgs {
    /// The command, such as `netc man check | man -l -`; netc itself where none is given
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

pub(super) fn run(args: &ManArgs, _context: &Context) -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    let source = concat!("netc ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command(args)?).source(source).render(&mut page)?;
    output::print(&(String::from_utf8(page)? + STATUS))?;
    Ok(Exit::Fine)
}

/// The command a page is asked of, named as it is called: `netc-check`.
fn command(args: &ManArgs) -> anyhow::Result<clap::Command> {
    // Pages are named by what is typed, whatever the binary's file is called.
    let netc = super::whole();
    let Some(name) = &args.command else { return Ok(netc) };
    match netc.find_subcommand(name) {
        Some(found) => Ok(found.clone().version(env!("CARGO_PKG_VERSION"))),
        None => {
            let all = netc.get_subcommands().map(clap::Command::get_name).filter(|n| *n != "help");
            let all: Vec<&str> = all.collect();
            anyhow::bail!("netc has no command {name}\nhelp: the commands are {}", all.join(", "))
        }
    }
}

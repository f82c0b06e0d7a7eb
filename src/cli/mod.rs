//! The `netc` command: one file per subcommand, with its arguments and its run function.
//!
//! Here files, the environment and the terminal are touched; nothing below does. `netc-torch` parses
//! the same argument structs.

mod common;
mod engine;
mod exit;
mod fix;
mod input;
mod output;
mod recipe;
mod unknown;
mod write;

pub use common::{Assignment, ColorChoice, Device, GlobalArgs, RunFormat, RunOptions};
pub use exit::Exit;
pub use export::ExportFormat;
pub use output::colored;
pub use recipe::RecipeFlags;
pub use write::write_whole;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// What a subcommand may know of the process.
#[derive(Clone, Debug)]
pub struct Context {
    /// When to colour.
    pub color: ColorChoice,
    /// The arguments as they were given, without the program's name.
    pub arguments: Vec<OsString>,
}

/// Declares, mounts and dispatches subcommands: a line each, the module, the variant and its arguments.
macro_rules! subcommands {
    ($($module:ident $variant:ident $args:ident)*) => {
        $(mod $module; pub use $module::$args;)*

        // Only the given subcommand's arguments are built: all of them are a third of a small check's instructions.
        #[derive(Clone, Debug, Subcommand)]
        #[command(defer = true)]
        enum Command { $($variant($args),)* }

        impl Command {
            fn run(&self, context: &Context) -> anyhow::Result<Exit> {
                match self { $(Self::$variant(args) => $module::run(args, context),)* }
            }
        }
    };
}

subcommands! {
    check   Check   CheckArgs
    fmt     Fmt     FmtArgs
    show    Show    ShowArgs
    diff    Diff    DiffArgs
    train   Train   TrainArgs
    eval    Eval    EvalArgs
    predict Predict PredictArgs
    export  Export  ExportArgs
    report  Report  ReportArgs
    plot    Plot    PlotArgs
    bench   Bench   BenchArgs
    augment Augment AugmentArgs
    specs   Specs   SpecsArgs
    new     New     NewArgs
    explain Explain ExplainArgs
    doctor  Doctor  DoctorArgs
    completions Completions CompletionsArgs
    man     Man     ManArgs
}

/// A compiler for layer tables: checks that every size follows from the rows, and trains the network
#[derive(Debug, Parser)]
#[command(name = "netc", version, propagate_version = false, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Parses the arguments, runs the subcommand and says how the process ends.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        output::complain(&format!("netc: this is a bug in netc, please report it: {info}\n"));
    }));
    let arguments = engine::arguments();
    let cli = Cli::try_parse().unwrap_or_else(|_| explained(&arguments));
    let context = Context { color: cli.global.color, arguments };
    let exit = match std::panic::catch_unwind(|| cli.command.run(&context)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) if output::is_closed_pipe(&error) => Exit::Fine,
        Ok(Err(error)) => {
            output::complain(&format!("error: {error:#}\n"));
            Exit::Usage
        }
        Err(_) => Exit::Bug,
    };
    ExitCode::from(exit.code())
}

/// netc and its subcommands with all that is said of them, for help, manual pages and completions.
fn whole() -> clap::Command {
    let mut netc = Cli::command().bin_name("netc");
    netc.build();
    netc
}

/// Ends with the help that was asked for, or with what is wrong with the arguments.
fn explained(arguments: &[OsString]) -> Cli {
    let parsed = whole().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.unwrap_or_else(|error| unknown::advised(error, arguments).exit())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_are_consistent() {
        super::whole().debug_assert();
    }
}

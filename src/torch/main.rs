//! The `netc-torch` command: dispatch and exit status only.

use clap::{Parser, Subcommand};
use netc::cli::{
    AugmentArgs, BenchArgs, EvalArgs, Exit, ExportArgs, GlobalArgs, PlotArgs, PredictArgs, ReportArgs,
    TrainArgs, colored,
};
use netc_torch::commands::{self, Failed};
use netc_torch::train::{BadSpec, STOP};
use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

/// Trains and runs layer tables on libtorch; `netc` hands over to it.
#[derive(Parser)]
#[command(name = "netc-torch", version)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a net
    Train(TrainArgs),
    /// Measure a trained net on a data set
    Eval(EvalArgs),
    /// Classify images with a trained net
    Predict(PredictArgs),
    /// Write a trained net for another framework
    Export(ExportArgs),
    /// Draw the curves of runs
    Plot(PlotArgs),
    /// Write a run as one page
    Report(ReportArgs),
    /// Time a net's training step
    Bench(BenchArgs),
    /// Draw what the net sees of an image in training
    Augment(AugmentArgs),
    /// Say what libtorch has here
    Doctor,
}

/// The first SIGINT or SIGTERM ends the run after its step; a second one ends the process.
fn listen() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    if let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) {
        std::thread::spawn(move || {
            for signal in signals.forever() {
                if STOP.swap(signal, Ordering::Relaxed) != 0 {
                    // Not `std::process::exit`: libtorch's destructors would run under its own busy threads, and crash.
                    signal_hook::low_level::exit(if signal == SIGTERM { 143 } else { 130 });
                }
            }
        });
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Train(args) => {
            listen();
            commands::run_train(args)
        }
        Command::Eval(args) => commands::run_eval(args),
        Command::Predict(args) => commands::run_predict(args),
        Command::Export(args) => commands::run_export(args),
        Command::Plot(args) => commands::run_plot(args),
        Command::Report(args) => commands::run_report(args),
        Command::Bench(args) => commands::run_bench(args),
        Command::Augment(args) => commands::run_augment(args),
        Command::Doctor => commands::run_doctor(),
    };
    let exit = result.unwrap_or_else(|error| {
        // A reader that has seen enough is no failure.
        let closed = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
        if error.downcast_ref::<std::io::Error>().is_some_and(closed) {
            return Exit::Fine;
        }
        if let Some(bad) = error.downcast_ref::<BadSpec>() {
            let color = colored(cli.global.color, &std::io::stderr());
            let _ = write!(std::io::stderr(), "{}", bad.render(color));
            return Exit::Problems;
        }
        // libtorch puts its own stack behind the sentence; RUST_BACKTRACE asks for such things.
        let text = format!("{error:#}");
        let sentence = text.split("\nException raised from").next().unwrap_or(&text);
        let shown = if std::env::var_os("RUST_BACKTRACE").is_some() { &text } else { sentence };
        let _ = writeln!(std::io::stderr(), "error: {shown}");
        if error.downcast_ref::<Failed>().is_some() { Exit::Failed } else { Exit::Usage }
    });
    ExitCode::from(exit.code())
}

//! The subcommands of `netc-torch`; `netc` hands over to them with its own arguments.

mod augment;
mod bench;
mod doctor;
mod eval;
mod export;
mod plot;
mod predict;
mod report;
mod room;
mod train;
mod trained;

pub use augment::run_augment;
pub use bench::run_bench;
pub use doctor::run_doctor;
pub use eval::run_eval;
pub use export::run_export;
pub use plot::run_plot;
pub use predict::run_predict;
pub use report::run_report;
pub use train::run_train;

use anyhow::Result;
use std::io::Write;
use trained::{Bare, Measured, Trained, measure, open};

fn threads(asked: Option<u32>) {
    if let Some(threads) = asked {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    }
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// A sentence on stderr.
fn say(text: &str) {
    // A closed stderr is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A run that failed, as opposed to one that could not start.
#[derive(Debug)]
pub struct Failed(pub String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

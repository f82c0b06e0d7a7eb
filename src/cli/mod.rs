//! The `netc` command: one file per subcommand, with its arguments and its run function.
//!
//! Here files, the environment and the terminal are touched; nothing below does. `netc-torch` parses
//! the same argument structs.

mod bench;
mod common;
mod engine;
mod eval;
mod predict;
mod train;

pub use bench::BenchArgs;
pub use common::{Assignment, ColorChoice, Device, Precision, RunFormat};
pub use eval::EvalArgs;
pub use predict::PredictArgs;
pub use train::TrainArgs;

use std::ffi::OsString;

/// What a subcommand may know of the process.
#[derive(Clone, Debug)]
pub struct Context {
    /// When to colour.
    pub color: ColorChoice,
    /// The arguments as they were given.
    pub arguments: Vec<OsString>,
}

/// How the process ends; scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: fine.
    Fine,
    /// 1: problems found in the spec.
    Problems,
    /// 2: usage, or a file that could not be read or written.
    Usage,
    /// 3: a run failed.
    Failed,
    /// 101: a bug in netc.
    Bug,
    /// 130: interrupted.
    Interrupted,
    /// 143: terminated.
    Terminated,
}

impl Exit {
    /// The status.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Problems => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Bug => 101,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

//! Training: the loop, evaluation, checkpoints, what is reported.

mod average;
mod checkpoint;
mod diagnose;
mod environment;
mod evaluate;
mod folder;
mod initial;
mod log;
mod report;
mod run;
mod setup;
mod step;
mod told;
mod views;

pub use checkpoint::load_weights;
pub use evaluate::{ClassScore, Judged, Score, evaluate};
pub use folder::{Kept, RunFolder};
pub use initial::{begin_with, use_weights};
pub use run::{Ended, Plan, STOP, train};
pub use setup::{Asked, BadSpec, Session, cache, compiled, drawn, program};
pub use step::{Stepped, Stepper};
pub use views::views;

//! Training: the loop, evaluation, checkpoints, what is reported.

mod checkpoint;
mod evaluate;
mod folder;
mod report;
mod run;
mod setup;
mod step;

pub use evaluate::{Score, evaluate};
pub use folder::{Kept, RunFolder};
pub use run::{Ended, Plan, STOP, train};
pub use setup::{Asked, Session, cache, program};
pub use step::Stepper;

//! Training: the loop, evaluation, checkpoints, what is reported.

mod evaluate;
mod report;
mod run;
mod setup;

pub use evaluate::{Score, evaluate};
pub use run::{Ended, Plan, STOP, train};
pub use setup::{Asked, Kept, Session, cache, has_amx, pick_bf16, pick_device, program};

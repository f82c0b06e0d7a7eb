//! Program to libtorch: the parameter store and the reference executor (autograd).

mod execute;
mod optimise;
mod pools;
mod store;

pub use execute::{Executor, Mode};
pub use optimise::Sgd;
pub use store::Store;

//! Program to libtorch: the parameter store and the reference executor (autograd).

mod execute;
mod memory;
mod optimise;
mod pools;
mod shim;
mod store;

pub use execute::{Executor, Mode};
pub use memory::{Footprint, available, capacity};
pub use optimise::Sgd;
pub use shim::{keep_memory, load_cuda};
pub use store::{Store, read};

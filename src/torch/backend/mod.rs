//! Program to libtorch: the parameter store and the reference executor (autograd).

mod device;
mod execute;
mod memory;
mod moves;
mod norms;
mod optimise;
mod pools;
mod replace;
mod shim;
mod store;

pub use device::{Products, has_amx, has_driver, pick_device, pick_products};
pub use execute::{Executor, Mode};
pub use memory::{Footprint, available, capacity};
pub use optimise::Optimiser;
pub use replace::{replace, replace_shared, sync_folder};
pub use shim::{keep_memory, load_cuda};
pub use store::{Store, read};

//! Runs netc programs on libtorch: data, training, evaluation, prediction.

pub mod backend;
pub mod commands;
pub mod data;
mod module;
pub mod train;

pub use module::SpecModule;

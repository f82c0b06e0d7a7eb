//! Runs netc programs on libtorch: data, training, evaluation, prediction.

pub mod backend;
pub mod commands;
pub mod data;
pub mod export;
mod module;
pub mod report;
pub mod train;

pub use module::SpecModule;

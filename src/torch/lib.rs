//! Runs netc programs on libtorch: data, training, evaluation, prediction.

pub mod backend;
pub mod commands;
pub mod data;
pub mod train;

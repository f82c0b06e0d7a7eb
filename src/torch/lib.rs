//! netc-torch

pub mod data;

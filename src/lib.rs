//! netc compiles layer tables: the tables (`layer type | output size | filter size / stride`) in which
//! articles and papers describe neural networks.
//!
//! The phases, each a function from values to values, none of them doing IO:
//!
//! 1. [`syntax`]: text to a document tree with spans. Never fails; returns a tree and its diagnostics.
//! 2. [`graph`]: the tree to a petgraph DAG of rows: names resolved, defaults and rows left out filled in.
//! 3. [`check`]: causes to shapes under inferred conventions, claims compared, the wrong cells found.
//! 4. [`lower()`]: the checked graph to a [`program`]: about twenty primitives, no convention left open.
//!
//! Two intermediate representations matter. The **graph** is what an author sees: rows with places.
//! The **program** is what a machine runs: every padding is four numbers, every alpha is libtorch's,
//! the flatten order is explicit and every average pool names its divisor. Conventions end between
//! the two. Nothing here links libtorch; the `netc-torch` crate runs programs.

pub mod check;
pub mod cli;
mod compile;
pub mod diag;
pub mod export;
pub mod fmt;
pub mod graph;
pub mod layer;
mod lower;
pub mod mend;
pub mod program;
pub mod recipe;
mod reread;
pub mod shape;
pub mod show;
pub mod source;
pub mod syntax;

pub use compile::{Compiled, Options, compile, input_shape, row_names};
pub use lower::lower;

//! What a caller may ask of a build.

use std::collections::BTreeMap;

/// Options of [`build`](super::build).
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Symbols given other values (`--set classes=10`).
    pub set: BTreeMap<String, f64>,
    /// The name of a net that has none of its own: the file's stem.
    pub stem: String,
}

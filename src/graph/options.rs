//! What a caller may ask of a build.

/// Options of [`build`](super::build).
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Symbols given other values (`--set classes=10`).
    pub set: Vec<(String, f64)>,
    /// The name of a net that has none of its own: the file's stem.
    pub stem: String,
}

impl Options {
    /// What a symbol is set to.
    pub(super) fn value(&self, symbol: &str) -> Option<f64> {
        self.set.iter().rev().find(|(name, _)| name == symbol).map(|(_, value)| *value)
    }
}

//! What a caller may ask of a build.

use crate::layer::Conventions;

/// The most rows a net may have.
pub const MOST_ROWS: usize = 4_000_000;

/// Options of [`build`](super::build).
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Symbols given other values (`--set classes=10`).
    pub set: Vec<(String, f64)>,
    /// The name of a net that has none of its own: the file's stem.
    pub stem: String,
    /// For nets by name: the conventions that sizes in expressions (`in.h`) are worked out under; the
    /// dialect's for a net that is not listed.
    pub conventions: Vec<(String, Conventions)>,
    /// The most rows a net may have, where that is fewer than [`MOST_ROWS`].
    pub most_rows: Option<usize>,
    /// The nets that are built, by name; empty for all of them.
    pub only: Vec<String>,
}

impl Options {
    /// The most rows a net may have.
    pub(super) fn most_rows(&self) -> usize {
        self.most_rows.map_or(MOST_ROWS, |n| n.min(MOST_ROWS))
    }

    /// What a net's sizes in expressions are worked out under.
    pub(super) fn conventions(&self, net: &str) -> Option<Conventions> {
        self.conventions.iter().find(|(name, _)| name == net).map(|(_, c)| *c)
    }

    /// What a symbol is set to.
    pub(super) fn value(&self, symbol: &str) -> Option<f64> {
        self.set.iter().rev().find(|(name, _)| name == symbol).map(|(_, value)| *value)
    }
}

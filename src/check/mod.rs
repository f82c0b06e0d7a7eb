//! Causes to shapes; claims compared; conventions inferred; the wrong cell found.

use crate::diag::Diagnostic;
use crate::graph::Net;
use crate::layer::{Conventions, Cost, Layer};
use crate::shape::Shape;
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// A net and what follows from its rows.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The net.
    pub net: Net,
    /// The conventions every row was bound under.
    pub conventions: Conventions,
    /// For each node, by its index: what it is bound to. None where that is unknown.
    pub rows: Vec<Option<CheckedRow>>,
    /// What was found.
    pub diagnostics: Vec<Diagnostic>,
}

/// A row with everything known of it.
#[derive(Clone, Debug)]
pub struct CheckedRow {
    /// The bound layer.
    pub layer: Arc<dyn Layer>,
    /// The shapes that go in, by slot.
    pub inputs: Vec<Shape>,
    /// The shape that comes out.
    pub output: Shape,
    /// What it stores and computes.
    pub cost: Cost,
}

impl Checked {
    /// What is known of a row.
    pub fn row(&self, node: NodeIndex) -> Option<&CheckedRow> {
        self.rows.get(node.index()).and_then(Option::as_ref)
    }

    /// True where every row has a shape, so that the net can be lowered.
    pub fn is_buildable(&self) -> bool {
        self.net.output.is_some() && self.rows.iter().all(Option::is_some)
    }
}

//! A world: one choice of conventions and edited causes, and the forward pass under it.

use super::CheckedRow;
use crate::graph::{Net, Row};
use crate::layer::{Args, Conventions, Layer, PadWord, Problem, Value, WindowKind};
use crate::shape::Shape;
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// A cause written otherwise, in one row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RowEdit {
    pub node: NodeIndex,
    pub param: &'static str,
    pub value: Value,
}

/// What is assumed beyond what the rows say.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub conventions: Conventions,
    /// Padding words of the header that are read otherwise: for convolutions, for pools.
    pub shared: [Option<PadWord>; 2],
    pub edits: Vec<RowEdit>,
}

impl World {
    pub(super) fn new(conventions: Conventions) -> Self {
        Self { conventions, shared: [None, None], edits: Vec::new() }
    }

    /// The arguments a row has in this world.
    pub(super) fn args(&self, node: NodeIndex, row: &Row) -> Args {
        let mut args = row.args.clone();
        if let Some(word) = row.kind.and_then(|k| k.window).and_then(|w| self.shared[w as usize])
            && row.origin("padding").is_some_and(|o| o.shared)
        {
            args.set("padding", Value::PadWord(word));
        }
        for edit in self.edits.iter().filter(|e| e.node == node) {
            args.set(edit.param, edit.value.clone());
        }
        args
    }

    /// The row's layer in this world.
    pub(super) fn bind(&self, net: &Net, node: NodeIndex) -> Result<Arc<dyn Layer>, Vec<Problem>> {
        let row = &net.graph[node];
        match row.kind {
            Some(kind) if !row.poisoned => (kind.bind)(&self.args(node, row), &self.conventions),
            _ => Err(Vec::new()),
        }
    }
}

/// What a forward pass gives: rows by node index, and the problems met.
pub(super) struct Forward {
    pub rows: Vec<Option<CheckedRow>>,
    pub problems: Vec<(NodeIndex, Problem)>,
}

impl Forward {
    pub(super) fn shape(&self, node: NodeIndex) -> Option<Shape> {
        self.rows[node.index()].as_ref().map(|r| r.output)
    }
}

/// Evaluates every row in order. A row that reads an unknown shape stays unknown and silent.
pub(super) fn forward(net: &Net, world: &World) -> Forward {
    let mut result = Forward { rows: vec![None; net.graph.node_count()], problems: Vec::new() };
    for &node in &net.order {
        let layer = match world.bind(net, node) {
            Ok(layer) => layer,
            Err(problems) => {
                result.problems.extend(problems.into_iter().map(|p| (node, p)));
                continue;
            }
        };
        let inputs: Option<Vec<Shape>> = net.inputs(node).iter().map(|n| result.shape(*n)).collect();
        let Some(inputs) = inputs else { continue };
        match layer.infer(&inputs) {
            Ok(output) => {
                let cost = layer.cost(&inputs, output);
                result.rows[node.index()] = Some(CheckedRow { layer, inputs, output, cost });
            }
            Err(problem) => result.problems.push((node, problem)),
        }
    }
    result
}

/// True where a row's window takes the convention's word: it states no padding of its own.
pub(super) fn takes_word(row: &Row, kind: WindowKind) -> bool {
    row.kind.is_some_and(|k| k.window == Some(kind))
        && !row.poisoned
        && !row.args.has("padding")
        && row.args.flag("ceil") != Some(true)
}

/// True where the row's padding word stands in the header.
pub(super) fn shares_word(row: &Row, kind: WindowKind) -> bool {
    row.kind.is_some_and(|k| k.window == Some(kind)) && row.origin("padding").is_some_and(|o| o.shared)
}

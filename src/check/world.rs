//! A world: one choice of conventions and edited causes, and the forward pass under it.

use super::{CheckedRow, Inputs};
use crate::graph::{Net, Row};
use crate::layer::{Args, Conventions, Kind, Layer, Problem, Value, WindowKind};
use crate::shape::Shape;
use crate::source::Span;
use petgraph::graph::NodeIndex;
use rustc_hash::FxBuildHasher;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// A cause written otherwise, in one row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RowEdit {
    pub node: NodeIndex,
    pub param: &'static str,
    pub value: Value,
}

/// A cause that several rows share written otherwise: in the header, or in a row that stands for several.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SharedEdit {
    pub span: Span,
    pub param: &'static str,
    pub value: Value,
}

/// What is assumed beyond what the rows say.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub conventions: Conventions,
    pub shared: Vec<SharedEdit>,
    pub edits: Vec<RowEdit>,
}

impl World {
    pub(super) fn new(conventions: Conventions) -> Self {
        Self { conventions, shared: Vec::new(), edits: Vec::new() }
    }

    /// The arguments a row has in this world.
    pub(super) fn args<'a>(&self, node: NodeIndex, row: &'a Row) -> Cow<'a, Args> {
        let mut args = Cow::Borrowed(&row.args);
        for edit in &self.shared {
            if row.origin(edit.param).is_some_and(|o| o.span == edit.span) {
                args.to_mut().set(edit.param, edit.value.clone());
            }
        }
        // In the order of their rows: most rows have none.
        let first = self.edits.partition_point(|e| e.node < node);
        for edit in self.edits[first..].iter().take_while(|e| e.node == node) {
            args.to_mut().set(edit.param, edit.value.clone());
        }
        args
    }

    /// Replaces the edits of single rows.
    pub(super) fn set_edits(&mut self, mut edits: Vec<RowEdit>) {
        edits.sort_by_key(|e| e.node);
        self.edits = edits;
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
#[derive(Debug, Default)]
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
    let mut layers = Layers::default();
    for &node in &net.order {
        let layer = match layers.bind(net, node, world) {
            Ok(layer) => layer,
            Err(problems) => {
                result.problems.extend(problems.into_iter().map(|p| (node, p)));
                continue;
            }
        };
        let inputs: Option<Inputs> = net.inputs(node).iter().map(|n| result.shape(*n)).collect();
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

/// Layers bound in a pass: rows that share their arguments share them.
#[derive(Default)]
struct Layers {
    bound: HashMap<(*const Kind, usize), Arc<dyn Layer>, FxBuildHasher>,
}

impl Layers {
    fn bind(&mut self, net: &Net, node: NodeIndex, world: &World) -> Result<Arc<dyn Layer>, Vec<Problem>> {
        let row = &net.graph[node];
        let Some(kind) = row.kind.filter(|_| !row.poisoned) else { return Err(Vec::new()) };
        let args = world.args(node, row);
        if !args.is(&row.args) || row.args.is_own() {
            return (kind.bind)(&args, &world.conventions);
        }
        let key = (std::ptr::from_ref(kind), args.address());
        if let Some(layer) = self.bound.get(&key) {
            return Ok(Arc::clone(layer));
        }
        let layer = (kind.bind)(&args, &world.conventions)?;
        self.bound.insert(key, Arc::clone(&layer));
        Ok(layer)
    }
}

/// True where a row's window takes the convention's word: it states no padding of its own.
pub(super) fn takes_word(row: &Row, kind: WindowKind) -> bool {
    row.kind.is_some_and(|k| k.window == Some(kind))
        && !row.poisoned
        && !row.args.has("padding")
        && row.args.flag("ceil") != Some(true)
}

//! What a row may give for its inputs, and which of its cells are wrong if it does.

use super::claims;
use super::hints::hints;
use super::repair::{counts_something, repairs};
use super::shared::Cells;
use super::stand_in::{stands_in, takes_back};
use super::world::{RowEdit, World};
use crate::graph::{About, Net};
use crate::layer::{Kind, Layer};
use crate::shape::Shape;
use crate::source::Span;
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// Cells a row costs that has no output under any single edit; above any honest count.
const INFEASIBLE: u32 = 10_000;

/// Compared in order: wrong cells, then how unlikely they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Price {
    pub cells: u32,
    pub prior: u32,
}

impl Price {
    pub(super) const fn new(cells: u32, prior: u32) -> Self {
        Self { cells, prior }
    }
}

impl std::ops::Add for Price {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.cells.saturating_add(other.cells), self.prior.saturating_add(other.prior))
    }
}

/// A cell found wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wrong {
    /// The claimed output; what it should say.
    Output(NodeIndex, Shape),
    /// The claimed input; what it should say.
    Input(NodeIndex, Shape),
    /// A cause; its edit.
    Cause(RowEdit),
    /// A row that nothing simple mends.
    Stuck(NodeIndex),
}

impl Wrong {
    pub(super) fn node(&self) -> NodeIndex {
        match self {
            Self::Output(n, _) | Self::Input(n, _) | Self::Stuck(n) => *n,
            Self::Cause(edit) => edit.node,
        }
    }

    /// What it costs where nothing is weighed.
    pub(super) fn price(&self) -> Price {
        let cells = if matches!(self, Self::Stuck(_)) { INFEASIBLE } else { 1 };
        Price::new(cells, 0)
    }

    /// Where it stands.
    pub(super) fn cell(&self, net: &Net) -> Span {
        let row = &net.graph[self.node()];
        let place = match self {
            Self::Output(..) => row.declared().map(|(_, s)| s),
            Self::Input(..) => row.declared_input().map(|(_, s)| s),
            Self::Cause(edit) => row.origin(edit.param).map(|o| o.span),
            Self::Stuck(_) => None,
        };
        place.unwrap_or(row.span)
    }
}

/// One way a row may turn out.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub label: Option<Shape>,
    pub price: Price,
    pub wrong: Vec<Wrong>,
}

/// The sizes that claims around a row name for it, each once.
pub(super) fn wanted(net: &Net, node: NodeIndex) -> Vec<Shape> {
    let mut wanted: Vec<Shape> = Vec::new();
    for hint in hints(net, node) {
        if !wanted.iter().any(|s| s.agrees(hint.shape)) {
            wanted.push(hint.shape);
        }
    }
    wanted
}

/// What a row may give for its inputs, as it is written and, with `edits`, with one of its cells edited.
pub(super) fn choices(
    (net, node, inputs): (&Net, NodeIndex, &[Option<Shape>]),
    world: &World,
    cells: &Cells,
    wanted: &[Shape],
    edits: bool,
) -> Vec<Choice> {
    let known: Option<Vec<Shape>> = inputs.iter().copied().collect();
    let row = &net.graph[node];
    let (Some(inputs), false) = (known, row.poisoned || row.kind.is_none()) else {
        return vec![Choice { label: None, price: Price::default(), wrong: Vec::new() }];
    };
    let mut choices: Vec<Choice> = Vec::new();
    if let Ok(layer) = world.bind(net, node)
        && let Ok(shape) = layer.infer(&inputs)
    {
        choices.push(priced(net, node, &layer, &inputs, shape, None));
        let agreed = choices[0].price.cells == 0 && wanted.iter().all(|w| w.agrees(shape));
        if agreed && !row.kind.is_some_and(Kind::inputs_nothing) && !stands_in(row, "stride") {
            return choices;
        }
    }
    // Taking back a stride that a claim stands in for edits no cell.
    let edits = edits || stands_in(row, "stride");
    for repair in edits.then(|| repairs(net, node, world, cells, &inputs, wanted)).into_iter().flatten() {
        let edit = RowEdit { node, param: repair.param, value: repair.value };
        let choice = priced(net, node, &repair.layer, &inputs, repair.shape, Some((edit, repair.prior)));
        // Several edits that give one size stay apart: then none of them is certain.
        if !choices.iter().any(|c| c.label == choice.label && c.price.cells < choice.price.cells) {
            choices.push(choice);
        }
    }
    if choices.is_empty() {
        let price = Price::new(INFEASIBLE, 0);
        choices.push(Choice { label: None, price, wrong: vec![Wrong::Stuck(node)] });
    }
    choices
}

/// True where the claimed input is the cell that stands in for the net's input: one cell, blamed there.
pub(super) fn is_the_input(net: &Net, node: NodeIndex, span: Span) -> bool {
    let inputs = net.inputs(node);
    inputs.iter().any(|n| net.graph[*n].origins.iter().any(|o| o.stand_in && o.span == span))
}

/// Counts the cells that are wrong if this row gives `shape`, edited or not.
fn priced(
    net: &Net,
    node: NodeIndex,
    layer: &Arc<dyn Layer>,
    inputs: &[Shape],
    shape: Shape,
    edit: Option<(RowEdit, u32)>,
) -> Choice {
    let row = &net.graph[node];
    let mut wrong = Vec::new();
    let mut cells: Vec<Span> = Vec::new();
    let mut add = |span: Span| {
        if !cells.contains(&span) {
            cells.push(span);
        }
    };
    if let Some((_, span)) = row.declared()
        && row.agrees(About::Output, shape) == Some(false)
        && !row.kind.is_some_and(Kind::inputs_nothing)
    {
        add(span);
        wrong.push(Wrong::Output(node, shape));
    }
    if let (Some((_, span)), [only]) = (row.declared_input(), inputs)
        && row.agrees(About::Input, *only) == Some(false)
        && !is_the_input(net, node, span)
    {
        add(span);
        wrong.push(Wrong::Input(node, *only));
    }
    let mut prior = 0;
    if let Some((edit, unlikely)) = edit {
        prior = unlikely;
        if !takes_back(net, &edit) {
            add(row.origin(edit.param).map_or(row.span, |o| o.span));
        }
        wrong.push(Wrong::Cause(edit));
    }
    let counts =
        if counts_something(row) { claims::wrong_counts(row, &layer.cost(inputs, shape)) as u32 } else { 0 };
    Choice { label: Some(shape), price: Price::new(cells.len() as u32 + counts, prior), wrong }
}

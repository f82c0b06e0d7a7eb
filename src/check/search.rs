//! The cheapest set of wrong cells in a stretch of rows: min-sum over the rows in topological order,
//! the shapes on the frontier being the state. Exact on chains; at forks the cheapest frontiers are kept.

use super::claims;
use super::hints::hints;
use super::repair::{Repair, repairs};
use super::world::{RowEdit, World};
use crate::graph::Net;
use crate::layer::Layer;
use crate::shape::Shape;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Frontiers kept after each row.
const BEAM: usize = 32;
/// Cells a row costs that has no output under any single edit; above any honest count.
const INFEASIBLE: u32 = 10_000;

/// Compared in order: wrong cells, then how unlikely they are.
pub(super) type Price = (u32, u32);

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
}

#[derive(Clone, Debug)]
struct State {
    frontier: Vec<(NodeIndex, Option<Shape>)>,
    price: Price,
    parent: usize,
    wrong: Vec<Wrong>,
}

/// One way a row may turn out.
struct Choice {
    label: Option<Shape>,
    price: Price,
    wrong: Vec<Wrong>,
}

/// Searches the rows `nodes` (a contiguous piece of the net's order). `entering` gives the shapes of
/// rows before it; `leaving` the shapes that rows after it need. `forbidden` is an answer not allowed.
pub(super) struct Search<'a> {
    pub net: &'a Net,
    pub world: &'a World,
    pub nodes: &'a [NodeIndex],
    pub entering: &'a dyn Fn(NodeIndex) -> Option<Shape>,
    pub leaving: &'a dyn Fn(NodeIndex) -> Option<Option<Shape>>,
    pub forbidden: Option<&'a Wrong>,
}

impl Search<'_> {
    /// The cheapest explanation; none where no state survives.
    pub(super) fn run(&self) -> Option<(Price, Vec<Wrong>)> {
        let position: HashMap<NodeIndex, usize> =
            self.nodes.iter().enumerate().map(|(i, n)| (*n, i)).collect();
        let start = State { frontier: Vec::new(), price: (0, 0), parent: 0, wrong: Vec::new() };
        let mut steps: Vec<Vec<State>> = vec![vec![start]];
        for (index, &node) in self.nodes.iter().enumerate() {
            let previous = steps.last()?;
            let next = self.advance(node, index, previous, &position);
            if next.is_empty() {
                return None;
            }
            steps.push(next);
        }
        let last = steps.last()?;
        let (mut at, best) = last.iter().enumerate().min_by_key(|(_, s)| s.price)?;
        let price = best.price;
        let mut wrong = Vec::new();
        for step in steps.iter().rev() {
            wrong.extend(step[at].wrong.iter().rev().cloned());
            at = step[at].parent;
        }
        wrong.reverse();
        Some((price, wrong))
    }

    /// All states after one more row, the cheapest for each frontier.
    fn advance(
        &self,
        node: NodeIndex,
        index: usize,
        previous: &[State],
        position: &HashMap<NodeIndex, usize>,
    ) -> Vec<State> {
        let inputs = self.net.inputs(node);
        let mut memo: Vec<(Vec<Option<Shape>>, Vec<Choice>)> = Vec::new();
        let mut next: Vec<State> = Vec::new();
        for (parent, state) in previous.iter().enumerate() {
            let shapes: Vec<Option<Shape>> = inputs.iter().map(|n| self.look(state, *n)).collect();
            let known = memo.iter().position(|(k, _)| *k == shapes);
            let at = known.unwrap_or_else(|| {
                let choices = self.choices(node, &shapes);
                memo.push((shapes, choices));
                memo.len() - 1
            });
            for choice in &memo[at].1 {
                let Some(frontier) = self.frontier(state, node, index, choice.label, position) else {
                    continue;
                };
                let price = (state.price.0 + choice.price.0, state.price.1 + choice.price.1);
                keep(&mut next, State { frontier, price, parent, wrong: choice.wrong.clone() });
            }
        }
        next.sort_by_key(|s| s.price);
        next.truncate(BEAM);
        next
    }

    fn look(&self, state: &State, node: NodeIndex) -> Option<Shape> {
        match state.frontier.iter().find(|(n, _)| *n == node) {
            Some((_, shape)) => *shape,
            None => (self.entering)(node),
        }
    }

    /// The frontier after a row: values some later row of the stretch reads. None where a row beyond
    /// the stretch needs another shape.
    fn frontier(
        &self,
        state: &State,
        node: NodeIndex,
        index: usize,
        label: Option<Shape>,
        position: &HashMap<NodeIndex, usize>,
    ) -> Option<Vec<(NodeIndex, Option<Shape>)>> {
        if (self.leaving)(node).is_some_and(|needed| needed != label) {
            return None;
        }
        let mut frontier = state.frontier.clone();
        frontier.push((node, label));
        frontier.retain(|(n, _)| {
            let mut readers = self.net.graph.neighbors_directed(*n, Direction::Outgoing);
            readers.any(|r| position.get(&r).is_some_and(|p| *p > index))
        });
        Some(frontier)
    }

    /// What a row may give for these inputs, and what each costs.
    fn choices(&self, node: NodeIndex, inputs: &[Option<Shape>]) -> Vec<Choice> {
        let known: Option<Vec<Shape>> = inputs.iter().copied().collect();
        let row = &self.net.graph[node];
        let (Some(inputs), false) = (known, row.poisoned || row.kind.is_none()) else {
            return vec![Choice { label: None, price: (0, 0), wrong: Vec::new() }];
        };
        let mut choices = Vec::new();
        if let Ok(layer) = self.world.bind(self.net, node)
            && let Ok(shape) = layer.infer(&inputs)
        {
            choices.push(self.price(node, &layer, &inputs, shape, None));
        }
        let mut wanted: Vec<Shape> = Vec::new();
        for hint in hints(self.net, node) {
            if !wanted.iter().any(|s| s.agrees(hint.shape)) {
                wanted.push(hint.shape);
            }
        }
        for repair in repairs(self.net, node, self.world, &inputs, &wanted) {
            if choices.iter().any(|c| c.label == Some(repair.shape)) {
                continue;
            }
            let Some(kind) = row.kind else { continue };
            let args = self.world.args(node, row).with(repair.param, repair.value.clone());
            if let Ok(layer) = (kind.bind)(&args, &self.world.conventions) {
                choices.push(self.price(node, &layer, &inputs, repair.shape, Some(&repair)));
            }
        }
        choices.retain(|c| !self.forbidden.is_some_and(|f| c.wrong.contains(f)));
        if choices.is_empty() {
            choices.push(Choice { label: None, price: (INFEASIBLE, 0), wrong: vec![Wrong::Stuck(node)] });
        }
        choices
    }

    /// Counts the cells that are wrong if this row gives `shape`, edited or not.
    fn price(
        &self,
        node: NodeIndex,
        layer: &Arc<dyn Layer>,
        inputs: &[Shape],
        shape: Shape,
        repair: Option<&Repair>,
    ) -> Choice {
        let row = &self.net.graph[node];
        let mut wrong = Vec::new();
        let mut cells: BTreeSet<(u32, u32)> = BTreeSet::new();
        let mut prior = 0;
        if let Some((declared, span)) = row.declared()
            && !declared.agrees(shape)
            && !row.kind.is_some_and(crate::layer::Kind::inputs_nothing)
        {
            cells.insert((span.start, span.end));
            wrong.push(Wrong::Output(node, shape));
        }
        if let (Some((declared, span)), [only]) = (row.declared_input(), inputs)
            && !declared.agrees(*only)
        {
            cells.insert((span.start, span.end));
            wrong.push(Wrong::Input(node, *only));
        }
        let counts = claims::wrong_counts(row, &layer.cost(inputs, shape)) as u32;
        if let Some(repair) = repair {
            prior = repair.prior;
            let span = row.origin(repair.param).map_or(row.span, |o| o.span);
            cells.insert((span.start, span.end));
            wrong.push(Wrong::Cause(RowEdit { node, param: repair.param, value: repair.value.clone() }));
        }
        Choice { label: Some(shape), price: (cells.len() as u32 + counts, prior), wrong }
    }
}

/// Adds a state unless its frontier is there at no higher price.
fn keep(states: &mut Vec<State>, state: State) {
    match states.iter_mut().find(|s| s.frontier == state.frontier) {
        Some(known) if known.price > state.price => *known = state,
        Some(_) => {}
        None => states.push(state),
    }
}

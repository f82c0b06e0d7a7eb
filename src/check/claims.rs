//! Counts that rows and the header claim, against what was counted.

use crate::graph::{About, ClaimValue, Net, NetAbout, Row};
use crate::layer::Cost;
use crate::source::Span;
use crate::syntax::NumberClaim;
use petgraph::graph::NodeIndex;

use super::CheckedRow;

/// A count that does not hold.
pub(super) struct WrongCount {
    pub about: About,
    pub span: Span,
    pub claimed: f64,
    pub counted: u64,
}

/// The row's count claims that hold under no counting convention; of a row that repeats none, since
/// they speak of all its copies.
pub(super) fn wrong_counts<'a>(row: &'a Row, cost: &'a Cost) -> impl Iterator<Item = WrongCount> + 'a {
    wrong_counts_of(row, cost, false)
}

/// Those of a row that stands alone, or those of its copies together.
pub(super) fn wrong_counts_of<'a>(
    row: &'a Row,
    cost: &'a Cost,
    together: bool,
) -> impl Iterator<Item = WrongCount> + 'a {
    row.claims.iter().filter(move |c| (c.copies > 1) == together).filter_map(move |claim| {
        let ClaimValue::Number(number) = &claim.value else { return None };
        let candidates = match claim.about {
            About::Params => vec![cost.params(), cost.weights + cost.biases, cost.weights],
            About::Macs => vec![cost.macs, cost.macs.saturating_mul(2)],
            _ => return None,
        };
        if candidates.iter().any(|c| holds(number, *c)) {
            return None;
        }
        let counted = candidates[0];
        Some(WrongCount { about: claim.about, span: claim.span, claimed: number.value, counted })
    })
}

/// True where a count lies in the claim's interval, at K = 1000 or K = 1024.
pub(super) fn holds(claim: &NumberClaim, count: u64) -> bool {
    let count = count as f64;
    claim.low <= count && count <= claim.high
}

/// Sums over a net, for one image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Sum of the rows' costs.
    pub cost: Cost,
    /// Outputs of convolutions and FC layers.
    pub neurons: u64,
    /// Numbers all rows put out.
    pub activations: u64,
    /// Layers with weights on the longest path.
    pub depth: u64,
}

impl Totals {
    /// Sums over the rows whose shape is known, in the net's order.
    pub fn of(net: &Net, rows: &[Option<CheckedRow>]) -> Self {
        let mut totals = Self::default();
        let mut depths = vec![0u64; rows.len()];
        for &node in &net.order {
            let weighted = net.graph[node].kind.is_some_and(|k| k.weighted);
            let above = net.inputs(node).iter().map(|n| depths[n.index()]).max().unwrap_or(0);
            depths[node.index()] = above + u64::from(weighted);
            let Some(row) = rows.get(node.index()).and_then(Option::as_ref) else { continue };
            totals.add(&row.cost);
            totals.activations = totals.activations.saturating_add(row.output.elements());
            if weighted {
                totals.neurons = totals.neurons.saturating_add(row.output.elements());
            }
        }
        totals.depth = depths.into_iter().max().unwrap_or(0);
        totals
    }

    fn add(&mut self, cost: &Cost) {
        let sum = &mut self.cost;
        sum.weights = sum.weights.saturating_add(cost.weights);
        sum.biases = sum.biases.saturating_add(cost.biases);
        sum.norms = sum.norms.saturating_add(cost.norms);
        sum.buffers = sum.buffers.saturating_add(cost.buffers);
        sum.macs = sum.macs.saturating_add(cost.macs);
    }

    /// What a whole-net claim may mean, the definition netc prints first.
    pub(super) fn meanings(&self, about: NetAbout) -> Vec<u64> {
        let c = &self.cost;
        match about {
            NetAbout::Parameters => vec![c.params(), c.weights + c.biases, c.weights],
            NetAbout::Neurons => vec![self.neurons],
            NetAbout::Macs => vec![c.macs, c.macs.saturating_mul(2)],
            NetAbout::Depth => vec![self.depth],
        }
    }
}

/// What the copies of a row cost together.
pub(super) fn cost_of_copies(net: &Net, rows: &[Option<CheckedRow>], node: NodeIndex) -> Option<Cost> {
    let last = &net.graph[node];
    let mut totals = Totals::default();
    for copy in net.graph.node_indices().filter(|n| net.graph[*n].line == last.line) {
        let same = net.graph[copy].kind.map(|k| k.name) == last.kind.map(|k| k.name);
        if same {
            totals.add(&rows.get(copy.index())?.as_ref()?.cost);
        }
    }
    Some(totals.cost)
}

/// The longest chain of rows with weights above and including a row.
pub(super) fn depth_of(net: &Net, node: NodeIndex) -> u64 {
    let mut depths = vec![0u64; net.graph.node_count()];
    for &n in &net.order {
        let above = net.inputs(n).iter().map(|i| depths[i.index()]).max().unwrap_or(0);
        depths[n.index()] = above + u64::from(net.graph[n].kind.is_some_and(|k| k.weighted));
    }
    depths[node.index()]
}

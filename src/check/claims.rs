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
    row.claims.iter().filter(move |c| c.rows.is_empty() != together).filter_map(move |claim| {
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
            if row.cost.weights > 0 {
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

/// What the rows a claim speaks of cost together: the copies of its row, or what a block stands for.
pub(super) fn cost_together(rows: &[Option<CheckedRow>], spans: &[(u32, u32)]) -> Option<Cost> {
    let mut totals = Totals::default();
    for index in spans.iter().flat_map(|(first, end)| *first..*end) {
        totals.add(&rows.get(index as usize)?.as_ref()?.cost);
    }
    Some(totals.cost)
}

/// The longest chain of layers with weights among the rows a claim speaks of; its own row where it names none.
pub(super) fn depth_of(net: &Net, node: NodeIndex, spans: &[(u32, u32)]) -> u64 {
    let weighted = |n: NodeIndex| u64::from(net.graph[n].kind.is_some_and(|k| k.weighted));
    if spans.is_empty() {
        return weighted(node);
    }
    let mut depths: std::collections::HashMap<NodeIndex, u64> = std::collections::HashMap::new();
    for node in spans.iter().flat_map(|(first, end)| *first..*end).map(|i| NodeIndex::new(i as usize)) {
        let above = net.inputs(node).iter().filter_map(|i| depths.get(i)).max().copied().unwrap_or(0);
        depths.insert(node, above + weighted(node));
    }
    depths.into_values().max().unwrap_or(0)
}

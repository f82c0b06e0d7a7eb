//! Counts that rows claim, against what was counted; sums over a net.

use super::CheckedRow;
use super::ways::Counted;
use crate::graph::{About, ClaimValue, Counting, Net, Row};
use crate::layer::Cost;
use crate::shape::Shape;

/// The row's count claims that hold under no counting convention; of a row that repeats none, since
/// they speak of all its copies.
pub(super) fn wrong_counts(row: &Row, cost: &Cost) -> usize {
    let open = Counting::default();
    let wrong = |claim: &&crate::graph::Claim| match (&claim.value, Counted::of_row(claim.about)) {
        (ClaimValue::Number(number), Some(what)) if claim.rows().is_empty() => {
            !what.ways(&open).iter().any(|way| way.holds(what, number, cost))
        }
        _ => false,
    };
    row.claims.iter().filter(wrong).count()
}

/// The parameters that a row claims, in the units that it states.
pub(super) fn params(row: &Row) -> Option<f64> {
    row.claims.iter().find_map(|c| match &c.value {
        ClaimValue::Number(n) if c.about == About::Params => Some(n.value),
        _ => None,
    })
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
    /// Connections: for every output of a window one a tap, and one a bias.
    pub connections: u64,
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
            add(&mut totals.cost, &row.cost);
            totals.connections = totals.connections.saturating_add(connections(&net.graph[node], row));
            totals.activations = totals.activations.saturating_add(row.output.elements());
            if row.cost.weights > 0 {
                totals.neurons = totals.neurons.saturating_add(row.output.elements());
            }
        }
        totals.depth = depths.into_iter().max().unwrap_or(0);
        totals
    }
}

/// Adds a cost to a sum; saturates.
pub(super) fn add(sum: &mut Cost, cost: &Cost) {
    sum.weights = sum.weights.saturating_add(cost.weights);
    sum.biases = sum.biases.saturating_add(cost.biases);
    sum.norms = sum.norms.saturating_add(cost.norms);
    sum.buffers = sum.buffers.saturating_add(cost.buffers);
    sum.macs = sum.macs.saturating_add(cost.macs);
}

/// A row's connections, as LeCun et al. (1998) count them: a convolution's taps and biases for each of its
/// outputs, a pool's taps, the bias that a SCALE adds.
pub(crate) fn connections(row: &Row, bound: &CheckedRow) -> u64 {
    if row.kind.is_some_and(|k| k.weighted) {
        let places = match bound.output {
            Shape::Map { h, w, .. } => h.saturating_mul(w),
            Shape::Flat(_) => 1,
        };
        return bound.cost.macs.saturating_add(bound.cost.biases.saturating_mul(places));
    }
    bound.output.elements().saturating_mul(bound.layer.taps())
}

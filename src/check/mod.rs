//! Causes to shapes; claims compared; conventions inferred; the wrong cell found.
//!
//! One forward pass under each choice of conventions; where claims disagree, a search for the smallest
//! set of wrong cells that explains the whole net. One report per wrong cell, never a chain of them.

mod channels;
mod choices;
mod claims;
mod conventions;
mod counts;
mod hints;
mod one_cell;
mod regions;
mod repair;
mod report;
mod search;
mod second;
mod settle;
mod shared;
mod shared_report;
mod solve;
mod stand_in;
mod tell;
mod units;
mod ways;
mod whole;
mod world;

pub use claims::Totals;
pub(crate) use claims::connections;

use crate::diag::{Diagnostic, Edit};
use crate::graph::{About, ClaimValue, Net, NetAbout};
use crate::layer::{Conventions, Cost, Layer};
use crate::shape::Shape;
use crate::source::Source;
use petgraph::graph::NodeIndex;
use smallvec::SmallVec;
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
    /// Cells that several rows share, written so that fewer claims would be contradicted.
    pub(crate) near: Vec<Edit>,
}

/// A row with everything known of it.
#[derive(Clone, Debug)]
pub struct CheckedRow {
    /// The bound layer.
    pub layer: Arc<dyn Layer>,
    /// The shapes that go in, by slot.
    pub inputs: Inputs,
    /// The shape that comes out.
    pub output: Shape,
    /// What it stores and computes.
    pub cost: Cost,
}

/// The shapes that go into a row, by slot: one in most rows, and there may be a million of them.
pub type Inputs = SmallVec<[Shape; 1]>;

/// The whole number of a range that the highest power of `base` divides; the range's ends are moved by rounding.
fn roundest(base: f64, low: f64, high: f64) -> Option<u64> {
    let (low, high) = ((low - 1e-6).ceil(), (high + 1e-6).floor());
    let steps = (0..10).rev().map(|n| base.powi(n));
    steps.map(|step| (high / step).floor() * step).find(|v| *v >= low.max(1.0)).map(|v| v as u64)
}

/// How strictly to check.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Asks for padding and counting words instead of inferring them.
    pub strict: bool,
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

    /// The channels of a row with which its claimed parameters, or those of the whole net, would be right, in each way
    /// in which they may be counted.
    pub(crate) fn needed(&self, node: NodeIndex) -> Vec<u64> {
        let Some(row) = self.row(node).filter(|r| r.cost.params() > 0) else { return Vec::new() };
        let (channels, totals) = (row.output.channels() as f64, self.totals().cost);
        let numbers = self.net.graph[node].claims.iter().filter_map(|c| match &c.value {
            ClaimValue::Number(n) if c.about == About::Params => Some(n),
            _ => None,
        });
        let numbers: Vec<_> = numbers.collect();
        let mut found = Vec::new();
        for (own, all) in [(row.cost.params(), totals.params()), (row.cost.weights, totals.weights)] {
            let others = all.saturating_sub(own) as f64;
            let rows = numbers.iter().flat_map(|n| [n.at(1000), n.at(1024)]).map(|n| (n.low, n.high));
            let whole = self.net.claims.iter().filter(|c| c.about == NetAbout::Parameters);
            let ranges = rows.chain(whole.map(|c| (c.value.low - others, c.value.high - others)));
            let one = channels / own.max(1) as f64;
            found.extend(ranges.filter_map(|(low, high)| roundest(10.0, low * one, high * one)));
        }
        found
    }

    /// The side of a row's square kernel with which its claimed parameters would be right.
    pub(crate) fn needed_kernel(&self, node: NodeIndex) -> Option<u64> {
        let (row, bound) = (&self.net.graph[node], self.row(node)?);
        let [h, w] = row.args.pair("kernel").filter(|[h, w]| h == w)?;
        let claimed = claims::params(row)?;
        let one = bound.cost.weights as f64 / (h * w) as f64;
        let side = ((claimed - bound.cost.biases as f64) / one).sqrt().round();
        (1.0..1e4).contains(&side).then_some(side as u64)
    }

    /// Sums over the net.
    pub fn totals(&self) -> Totals {
        Totals::of(&self.net, &self.rows)
    }
}

/// Checks one net of a document.
pub fn check(source: &Source, mut net: Net, options: Options) -> Checked {
    stand_in::strides(&mut net);
    let (solution, pass) = solve::solve(source, &net);
    let (solution, pass) = settle::settled(source, &net, solution, pass);
    let mut diagnostics = report::wrong_cells(source, &net, &solution, &pass);
    diagnostics.extend(shared_report::shared_cells(source, &net, &solution, &pass));
    diagnostics.extend(second::claims(source, &net, &pass));
    diagnostics.extend(report::problems(&net, &pass));
    let (wrong, columns) = counts::counts(source, &net, &pass.rows);
    let (claims, told) = whole::totals(source, &net, &pass.rows, &columns);
    let sound = diagnostics.is_empty() && wrong.is_empty();
    diagnostics.extend(wrong);
    let state = (&solution.world, &pass);
    let (claims, edits) =
        if sound { one_cell::beside(source, &net, state, &columns, claims) } else { (claims, Vec::new()) };
    diagnostics.extend(claims);
    diagnostics.extend(counts::tell(&net, &columns, &told, options.strict));
    diagnostics.extend(tell::conventions(&net, &solution, &pass, options));
    let near = shared_report::edits(source, &solution.near).into_iter().chain(edits).collect();
    Checked { conventions: solution.world.conventions, rows: pass.rows, net, diagnostics, near }
}

/// How much in a net as it is written is contradicted, counts among it, at a glance.
pub(crate) fn contradictions(source: &Source, mut net: Net) -> usize {
    stand_in::strides(&mut net);
    let (wrong, pass) = solve::contradictions(source, &net);
    // A row without a size keeps silent about those below it.
    let unknown = pass.rows.iter().filter(|r| r.is_none()).count();
    wrong + unknown + settle::open_counts(source, &net, &pass)
}

/// Binds a net under conventions that are settled already. Claims are not compared; what is reported
/// is only what forbids building the net.
pub fn build(mut net: Net, conventions: Conventions) -> Checked {
    stand_in::strides(&mut net);
    let world = world::World::new(conventions);
    let pass = world::forward(&net, &world);
    let diagnostics = report::problems(&net, &pass);
    Checked { conventions, rows: pass.rows, net, diagnostics, near: Vec::new() }
}

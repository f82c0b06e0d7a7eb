//! Counts and claims about the whole net decide between explanations that sizes alone leave open.
//!
//! A kernel of a `same` convolution never shows in a size, and a size may be explained by several edits. Where
//! counts are wrong after the sizes are explained, single edits are tried in full; one with which fewer cells
//! are wrong in all, counts among them, is the better explanation.

use super::choices::{Wrong, wanted};
use super::regions::mismatches;
use super::repair::{counted_channels, prior_of, values};
use super::solve::{Rival, Solution, plain};
use super::world::{Forward, RowEdit, World, forward};
use super::{counts, whole};
use crate::graph::Net;
use crate::layer::StandIn;
use crate::source::{Source, Span};
use petgraph::graph::NodeIndex;
use std::collections::BTreeSet;

/// Rows evaluated in all, so that a large net ends in time.
const BUDGET: usize = 400_000;
/// Values of one row, at most.
const VALUES: usize = 40;
/// Explanations that tie and are told.
const TOLD: usize = 8;

/// An explanation by a single edit more.
struct Candidate {
    cells: usize,
    prior: u32,
    world: World,
    pass: Forward,
}

/// The solution, or a better one that counts bear out.
pub(super) fn settled(source: &Source, net: &Net, solution: Solution, pass: Forward) -> (Solution, Forward) {
    let open = open_counts(source, net, &pass);
    let length = net.order.len();
    if open == 0 || length * VALUES > BUDGET {
        return (solution, pass);
    }
    let now = solution.shared.len() + cells(net, &solution.world, &pass).len() + open;
    let mut best: Vec<Candidate> = Vec::new();
    for node in nodes(net, &solution) {
        for world in edited(net, &solution.world, &pass, node) {
            let pass = forward(net, &world);
            let wrong = solution.shared.len() + cells(net, &world, &pass).len();
            let least = best.first().map_or(now - 1, |b| b.cells);
            if pass.rows.iter().any(Option::is_none) || wrong > least {
                continue;
            }
            let cells = wrong + open_counts(source, net, &pass);
            if cells < least {
                best.clear();
            }
            if cells <= least {
                let prior = world.edits.iter().map(|e| prior_of(net, e)).sum();
                best.push(Candidate { cells, prior, world, pass });
            }
        }
    }
    adopt(net, solution, pass, best)
}

/// The likeliest of the best candidates; the others are its rivals.
fn adopt(net: &Net, mut solution: Solution, pass: Forward, mut best: Vec<Candidate>) -> (Solution, Forward) {
    best.sort_by_key(|c| c.prior);
    best.dedup_by(|a, b| a.world.edits == b.world.edits);
    let told = |c: &Candidate| {
        let wrong = mismatches(net, &c.pass);
        let mut found: Vec<Wrong> = c.world.edits.iter().cloned().map(Wrong::Cause).collect();
        found.extend(plain(net, &c.pass, 0..net.order.len(), &wrong));
        found.sort_by_key(Wrong::node);
        found
    };
    let rivals: Vec<Rival> = best
        .iter()
        .skip(1)
        .take(TOLD)
        .map(|c| Rival { wrong: told(c), shared: solution.shared.clone() })
        .collect();
    let Some(first) = best.into_iter().next() else { return (solution, pass) };
    solution.wrong = told(&first);
    solution.rivals = rivals;
    solution.forget_search();
    solution.world = first.world;
    (solution, first.pass)
}

/// Counts that do not hold, of rows and of the whole net.
fn open_counts(source: &Source, net: &Net, pass: &Forward) -> usize {
    let (wrong, columns) = counts::counts(source, net, &pass.rows);
    wrong.len() + whole::totals(net, &pass.rows, &columns).0.len()
}

/// The cells that are wrong in a world, counts and shared causes left out.
fn cells(net: &Net, world: &World, pass: &Forward) -> BTreeSet<Span> {
    let edits = world.edits.iter().map(|e| Wrong::Cause(e.clone()));
    let claims = plain(net, pass, 0..net.order.len(), &mismatches(net, pass));
    edits.chain(claims).map(|w| w.cell(net)).collect()
}

/// Rows that may be edited: all of them, in document order.
fn nodes(net: &Net, solution: &Solution) -> Vec<NodeIndex> {
    let length = net.order.len();
    if length * length * VALUES <= BUDGET {
        return net.order.clone();
    }
    // In a large net those that are in doubt already.
    let mut nodes: Vec<NodeIndex> = solution.wrong.iter().take(TOLD).map(Wrong::node).collect();
    let others = solution.wrong.iter().take(TOLD).flat_map(|w| solution.instead_of(w));
    nodes.extend(others.flat_map(|r| r.wrong.into_iter().map(|w| w.node()).collect::<Vec<_>>()));
    nodes.sort_unstable();
    nodes.dedup();
    nodes.truncate(BUDGET / (length * VALUES).max(1));
    nodes
}

/// Worlds with one edit of a row: beside the edits of other rows, and in place of them all.
fn edited(net: &Net, world: &World, pass: &Forward, node: NodeIndex) -> Vec<World> {
    let row = &net.graph[node];
    let Some(kind) = row.kind.filter(|_| !row.poisoned) else { return Vec::new() };
    let wanted = wanted(net, node);
    let args = World { edits: Vec::new(), ..world.clone() }.args(node, row).into_owned();
    let mut worlds = Vec::new();
    for spec in kind.params {
        let cost = pass.rows[node.index()].as_ref().filter(|_| spec.stand_in == StandIn::Channels);
        let counted = cost.and_then(|r| counted_channels(row, args.get(spec.name), &r.cost));
        let values = values(kind, spec, &wanted, &args).into_iter().map(|(value, _)| value);
        for value in counted.into_iter().chain(values).take(VALUES) {
            let edit = RowEdit { node, param: spec.name, value };
            let beside: Vec<RowEdit> = world.edits.iter().filter(|e| e.node != node).cloned().collect();
            let alone = beside.is_empty();
            for rest in [beside, Vec::new()].into_iter().take(if alone { 1 } else { 2 }) {
                let mut other = world.clone();
                other.set_edits(rest.into_iter().chain(std::iter::once(edit.clone())).collect());
                worlds.push(other);
            }
        }
    }
    worlds
}

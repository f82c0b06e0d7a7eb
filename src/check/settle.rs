//! Counts and claims about the whole net decide between explanations that sizes alone leave open.
//!
//! A kernel of a `same` convolution never shows in a size, and a size may be explained by several edits. Where
//! counts are wrong after the sizes are explained, single cells are read otherwise; a reading with which fewer
//! cells are wrong in all, counts among them, is the better explanation. Most readings are dismissed by what they
//! change in their own rows; the others are tried in full.

use super::choices::Wrong;
use super::regions::mismatches;
use super::repair::prior_of;
use super::shared::{Cells, Shared};
use super::solve::{Rival, Solution, plain};
use super::stand_in::takes_back;
use super::units::{Doubts, Unit, VALUES, units};
use super::world::{Forward, World, forward};
use super::{channels, counts, whole};
use crate::graph::Net;
use crate::layer::Value;
use crate::source::{Source, Span};
use petgraph::graph::NodeIndex;
use std::collections::{BTreeSet, HashSet};

/// Rows evaluated in all, so that a large net ends in time.
const BUDGET: usize = 400_000;
/// Explanations that tie and are told.
const TOLD: usize = 8;
/// Prior of a cell that several rows share.
const SHARED: u32 = 2;

/// A cell read otherwise.
struct Reading {
    world: World,
    shared: Vec<Shared>,
    /// How unlike such cells its new value is.
    unusual: u32,
}

/// An explanation by a single cell more.
struct Candidate {
    cells: usize,
    prior: (u32, u32),
    world: World,
    pass: Forward,
    shared: Vec<Shared>,
}

/// The solution, or a better one that counts bear out.
pub(super) fn settled(source: &Source, net: &Net, solution: Solution, pass: Forward) -> (Solution, Forward) {
    let open = open_counts(source, net, &pass);
    let length = net.order.len();
    if open == 0 || length * VALUES > BUDGET {
        return (solution, pass);
    }
    let now = solution.shared.len() + cells(net, &solution.world, &pass).len() + open;
    let (_, columns) = counts::counts(source, net, &pass.rows);
    let doubted = counts::doubted(source, net, &pass.rows);
    let doubts = Doubts::new(net, &pass, &columns, doubted, in_doubt(net, &solution));
    let mut best: Vec<Candidate> = Vec::new();
    let mut left = BUDGET / length.max(1);
    for unit in units(net, &Cells::of(net)) {
        let mut tried = readings(net, &solution, &pass, &unit);
        tried.retain(|t| doubts.promises(&unit, &t.world));
        let state = (&solution.world, &pass);
        let needed = channels::needed(net, state, &unit, &doubts.open, &mut left);
        tried.extend(needed.into_iter().flat_map(|value| reading(net, &solution, &unit, &value)));
        for reading in tried.into_iter().take(left) {
            left -= 1;
            let least = best.first().map_or(now - 1, |b| b.cells);
            let Some(candidate) = weighed(source, net, reading, least) else { continue };
            if candidate.cells < least {
                best.clear();
            }
            best.push(candidate);
        }
    }
    adopt(net, solution, pass, best)
}

/// The worlds in which a cell is read otherwise, with the shared cells that are.
fn readings(net: &Net, solution: &Solution, pass: &Forward, unit: &Unit) -> Vec<Reading> {
    let all = unit.values(net, &solution.world, pass).into_iter();
    all.flat_map(|value| reading(net, solution, unit, &value)).collect()
}

fn reading(net: &Net, solution: &Solution, unit: &Unit, value: &Value) -> Vec<Reading> {
    let new = unit.reading(value);
    let others = solution.shared.iter().filter(|s| !new.as_ref().is_some_and(|n| n.is_of_the_cell(s)));
    let shared: Vec<Shared> = others.cloned().chain(new.clone()).collect();
    let unusual = unit.unusual(net, value);
    let one = |world| Reading { world, shared: shared.clone(), unusual };
    unit.worlds(&solution.world, value).into_iter().map(one).collect()
}

/// A world with its wrong cells, where they are no more than `least`.
fn weighed(source: &Source, net: &Net, reading: Reading, least: usize) -> Option<Candidate> {
    let Reading { world, shared, unusual } = reading;
    let pass = forward(net, &world);
    let wrong = shared.len() + cells(net, &world, &pass).len();
    if pass.rows.iter().any(Option::is_none) || wrong > least {
        return None;
    }
    let cells = wrong + open_counts(source, net, &pass);
    let edits: u32 = world.edits.iter().map(|e| prior_of(net, e)).sum();
    let prior = (edits + SHARED * shared.len() as u32, unusual);
    (cells <= least).then_some(Candidate { cells, prior, world, pass, shared })
}

/// The likeliest of the best candidates; the others are its rivals.
fn adopt(net: &Net, mut solution: Solution, pass: Forward, mut best: Vec<Candidate>) -> (Solution, Forward) {
    best.sort_by_key(|c| c.prior);
    best.dedup_by(|a, b| a.world.edits == b.world.edits && a.shared == b.shared);
    let told = |c: &Candidate| {
        let wrong = mismatches(net, &c.pass);
        let mut found: Vec<Wrong> = c.world.edits.iter().cloned().map(Wrong::Cause).collect();
        found.extend(plain(net, &c.pass, 0..net.order.len(), &wrong));
        found.sort_by_key(Wrong::node);
        found
    };
    let others = best.iter().skip(1).take(TOLD);
    let rivals: Vec<Rival> = others.map(|c| Rival { wrong: told(c), shared: c.shared.clone() }).collect();
    let Some(first) = best.into_iter().next() else { return (solution, pass) };
    solution.wrong = told(&first);
    solution.shared = first.shared;
    solution.rivals = rivals;
    solution.forget_search();
    solution.world = first.world;
    (solution, first.pass)
}

/// Counts that do not hold, of rows and of the whole net.
pub(super) fn open_counts(source: &Source, net: &Net, pass: &Forward) -> usize {
    let (wrong, columns) = counts::counts(source, net, &pass.rows);
    wrong.len() + whole::totals(source, net, &pass.rows, &columns).0.len()
}

/// The cells that are wrong in a world, counts and shared causes left out.
fn cells(net: &Net, world: &World, pass: &Forward) -> BTreeSet<Span> {
    let edits = world.edits.iter().filter(|e| !takes_back(net, e)).map(|e| Wrong::Cause(e.clone()));
    let claims = plain(net, pass, 0..net.order.len(), &mismatches(net, pass));
    edits.chain(claims).map(|w| w.cell(net)).collect()
}

/// Rows whose sizes are in doubt: all of them where the net is small.
fn in_doubt(net: &Net, solution: &Solution) -> HashSet<NodeIndex> {
    let length = net.order.len();
    if length * length * VALUES <= BUDGET {
        return net.order.iter().copied().collect();
    }
    let mut nodes: Vec<NodeIndex> = solution.wrong.iter().take(TOLD).map(Wrong::node).collect();
    let others = solution.wrong.iter().take(TOLD).flat_map(|w| solution.instead_of(w));
    nodes.extend(others.flat_map(|r| r.wrong.into_iter().map(|w| w.node()).collect::<Vec<_>>()));
    nodes.extend(net.order.first());
    nodes.into_iter().collect()
}

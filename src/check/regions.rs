//! Which rows disagree with their claims, and the pieces of the net that a search must look at.

use super::hints::hints;
use super::world::Forward;
use crate::diag::Code;
use crate::graph::{About, Net, Row};
use crate::layer::Kind;
use crate::shape::Shape;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use std::collections::HashSet;
use std::ops::Range;

/// Nets up to this many rows are searched whole; longer ones in pieces around their mismatches.
const WHOLE: usize = 100;
/// Rows that agree with their claims and end a piece.
const CALM: usize = 3;
/// Rows looked at below one that has no size.
const BELOW: usize = 1_000;

/// True where what was computed contradicts a size the row claims.
pub(super) fn contradicts(row: &Row, inputs: &[Shape], output: Shape) -> bool {
    let input = match inputs {
        [only] => row.agrees(About::Input, *only) == Some(false),
        _ => false,
    };
    let reads = row.kind.is_some_and(|k| !k.inputs_nothing());
    input || (reads && row.agrees(About::Output, output) == Some(false))
}

/// The rows, by their place in the net's order, that contradict a claim or have no size for a reason of
/// their own where a claim says that they have one.
pub(super) fn mismatches(net: &Net, pass: &Forward) -> Vec<usize> {
    let mut stuck = vec![false; net.graph.node_count()];
    // What a row joins are claims of each other.
    let mut joins = vec![false; net.graph.node_count()];
    for (node, problem) in &pass.problems {
        stuck[node.index()] = !net.graph[*node].poisoned;
        joins[node.index()] = problem.code == Code::E0304;
    }
    let wrong = |node: NodeIndex| match &pass.rows[node.index()] {
        Some(bound) => contradicts(&net.graph[node], &bound.inputs, bound.output),
        // Where no claim speaks of the row, its own problem says all there is to say.
        None if !stuck[node.index()] => false,
        None => !hints(net, node).is_empty() || joins[node.index()] && claimed_below(net, pass, node),
    };
    (0..net.order.len()).filter(|i| wrong(net.order[*i])).collect()
}

/// True where a row that has no size because this one has none claims one.
fn claimed_below(net: &Net, pass: &Forward, node: NodeIndex) -> bool {
    let mut seen = HashSet::from([node]);
    let mut found = vec![node];
    let mut at = 0;
    while let Some(node) = found.get(at).copied().filter(|_| at < BELOW) {
        at += 1;
        let row = &net.graph[node];
        if row.declared().or_else(|| row.declared_input()).is_some() {
            return true;
        }
        let readers = net.graph.neighbors_directed(node, Direction::Outgoing);
        for reader in readers.filter(|r| pass.rows[r.index()].is_none()) {
            if seen.insert(reader) {
                found.push(reader);
            }
        }
    }
    false
}

/// Ranges of the order that hold every mismatch and what may explain it.
pub(super) fn regions(net: &Net, pass: &Forward, wrong: &[usize]) -> Vec<Range<usize>> {
    if wrong.is_empty() {
        return Vec::new();
    }
    let length = net.order.len();
    if length <= WHOLE {
        return std::iter::once(0..length).collect();
    }
    let calm = |i: usize| {
        let row = &net.graph[net.order[i]];
        let bends = !row.kind.is_some_and(|k| k.keeps_shape || Kind::inputs_nothing(k));
        bends && row.declared().is_some() && pass.rows[net.order[i].index()].is_some()
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    // Where the piece begins that is not ended yet, and how many calm rows it has ended with.
    let mut open: Option<(usize, usize)> = None;
    let mut next = wrong.iter().copied().peekable();
    for at in wrong[0]..length {
        if next.next_if_eq(&at).is_some() {
            let start = open.map(|(start, _)| start).or_else(|| {
                let floor = found.last().map_or(0, |r| r.end);
                nth_calm((floor..at).rev(), calm)
            });
            // With no calm rows between, it goes on with the piece before.
            open = Some((start.unwrap_or_else(|| found.pop().map_or(0, |r| r.start)), 0));
        } else if let Some((start, seen)) = open.filter(|_| calm(at)) {
            open = Some((start, seen + 1)).filter(|_| seen + 1 < CALM);
            if open.is_none() {
                found.push(start..at + 1);
            }
        }
    }
    found.extend(open.map(|(start, _)| start..length));
    found
}

fn nth_calm(mut range: impl Iterator<Item = usize>, calm: impl Fn(usize) -> bool) -> Option<usize> {
    let mut seen = 0;
    range.find(|i| {
        seen += usize::from(calm(*i));
        seen == CALM
    })
}

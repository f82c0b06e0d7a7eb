//! The cheapest world: conventions weighed together, then the wrong cells under each.

use super::claims::wrong_counts;
use super::conventions::{WINDOWS, base, candidates, settle};
use super::hints::hints;
use super::search::{Price, Search, Wrong};
use super::world::{Forward, World, forward, shares_word, takes_word};
use crate::graph::Net;
use crate::layer::{PadWord, WindowKind};
use petgraph::Direction;
use petgraph::graph::NodeIndex;

/// Nets up to this many rows are searched whole; longer ones in stretches around their mismatches.
const WHOLE: usize = 400;
/// Rows that agree with their claims and end a stretch.
const CALM: usize = 3;
/// What reading a header's word otherwise costs: one cell, a shared cause.
const SHARED: Price = (1, 2);

/// A padding word of the header, or the dialect's, that the sizes contradict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SharedWord {
    pub kind: WindowKind,
    pub word: PadWord,
}

/// The cheapest explanation of the whole net.
pub(super) struct Solution {
    /// With every edit in it.
    pub world: World,
    pub price: Price,
    pub wrong: Vec<Wrong>,
    pub shared: Option<SharedWord>,
}

/// Finds it. The first of the cheapest in the order of conventions wins.
pub(super) fn solve(net: &Net) -> Solution {
    let mut best: Option<Solution> = None;
    for conv in candidates(net, WindowKind::Conv) {
        for pool in candidates(net, WindowKind::Pool) {
            let words = base(net).with(WindowKind::Conv, conv).with(WindowKind::Pool, pool);
            consider(&mut best, explain(net, World::new(settle(net, words)), None));
            if best.as_ref().is_some_and(|b| b.price.0 == 0) {
                break;
            }
        }
    }
    let mut best = best.unwrap_or_else(|| explain(net, World::new(base(net)), None));
    if best.price.0 > SHARED.0 {
        let asked = best.world.conventions;
        let mut found = None;
        for (kind, word) in WINDOWS.iter().flat_map(|k| PadWord::ALL.iter().map(|w| (*k, *w))) {
            if let Some(world) = reread(net, kind, word, asked) {
                consider(&mut found, explain(net, world, Some(SharedWord { kind, word })));
            }
        }
        if let Some(other) = found.filter(|f| f.price < best.price) {
            best = other;
        }
    }
    best
}

/// The world in which the header's word for a kind (or the dialect's) is another one.
fn reread(net: &Net, kind: WindowKind, word: PadWord, asked: crate::layer::Conventions) -> Option<World> {
    let mut world = World::new(asked);
    if net.graph.node_weights().any(|r| shares_word(r, kind)) {
        world.shared[kind as usize] = Some(word);
        return Some(world);
    }
    let by_dialect = net.dialect.is_some() && net.graph.node_weights().any(|r| takes_word(r, kind));
    (by_dialect && asked.word(kind) != word).then(|| {
        world.conventions = asked.with(kind, word);
        world
    })
}

fn consider(best: &mut Option<Solution>, other: Solution) {
    if best.as_ref().is_none_or(|b| other.price < b.price) {
        *best = Some(other);
    }
}

/// The wrong cells of one world.
fn explain(net: &Net, mut world: World, shared: Option<SharedWord>) -> Solution {
    let pass = forward(net, &world);
    let mut price = if shared.is_some() { SHARED } else { (0, 0) };
    let mut wrong = Vec::new();
    for stretch in stretches(net, &pass) {
        let (cost, found) = search(net, &world, &pass, &net.order[stretch], None);
        price = (price.0 + cost.0, price.1 + cost.1);
        wrong.extend(found);
    }
    world.edits = wrong
        .iter()
        .filter_map(|w| match w {
            Wrong::Cause(edit) => Some(edit.clone()),
            _ => None,
        })
        .collect();
    // An edit that only makes a row possible, with no claim to bear it out, is a guess: the row's own problem is told.
    if !world.edits.is_empty() && agreement(net, &forward(net, &world)) <= agreement(net, &pass) {
        world.edits.clear();
        wrong.retain(|w| !matches!(w, Wrong::Cause(_)));
    }
    Solution { world, price, wrong, shared }
}

/// Claims that hold, less the counts that do not.
fn agreement(net: &Net, pass: &Forward) -> i64 {
    let bound =
        net.graph.node_indices().filter_map(|n| Some((&net.graph[n], pass.rows[n.index()].as_ref()?)));
    bound
        .map(|(row, bound)| {
            let output = row.declared().is_some_and(|(d, _)| d.agrees(bound.output))
                && !row.kind.is_some_and(crate::layer::Kind::inputs_nothing);
            let input = match (row.declared_input(), bound.inputs.as_slice()) {
                (Some((declared, _)), [only]) => declared.agrees(*only),
                _ => false,
            };
            i64::from(output) + i64::from(input) - wrong_counts(row, &bound.cost) as i64
        })
        .sum()
}

/// Searches one stretch, one answer forbidden or none.
fn search(
    net: &Net,
    world: &World,
    pass: &Forward,
    nodes: &[NodeIndex],
    forbidden: Option<&Wrong>,
) -> (Price, Vec<Wrong>) {
    let last = nodes.last().copied();
    let to_the_end = last == net.order.last().copied();
    let inside = |n: NodeIndex| nodes.contains(&n);
    let leaving = |n: NodeIndex| {
        let mut readers = net.graph.neighbors_directed(n, Direction::Outgoing);
        (!to_the_end && readers.any(|r| !inside(r))).then(|| pass.shape(n))
    };
    let entering = |n: NodeIndex| pass.shape(n);
    let run = Search { net, world, nodes, entering: &entering, leaving: &leaving, forbidden };
    run.run().unwrap_or(((u32::MAX / 4, 0), Vec::new()))
}

/// Another explanation with as few cells that does without this answer: then the answer is not certain.
pub(super) fn without(net: &Net, solution: &Solution, answer: &Wrong) -> Option<Vec<Wrong>> {
    let mut world = solution.world.clone();
    world.edits.clear();
    let pass = forward(net, &world);
    let at = net.order.iter().position(|n| *n == answer.node())?;
    let stretch = stretches(net, &pass).into_iter().find(|s| s.contains(&at))?;
    let nodes = &net.order[stretch];
    let (price, _) = search(net, &world, &pass, nodes, None);
    let (other, wrong) = search(net, &world, &pass, nodes, Some(answer));
    (other.0 <= price.0).then_some(wrong)
}

/// True where a row's computed shape contradicts a claim of its own, or it has none for a reason of its own.
fn mismatched(net: &Net, pass: &Forward, node: NodeIndex) -> bool {
    let row = &net.graph[node];
    let Some(bound) = &pass.rows[node.index()] else {
        // Where no claim speaks of the row, its own problem says all there is to say.
        let problem = pass.problems.iter().any(|(n, _)| *n == node);
        return problem && !row.poisoned && !hints(net, node).is_empty();
    };
    let input = match (row.declared_input(), bound.inputs.as_slice()) {
        (Some((declared, _)), [only]) => !declared.agrees(*only),
        _ => false,
    };
    let reads = row.kind.is_some_and(|k| !k.inputs_nothing());
    input || (reads && row.declared().is_some_and(|(d, _)| !d.agrees(bound.output)))
}

/// Ranges of the order that hold every mismatch and what may explain it.
fn stretches(net: &Net, pass: &Forward) -> Vec<std::ops::Range<usize>> {
    let wrong: Vec<usize> = (0..net.order.len()).filter(|i| mismatched(net, pass, net.order[*i])).collect();
    let (Some(_), false) = (wrong.first(), net.order.len() <= WHOLE) else {
        return if wrong.is_empty() { Vec::new() } else { std::iter::once(0..net.order.len()).collect() };
    };
    let calm = |i: usize| {
        let row = &net.graph[net.order[i]];
        row.declared().is_some() && !row.kind.is_some_and(|k| k.keeps_shape || k.inputs_nothing())
    };
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for at in wrong {
        let start = nth_calm((0..at).rev(), calm).unwrap_or(0);
        let end = nth_calm(at + 1..net.order.len(), |i| calm(i) && !mismatched(net, pass, net.order[i]))
            .map_or(net.order.len(), |i| i + 1);
        match found.last_mut() {
            Some(last) if last.end >= start => last.end = last.end.max(end),
            _ => found.push(start..end),
        }
    }
    found
}

fn nth_calm(mut range: impl Iterator<Item = usize>, calm: impl Fn(usize) -> bool) -> Option<usize> {
    let mut seen = 0;
    range.find(|i| {
        seen += usize::from(calm(*i));
        seen == CALM
    })
}

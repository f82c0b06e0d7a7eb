//! The cheapest world: conventions weighed together, shared causes read otherwise, then the wrong cells.

use super::choices::{Price, Wrong, is_the_input};
use super::claims::wrong_counts;
use super::conventions::{base, candidates, settle};
use super::regions::{contradicts, mismatches, regions};
use super::search::{KEPT, Lattice, Search, Unsearched};
use super::settle::open_counts;
use super::shared::{Cells, Shared, readings};
use super::world::{Forward, World, forward};
use crate::graph::{About, Net};
use crate::layer::{Kind, WindowKind};
use crate::source::Source;
use petgraph::graph::NodeIndex;
use std::ops::Range;

/// What reading a shared cause otherwise costs: one cell.
const SHARED: Price = Price::new(1, 2);
/// Shared causes that are read otherwise at most.
const ROUNDS: usize = 3;
/// Readings of shared causes that are explained in full: those with the fewest contradictions.
const EXPLAINED: usize = 4;
/// Readings that are handed on to be tried in the whole document.
const NEAR: usize = 24;
/// Rows searched in all under the choices of conventions, so that a large net ends in time.
const BUDGET: usize = 50_000;

/// The cheapest explanation of the whole net.
#[derive(Debug)]
pub(super) struct Solution {
    /// With every edit in it.
    pub world: World,
    pub price: Price,
    pub wrong: Vec<Wrong>,
    /// Shared causes that are read otherwise, each a wrong cell.
    pub shared: Vec<Shared>,
    /// What other worlds blame at no more cells.
    pub rivals: Vec<Rival>,
    /// Shared causes read otherwise that may explain what one net alone does not show.
    pub near: Vec<Shared>,
    /// True where counts chose among the conventions that sizes leave open.
    pub counted: bool,
    lattices: Vec<Lattice>,
    /// The place of each node in the net's order.
    ranks: Vec<u32>,
}

/// What another world blames.
#[derive(Clone, Debug, Default)]
pub(super) struct Rival {
    pub wrong: Vec<Wrong>,
    pub shared: Vec<Shared>,
}

impl Solution {
    /// A world in which nothing is wrong.
    pub(super) fn sound(world: World) -> Self {
        let (wrong, shared, rivals) = (Vec::new(), Vec::new(), Vec::new());
        let (near, lattices, ranks) = (Vec::new(), Vec::new(), Vec::new());
        Self { world, price: Price::default(), wrong, shared, rivals, near, counted: false, lattices, ranks }
    }

    /// Leaves what the search knows: another explanation has taken the place of the one it found.
    pub(super) fn forget_search(&mut self) {
        self.lattices.clear();
    }

    /// What else may be wrong in place of an answer, at no more cells: nothing where the answer is certain.
    pub(super) fn instead_of(&self, answer: &Wrong) -> Vec<Rival> {
        let rank = self.ranks.get(answer.node().index()).map(|r| *r as usize);
        let nearer = rank.and_then(|rank| {
            let wrong = self.lattices.iter().find(|l| l.holds(rank))?.without(rank, answer)?;
            Some(Rival { wrong, shared: self.shared.clone() })
        });
        let others = self.rivals.iter().filter(|r| !r.wrong.contains(answer)).cloned();
        nearer.into_iter().chain(others).collect()
    }
}

/// Finds it, and the forward pass under it. The first of the cheapest in the order of conventions wins; of those that
/// contradict no size, that with which the fewest counts are wrong.
pub(super) fn solve(source: &Source, net: &Net) -> (Solution, Forward) {
    let (convs, pools) = (candidates(net, WindowKind::Conv), candidates(net, WindowKind::Pool));
    let mut weighed: Vec<(usize, World, Forward)> = Vec::new();
    let mut sound: Option<(usize, World, Forward)> = None;
    let several = convs.len() * pools.len() > 1;
    for &conv in &convs {
        for &pool in &pools {
            let words = base(net).with(WindowKind::Conv, conv).with(WindowKind::Pool, pool);
            let world = World::new(settle(net, words));
            let pass = forward(net, &world);
            let wrong = mismatches(net, &pass).len();
            if wrong > 0 {
                weighed.push((wrong, world, pass));
                continue;
            }
            let open = if several { open_counts(source, net, &pass) } else { 0 };
            if open == 0 {
                let counted = sound.is_some();
                return (Solution { counted, ..Solution::sound(world) }, pass);
            }
            if sound.as_ref().is_none_or(|(least, ..)| open < *least) {
                sound = Some((open, world, pass));
            }
        }
    }
    if let Some((_, world, pass)) = sound {
        return (Solution::sound(world), pass);
    }
    let (cells, ranks) = (Cells::of(net), ranks(net));
    let mut fewest: Vec<usize> = weighed.iter().map(|(wrong, ..)| *wrong).collect();
    fewest.sort_unstable();
    let most = fewest[(BUDGET / net.order.len().max(1)).min(fewest.len() - 1)];
    weighed.retain(|(wrong, ..)| *wrong <= most);
    let mut others = explained(net, &cells, &ranks, weighed);
    let mut best = cheapest(&mut others).unwrap_or_else(|| Solution::sound(World::new(base(net))));
    let mut near = Vec::new();
    for _ in 0..ROUNDS {
        // What was found before is no better than the best: its search is not looked at again.
        others.iter_mut().for_each(Solution::forget_search);
        let (more, all) = reread(net, &cells, &ranks, &best);
        others.extend(more);
        near.extend(all);
        match cheapest(&mut others) {
            Some(other) if other.price < best.price => others.push(std::mem::replace(&mut best, other)),
            Some(other) => {
                others.push(other);
                break;
            }
            None => break,
        }
    }
    let as_few = others.into_iter().filter(|o| o.price.cells <= best.price.cells);
    best.rivals.extend(as_few.map(|o| Rival { wrong: o.wrong, shared: o.shared }));
    best.ranks = ranks;
    best.near = near;
    let pass = forward(net, &best.world);
    (best, pass)
}

/// The explanations under some choices of conventions, in their order; those that blame more cells than another left out.
fn explained(
    net: &Net,
    cells: &Cells,
    ranks: &[u32],
    weighed: Vec<(usize, World, Forward)>,
) -> Vec<Solution> {
    let mut likeliest: Vec<(usize, (usize, World, Forward))> = weighed.into_iter().enumerate().collect();
    // With few contradictions few cells are wrong, so that less is searched under the others.
    likeliest.sort_by_key(|(_, (wrong, ..))| *wrong);
    let mut found: Vec<(usize, Solution)> = Vec::new();
    let mut most = u32::MAX;
    for (at, (_, world, pass)) in likeliest {
        if let Some(solution) = explain(net, cells, ranks, (world, &pass), most) {
            most = most.min(solution.price.cells);
            found.push((at, solution));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, solution)| solution).collect()
}

/// Takes out the cheapest; of equals, the first.
fn cheapest(found: &mut Vec<Solution>) -> Option<Solution> {
    let at = (0..found.len()).min_by_key(|i| found[*i].price)?;
    Some(found.remove(at))
}

/// The explanations with one more shared cause read otherwise, and every reading that leaves as few contradictions.
fn reread(net: &Net, cells: &Cells, ranks: &[u32], best: &Solution) -> (Vec<Solution>, Vec<Shared>) {
    let before = agreement(net, &forward(net, &World { edits: Vec::new(), ..best.world.clone() }));
    // With the shared causes themselves, no more cells than the best.
    let most = best.price.cells.checked_sub(best.shared.len() as u32 + 1);
    let explained = |shared: Shared| {
        let world = shared.applied(&best.world);
        let pass = forward(net, &world);
        let mut other = explain(net, cells, ranks, (world, &pass), most?)?;
        // As with a row's own edit: one that no claim bears out is a guess.
        if agreement(net, &forward(net, &other.world)) <= before {
            return None;
        }
        other.shared = best.shared.iter().cloned().chain(std::iter::once(shared)).collect();
        other.price = (0..other.shared.len()).fold(other.price, |price, _| price + SHARED);
        Some(other)
    };
    let all = readings(net, &best.world, &best.wrong);
    let fewest = all.first().map_or(0, |(n, _)| *n);
    let near = all.iter().take_while(|(n, _)| *n == fewest).take(NEAR).map(|(_, s)| s.clone()).collect();
    let most = (BUDGET / net.order.len().max(1)).clamp(1, EXPLAINED);
    (all.into_iter().take(most).filter_map(|(_, s)| explained(s)).collect(), near)
}

/// Contradictions of a net as it is written, under the words that leave the fewest: no search for what is wrong.
pub(super) fn contradictions(source: &Source, net: &Net) -> (usize, Forward) {
    let (convs, pools) = (candidates(net, WindowKind::Conv), candidates(net, WindowKind::Pool));
    let mut best: Option<(usize, Forward)> = None;
    for (conv, pool) in convs.iter().flat_map(|c| pools.iter().map(move |p| (*c, *p))) {
        let words = base(net).with(WindowKind::Conv, conv).with(WindowKind::Pool, pool);
        let pass = forward(net, &World::new(settle(net, words)));
        let wrong = mismatches(net, &pass).len().max(pass.problems.len());
        if wrong == 0 && convs.len() * pools.len() > 1 && open_counts(source, net, &pass) == 0 {
            return (0, pass);
        }
        if best.as_ref().is_none_or(|(least, _)| wrong < *least) {
            best = Some((wrong, pass));
        }
    }
    best.unwrap_or_default()
}

fn ranks(net: &Net) -> Vec<u32> {
    let mut ranks = vec![0; net.graph.node_count()];
    for (rank, node) in net.order.iter().enumerate() {
        ranks[node.index()] = rank as u32;
    }
    ranks
}

/// The wrong cells of one world; none where they are more than so many.
fn explain(
    net: &Net,
    cells: &Cells,
    ranks: &[u32],
    (mut world, pass): (World, &Forward),
    most: u32,
) -> Option<Solution> {
    let mut price = Price::default();
    let (mut wrong, mut lattices) = (Vec::new(), Vec::new());
    let search = Search { net, world: &world, pass, cells, ranks };
    let mismatched = mismatches(net, pass);
    let mut left = KEPT;
    for region in regions(net, pass, &mismatched) {
        let lattice = match search.run(region.clone(), most.checked_sub(price.cells)?, &mut left) {
            Ok(lattice) => lattice,
            Err(Unsearched::TooMany) => return None,
            Err(Unsearched::TooLarge) => {
                let found = plain(net, pass, region, &mismatched);
                price = found.iter().fold(price, |price, wrong| price + wrong.price());
                wrong.extend(found);
                continue;
            }
        };
        let (cost, found) = lattice.best();
        price = price + cost;
        wrong.extend(found);
        lattices.push(lattice);
    }
    let edits = wrong.iter().filter_map(|w| match w {
        Wrong::Cause(edit) => Some(edit.clone()),
        _ => None,
    });
    world.set_edits(edits.collect());
    let mut rivals = Vec::new();
    // An edit that only makes a row possible, with no claim to bear it out, is a guess: the row's own problem is told.
    if !world.edits.is_empty() && agreement(net, &forward(net, &world)) <= agreement(net, pass) {
        world.edits.clear();
        // The search's other cells follow from the edit; without it they are what does not hold as it is written,
        // and none of them certain.
        wrong = plain(net, pass, 0..net.order.len(), &mismatched);
        lattices.clear();
        rivals.push(Rival::default());
    }
    let mut solution = Solution::sound(world);
    (solution.price, solution.wrong) = (price, wrong);
    (solution.lattices, solution.rivals) = (lattices, rivals);
    Some(solution)
}

/// Every claim that does not hold, each a wrong cell.
pub(super) fn plain(net: &Net, pass: &Forward, region: Range<usize>, mismatched: &[usize]) -> Vec<Wrong> {
    let inside = mismatched.iter().filter(|at| region.contains(at)).map(|at| net.order[*at]);
    let tell = |node: NodeIndex| match &pass.rows[node.index()] {
        Some(bound) if net.graph[node].agrees(About::Output, bound.output) == Some(false) => {
            Wrong::Output(node, bound.output)
        }
        Some(bound) => Wrong::Input(node, bound.inputs[0]),
        None => Wrong::Stuck(node),
    };
    // Where the net's input is read otherwise, the cell that says it is blamed already.
    let is_edited = |w: &Wrong| matches!(w, Wrong::Input(n, _) if net.graph[*n].declared_input().is_some_and(|(_, s)| is_the_input(net, *n, s)));
    inside.map(tell).filter(|w| !is_edited(w)).collect()
}

/// Claims that hold, less the counts that do not.
fn agreement(net: &Net, pass: &Forward) -> i64 {
    let bound =
        net.graph.node_indices().filter_map(|n| Some((&net.graph[n], pass.rows[n.index()].as_ref()?)));
    bound
        .map(|(row, bound)| {
            let output = row.agrees(About::Output, bound.output) == Some(true)
                && !row.kind.is_some_and(Kind::inputs_nothing);
            let input = row.declared_input().is_some() && !contradicts(row, &bound.inputs, bound.output);
            i64::from(output) + i64::from(input) - wrong_counts(row, &bound.cost) as i64
        })
        .sum()
}

//! The cheapest set of wrong cells in a piece of the net: min-sum over its rows in topological order, the
//! shapes on the frontier being the state. Exact on chains; at forks the cheapest frontiers are kept.
//!
//! Every move between states is kept, so that the cheapest explanation *without* one answer is found by one
//! sweep backwards: an answer is certain where that one costs more cells.

use super::choices::{Choice, Price, Wrong, choices, wanted};
use super::shared::Cells;
use super::world::{Forward, World};
use crate::graph::Net;
use crate::shape::Shape;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use std::cell::OnceCell;
use std::ops::Range;

/// Frontiers kept after each row.
const BEAM: usize = 64;
/// Moves and choices kept in all pieces under one reading, so that a long net ends in time and memory: those of
/// some ten thousand rows between which no claim stands, of many more rows otherwise.
pub(super) const KEPT: usize = 1_000_000;
/// Values in all frontiers kept after a row, so that a wide net ends in time: the wider, the fewer.
const HELD: usize = 4096;

/// The values that later rows of the piece read.
type Frontier = Vec<(NodeIndex, Option<Shape>)>;

/// Everything that may stand after a row.
#[derive(Debug, Default)]
struct Step {
    frontiers: Vec<Frontier>,
    /// The cheapest way to each frontier, and the move that ends it.
    prices: Vec<(Price, u32)>,
    choices: Vec<Choice>,
    moves: Vec<Move>,
}

/// The choices of a row for these inputs, edits among them or not.
struct Known {
    shapes: Vec<Option<Shape>>,
    edits: bool,
    choices: Range<usize>,
}

/// From a frontier before a row to one after it.
#[derive(Clone, Copy, Debug)]
struct Move {
    from: u32,
    to: u32,
    choice: u32,
}

/// A searched piece of the net.
#[derive(Debug)]
pub(super) struct Lattice {
    range: Range<usize>,
    steps: Vec<Step>,
    /// For each frontier after each row (before any row first): the cheapest way from it to the end, and
    /// the move that begins it.
    rest: OnceCell<Vec<Vec<(Price, u32)>>>,
}

/// What a search needs to know of the net.
pub(super) struct Search<'a> {
    pub net: &'a Net,
    pub world: &'a World,
    pub pass: &'a Forward,
    pub cells: &'a Cells,
    /// The place of each node in the net's order.
    pub ranks: &'a [u32],
}

/// Why a piece of the net has no lattice.
#[derive(Debug)]
pub(super) enum Unsearched {
    /// No state survives, the net is too wide, or more would be kept than is left.
    TooLarge,
    /// Every explanation blames more cells than were allowed.
    TooMany,
}

impl Search<'_> {
    /// Searches the rows at these places of the order for explanations of at most so many cells. What is kept is
    /// taken from `left`.
    pub(super) fn run(
        &self,
        range: Range<usize>,
        most: u32,
        left: &mut usize,
    ) -> Result<Lattice, Unsearched> {
        let start =
            Step { frontiers: vec![Vec::new()], prices: vec![(Price::default(), 0)], ..Step::default() };
        let mut last = start;
        let mut steps: Vec<Step> = Vec::with_capacity(range.len() + 1);
        let mut pruned = false;
        for at in range.clone() {
            let mut next = self.advance(at, &range, &last, (most, &mut pruned));
            let Some(first) = next.frontiers.first() else {
                return Err(if pruned { Unsearched::TooMany } else { Unsearched::TooLarge });
            };
            let width = first.len();
            if width > HELD {
                return Err(Unsearched::TooLarge);
            }
            next.truncate((HELD / width.max(1)).clamp(1, BEAM));
            let kept = next.moves.len() + next.choices.len();
            if *left < kept {
                return Err(Unsearched::TooLarge);
            }
            *left -= kept;
            // Going back needs the moves alone.
            last.frontiers = Vec::new();
            steps.push(std::mem::replace(&mut last, next));
        }
        steps.push(last);
        Ok(Lattice { range, steps, rest: OnceCell::new() })
    }

    fn advance(
        &self,
        at: usize,
        range: &Range<usize>,
        before: &Step,
        (most, pruned): (u32, &mut bool),
    ) -> Step {
        let node = self.net.order[at];
        let inputs = self.net.inputs(node);
        let wanted = wanted(self.net, node);
        // A row beyond the piece needs what the forward pass gave it.
        let needed = if self.read_beyond(node, range) { self.pass.shape(node) } else { None };
        let mut known: Vec<Known> = Vec::new();
        let mut step = Step::default();
        for (from, frontier) in before.frontiers.iter().enumerate() {
            // An edit is a cell more.
            let edits = before.prices[from].0.cells < most;
            *pruned |= !edits;
            let shapes: Vec<Option<Shape>> = inputs.iter().map(|n| self.look(frontier, *n)).collect();
            let mine = known.iter().find(|k| k.shapes == shapes && k.edits == edits);
            let mine = mine.map(|k| k.choices.clone()).unwrap_or_else(|| {
                let first = step.choices.len();
                let row = (self.net, node, &shapes[..]);
                step.choices.extend(choices(row, self.world, self.cells, &wanted, edits));
                let choices = first..step.choices.len();
                known.push(Known { shapes, edits, choices: choices.clone() });
                choices
            });
            let mut kept = frontier.clone();
            kept.retain(|(n, _)| self.read_later(*n, at, range));
            let stays = self.read_later(node, at, range);
            for choice in mine {
                let label = step.choices[choice].label;
                if needed.is_some_and(|n| label != Some(n)) {
                    continue;
                }
                let price = before.prices[from].0 + step.choices[choice].price;
                if price.cells > most {
                    *pruned = true;
                    continue;
                }
                let mut after = kept.clone();
                if stays {
                    after.push((node, label));
                }
                step.enter(after, price, from as u32, choice as u32);
            }
        }
        step
    }

    fn look(&self, frontier: &Frontier, node: NodeIndex) -> Option<Shape> {
        match frontier.iter().find(|(n, _)| *n == node) {
            Some((_, shape)) => *shape,
            None => self.pass.shape(node),
        }
    }

    fn readers(&self, node: NodeIndex) -> impl Iterator<Item = usize> + '_ {
        let readers = self.net.graph.neighbors_directed(node, Direction::Outgoing);
        readers.map(|r| self.ranks[r.index()] as usize)
    }

    fn read_later(&self, node: NodeIndex, at: usize, range: &Range<usize>) -> bool {
        self.readers(node).any(|r| r > at && range.contains(&r))
    }

    fn read_beyond(&self, node: NodeIndex, range: &Range<usize>) -> bool {
        range.end < self.net.order.len() && self.readers(node).any(|r| !range.contains(&r))
    }
}

impl Step {
    fn enter(&mut self, frontier: Frontier, price: Price, from: u32, choice: u32) {
        let number = self.moves.len() as u32;
        let to = match self.frontiers.iter().position(|f| *f == frontier) {
            Some(to) => {
                if price < self.prices[to].0 {
                    self.prices[to] = (price, number);
                }
                to
            }
            None => {
                self.frontiers.push(frontier);
                self.prices.push((price, number));
                self.frontiers.len() - 1
            }
        };
        self.moves.push(Move { from, to: to as u32, choice });
    }

    /// Keeps the cheapest frontiers; of equals, those met first.
    fn truncate(&mut self, most: usize) {
        if self.frontiers.len() <= most {
            return;
        }
        let mut best: Vec<usize> = (0..self.frontiers.len()).collect();
        best.sort_by_key(|i| self.prices[*i].0);
        best.truncate(most);
        best.sort_unstable();
        let mut places = vec![None; self.frontiers.len()];
        for (new, old) in best.iter().enumerate() {
            places[*old] = Some(new as u32);
        }
        let mut renumbered = vec![0u32; self.moves.len()];
        let mut moves = Vec::with_capacity(self.moves.len());
        for (number, step) in self.moves.iter().enumerate() {
            if let Some(to) = places[step.to as usize] {
                renumbered[number] = moves.len() as u32;
                moves.push(Move { to, ..*step });
            }
        }
        self.frontiers = best.iter().map(|i| std::mem::take(&mut self.frontiers[*i])).collect();
        self.prices =
            best.iter().map(|i| (self.prices[*i].0, renumbered[self.prices[*i].1 as usize])).collect();
        self.moves = moves;
    }
}

impl Lattice {
    /// True where it holds the row at this place of the order.
    pub(super) fn holds(&self, rank: usize) -> bool {
        self.range.contains(&rank)
    }

    /// The cheapest explanation.
    pub(super) fn best(&self) -> (Price, Vec<Wrong>) {
        let last = self.steps.last().map_or(&[][..], |s| &s.prices[..]);
        let best = last.iter().enumerate().min_by_key(|(_, (price, _))| *price);
        best.map_or_else(Default::default, |(at, (price, _))| (*price, self.back(self.steps.len() - 1, at)))
    }

    /// How many cells it blames.
    fn cells(&self) -> u32 {
        self.steps.last().and_then(|s| s.prices.iter().min()).map_or(0, |(price, _)| price.cells)
    }

    /// The wrong cells on the cheapest way to a frontier.
    fn back(&self, step: usize, state: usize) -> Vec<Wrong> {
        let (mut wrong, mut state) = (Vec::new(), state);
        for step in self.steps[1..=step].iter().rev() {
            let last = step.moves[step.prices[state].1 as usize];
            wrong.extend(step.choices[last.choice as usize].wrong.iter().rev().cloned());
            state = last.from as usize;
        }
        wrong.reverse();
        wrong
    }

    /// The cheapest ways from each frontier to the end.
    fn rest(&self) -> &Vec<Vec<(Price, u32)>> {
        const NEVER: (Price, u32) = (Price::new(u32::MAX, u32::MAX), 0);
        self.rest.get_or_init(|| {
            let mut rest = vec![Vec::new(); self.steps.len()];
            let ends = self.steps.last().map_or(0, |s| s.prices.len());
            rest[self.steps.len() - 1] = vec![(Price::default(), 0); ends];
            for at in (1..self.steps.len()).rev() {
                let mut here = vec![NEVER; self.steps[at - 1].prices.len()];
                for (number, step) in self.steps[at].moves.iter().enumerate() {
                    let price =
                        self.steps[at].choices[step.choice as usize].price + rest[at][step.to as usize].0;
                    if price < here[step.from as usize].0 {
                        here[step.from as usize] = (price, number as u32);
                    }
                }
                rest[at - 1] = here;
            }
            rest
        })
    }

    /// The cheapest explanation that does without an answer about the row at this place of the order; none
    /// where it blames more cells than the cheapest of all.
    pub(super) fn without(&self, rank: usize, answer: &Wrong) -> Option<Vec<Wrong>> {
        let at = rank.checked_sub(self.range.start)? + 1;
        let (rest, step, before) = (self.rest(), self.steps.get(at)?, self.steps.get(at - 1)?);
        let through = |m: &&Move| {
            let choice = &step.choices[m.choice as usize];
            before.prices[m.from as usize].0 + choice.price + rest[at][m.to as usize].0
        };
        let others = step.moves.iter().filter(|m| !step.choices[m.choice as usize].wrong.contains(answer));
        let best = others.min_by_key(through).filter(|m| through(m).cells <= self.cells())?;
        let mut wrong = self.back(at - 1, best.from as usize);
        wrong.extend(step.choices[best.choice as usize].wrong.iter().cloned());
        let mut state = best.to as usize;
        for (step, rest) in self.steps[at + 1..].iter().zip(&rest[at..]) {
            let next = step.moves[rest[state].1 as usize];
            wrong.extend(step.choices[next.choice as usize].wrong.iter().cloned());
            state = next.to as usize;
        }
        Some(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::super::conventions::base;
    use super::super::world::forward;
    use super::*;
    use crate::{graph, source, syntax};

    /// What a search keeps is counted, so that no table, however long its rows repeat, takes unbounded memory.
    #[test]
    fn what_is_kept_is_bounded() {
        let text = "| Layer | Output | Filter |\n|---|---|---|\n| INPUT | 32x32x3 | |\n\
                    | CONV | | 3x3; K=8; p=1 x 40 |\n| CONV | 9x9x8 | 3x3; p=1 |\n";
        let source = source::Source::new("long.spec", text);
        let (document, _) = syntax::parse(&source);
        let (nets, found) = graph::build(&source, &document, &graph::Options::default());
        assert!(found.is_empty(), "{found:?}");
        let net = &nets[0];
        let world = World::new(base(net));
        let (pass, cells) = (forward(net, &world), Cells::of(net));
        let ranks: Vec<u32> = (0..net.order.len() as u32).collect();
        let search = Search { net, world: &world, pass: &pass, cells: &cells, ranks: &ranks };
        let mut left = KEPT;
        let lattice = search.run(0..net.order.len(), u32::MAX, &mut left).expect("a short net is searched");
        let kept: usize = lattice.steps[1..].iter().map(|s| s.moves.len() + s.choices.len()).sum();
        assert_eq!(left, KEPT - kept);
        assert!(kept > net.order.len());
        let mut left = kept - 1;
        assert!(matches!(search.run(0..net.order.len(), u32::MAX, &mut left), Err(Unsearched::TooLarge)));
        assert!(left < kept);
        // One cell is wrong: with as many allowed it is found with less, with none nothing is.
        let (mut left, mut none) = (KEPT, KEPT);
        let bounded =
            search.run(0..net.order.len(), lattice.cells(), &mut left).expect("as many as it takes");
        assert_eq!(bounded.best(), lattice.best());
        assert!(KEPT - left < kept);
        assert!(matches!(search.run(0..net.order.len(), 0, &mut none), Err(Unsearched::TooMany)));
    }
}

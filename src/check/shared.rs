//! Causes that several rows share: a word or number of the header, a cell of a row that stands for several
//! (a repeat, a block's body), the dialect. Each is one cell, however many rows it speaks for.

use super::choices::{Wrong, wanted};
use super::conventions::{WINDOWS, base};
use super::hints::hints;
use super::regions::mismatches;
use super::repair;
use super::world::{Forward, SharedEdit, World, forward, takes_word};
use crate::graph::{Net, Origin, Row};
use crate::layer::{Kind, PadWord, StandIn, Value, WindowKind};
use crate::shape::Shape;
use crate::source::Span;
use petgraph::graph::NodeIndex;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Values tried of one shared cause.
const VALUES: usize = 16;
/// Gaps of channels tried.
const GAPS: usize = 8;
/// Readings tried of all shared causes.
const READINGS: usize = 1_024;
/// Rows evaluated in all while shared causes are tried, so that a large net ends in time.
const BUDGET: usize = 400_000;
/// Rows without a size, and with a wrong one, whose inputs are looked at; rows above them in all.
const STUCK: usize = 4;
const LEADING: usize = 128;

/// A shared cause read otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shared {
    /// A cell, by its place.
    Cell(SharedEdit),
    /// The dialect's padding word for a kind of window.
    Word(WindowKind, PadWord),
}

/// Which cells of causes speak for several rows outside the header.
#[derive(Debug, Default)]
pub(super) struct Cells {
    rows: HashMap<(Span, &'static str), u32>,
}

impl Cells {
    /// Looks at every row's causes.
    pub(super) fn of(net: &Net) -> Self {
        let mut rows = HashMap::new();
        for row in net.graph.node_weights() {
            for origin in row.origins.iter().filter(|o| !o.shared && has_place(row, o)) {
                *rows.entry((origin.span, origin.param)).or_insert(0) += 1;
            }
        }
        rows.retain(|_, n| *n > 1);
        Self { rows }
    }

    /// True where a row's parameter cannot be edited without that of other rows.
    pub(super) fn only_together(&self, row: &Row, param: &str) -> bool {
        let Some(origin) = row.origin(param).filter(|_| !self.rows.is_empty()) else { return false };
        self.rows.contains_key(&(origin.span, origin.param))
    }
}

/// False for what stands in a block of the library, whose place is the cell that uses it: true for a parameter that is
/// given there.
pub(super) fn has_place(row: &Row, origin: &Origin) -> bool {
    !(origin.within && row.used.as_ref().is_some_and(|u| u.library))
}

impl Shared {
    /// The cell that is read otherwise.
    pub(super) fn span(&self, net: &Net) -> Option<Span> {
        match self {
            Self::Cell(edit) => Some(edit.span),
            Self::Word(..) => net.dialect.map(|(_, span)| span),
        }
    }

    /// True for another reading of the same cell.
    pub(super) fn is_of_the_cell(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cell(a), Self::Cell(b)) => (a.span, a.param) == (b.span, b.param),
            (Self::Word(a, _), Self::Word(b, _)) => a == b,
            _ => false,
        }
    }

    /// The world in which it is read so.
    pub(super) fn applied(&self, world: &World) -> World {
        let mut world = World { edits: Vec::new(), ..world.clone() };
        match self {
            Self::Cell(edit) => {
                world.shared.retain(|e| (e.span, e.param) != (edit.span, edit.param));
                world.shared.push(edit.clone());
            }
            Self::Word(kind, word) => world.conventions = world.conventions.with(*kind, *word),
        }
        world
    }
}

/// Readings of shared causes that touch a wrong cell and the contradictions they leave, the fewest first.
pub(super) fn readings(net: &Net, world: &World, wrong: &[Wrong]) -> Vec<(usize, Shared)> {
    let plain = World { edits: Vec::new(), ..world.clone() };
    let pass = forward(net, &plain);
    let mismatched: Vec<NodeIndex> = mismatches(net, &pass).into_iter().map(|at| net.order[at]).collect();
    let mut touched: Vec<NodeIndex> =
        wrong.iter().map(Wrong::node).chain(mismatched.iter().copied()).collect();
    touched.extend(leading(net, &pass, &mismatched));
    touched.sort_unstable();
    touched.dedup();
    let mut found: Vec<Shared> = Vec::new();
    for kind in WINDOWS {
        let takes = |n: &NodeIndex| takes_word(&net.graph[*n], kind);
        if net.dialect.is_some() && touched.iter().any(takes) {
            let asked = world.conventions.word(kind);
            found.extend(PadWord::ALL.iter().filter(|w| **w != asked).map(|w| Shared::Word(kind, *w)));
        }
    }
    found.extend(cells(net, world, &touched, &gaps(net, &pass)));
    let most = (BUDGET / net.order.len().max(1)).clamp(PadWord::ALL.len(), READINGS);
    found.truncate(most);
    let counted = found.into_iter().map(|s| {
        let pass = forward(net, &s.applied(&plain));
        // A row without a size keeps silent about those below it.
        let unknown = pass.rows.iter().filter(|r| r.is_none()).count();
        (mismatches(net, &pass).len() + pass.problems.len(), unknown, s)
    });
    let mut counted: Vec<(usize, usize, Shared)> = counted.collect();
    counted.sort_by_key(|(n, unknown, _)| (*n, *unknown));
    counted.into_iter().map(|(n, _, shared)| (n, shared)).collect()
}

/// By how many channels rows miss what they claim: what a row that they join has too many or too few.
fn gaps(net: &Net, pass: &Forward) -> Vec<i64> {
    let mut found: Vec<i64> = Vec::new();
    for at in mismatches(net, pass) {
        let (row, Some(bound)) = (&net.graph[net.order[at]], &pass.rows[net.order[at].index()]) else {
            continue;
        };
        let pairs = [
            row.declared().map(|(d, _)| (d, bound.output)),
            row.declared_input().zip(bound.inputs.first()).map(|((d, _), input)| (d, *input)),
        ];
        let gap = |(declared, now): (Shape, Shape)| declared.channels() as i64 - now.channels() as i64;
        found.extend(pairs.into_iter().flatten().map(gap).filter(|gap| *gap != 0));
    }
    let mut seen = HashSet::new();
    found.retain(|gap| seen.insert(*gap));
    found.truncate(GAPS);
    found
}

/// The rows above the first of those that cannot be or contradict their claims, which may have made what does
/// not fit.
fn leading(net: &Net, pass: &Forward, mismatched: &[NodeIndex]) -> Vec<NodeIndex> {
    let stuck = pass.problems.iter().map(|(node, _)| *node).take(STUCK);
    let mut found: Vec<NodeIndex> = stuck.chain(mismatched.iter().copied().take(STUCK)).collect();
    let mut at = 0;
    while let Some(node) = found.get(at).copied().filter(|_| found.len() < LEADING) {
        at += 1;
        found.extend(net.inputs(node).into_iter().filter(|n| !found.contains(n)).collect::<Vec<_>>());
    }
    found
}

/// Other values of the shared cells that speak for a touched row, the cell with most of them first.
fn cells(net: &Net, world: &World, touched: &[NodeIndex], gaps: &[i64]) -> Vec<Shared> {
    let mut groups: BTreeMap<(Span, &'static str), Vec<NodeIndex>> = BTreeMap::new();
    let mut all: HashMap<(Span, &'static str), u32> = HashMap::new();
    for row in net.graph.node_weights() {
        for origin in row.origins.iter().filter(|o| has_place(row, o)) {
            *all.entry((origin.span, origin.param)).or_default() += 1;
        }
    }
    for &node in touched {
        let row = &net.graph[node];
        let origins = row.origins.iter().filter(|o| has_place(row, o));
        // A row of which no claim speaks, as a branch before it is joined, is not mended by the sizes around it.
        let silent = hints(net, node).is_empty() && !net.graph[node].kind.is_some_and(Kind::inputs_nothing);
        for origin in origins.filter(|o| o.shared || silent || all[&(o.span, o.param)] > 1) {
            groups.entry((origin.span, origin.param)).or_default().push(node);
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|((span, _), nodes)| (std::cmp::Reverse(nodes.len()), *span));
    groups
        .into_iter()
        .flat_map(|((span, param), nodes)| {
            let values = values(net, world, param, &nodes, gaps);
            values.into_iter().map(move |value| Shared::Cell(SharedEdit { span, param, value }))
        })
        .collect()
}

/// What a shared parameter may be instead, by what the rows it speaks for would need.
fn values(net: &Net, world: &World, param: &str, nodes: &[NodeIndex], gaps: &[i64]) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for &node in nodes.iter().take(VALUES) {
        let row = &net.graph[node];
        let Some((kind, spec)) = row.kind.and_then(|k| Some((k, k.param(param)?))) else { continue };
        let (wanted, args) = (wanted(net, node), world.args(node, row));
        let joined = gaps.iter().filter(|_| spec.stand_in == StandIn::Channels).filter_map(|gap| {
            let channels = args.int(param)? + gap;
            (channels > 0).then_some((Value::Int(channels), 0))
        });
        for (value, _) in repair::values(kind, spec, &wanted, &args).into_iter().chain(joined) {
            if !found.contains(&value) {
                found.push(value);
            }
        }
    }
    found.truncate(VALUES);
    found
}

/// The net as its header and rows have it, no shared cause read otherwise.
pub(super) fn as_written(net: &Net) -> World {
    World::new(base(net))
}

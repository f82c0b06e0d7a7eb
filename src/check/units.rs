//! Cells that may be read otherwise when counts decide: of one row, or one that several rows share.

use super::choices::wanted;
use super::claims::{Totals, add, connections};
use super::counts::Chosen;
use super::repair::{counted_channels, values};
use super::shared::{Cells, Shared, has_place};
use super::whole;
use super::world::{Forward, RowEdit, SharedEdit, World};
use crate::graph::{About, ClaimValue, Net};
use crate::layer::{Cost, StandIn, Value};
use crate::source::Span;
use petgraph::graph::NodeIndex;
use std::collections::{HashMap, HashSet};

/// Values of one cell, at most.
pub(super) const VALUES: usize = 40;

/// How many times as much is no slip of the pen.
const FAR: i64 = 16;
/// Sides of kernels that are one pixel the other way.
const LONG: [i64; 3] = [3, 5, 7];

/// A cell by its parameter, and the rows it speaks for.
pub(super) struct Unit {
    pub nodes: Vec<NodeIndex>,
    pub param: &'static str,
    /// Its place, where it speaks for several rows.
    shared: Option<Span>,
}

/// Every such cell, in document order.
pub(super) fn units(net: &Net, cells: &Cells) -> Vec<Unit> {
    let mut found: Vec<Unit> = Vec::new();
    let mut known: HashMap<(Span, &'static str), usize> = HashMap::new();
    for &node in &net.order {
        let row = &net.graph[node];
        let Some(kind) = row.kind.filter(|_| !row.poisoned) else { continue };
        for spec in kind.params {
            let origin = row.origin(spec.name).filter(|_| cells.only_together(row, spec.name));
            let shared = origin.map(|o| o.span);
            if let Some(at) = shared.and_then(|span| known.get(&(span, spec.name))) {
                found[*at].nodes.push(node);
                continue;
            }
            if let Some(span) = shared {
                known.insert((span, spec.name), found.len());
            }
            found.push(Unit { nodes: vec![node], param: spec.name, shared });
        }
    }
    found
}

impl Unit {
    /// The values it is tried at.
    pub(super) fn values(&self, net: &Net, world: &World, pass: &Forward) -> Vec<Value> {
        let node = self.nodes[0];
        let row = &net.graph[node];
        let Some((kind, spec)) = row.kind.and_then(|k| Some((k, k.param(self.param)?))) else {
            return Vec::new();
        };
        let args = World { edits: Vec::new(), ..world.clone() }.args(node, row).into_owned();
        let cost = pass.rows[node.index()].as_ref().filter(|_| spec.stand_in == StandIn::Channels);
        let counted = cost.and_then(|r| counted_channels(row, args.get(spec.name), &r.cost));
        let values = values(kind, spec, &wanted(net, node), &args).into_iter().map(|(value, _)| value);
        let read = read_channels(net, node, args.get(spec.name));
        let mut tried: Vec<Value> = Vec::new();
        let long = oblong(spec.name, args.get(spec.name));
        for value in counted.into_iter().chain(read).chain(values).chain(long) {
            if tried.len() < VALUES && !tried.contains(&value) {
                tried.push(value);
            }
        }
        tried
    }

    /// Worlds in which it has this value: beside the edits of other rows, and in place of them all.
    pub(super) fn worlds(&self, world: &World, value: &Value) -> Vec<World> {
        let beside: Vec<RowEdit> =
            world.edits.iter().filter(|e| !self.nodes.contains(&e.node)).cloned().collect();
        let kept = if beside.is_empty() { vec![beside] } else { vec![beside, Vec::new()] };
        let with = |mut edits: Vec<RowEdit>| {
            let mut other = world.clone();
            match self.shared {
                Some(span) => {
                    other.shared.retain(|e| (e.span, e.param) != (span, self.param));
                    other.shared.push(SharedEdit { span, param: self.param, value: value.clone() });
                }
                None => edits.push(RowEdit { node: self.nodes[0], param: self.param, value: value.clone() }),
            }
            other.set_edits(edits);
            other
        };
        kept.into_iter().map(with).collect()
    }

    /// How unlike such cells a value is: kernels are odd and filters are counted in round numbers, so that the wrong one
    /// of two is seldom the one that is.
    pub(super) fn unusual(&self, net: &Net, value: &Value) -> u32 {
        let now = net.graph[self.nodes[0]].args.get(self.param);
        match (self.param, now, value) {
            ("kernel", Some(Value::Pair(now)), Value::Pair(new)) => {
                let even = |sides: &[i64; 2]| sides.iter().any(|s| s % 2 == 0);
                if even(new) { 4 } else { u32::from(!even(now)) * 2 }
            }
            ("K", Some(Value::Int(now)), Value::Int(new)) => {
                let far = *new > now.saturating_mul(FAR) || *now > new.saturating_mul(FAR);
                new.count_ones() + if far { i64::BITS } else { 0 }
            }
            _ => 1,
        }
    }

    /// Where it is written; none of a row of netc's own blocks, which stands at the cell that uses it.
    pub(super) fn place(&self, net: &Net) -> Option<Span> {
        let row = &net.graph[self.nodes[0]];
        row.origin(self.param).filter(|o| has_place(row, o)).map(|o| o.span)
    }

    /// True where a row claims its channels.
    pub(super) fn claims_channels(&self, net: &Net) -> bool {
        let claims = |n: &NodeIndex| {
            let claimed = net.graph[*n].claims.iter().any(|c| c.about == About::Output && !c.area);
            claimed && !self.stands_in(net, *n)
        };
        self.nodes.iter().any(claims)
    }

    /// True where a claim of the row stands in for the value: one cell, whichever of the two is wrong.
    pub(super) fn stands_in(&self, net: &Net, node: NodeIndex) -> bool {
        self.nodes.contains(&node) && net.graph[node].origin(self.param).is_some_and(|o| o.stand_in)
    }

    /// The shared cell as it is read.
    pub(super) fn reading(&self, value: &Value) -> Option<Shared> {
        let edit = |span| SharedEdit { span, param: self.param, value: value.clone() };
        self.shared.map(|span| Shared::Cell(edit(span)))
    }
}

/// An input's size with the channels that the filters of the rows after it read, and with those of pictures.
fn read_channels(net: &Net, node: NodeIndex, now: Option<&Value>) -> Vec<Value> {
    let Some(Value::Size([h, w, c])) = now else { return Vec::new() };
    let claims = net.graph.neighbors(node).flat_map(|n| &net.graph[n].claims);
    let read = claims.filter_map(|claim| match &claim.value {
        ClaimValue::Number(n) if claim.about == About::Channels => Some(n.value as i64),
        _ => None,
    });
    read.chain([3, 1]).filter(|n| n != c).map(|n| Value::Size([*h, *w, n])).collect()
}

/// The kernels of factorised convolutions.
fn oblong(param: &str, now: Option<&Value>) -> Vec<Value> {
    let pairs = LONG.iter().flat_map(|v| [[1, *v], [*v, 1]]).map(Value::Pair);
    pairs.filter(|v| param == "kernel" && now != Some(v)).collect()
}

/// What counts say of an edit before a whole pass is spent on it.
pub(super) struct Doubts<'a> {
    pub net: &'a Net,
    pub pass: &'a Forward,
    pub columns: &'a [Chosen; 2],
    /// Rows whose counts are claimed and wrong.
    pub rows: HashSet<NodeIndex>,
    /// Rows whose sizes are in doubt.
    pub sized: HashSet<NodeIndex>,
    totals: Totals,
    /// Claims of the net that do not hold.
    pub open: Vec<usize>,
}

impl<'a> Doubts<'a> {
    pub(super) fn new(
        net: &'a Net,
        pass: &'a Forward,
        columns: &'a [Chosen; 2],
        rows: HashSet<NodeIndex>,
        sized: HashSet<NodeIndex>,
    ) -> Self {
        let totals = Totals::of(net, &pass.rows);
        let open = whole::open(net, &totals, columns);
        Self { net, pass, columns, rows, sized, totals, open }
    }

    /// True where a count may come right: one that speaks of the rows, or one of the whole net.
    pub(super) fn promises(&self, unit: &Unit, world: &World) -> bool {
        let mut totals = self.totals;
        for &node in &unit.nodes {
            let Some(now) = self.pass.rows[node.index()].as_ref() else { return true };
            let Ok(layer) = world.bind(self.net, node) else { return false };
            let Ok(output) = layer.infer(&now.inputs) else { return false };
            if output != now.output {
                return unit.nodes.iter().any(|n| self.sized.contains(n));
            }
            let cost = layer.cost(&now.inputs, output);
            let bound = super::CheckedRow { layer, cost, ..now.clone() };
            let row = &self.net.graph[node];
            totals.cost = less(totals.cost, &now.cost);
            add(&mut totals.cost, &cost);
            let links = connections(row, &bound);
            totals.connections =
                totals.connections.saturating_sub(connections(row, now)).saturating_add(links);
        }
        let open = whole::open(self.net, &totals, self.columns);
        unit.nodes.iter().any(|n| self.rows.contains(n))
            || self.open.iter().any(|claim| !open.contains(claim))
    }
}

fn less(sum: Cost, cost: &Cost) -> Cost {
    Cost {
        weights: sum.weights.saturating_sub(cost.weights),
        biases: sum.biases.saturating_sub(cost.biases),
        norms: sum.norms.saturating_sub(cost.norms),
        buffers: sum.buffers.saturating_sub(cost.buffers),
        macs: sum.macs.saturating_sub(cost.macs),
    }
}

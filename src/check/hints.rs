//! What the rows around a row say its output is: the labels the search may give it.

use crate::graph::{About, Claim, ClaimValue, Net};
use crate::shape::Shape;
use crate::source::Span;
use petgraph::Direction;
use petgraph::graph::NodeIndex;

/// How far a claim is looked for through rows that keep the shape.
const REACH: usize = 16;
/// The most claims that are asked about one row.
const MOST: usize = 64;

/// A claim that speaks of a row's output, and its cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hint {
    pub shape: Shape,
    pub span: Span,
    /// The row that says it.
    pub node: NodeIndex,
    /// True where it is the claimed input of a row that reads this one.
    pub as_input: bool,
}

/// The row's own claim first, then the claims that later rows make of the same value.
pub(super) fn hints(net: &Net, node: NodeIndex) -> Vec<Hint> {
    let mut found = own(net, node);
    let mut frontier = vec![node];
    for _ in 0..REACH {
        let mut next = Vec::new();
        for reader in frontier.iter().flat_map(|n| net.graph.neighbors_directed(*n, Direction::Outgoing)) {
            let row = &net.graph[reader];
            if let Some((shape, span)) = row.declared_input() {
                found.push(Hint { shape, span, node: reader, as_input: true });
            }
            if row.kind.is_some_and(|k| k.keeps_shape) && !row.poisoned {
                found.extend(own(net, reader));
                next.push(reader);
            }
        }
        if next.is_empty() || found.len() >= MOST {
            break;
        }
        frontier = next;
    }
    found
}

/// The claim nearest upstream of a row's first input: what its author says goes in.
pub(super) fn declared_into(net: &Net, node: NodeIndex) -> Vec<Option<Shape>> {
    if let Some((shape, _)) = net.graph[node].declared_input() {
        return vec![Some(shape)];
    }
    net.inputs(node).into_iter().map(|input| upstream(net, input).map(|h| h.shape)).collect()
}

/// The nearest claim at or above a row, through rows that keep the shape.
pub(super) fn upstream(net: &Net, node: NodeIndex) -> Option<Hint> {
    let mut node = node;
    for _ in 0..REACH {
        if let Some(hint) = own(net, node).into_iter().next() {
            return Some(hint);
        }
        if !net.graph[node].kind.is_some_and(|k| k.keeps_shape) {
            return None;
        }
        node = *net.inputs(node).first()?;
    }
    None
}

fn own(net: &Net, node: NodeIndex) -> Vec<Hint> {
    let claims = net.graph[node].claims.iter();
    claims
        .filter_map(|c| match c {
            Claim { about: About::Output, value: ClaimValue::Shape(shape), span, .. } => {
                Some(Hint { shape: *shape, span: *span, node, as_input: false })
            }
            _ => None,
        })
        .collect()
}

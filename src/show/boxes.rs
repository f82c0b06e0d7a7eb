//! The net as boxes and arrows. A row that keeps its input's shape and is its only reader (ACT, BN, DROPOUT)
//! stands in its input's box, so that a drawing shows what changes sizes.

use super::View;
use super::lines::{causes, is_given, layer};
use petgraph::graph::NodeIndex;
use std::collections::HashMap;

/// What a box is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Begins a net.
    Input,
    /// Holds weights.
    Weighted,
    /// Several inputs meet.
    Join,
    /// Anything else.
    Plain,
}

/// One box.
pub(super) struct Node {
    /// The first row: its layer and causes.
    pub(super) title: String,
    /// Its name, where an author gave one.
    pub(super) name: Option<String>,
    /// The rows that stand in the box with it.
    pub(super) also: Vec<String>,
    pub(super) role: Role,
    /// The size that leaves the box.
    pub(super) output: String,
}

/// Boxes in topological order, and arrows from box to box.
pub(super) struct Drawing {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<(usize, usize)>,
}

pub(super) fn drawing(view: &View<'_>) -> Drawing {
    let net = &view.checked.net;
    let mut place: HashMap<NodeIndex, usize> = HashMap::new();
    let mut drawing = Drawing { nodes: Vec::new(), edges: Vec::new() };
    for &node in &net.order {
        let row = &net.graph[node];
        let inputs = net.inputs(node);
        let output = view.checked.row(node).map_or("?".to_owned(), |b| b.output.to_string());
        let text = join(&layer(row), &causes(view, row));
        let host = match inputs.as_slice() {
            [only] if row.kind.is_some_and(|k| k.keeps_shape) && readers(view, *only) == 1 => place.get(only),
            _ => None,
        };
        if let Some(&host) = host {
            place.insert(node, host);
            drawing.nodes[host].also.push(text);
            drawing.nodes[host].output = output;
            continue;
        }
        let here = drawing.nodes.len();
        drawing.edges.extend(inputs.iter().filter_map(|n| place.get(n)).map(|from| (*from, here)));
        let role = match row.kind {
            Some(k) if k.inputs_nothing() => Role::Input,
            Some(k) if k.weighted => Role::Weighted,
            _ if inputs.len() > 1 => Role::Join,
            _ => Role::Plain,
        };
        drawing.nodes.push(Node {
            title: text,
            name: is_given(row).then(|| row.name.to_string()),
            also: Vec::new(),
            role,
            output,
        });
        place.insert(node, here);
    }
    drawing
}

fn join(layer: &str, causes: &str) -> String {
    if causes.is_empty() { layer.to_owned() } else { format!("{layer} {causes}") }
}

fn readers(view: &View<'_>, node: NodeIndex) -> usize {
    view.checked.net.graph.neighbors_directed(node, petgraph::Direction::Outgoing).count()
}

impl Node {
    /// Everything the box says, a line each: the title, the rows with it wrapped to about its width, the name.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.title.clone()];
        let widest = self.title.chars().count().max(24);
        let mut open: Option<String> = None;
        for text in &self.also {
            open = Some(match open.take() {
                Some(line) if line.chars().count() + text.chars().count() + 3 <= widest => {
                    format!("{line} · {text}")
                }
                Some(line) => {
                    lines.push(line);
                    text.clone()
                }
                None => text.clone(),
            });
        }
        lines.extend(open);
        lines
    }
}

//! Sizes claimed twice of one value: by the row that uses a block and by the block's own row.

use super::report::as_written;
use super::world::Forward;
use crate::diag::{Code, Diagnostic};
use crate::graph::{About, Claim, ClaimValue, Net, Row};
use crate::shape::Shape;
use crate::source::Source;
use petgraph::graph::NodeIndex;

/// Claims beside a row's first of their sort that are not what comes out (or goes in).
pub(super) fn claims(source: &Source, net: &Net, pass: &Forward) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for &node in net.order.iter().filter(|n| net.graph[**n].claims.len() > 1) {
        let row = &net.graph[node];
        for about in [About::Output, About::Input] {
            let Some(shape) = known(pass, node, about) else { continue };
            let others = row.claims.iter().filter(|c| c.about == about).skip(1);
            found.extend(others.filter_map(|c| wrong(source, row, c, shape)));
        }
    }
    // A row of a block may be used often: told for the first use.
    let mut told = std::collections::HashSet::new();
    found.retain(|d| told.insert(d.primary.span));
    found
}

fn known(pass: &Forward, node: NodeIndex, about: About) -> Option<Shape> {
    let bound = pass.rows[node.index()].as_ref()?;
    if about == About::Input { bound.inputs.first().copied() } else { Some(bound.output) }
}

fn wrong(source: &Source, row: &Row, claim: &Claim, shape: Shape) -> Option<Diagnostic> {
    let ClaimValue::Shape(declared) = claim.value else { return None };
    if claim.agrees(shape) == Some(true) {
        return None;
    }
    let label = claim.of().unwrap_or(&row.label);
    let (message, mark) = if claim.about == About::Input {
        (format!("{label} declares the input {declared} but {shape} goes in"), "goes in")
    } else {
        (format!("{label} declares {declared} but {shape} comes out"), "comes out")
    };
    let mut d = Diagnostic::new(Code::E0301, claim.span, message).label(format!("{shape} {mark}"));
    d.declared = Some(declared.to_string());
    d.inferred = Some(shape.to_string());
    let text = as_written(source.slice(claim.span), declared, shape);
    // A block's row is right for some uses and wrong for others: which to write is its author's to say.
    Some(row.tell(d.help(format!("write `{text}`")).fix(claim.span, text, false)))
}

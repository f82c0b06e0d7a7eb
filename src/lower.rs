//! Checked graph to [`Program`]: each row's layer adds its own primitives.

use crate::check::Checked;
use crate::program::{Builder, Program, RowInfo, ValueId};

/// Lowers a net. None where a row's shape is unknown; the diagnostics of the check say why.
pub fn lower(checked: &Checked) -> Option<Program> {
    let net = &checked.net;
    let mut builder = Builder::new(&net.name);
    let mut values = vec![ValueId(0); net.graph.node_count()];
    for node in &net.order {
        let row = &net.graph[*node];
        let bound = checked.row(*node)?;
        builder.row(RowInfo { name: row.name.to_string(), kind: row.kind?.name.to_owned(), line: row.line });
        let inputs: Vec<ValueId> = net.inputs(*node).iter().map(|n| values[n.index()]).collect();
        values[node.index()] = bound.layer.lower(&mut builder, &inputs, bound.output);
    }
    Some(builder.finish(values[net.output?.index()]))
}

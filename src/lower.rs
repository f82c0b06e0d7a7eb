//! Checked graph to [`Program`]: each row's layer adds its own primitives. Rows that do not lead to the net's output,
//! such as auxiliary heads, are left out: W0401 says so.

use crate::check::Checked;
use crate::program::{Builder, Program, RowInfo, ValueId};

/// Lowers a net. None where a row's shape is unknown; the diagnostics of the check say why.
pub fn lower(checked: &Checked) -> Option<Program> {
    let net = &checked.net;
    let mut builder = Builder::new(&net.name);
    let mut values = vec![ValueId(0); net.graph.node_count()];
    let mut read = vec![false; net.graph.node_count()];
    read[net.output?.index()] = true;
    for node in net.order.iter().rev() {
        if read[node.index()] {
            net.inputs(*node).iter().for_each(|n| read[n.index()] = true);
        }
    }
    for node in net.order.iter().filter(|n| read[n.index()]) {
        let row = &net.graph[*node];
        let bound = checked.row(*node)?;
        builder.row(RowInfo { name: row.name.to_string(), kind: row.kind?.name.to_owned(), line: row.line });
        let inputs: Vec<ValueId> = net.inputs(*node).iter().map(|n| values[n.index()]).collect();
        values[node.index()] = bound.layer.lower(&mut builder, &inputs, bound.output);
    }
    Some(builder.finish(values[net.output?.index()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn an_auxiliary_head_is_left_out() {
        let text = "---\ndialect: pytorch\n---\n\n| Layer | Name | From | Output |\n|---|---|---|---|\n\
            | INPUT | data | | 8x8x4 |\n| FC | aux | data | 10 |\n| SOFTMAX | head | aux | 10 |\n\
            | FC | fc | data | 10 |\n| SOFTMAX | out | fc | 10 |\n";
        let compiled = crate::compile(&Source::new("x", text), &crate::Options::default());
        let program = lower(&compiled.nets[0]).expect("every size is known").to_string();
        assert!(program.contains("fc.kernel") && !program.contains("aux.kernel"), "{program}");
        let codes: Vec<_> = compiled.diagnostics.iter().map(|d| d.code.name()).collect();
        assert_eq!(codes, ["W0401"]);
    }
}

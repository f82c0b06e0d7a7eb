//! The net as Graphviz's DOT.

use super::View;
use super::boxes::drawing;

pub(super) fn render(view: &View<'_>) -> String {
    let drawing = drawing(view);
    let mut out = format!(
        "digraph \"{}\" {{\n  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n  edge \
         [fontname=\"sans-serif\", fontsize=10];\n",
        escape(&view.checked.net.name)
    );
    for (index, node) in drawing.nodes.iter().enumerate() {
        let lines: Vec<String> = node.lines().iter().chain(&node.name).map(|l| escape(l)).collect();
        // `\n` is Graphviz's own line break inside a label.
        out.push_str(&format!("  n{index} [label=\"{}\"];\n", lines.join("\\n")));
    }
    for (from, to) in &drawing.edges {
        out.push_str(&format!("  n{from} -> n{to} [label=\"{}\"];\n", escape(&drawing.nodes[*from].output)));
    }
    out.push_str("}\n");
    out
}

/// Inside quotes.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ")
}

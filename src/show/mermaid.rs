//! The net as a Mermaid flow chart, as GitHub draws it inside Markdown.

use super::View;
use super::boxes::drawing;

pub(super) fn render(view: &View<'_>) -> String {
    let drawing = drawing(view);
    let mut out = String::from("flowchart TD\n");
    for (index, node) in drawing.nodes.iter().enumerate() {
        let lines: Vec<String> = node.lines().iter().chain(&node.name).map(|l| escape(l)).collect();
        out.push_str(&format!("  n{index}[\"{}\"]\n", lines.join("<br>")));
    }
    for (from, to) in &drawing.edges {
        out.push_str(&format!("  n{from} -->|\"{}\"| n{to}\n", escape(&drawing.nodes[*from].output)));
    }
    out
}

/// Mermaid's own entities for what would end a text or begin a tag.
fn escape(text: &str) -> String {
    let entity = |c: char| match c {
        '"' => "#quot;".to_owned(),
        '#' => "#35;".to_owned(),
        '&' => "#amp;".to_owned(),
        '<' => "#lt;".to_owned(),
        '>' => "#gt;".to_owned(),
        '`' => "#96;".to_owned(),
        c if c.is_control() => " ".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(entity).collect()
}

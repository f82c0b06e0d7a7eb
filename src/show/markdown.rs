//! The table a paper prints, in Markdown.

use super::paper::{caption, table};
use super::{View, width};
use crate::layer::{Links, Value};

/// A Markdown table that netc reads back, and the totals in a sentence.
pub(super) fn render(view: &View<'_>) -> String {
    let table = table(view);
    let escape = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace(['\r', '\n'], " ");
    let mut rows: Vec<Vec<String>> = vec![table.head.iter().map(|h| escape(h)).collect()];
    rows.extend(table.rows.iter().map(|r| r.iter().map(|c| escape(c)).collect()));
    let mut widths = vec![3; table.head.len()];
    for row in &rows {
        widths.iter_mut().zip(row).for_each(|(w, c)| *w = (*w).max(width(c)));
    }
    let mut out = String::new();
    for links in connections(view) {
        out.push_str(&marks(links));
    }
    out.push_str(&format!("# {}\n\n", escape(&view.checked.net.name)));
    for (index, row) in rows.iter().enumerate() {
        for ((cell, width), right) in row.iter().zip(&widths).zip(&table.right) {
            out.push_str(&if *right { format!("| {cell:>width$} ") } else { format!("| {cell:<width$} ") });
        }
        out.push_str("|\n");
        if index == 0 {
            for (width, right) in widths.iter().zip(&table.right) {
                out.push_str(&format!("|{}{}", "-".repeat(width + 1), if *right { ':' } else { '-' }));
            }
            out.push_str("|\n");
        }
    }
    out.push_str(&format!("\n{}\n", escape(&caption(view))));
    out
}

/// The tables of connections that rows name, each once.
fn connections<'a>(view: &View<'a>) -> Vec<&'a Links> {
    let mut found: Vec<&Links> = Vec::new();
    for row in view.checked.net.order.iter().map(|n| &view.checked.net.graph[*n]) {
        for (_, value) in row.args.iter() {
            if let Value::Links(links) = value
                && !found.iter().any(|l| l.heading() == links.heading())
            {
                found.push(links);
            }
        }
    }
    found
}

/// A table of connections below its heading.
fn marks(links: &Links) -> String {
    let outputs = 0..links.columns().len();
    let head: Vec<String> = outputs.clone().map(|i| format!("{i:<2}")).collect();
    let rule = vec!["----"; head.len()];
    let mut out =
        format!("## {}\n\n|    | {} |\n|----|{}|\n", links.heading(), head.join(" | "), rule.join("|"));
    for input in 0..links.inputs() as u32 {
        let mark = |i: usize| if links.columns()[i].contains(&input) { "X " } else { "  " };
        let cells: Vec<&str> = outputs.clone().map(mark).collect();
        out.push_str(&format!("| {input:<2} | {} |\n", cells.join(" | ")));
    }
    out + "\n"
}

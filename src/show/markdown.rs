//! The table a paper prints, in Markdown.

use super::View;
use super::paper::{caption, table};

/// A Markdown table that netc reads back, and the totals in a sentence.
pub(super) fn render(view: &View<'_>) -> String {
    let table = table(view);
    let escape = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace(['\r', '\n'], " ");
    let mut rows: Vec<Vec<String>> = vec![table.head.iter().map(|h| (*h).to_owned()).collect()];
    rows.extend(table.rows.iter().map(|r| r.iter().map(|c| escape(c)).collect()));
    let mut widths = vec![3; table.head.len()];
    for row in &rows {
        widths.iter_mut().zip(row).for_each(|(w, c)| *w = (*w).max(c.chars().count()));
    }
    let mut out = format!("# {}\n\n", escape(&view.checked.net.name));
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

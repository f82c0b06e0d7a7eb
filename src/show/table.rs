//! The net as an aligned table, totals with their definitions, and what netc took from claims.

use super::{View, bytes};
use crate::check::CheckedRow;
use crate::diag::grouped;
use crate::graph::Row;

const HEAD: [&str; 9] = ["#", "line", "layer", "name", "output", "padding", "params", "MACs", "activations"];
/// Columns of numbers stand to the right.
const RIGHT: [bool; 9] = [true, true, false, false, false, false, true, true, true];

pub(super) fn render(view: &View<'_>) -> String {
    let net = &view.checked.net;
    let mut lines = vec![HEAD.map(str::to_owned)];
    for (index, node) in net.order.iter().enumerate() {
        lines.push(cells(index, &net.graph[*node], view.checked.row(*node)));
    }
    let mut out = format!("{} (dialect {})\n\n", net.name, view.checked.conventions.dialect);
    out.push_str(&align(&lines));
    out.push('\n');
    out.push_str(&totals_text(view));
    let mut remarks = stand_ins(view);
    remarks.extend(view.remarks.iter().cloned());
    if !remarks.is_empty() {
        out.push('\n');
        remarks.iter().for_each(|r| out.push_str(&format!("note: {r}\n")));
    }
    out
}

fn cells(index: usize, row: &Row, bound: Option<&CheckedRow>) -> [String; 9] {
    let layer = row.kind.map_or_else(|| row.label.to_string(), |k| k.name.to_owned());
    let line = row.use_line().map_or_else(|| row.line.to_string(), |used| format!("{used}>{}", row.line));
    let head = [index.to_string(), line, layer, row.name.to_string()];
    let [a, b, c, d] = head;
    let Some(bound) = bound else {
        let unknown = || "?".to_owned();
        return [a, b, c, d, unknown(), String::new(), unknown(), unknown(), unknown()];
    };
    let padding = bound.layer.padding(&bound.inputs).map_or_else(String::new, sides);
    let count = |n: u64| if n == 0 { String::new() } else { grouped(n) };
    let memory = bytes(bound.output.elements().saturating_mul(4));
    let (params, macs) = (count(bound.cost.params()), count(bound.cost.macs));
    [a, b, c, d, bound.output.to_string(), padding, params, macs, memory]
}

/// `2` where all four sides agree, else `3,4,3,4` (top, bottom, left, right).
fn sides(padding: [u32; 4]) -> String {
    match padding {
        [t, b, l, r] if [b, l, r] == [t, t, t] => t.to_string(),
        [t, b, l, r] => format!("{t},{b},{l},{r}"),
    }
}

fn align(lines: &[[String; 9]]) -> String {
    let mut widths = [0; 9];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(super::width(cell));
        }
    }
    let mut out = String::new();
    for line in lines {
        let mut text = String::new();
        for ((cell, width), right) in line.iter().zip(widths).zip(RIGHT) {
            text.push_str(&if right { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") });
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// Each total with what it counts.
pub(super) fn totals(view: &View<'_>) -> [(&'static str, String, String); 7] {
    let totals = view.checked.totals();
    let (params, buffers) = (totals.cost.params(), totals.cost.buffers);
    let training = view.training;
    [
        ("parameters", grouped(params), "trained numbers".to_owned()),
        ("buffers", grouped(buffers), "running statistics, not trained".to_owned()),
        ("together", grouped(params.saturating_add(buffers)), "Keras's \"Total params\"".to_owned()),
        (
            "MACs",
            grouped(totals.cost.macs),
            "multiplications of convolutions and FC layers for one image, no bias".to_owned(),
        ),
        ("neurons", grouped(totals.neurons), "outputs of convolutions and FC layers".to_owned()),
        (
            "activations",
            bytes(view.activation_bytes()),
            "every row's output for one image, as 32-bit floats".to_owned(),
        ),
        (
            "training",
            bytes(view.training_bytes()),
            format!(
                "4 x params x (2 + {} optimiser slots) + {} images x activations",
                training.slots, training.batch
            ),
        ),
    ]
}

fn totals_text(view: &View<'_>) -> String {
    let lines = totals(view);
    let name = lines.iter().map(|l| l.0.len()).max().unwrap_or(0);
    let number = lines.iter().map(|l| l.1.len()).max().unwrap_or(0);
    lines.iter().map(|(n, v, d)| format!("{n:<name$}  {v:>number$}  {d}\n")).collect()
}

/// Causes that a claim stood in for: one line a parameter, with the lines it happened on.
pub(super) fn stand_ins(view: &View<'_>) -> Vec<String> {
    let net = &view.checked.net;
    let mut found: Vec<(&'static str, &'static str, Vec<String>)> = Vec::new();
    for node in &net.order {
        let row = &net.graph[*node];
        let Some(kind) = row.kind else { continue };
        for origin in row.origins.iter().filter(|o| o.stand_in) {
            let line = row.line.to_string();
            match found.iter_mut().find(|(k, p, _)| (*k, *p) == (kind.name, origin.param)) {
                Some((_, _, lines)) => lines.push(line),
                None => found.push((kind.name, origin.param, vec![line])),
            }
        }
    }
    let say = |(kind, param, mut lines): (&str, &str, Vec<String>)| {
        lines.dedup();
        let word = if lines.len() == 1 { "line" } else { "lines" };
        format!(
            "{kind}: {param} is not written and is taken from the declared size ({word} {})",
            lines.join(", ")
        )
    };
    found.into_iter().map(say).collect()
}

//! The table a paper prints, as texts: Markdown, LaTeX and HTML write it.

use super::lines::lines;
use super::{View, bytes, written};
use crate::diag::grouped;

/// A table of texts: its head, which columns are numbers, its rows, and a line of totals.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) right: Vec<bool>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) total: Vec<String>,
}

/// The table as its author wrote it, claims filled in, where the view has the document; else every row.
pub(super) fn table(view: &View<'_>) -> Table {
    view.written.and_then(|document| written::table(view, document)).unwrap_or_else(|| expanded(view))
}

/// Layer, size, causes and counts of every row, with names where rows need them; claims are filled in.
pub(super) fn expanded(view: &View<'_>) -> Table {
    let lines = lines(view);
    let named = lines.iter().any(|l| l.named);
    let forked = lines.iter().any(|l| l.from.is_some());
    let count = |n: Option<u64>| match n {
        Some(0) => String::new(),
        Some(n) => grouped(n),
        None => "?".to_owned(),
    };
    let cells = |l: &super::lines::Line<'_>| {
        let mut cells = Vec::with_capacity(7);
        cells.extend(named.then(|| if l.named { l.name.to_owned() } else { String::new() }));
        cells.extend([l.layer.clone(), l.output.clone(), l.causes.clone()]);
        cells.extend(forked.then(|| l.from.clone().unwrap_or_default()));
        cells.extend([count(l.params), count(l.macs)]);
        cells
    };
    let mut head = Vec::with_capacity(7);
    head.extend(named.then_some("Name"));
    head.extend(["Layer", "Output size", "Filter size / stride"]);
    head.extend(forked.then_some("From"));
    head.extend(["Params", "MACs"]);
    let right = head.iter().map(|h| matches!(*h, "Params" | "MACs")).collect();
    let totals = view.checked.totals();
    let mut total = vec![String::new(); head.len()];
    total[0] = "total".to_owned();
    if let [.., params, macs] = total.as_mut_slice() {
        (*params, *macs) = (grouped(totals.cost.params()), grouped(totals.cost.macs));
    }
    let head = head.into_iter().map(str::to_owned).collect();
    Table { head, right, rows: lines.iter().map(cells).collect(), total }
}

/// What the numbers are, in a sentence.
pub(super) fn caption(view: &View<'_>) -> String {
    let totals = view.checked.totals();
    format!(
        "{}: {} trained parameters, {} running statistics, {} multiplications of convolutions and FC layers for \
         one image, {} of activations as 32-bit floats.",
        view.checked.net.name,
        grouped(totals.cost.params()),
        grouped(totals.cost.buffers),
        grouped(totals.cost.macs),
        bytes(view.activation_bytes()),
    )
}

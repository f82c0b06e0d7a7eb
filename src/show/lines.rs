//! The net as lines a paper prints: layer, causes, size, counts.

use super::View;
use crate::graph::Row;
use crate::layer::{PadWord, Type, Value};
use petgraph::graph::NodeIndex;
use std::collections::HashMap;

/// One row for a reader.
pub(super) struct Line<'a> {
    /// Unique name.
    pub(super) name: &'a str,
    /// True where it must be told: an author gave it, or another row reads this one by it.
    pub(super) named: bool,
    /// The layer as its author wrote it, in capitals.
    pub(super) layer: String,
    /// The names of the rows it reads where that is not just the row above.
    pub(super) from: Option<String>,
    /// Kernel, stride and what else makes it: `11x11/4; same`.
    pub(super) causes: String,
    /// Output size, `?` where unknown.
    pub(super) output: String,
    /// Trained numbers, none where unknown.
    pub(super) params: Option<u64>,
    /// Multiplications.
    pub(super) macs: Option<u64>,
}

/// The net's rows in order.
pub(super) fn lines<'a>(view: &View<'a>) -> Vec<Line<'a>> {
    let net = &view.checked.net;
    let mut above: Option<NodeIndex> = None;
    let mut lines = Vec::with_capacity(net.order.len());
    for &node in &net.order {
        let (row, bound) = (&net.graph[node], view.checked.row(node));
        let inputs = net.inputs(node);
        let plain = inputs.is_empty() || above.is_some_and(|a| inputs[..] == [a]);
        let names = || inputs.iter().map(|n| net.graph[*n].name.as_str()).collect::<Vec<_>>().join(", ");
        lines.push(Line {
            name: &row.name,
            named: is_given(row),
            layer: layer(row),
            from: (!plain).then(names),
            causes: causes(view, row),
            output: bound.map_or("?".to_owned(), |b| b.output.to_string()),
            params: bound.map(|b| b.cost.params()),
            macs: bound.map(|b| b.cost.macs),
        });
        above = Some(node);
    }
    let places: HashMap<NodeIndex, usize> = net.order.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    for (index, node) in net.order.iter().enumerate() {
        if lines[index].from.is_some() {
            net.inputs(*node).iter().for_each(|n| lines[places[n]].named = true);
        }
    }
    lines
}

/// True where the row's name is the author's, not its kind's key and a number.
pub(super) fn is_given(row: &Row) -> bool {
    let rest = row.kind.and_then(|k| row.name.strip_prefix(k.key));
    rest.is_none_or(|r| r.is_empty() || !r.bytes().all(|b| b.is_ascii_digit()))
}

/// The layer as written, in capitals with single blanks.
pub(super) fn layer(row: &Row) -> String {
    row.label.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}

/// What makes the row, in the notation of specs; K and an input's size are its output's and left out.
pub(super) fn causes(view: &View<'_>, row: &Row) -> String {
    let Some(kind) = row.kind else { return String::new() };
    let implied: HashMap<&str, &str> = kind.implied_by(&row.label).collect();
    let mut first = String::new();
    let mut rest = Vec::new();
    for param in kind.params {
        let Some(value) = row.args.get(param.name) else { continue };
        let left_out = row.origin(param.name).is_some_and(|o| o.stand_in)
            || param.name == "K"
            || param.ty == Type::Size
            || implied.get(param.name).is_some_and(|v| *v == text(value) || *value == Value::Flag(true));
        if left_out {
            continue;
        }
        match value {
            Value::Pair([h, w]) if kind.positional.size == Some(param.name) => {
                first = format!("{h}x{w}{first}")
            }
            value if kind.positional.slash == Some(param.name) => {
                first.push_str(&format!("/{}", text(value)))
            }
            Value::Flag(true) => rest.push(param.name.to_owned()),
            Value::PadWord(word) => rest.push(word.name().to_owned()),
            Value::Word(word) if kind.positional.words.contains(&param.name) => rest.push((*word).to_owned()),
            value if param.ty == Type::Padding => rest.push(format!("p={}", text(value))),
            value => rest.push(format!("{}={}", param.name, text(value))),
        }
    }
    rest.extend(convention(view, row));
    std::iter::once(first).filter(|f| !f.is_empty()).chain(rest).collect::<Vec<_>>().join("; ")
}

/// The padding word a window takes from the conventions, where that is not `valid`.
fn convention(view: &View<'_>, row: &Row) -> Option<String> {
    let word = view.checked.conventions.word(row.kind?.window?);
    let own = row.args.has("padding") || row.args.flag("ceil").is_some();
    (!own && word != PadWord::Valid).then(|| word.name().to_owned())
}

fn text(value: &Value) -> String {
    let joined = |numbers: &[i64], by: &str| {
        let all: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        if numbers.iter().all(|n| *n == numbers[0]) { all[0].clone() } else { all.join(by) }
    };
    match value {
        Value::Int(n) => n.to_string(),
        Value::Real(n) => n.to_string(),
        Value::Pair(sides) => joined(sides, "x"),
        Value::Size([h, w, c]) => format!("{h}x{w}x{c}"),
        Value::Pad(sides) => joined(sides, ","),
        Value::PadWord(word) => word.name().to_owned(),
        Value::Word(word) => (*word).to_owned(),
        Value::Flag(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Links(links) => links.heading().to_owned(),
        #[allow(unreachable_patterns, reason = "a value of a form of its own")]
        other => format!("{other:?}"),
    }
}

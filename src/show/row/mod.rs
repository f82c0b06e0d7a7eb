//! One line of a document, explained: the arithmetic of its row here, under every dialect and with every padding word.

mod readings;

pub(super) use readings::{Written, written};

use crate::check::{Checked, CheckedRow};
use crate::diag::grouped;
use crate::graph::{About, ClaimValue, Row};
use crate::source::Source;
use petgraph::graph::NodeIndex;
use std::collections::HashMap;

/// The most rows of one line that are explained, and of one block that are listed.
const MOST: usize = 24;

/// What a line's row computes, in the first of these nets that has it. None where none has.
pub fn row(source: &Source, nets: &[&Checked], line: u32) -> Option<String> {
    let has = |net: &&&Checked| net.net.order.iter().any(|n| speaks(&net.net.graph[*n], line));
    let mut with: Vec<&&Checked> = nets.iter().filter(has).collect();
    let others = with.split_off(1.min(with.len()));
    let net = with.first()?;
    let mut out = format!("{}:{line}: {}\n", source.name(), source.slice(source.line_span(line)).trim());
    if nets.len() > 1 {
        out.push_str(&format!("\nin the net {}", net.net.name));
        let names: Vec<&str> = others.iter().map(|n| n.net.name.as_str()).collect();
        if !names.is_empty() {
            out.push_str(&format!("; --net chooses another that has it: {}", names.join(", ")));
        }
        out.push('\n');
    }
    let own: Vec<NodeIndex> =
        net.net.order.iter().copied().filter(|n| stands_at(&net.net.graph[*n], line)).collect();
    match own.first() {
        Some(_) => rows(net, &own, &mut out),
        None => uses(net, line, &mut out),
    }
    Some(out)
}

/// The lines that hold rows of these nets: the first and the last.
pub fn lines(nets: &[&Checked]) -> Option<(u32, u32)> {
    let rows = nets.iter().flat_map(|n| n.net.graph.node_weights());
    let lines = rows.flat_map(|r| [Some(r.line), r.use_line()]).flatten();
    lines.fold(None, |range, l| match range {
        None => Some((l, l)),
        Some((first, last)) => Some((first.min(l), last.max(l))),
    })
}

/// True where the row is written on this line or a row of it uses its block.
fn speaks(row: &Row, line: u32) -> bool {
    row.line == line || row.use_line() == Some(line)
}

/// True where the row itself is written on this line. Rows of netc's own blocks stand nowhere.
fn stands_at(row: &Row, line: u32) -> bool {
    row.line == line && !row.used.as_ref().is_some_and(|u| u.library)
}

/// The copies of one row.
struct Copies {
    first: NodeIndex,
    last: NodeIndex,
    count: usize,
}

/// Each distinct row of a line once, the first of its copies.
fn rows(net: &Checked, nodes: &[NodeIndex], out: &mut String) {
    let mut first: Vec<Copies> = Vec::new();
    let mut places = HashMap::new();
    for &node in nodes {
        let row = &net.net.graph[node];
        let key = (row.span, row.kind.map(|k| k.name), row.label.clone());
        let at = *places.entry(key).or_insert_with(|| {
            first.push(Copies { first: node, last: node, count: 0 });
            first.len() - 1
        });
        first[at].count += 1;
        first[at].last = node;
    }
    if let Some(used) = &net.net.graph[nodes[0]].used {
        let values = if used.values.is_empty() { String::new() } else { format!(" with {}", used.values) };
        out.push_str(&format!("\nin the block `{}` as line {} uses it{values}", used.block, used.line));
        let mut lines: Vec<u32> = nodes.iter().filter_map(|n| net.net.graph[*n].use_line()).collect();
        lines.dedup();
        let others: Vec<String> =
            lines.iter().filter(|l| **l != used.line).map(ToString::to_string).collect();
        if !others.is_empty() {
            out.push_str(&format!("; it is used on lines {}, too", others.join(", ")));
        }
        out.push('\n');
    }
    for copies in first.iter().take(MOST) {
        out.push('\n');
        one(net, copies, out);
    }
    if first.len() > MOST {
        out.push_str(&format!("\n... and {} more rows\n", first.len() - MOST));
    }
}

/// One row: what goes in, what comes out and why, what it costs, and how others would read it.
fn one(net: &Checked, copies: &Copies, out: &mut String) {
    let node = copies.first;
    let row = &net.net.graph[node];
    let kind = row.kind.map_or("?", |k| k.name);
    let copy = if copies.count > 1 { format!(", the first of {}", copies.count) } else { String::new() };
    out.push_str(&format!("{} ({kind}{copy})\n", row.name));
    let Some(bound) = net.row(node) else {
        out.push_str("  not known: `netc check` says what is wrong with it or above it\n");
        return;
    };
    let mut facts: Vec<(&str, String)> = Vec::new();
    for (input, shape) in net.net.inputs(node).iter().zip(&bound.inputs) {
        let above = &net.net.graph[*input];
        facts.push(("input", format!("{shape} from {} (line {})", above.name, above.line)));
    }
    facts.push(("output", output(bound)));
    facts.extend(as_written(net, row, bound));
    // What a row that repeats claims is said of its last copy.
    let last = (&net.net.graph[copies.last], net.row(copies.last));
    match (declared(row, bound), last) {
        (None, (row, Some(bound))) => {
            facts.extend(declared(row, bound).map(|(name, text)| (name, text + " (the last copy)")));
        }
        (own, _) => facts.extend(own),
    }
    facts.extend(bound.layer.padding(&bound.inputs).map(|p| ("padding", sides(p))));
    facts.extend(costs(bound));
    for (name, text) in facts {
        out.push_str(&format!("  {name:<10}{text}\n"));
    }
    out.push_str(&readings::table(net, row, bound));
}

fn output(bound: &CheckedRow) -> String {
    let arithmetic = bound.layer.arithmetic(&bound.inputs).join("; ");
    if arithmetic.is_empty() { bound.output.to_string() } else { format!("{} = {arithmetic}", bound.output) }
}

/// What the row itself gives, where `netc check` holds one of its causes to be wrong.
fn as_written(net: &Checked, row: &Row, bound: &CheckedRow) -> Option<(&'static str, String)> {
    let written = written(net, row, bound)?;
    let how = if written.how.is_empty() { String::new() } else { format!(" = {}", written.how) };
    (written.output != bound.output.to_string())
        .then(|| ("written", format!("{}{how}; `netc check` says why it is read otherwise", written.output)))
}

/// What the row says of its output, beside what comes out.
fn declared(row: &Row, bound: &CheckedRow) -> Option<(&'static str, String)> {
    let claim = row.claims.iter().find(|c| c.about == About::Output)?;
    let ClaimValue::Shape(said) = &claim.value else { return None };
    let verdict = if claim.agrees(bound.output) == Some(true) {
        "holds".to_owned()
    } else {
        format!("wrong: it is {}", bound.output)
    };
    Some(("declared", format!("{said}: {verdict}")))
}

/// `top, bottom, left, right` where they differ.
fn sides(padding: [u32; 4]) -> String {
    match padding {
        [t, b, l, r] if [b, l, r] == [t, t, t] => format!("{t} on every side"),
        [t, b, l, r] => format!("{t} above, {b} below, {l} left, {r} right"),
    }
}

fn costs(bound: &CheckedRow) -> Vec<(&'static str, String)> {
    let cost = &bound.cost;
    let mut facts = Vec::new();
    let parts =
        [(cost.weights, "in kernels"), (cost.biases, "biases"), (cost.norms, "scales, shifts and slopes")];
    let said: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", grouped(*n))).collect();
    match said.as_slice() {
        [] => {}
        [only] => facts.push(("params", only.clone())),
        _ => facts.push(("params", format!("{} = {}", grouped(cost.params()), said.join(" + ")))),
    }
    if cost.buffers > 0 {
        facts.push(("buffers", format!("{} running statistics", grouped(cost.buffers))));
    }
    if cost.macs > 0 {
        let [h, w, _] = bound.output.hwc();
        let places = h.saturating_mul(w).max(1);
        let each = cost.macs / places;
        let how = if places > 1 && each * places == cost.macs {
            format!(" = {} at each of {h} x {w} places", grouped(each))
        } else {
            String::new()
        };
        facts.push(("MACs", format!("{}{how}", grouped(cost.macs))));
    }
    facts
}

/// A row that uses a block: the rows it stands for, and where to read on.
fn uses(net: &Checked, line: u32, out: &mut String) {
    let nodes: Vec<NodeIndex> =
        net.net.order.iter().copied().filter(|n| net.net.graph[*n].use_line() == Some(line)).collect();
    let Some(used) = nodes.first().and_then(|n| net.net.graph[*n].used.as_ref()) else { return };
    let values = if used.values.is_empty() { String::new() } else { format!(" with {}", used.values) };
    out.push_str(&format!("\nuses the block `{}`{values}: {} rows in all\n\n", used.block, nodes.len()));
    let mut cells = vec![["line", "row", "layer", "output"].map(str::to_owned)];
    for &node in nodes.iter().take(MOST) {
        let row = &net.net.graph[node];
        let place = if used.library { "-".to_owned() } else { row.line.to_string() };
        let output = net.row(node).map_or("?".to_owned(), output);
        cells.push([place, row.name.to_string(), row.label.to_string(), output]);
    }
    out.push_str(&super::aligned(&cells));
    if nodes.len() > MOST {
        out.push_str(&format!("  ... and {} more rows\n", nodes.len() - MOST));
    }
    if !used.library {
        out.push_str("\n`netc explain FILE:LINE` explains the row on one of these lines.\n");
    }
    let claimed = nodes.iter().rev().find(|n| net.net.graph[**n].claims.iter().any(|c| c.of().is_some()));
    if let Some((row, bound)) = claimed.and_then(|n| Some((&net.net.graph[*n], net.row(*n)?)))
        && let Some((_, text)) = declared(row, bound)
    {
        out.push_str(&format!("\ndeclared {text}\n"));
    }
}

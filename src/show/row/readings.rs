//! How every dialect and every padding word reads one row.

use super::super::aligned;
use crate::check::{Checked, CheckedRow};
use crate::graph::Row;
use crate::layer::{Args, Conventions, Dialect, Kind, Layer, PadWord, Value};
use crate::program::{Builder, Param, Prim, RowInfo};
use crate::shape::Shape;
use std::sync::Arc;

/// What a row comes to under one reading.
#[derive(Clone, PartialEq, Eq)]
struct Reading {
    output: String,
    padding: String,
    how: String,
    /// What sizes do not show: numbers of its primitives, and how what it stores starts.
    facts: Vec<String>,
}

/// A row as it is written, whatever `netc check` holds to be wrong with it.
pub(in crate::show) struct Written {
    /// Its output from what goes in, or why it has none.
    pub(in crate::show) output: String,
    /// The arithmetic of that.
    pub(in crate::show) how: String,
    /// Numbers of its primitives that no size shows, strides and kernels among them.
    pub(in crate::show) numbers: Vec<String>,
    /// How what it stores starts.
    pub(in crate::show) starts: Vec<String>,
}

/// Reads a row of a checked net as it is written.
pub(in crate::show) fn written(net: &Checked, row: &Row, bound: &CheckedRow) -> Option<Written> {
    let reading = read(row.kind?, &row.args, &net.conventions, row, &bound.inputs);
    let (numbers, starts) = reading.facts.into_iter().partition(|f| !f.contains(' '));
    Some(Written { output: reading.output, how: reading.how, numbers, starts })
}

/// The readings as a table, one line for those that agree: dialects first, then padding words.
pub(super) fn table(net: &Checked, row: &Row, bound: &CheckedRow) -> String {
    let Some(kind) = row.kind else { return String::new() };
    let under = |conventions: &Conventions| read(kind, &row.args, conventions, row, &bound.inputs);
    let dialects = Dialect::ALL.map(|d| (d.name(), under(&Conventions::of(d))));
    let mut out = String::new();
    if kind.window.is_some() {
        let words = PadWord::ALL.map(|w| (w.name(), word(net, kind, row, w, &bound.inputs)));
        let mut lines = vec![["under", "output", "padding", "arithmetic"].map(str::to_owned)];
        lines.extend(grouped(&dialects, Reading::size).into_iter().map(|(names, r)| cells(&names, r)));
        let quoted = |names: String| format!("`{}`", names.replace(", ", "`, `"));
        lines.extend(grouped(&words, Reading::size).into_iter().map(|(names, r)| cells(&quoted(names), r)));
        out.push_str(&format!("\n{}", aligned(&lines)));
    }
    let told = differing(&dialects);
    if told.iter().any(|(_, facts)| !facts.is_empty()) {
        let mut lines = vec![["under", "also differs"].map(str::to_owned)];
        lines.extend(told.into_iter().map(|(names, facts)| [names, facts]));
        out.push_str(&format!("\n{}", aligned(&lines)));
    } else if kind.window.is_none() {
        out.push_str("  every dialect reads it alike\n");
    }
    out
}

/// What dialects that do not agree beyond sizes and paddings have.
fn differing(dialects: &[(&str, Reading)]) -> Vec<(String, String)> {
    let same = |fact: &String| dialects.iter().all(|(_, r)| r.facts.contains(fact));
    let told = |r: &Reading| r.facts.iter().filter(|f| !same(f)).cloned().collect::<Vec<_>>().join(", ");
    grouped(dialects, told).into_iter().map(|(names, r)| (names, told(r))).collect()
}

impl Reading {
    /// What sizes show of it.
    fn size(&self) -> String {
        format!("{} {} {}", self.output, self.padding, self.how)
    }
}

fn cells(names: &str, reading: &Reading) -> [String; 4] {
    [names.to_owned(), reading.output.clone(), reading.padding.clone(), reading.how.clone()]
}

/// Readings that agree, under their names together.
fn grouped<'r>(
    readings: &'r [(&str, Reading)],
    by: impl Fn(&Reading) -> String,
) -> Vec<(String, &'r Reading)> {
    let mut groups: Vec<(Vec<&str>, &Reading)> = Vec::new();
    for (name, reading) in readings {
        match groups.iter_mut().find(|(_, r)| by(r) == by(reading)) {
            Some(group) => group.0.push(name),
            None => groups.push((vec![name], reading)),
        }
    }
    groups.into_iter().map(|(names, reading)| (names.join(", "), reading)).collect()
}

/// The row with this padding word instead of what it says.
fn word(net: &Checked, kind: &'static Kind, row: &Row, word: PadWord, inputs: &[Shape]) -> Reading {
    let args = row.args.without("ceil").with("padding", Value::PadWord(word));
    read(kind, &args, &net.conventions, row, inputs)
}

fn read(kind: &'static Kind, args: &Args, conventions: &Conventions, row: &Row, inputs: &[Shape]) -> Reading {
    let failed = |message: String| Reading {
        output: "-".to_owned(),
        padding: String::new(),
        how: message,
        facts: Vec::new(),
    };
    let layer = match (kind.bind)(args, conventions) {
        Ok(layer) => layer,
        Err(problems) => return failed(problems.into_iter().next().map_or(String::new(), |p| p.message)),
    };
    match layer.infer(inputs) {
        Err(problem) => failed(problem.message),
        Ok(output) => Reading {
            output: output.to_string(),
            padding: layer.padding(inputs).map_or(String::new(), sides),
            how: layer.arithmetic(inputs).join("; "),
            facts: facts(&layer, row, inputs, output),
        },
    }
}

fn sides(padding: [u32; 4]) -> String {
    match padding {
        [t, b, l, r] if [b, l, r] == [t, t, t] => t.to_string(),
        sides => sides.map(|s| s.to_string()).join(","),
    }
}

/// The numbers of the primitives a row becomes, and how what it stores starts.
fn facts(layer: &Arc<dyn Layer>, row: &Row, inputs: &[Shape], output: Shape) -> Vec<String> {
    let mut builder = Builder::new("");
    builder.row(RowInfo { name: row.name.to_string(), kind: String::new(), line: row.line });
    let values: Vec<_> = inputs.iter().map(|shape| builder.op(Prim::Input, *shape)).collect();
    let value = layer.lower(&mut builder, &values, output);
    let program = builder.finish(value);
    let mut facts = Vec::new();
    for op in program.ops.iter().skip(inputs.len()) {
        let phrase = program.phrase(&op.prim);
        // What a window adds and reads beyond the end is told with its size.
        let told = |word: &&str| word.contains('=') && !word.starts_with("padding=");
        facts.extend(phrase.split_whitespace().filter(told).map(short));
    }
    let start = |p: &Param| format!("{} {}", p.role.word().replace('_', " "), p.init);
    facts.extend(program.params.iter().map(start));
    facts
}

/// `momentum=0.010000000000000009` to six places.
fn short(fact: &str) -> String {
    match fact.split_once('=').and_then(|(name, value)| Some((name, value.parse::<f64>().ok()?))) {
        Some((name, value)) if value.fract() != 0.0 && value.abs() >= 1e-6 => {
            format!("{name}={}", (value * 1e6).round() / 1e6)
        }
        _ => fact.to_owned(),
    }
}

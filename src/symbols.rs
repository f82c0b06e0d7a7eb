//! A symbol of the header that the sizes contradict: one wrong cell, however many rows use it.
//!
//! A symbol is no cause of one row that a search could edit: the net is built again at each value that the
//! rows using it would need, and checked again. It is blamed where that leaves fewer wrong cells.

use crate::check::{self, Checked};
use crate::diag::{Code, Diagnostic, Severity};
use crate::graph;
use crate::layer::Value;
use crate::shape::Shape;
use crate::source::Source;
use crate::syntax::Document;
use std::collections::BTreeMap;

/// Values tried of one symbol.
const VALUES: usize = 16;
/// Rows checked in all while values are tried, so that a large net ends in time.
const BUDGET: usize = 200_000;

/// The nets as they are with one symbol read otherwise, and the report of it.
pub(crate) struct Reread {
    pub nets: Vec<Checked>,
    pub report: Diagnostic,
}

/// Reads one symbol otherwise, where that leaves fewer wrong cells.
pub(crate) fn reread(
    source: &Source,
    document: &Document,
    options: &graph::Options,
    strict: check::Options,
    nets: &[Checked],
) -> Option<Reread> {
    let faults = faults(nets.iter().flat_map(|n| &n.diagnostics));
    if faults < 2 {
        return None;
    }
    let rows: usize = nets.iter().map(|n| n.net.order.len()).sum();
    let mut left = BUDGET / rows.max(1);
    let mut best: Option<(usize, String, f64, Vec<Checked>, bool)> = None;
    for key in document.header.keys(&["let"]) {
        for value in values(source, document, nets, &key) {
            left = left.checked_sub(1)?;
            let other = graph::Options { set: vec![(key.clone(), value)], ..options.clone() };
            let (built, found) = graph::build(source, document, &other);
            if self::faults(&found) > 0 {
                continue;
            }
            let checked: Vec<Checked> = built.into_iter().map(|n| check::check(source, n, strict)).collect();
            let count = self::faults(checked.iter().flat_map(|n| &n.diagnostics)) + 1;
            let limit = best.as_ref().map_or(faults, |b| b.0);
            if count < limit {
                best = Some((count, key.clone(), value, checked, true));
            } else if let Some(known) = best.as_mut().filter(|_| count == limit) {
                known.4 = false;
            }
        }
    }
    let (count, key, value, nets, only) = best?;
    let report = report(source, document, &key, value, faults - (count - 1), only)?;
    Some(Reread { nets, report })
}

fn faults<'a>(found: impl IntoIterator<Item = &'a Diagnostic>) -> usize {
    found.into_iter().filter(|d| d.severity == Severity::Error).count()
}

/// What the rows whose cells name a symbol would need it to be, the value that most ask for first.
fn values(source: &Source, document: &Document, nets: &[Checked], key: &str) -> Vec<f64> {
    let now = document.header.get(&["let", key]).and_then(|f| f.value.as_f64());
    let Some(now) = now.filter(|v| *v > 0.0) else { return Vec::new() };
    let mut asked: BTreeMap<u64, usize> = BTreeMap::new();
    for row in nets.iter().flat_map(|n| n.net.graph.node_weights()) {
        let named = row.origins.iter().filter(|o| !o.shared && names(source.slice(o.span), key));
        for origin in named {
            let needs: Vec<u64> = match (row.args.get(origin.param), row.declared()) {
                (Some(Value::Int(v)), Some((shape, _))) => needed(*v, now, shape).into_iter().collect(),
                (Some(Value::Pair(_)), _) => (1..=8).collect(),
                _ => Vec::new(),
            };
            for value in needs.into_iter().filter(|v| *v as f64 != now) {
                *asked.entry(value).or_default() += 1;
            }
        }
    }
    let mut asked: Vec<(u64, usize)> = asked.into_iter().collect();
    asked.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
    asked.into_iter().take(VALUES).map(|(value, _)| value as f64).collect()
}

/// The symbol's value with which an argument in proportion to it gives the declared channels.
fn needed(argument: i64, now: f64, declared: Shape) -> Option<u64> {
    let value = declared.channels() as f64 * now / argument.max(1) as f64;
    (value.fract() == 0.0 && (1.0..1e9).contains(&value)).then_some(value as u64)
}

/// True where an expression names a symbol.
fn names(text: &str, key: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == key)
}

fn report(
    source: &Source,
    document: &Document,
    key: &str,
    value: f64,
    mended: usize,
    certain: bool,
) -> Option<Diagnostic> {
    let field = document.header.get(&["let", key])?;
    let old = source.slice(field.span).trim();
    let message = format!("`{key}` is {old} in the header, but the rows that use it need {value}");
    let mut d = Diagnostic::new(Code::E0310, field.span, message)
        .label(format!("{value} makes {mended} cells right that {old} makes wrong"));
    d.declared = Some(old.to_owned());
    d.inferred = Some(value.to_string());
    Some(d.help(format!("write `{key}: {value}`")).fix(field.span, value.to_string(), certain))
}

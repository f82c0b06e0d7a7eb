//! The note that says which conventions were inferred, and on what evidence.

use super::Options;
use super::conventions::{WINDOWS, tally};
use super::solve::Solution;
use super::world::{Forward, takes_word};
use crate::diag::{Code, Diagnostic};
use crate::graph::Net;
use crate::layer::{Conventions, Dialect, PadWord, WindowKind};
use crate::shape::Shape;
use petgraph::graph::NodeIndex;

/// One note a net, or with `--strict` one error, where a word was inferred.
pub(super) fn conventions(
    net: &Net,
    solution: &Solution,
    pass: &Forward,
    options: Options,
) -> Option<Diagnostic> {
    if net.dialect.is_some() {
        return None;
    }
    let asked: Vec<WindowKind> = WINDOWS
        .into_iter()
        .filter(|k| net.order.iter().any(|n| takes_word(&net.graph[*n], *k) && pass.shape(*n).is_some()))
        .collect();
    let first = net.order.iter().find(|n| asked.iter().any(|k| takes_word(&net.graph[**n], *k)))?;
    let parts: Vec<String> = asked.iter().map(|k| sentence(net, solution, pass, *k)).collect();
    let span = net.graph[*first].span;
    let words: Vec<String> = asked
        .iter()
        .map(|k| format!("{}: {{ padding: {} }}", k.name(), solution.world.conventions.word(*k)))
        .collect();
    let header = format!("write `defaults: {{ {} }}` in the header to fix it", words.join(", "));
    let (code, message) = if options.strict {
        (Code::E0309, format!("no padding word is written, and the claims need one: {}", parts.join("; ")))
    } else {
        (Code::N0301, format!("conventions inferred: {}", parts.join("; ")))
    };
    Some(Diagnostic::new(code, span, message).label("the first row that needs one").help(header))
}

/// `same (5 of 5 claims; valid would give 55x55x96 at line 6, as keras and caffe have it)`.
fn sentence(net: &Net, solution: &Solution, pass: &Forward, kind: WindowKind) -> String {
    let word = solution.world.conventions.word(kind);
    let (agree, claimed) = tally(net, kind, &|n| pass.shape(n));
    let evidence = match claimed {
        0 if solution.counted => {
            "no size speaks of it, and the counts that are claimed hold with it".to_owned()
        }
        0 => "no claim speaks of it".to_owned(),
        _ if agree == 0 => "no word makes its claims true".to_owned(),
        1 => format!("{agree} of 1 claim"),
        _ => format!("{agree} of {claimed} claims"),
    };
    let other = if word == PadWord::Valid { PadWord::Same } else { PadWord::Valid };
    let contrast = net.order.iter().find_map(|n| {
        let given = would_give(net, pass, *n, kind, solution.world.conventions.with(kind, other))?;
        (Some(given) != pass.shape(*n)).then(|| {
            let who = who_has(net, pass, *n, kind, given);
            format!("; {other} would give {given} at line {}{who}", net.graph[*n].line)
        })
    });
    format!("{}: {word} ({evidence}{})", kind.name(), contrast.unwrap_or_default())
}

fn would_give(
    net: &Net,
    pass: &Forward,
    node: NodeIndex,
    kind: WindowKind,
    conventions: Conventions,
) -> Option<Shape> {
    let row = net.graph.node_weight(node).filter(|r| takes_word(r, kind))?;
    let inputs = &pass.rows[node.index()].as_ref()?.inputs;
    (row.kind?.bind)(&row.args, &conventions).ok()?.infer(inputs).ok()
}

/// The dialects whose own default gives this size here.
fn who_has(net: &Net, pass: &Forward, node: NodeIndex, kind: WindowKind, given: Shape) -> String {
    let names: Vec<&str> = Dialect::ALL
        .into_iter()
        .filter(|d| would_give(net, pass, node, kind, Conventions::of(*d)) == Some(given))
        .map(Dialect::name)
        .collect();
    match names.split_last() {
        None => String::new(),
        // What every dialect does tells nobody apart.
        _ if names.len() == Dialect::ALL.len() => String::new(),
        Some((last, [])) => format!(", as {last} has it"),
        Some((last, rest)) => format!(", as {} and {last} have it", rest.join(", ")),
    }
}

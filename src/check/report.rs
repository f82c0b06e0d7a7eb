//! Wrong cells and problems as diagnostics, with the arithmetic.

use super::hints::{hints, upstream};
use super::search::Wrong;
use super::solve::{Solution, without};
use super::world::{Forward, World, forward};
use crate::diag::{Code, Diagnostic};
use crate::graph::{About, Net};
use crate::layer::{Blame, PadWord, Value};
use crate::shape::Shape;
use crate::source::{Source, Span};
use petgraph::graph::NodeIndex;

/// How many answers are tested for being the only ones.
const TESTED: usize = 24;

/// One error for each wrong cell.
pub(super) fn wrong_cells(
    source: &Source,
    net: &Net,
    solution: &Solution,
    pass: &Forward,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, wrong) in solution.wrong.iter().enumerate() {
        let twice = |w: &Wrong| matches!(w, Wrong::Output(n, _) if *n == wrong.node());
        if matches!(wrong, Wrong::Cause(_))
            && solution.wrong.iter().any(|w| twice(w) && same_cell(net, w, wrong))
        {
            continue;
        }
        let other = if index < TESTED { without(net, solution, wrong) } else { Some(Vec::new()) };
        let diagnostic = match wrong {
            Wrong::Output(node, shape) => output(source, net, pass, *node, *shape),
            Wrong::Input(node, shape) => Some(input(source, net, *node, *shape)),
            Wrong::Cause(edit) => Some(cause(source, net, pass, solution, edit)),
            Wrong::Stuck(_) => None,
        };
        found.extend(diagnostic.map(|d| doubt(net, d, solution, other)));
    }
    found.extend(shared_word(source, net, solution, pass));
    found
}

/// True where an edited cause stands in the very cell of the claim.
fn same_cell(net: &Net, claim: &Wrong, edit: &Wrong) -> bool {
    let (Wrong::Output(node, _), Wrong::Cause(edit)) = (claim, edit) else { return false };
    let row = &net.graph[*node];
    row.declared().map(|(_, s)| s) == row.origin(edit.param).map(|o| o.span)
}

/// Where as few cells explain it otherwise, says which, and leaves the fix to the author.
fn doubt(net: &Net, mut d: Diagnostic, solution: &Solution, other: Option<Vec<Wrong>>) -> Diagnostic {
    let Some(other) = other else { return d };
    if let Some(fix) = &mut d.fix {
        fix.certain = false;
    }
    for wrong in other.iter().filter(|w| !solution.wrong.contains(w)).take(3) {
        let span = cell(net, wrong);
        if span != d.primary.span {
            d = d.also(span, format!("or this is wrong: {}", answer(net, wrong)));
            if d.code != Code::E0308 {
                d.code = Code::E0308;
                d.message = format!("one of these cells is wrong: {}", d.message);
            }
        }
    }
    d
}

fn cell(net: &Net, wrong: &Wrong) -> Span {
    let row = &net.graph[wrong.node()];
    match wrong {
        Wrong::Output(..) => row.declared().map_or(row.span, |(_, s)| s),
        Wrong::Input(..) => row.declared_input().map_or(row.span, |(_, s)| s),
        Wrong::Cause(edit) => row.origin(edit.param).map_or(row.span, |o| o.span),
        Wrong::Stuck(_) => row.span,
    }
}

fn answer(net: &Net, wrong: &Wrong) -> String {
    match wrong {
        Wrong::Output(_, shape) | Wrong::Input(_, shape) => format!("`{shape}` would fit"),
        Wrong::Cause(edit) => format!("{} {} would fit", edit.param, written(&edit.value, "")),
        Wrong::Stuck(node) => format!("{} has no size", net.graph[*node].label),
    }
}

/// A claimed output that does not follow.
fn output(source: &Source, net: &Net, pass: &Forward, node: NodeIndex, shape: Shape) -> Option<Diagnostic> {
    let row = &net.graph[node];
    let (declared, span) = row.declared()?;
    let because = match row.claimant(About::Output) {
        (_, true) => "its rows give",
        _ if row.kind.is_some_and(|k| k.keeps_shape) => "keeps its input's",
        _ => "its input and filter give",
    };
    let (label, of_block) = row.claimant(About::Output);
    let message = format!("{label} declares {declared} but {because} {shape}");
    let mut d = Diagnostic::new(Code::E0301, span, message);
    if !of_block {
        d = row.tell(d);
    }
    let arithmetic = arithmetic(pass, node);
    d = d.label(arithmetic.first().cloned().unwrap_or_else(|| format!("{shape} comes out")));
    for line in arithmetic.into_iter().skip(1) {
        d = d.note(line);
    }
    if let Some(hint) = net.inputs(node).first().and_then(|n| upstream(net, *n)) {
        let fits = pass.rows[node.index()].as_ref().is_some_and(|r| r.inputs[0].agrees(hint.shape));
        if fits && hint.span != span {
            d = d.also(hint.span, "this size goes in");
        }
    }
    if let Some(hint) = hints(net, node).into_iter().find(|h| h.node != node && h.shape.agrees(shape)) {
        d = d.also(hint.span, format!("the next row agrees with {shape}"));
    }
    d.declared = Some(declared.to_string());
    d.inferred = Some(shape.to_string());
    let text = as_written(source.slice(span), declared, shape);
    Some(d.help(format!("write `{text}`")).fix(span, text, true))
}

/// A claimed input that is not what comes in.
fn input(source: &Source, net: &Net, node: NodeIndex, shape: Shape) -> Diagnostic {
    let row = &net.graph[node];
    let (declared, span) = row.declared_input().unwrap_or((shape, row.span));
    let mut d = Diagnostic::new(
        Code::E0301,
        span,
        format!("{} declares the input {declared} but {shape} goes in", row.claimant(About::Input).0),
    )
    .label(format!("{shape} goes in"));
    d.declared = Some(declared.to_string());
    d.inferred = Some(shape.to_string());
    let text = as_written(source.slice(span), declared, shape);
    d.help(format!("write `{text}`")).fix(span, text, true)
}

/// A cause that the sizes around it contradict.
fn cause(
    source: &Source,
    net: &Net,
    pass: &Forward,
    solution: &Solution,
    edit: &super::world::RowEdit,
) -> Diagnostic {
    let row = &net.graph[edit.node];
    let span = row.origin(edit.param).map_or(row.span, |o| o.span);
    let given = row.origin(edit.param).map_or("", |o| source.slice(o.span));
    let mended = pass.shape(edit.node).map_or_else(String::new, |s| s.to_string());
    let inputs = pass.rows[edit.node.index()].as_ref().map(|r| r.inputs.clone()).unwrap_or_default();
    let before = plain(net, solution, edit.node, &inputs).map_or("no size".to_owned(), |s| s.to_string());
    let new = written(&edit.value, given);
    let mut d = Diagnostic::new(
        Code::E0302,
        span,
        format!("{}: the {} gives {before} where the sizes around it say {mended}", row.label, edit.param),
    )
    .label(format!("{} {new} gives {mended}", edit.param));
    for line in arithmetic(pass, edit.node) {
        d = d.note(format!("with {} {new}: {line}", edit.param));
    }
    if edit.param == "padding" {
        d = d.note(every_word(net, solution, edit.node, &inputs));
    }
    let agree = hints(net, edit.node).iter().filter(|h| h.shape.to_string() == mended).count();
    d = d.note(format!("{agree} of the sizes stated for this value agree with {mended}"));
    d.declared = Some(mended);
    d.inferred = Some(before);
    d = row.tell(d);
    match row.origin(edit.param).filter(|o| !o.shared) {
        Some(origin) if origin.within => {
            d.help(format!("write `{new}`, for this and every other use of the block"))
        }
        Some(origin) => d.help(format!("write `{new}`")).fix(origin.span, new, true),
        None => d.help(format!("write `{}={new}` in the row", edit.param)),
    }
}

/// What the row gives as it is written.
fn plain(net: &Net, solution: &Solution, node: NodeIndex, inputs: &[Shape]) -> Option<Shape> {
    let mut world = solution.world.clone();
    world.edits.retain(|e| e.node != node);
    world.bind(net, node).ok()?.infer(inputs).ok()
}

/// `valid 55x55x96, same 57x57x96, ...`: what each word would give here.
fn every_word(net: &Net, solution: &Solution, node: NodeIndex, inputs: &[Shape]) -> String {
    let row = &net.graph[node];
    let args = solution.world.args(node, row);
    let gives = |word: PadWord| {
        let args = args.with("padding", Value::PadWord(word));
        let layer = (row.kind?.bind)(&args, &solution.world.conventions).ok()?;
        layer.infer(inputs).ok().map(|s| format!("{word} {s}"))
    };
    let all: Vec<String> = PadWord::ALL.into_iter().filter_map(gives).collect();
    let declared = row.declared().map_or_else(String::new, |(s, _)| format!("declared {s}; "));
    format!("{declared}{}", all.join(", "))
}

/// The header's word, at the first cell that contradicts it.
fn shared_word(source: &Source, net: &Net, solution: &Solution, pass: &Forward) -> Option<Diagnostic> {
    let shared = solution.shared?;
    let as_written = forward(net, &World::new(super::conventions::base(net)));
    let rows: Vec<NodeIndex> = net
        .order
        .iter()
        .copied()
        .filter(|n| net.graph[*n].kind.is_some_and(|k| k.window == Some(shared.kind)))
        .filter(|n| {
            net.graph[*n].declared().is_some_and(|(d, _)| pass.shape(*n).is_some_and(|s| s.agrees(d)))
        })
        .collect();
    let agrees = |n: &NodeIndex| as_written.shape(*n) == pass.shape(*n);
    let first = rows.iter().copied().find(|n| !agrees(n)).or(rows.first().copied())?;
    let row = &net.graph[first];
    let (declared, span) = row.declared()?;
    let inputs = &pass.rows[first.index()].as_ref()?.inputs;
    let (place, old) = match row.origin("padding").filter(|o| o.shared) {
        Some(origin) => (origin.span, source.slice(origin.span).to_owned()),
        None => net.dialect.map(|(d, s)| (s, d.name().to_owned()))?,
    };
    let given = as_written.shape(first).map_or("no size".to_owned(), |s| s.to_string());
    let message = format!("{} declares {declared} but `{old}` in the header gives {given}", row.label);
    let mut d = Diagnostic::new(Code::E0307, span, message).label(every_word(net, solution, first, inputs));
    d = d.also(place, format!("`{old}` is asked for here"));
    d = match rows.len().saturating_sub(1) {
        0 => d,
        1 => d.note(format!("1 more row agrees with {}", shared.word)),
        more => d.note(format!("{more} more rows agree with {}", shared.word)),
    };
    d.declared = Some(declared.to_string());
    d.inferred = Some(given);
    Some(if row.origin("padding").is_some_and(|o| o.shared) {
        d.help(format!("write `padding: {}` in the header", shared.word)).fix(place, shared.word.name(), true)
    } else {
        let key = shared.kind.name();
        d.help(format!("write `defaults: {{ {key}: {{ padding: {} }} }}` in the header", shared.word))
    })
}

fn arithmetic(pass: &Forward, node: NodeIndex) -> Vec<String> {
    pass.rows[node.index()].as_ref().map_or_else(Vec::new, |r| r.layer.arithmetic(&r.inputs))
}

/// The new size in the manner of the old text: as many factors, the same order, the same cross.
fn as_written(text: &str, declared: Shape, shape: Shape) -> String {
    let cross = if text.contains('×') { "×" } else { "x" };
    let [h, w, c] = shape.hwc();
    let first: Option<u64> = text.split(['x', '×', 'X', '*', ' ']).next().and_then(|t| t.parse().ok());
    let [dh, _, dc] = declared.hwc();
    let chw = first == Some(dc) && first != Some(dh);
    match (shape, chw) {
        (Shape::Flat(c), _) => c.to_string(),
        (_, true) => format!("{c}{cross}{h}{cross}{w}"),
        _ => format!("{h}{cross}{w}{cross}{c}"),
    }
}

/// A value as a cell would say it, in the manner of what stood there.
fn written(value: &Value, before: &str) -> String {
    match value {
        Value::Int(v) => v.to_string(),
        Value::Pair([a, b]) if a == b && !before.contains(['x', '×']) && !before.is_empty() => a.to_string(),
        Value::Pair([a, b]) => format!("{a}x{b}"),
        Value::Size([h, w, c]) => format!("{h}x{w}x{c}"),
        Value::PadWord(word) => word.to_string(),
        Value::Pad([t, b, l, r]) if [b, l, r].iter().all(|v| *v == t) => t.to_string(),
        Value::Pad([t, b, l, r]) => format!("{t},{b},{l},{r}"),
        Value::Real(v) => v.to_string(),
        Value::Word(w) => (*w).to_owned(),
        Value::Flag(f) => f.to_string(),
    }
}

/// What a layer itself forbids, at the row, the parameter or the input it blames.
pub(super) fn problems(net: &Net, pass: &Forward) -> Vec<Diagnostic> {
    let one = |(node, problem): &(NodeIndex, crate::layer::Problem)| {
        let row = &net.graph[*node];
        let (span, label) = match problem.blame {
            Blame::Param(name) => (row.origin(name).map_or(row.span, |o| o.span), String::new()),
            Blame::Row | Blame::Input(_) => (row.span, String::new()),
        };
        let mut d = Diagnostic::new(problem.code, span, problem.message.clone()).label(label);
        d.notes.clone_from(&problem.notes);
        d.help.clone_from(&problem.help);
        if let Blame::Input(index) = problem.blame
            && let Some(input) = net.inputs(*node).get(index)
        {
            let given = pass.shape(*input).map_or_else(String::new, |s| format!("this row yields {s}"));
            d = d.also(net.graph[*input].span, given);
        }
        row.tell(d)
    };
    pass.problems.iter().map(one).collect()
}

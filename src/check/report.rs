//! Wrong cells and problems as diagnostics, with the arithmetic.

use super::choices::Wrong;
use super::hints::{hints, upstream};
use super::shared::Shared;
use super::solve::{Rival, Solution};
use super::stand_in::takes_back;
use super::world::Forward;
use crate::diag::{Code, Diagnostic, Label};
use crate::graph::{About, Net};
use crate::layer::{Blame, PadWord, StandIn, Value};
use crate::shape::Shape;
use crate::source::Source;
use petgraph::graph::NodeIndex;
use std::collections::HashSet;

/// Beyond so many wrong cells none is called certain.
const TESTED: usize = 1_000;
/// Other cells that may be wrong, named in one report at most.
const NAMED: usize = 3;

/// One error for each wrong cell.
pub(super) fn wrong_cells(
    source: &Source,
    net: &Net,
    solution: &Solution,
    pass: &Forward,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut places = HashSet::new();
    for (index, wrong) in solution.wrong.iter().enumerate() {
        // A row's wrong cells follow each other.
        let near = &solution.wrong[index.saturating_sub(2)..(index + 3).min(solution.wrong.len())];
        if matches!(wrong, Wrong::Cause(_)) && near.iter().any(|w| same_cell(net, w, wrong)) {
            continue;
        }
        let tested = solution.wrong.len() <= TESTED;
        let others = if tested { solution.instead_of(wrong) } else { vec![Rival::default()] };
        let diagnostic = match wrong {
            Wrong::Output(node, shape) => output(source, net, pass, *node, *shape),
            Wrong::Input(node, shape) => Some(input(source, net, *node, *shape)),
            Wrong::Cause(edit) if takes_back(net, edit) => None,
            Wrong::Cause(edit) => Some(cause(source, net, pass, solution, edit)),
            Wrong::Stuck(_) => None,
        };
        // A cell of a block that several rows use is one cell.
        let mut first = |d: &Diagnostic| places.insert((d.primary.span, d.code));
        found.extend(diagnostic.filter(|d| first(d)).map(|d| doubt(source, net, d, solution, &others)));
    }
    found
}

/// True where an edited cause stands in the very cell of the claim.
fn same_cell(net: &Net, claim: &Wrong, edit: &Wrong) -> bool {
    let (Wrong::Output(node, _), Wrong::Cause(edit)) = (claim, edit) else { return false };
    if *node != edit.node {
        return false;
    }
    let row = &net.graph[*node];
    row.declared().map(|(_, s)| s) == row.origin(edit.param).map(|o| o.span)
}

/// Where as few cells explain it otherwise, says which, and leaves the fix to the author.
pub(super) fn doubt(
    source: &Source,
    net: &Net,
    mut d: Diagnostic,
    solution: &Solution,
    others: &[Rival],
) -> Diagnostic {
    if others.is_empty() {
        return d;
    }
    if let Some(fix) = &mut d.fix {
        fix.certain = false;
    }
    let mut places = vec![d.primary.span];
    let silent = |w: &Wrong| matches!(w, Wrong::Cause(edit) if takes_back(net, edit));
    let cells = others.iter().flat_map(|o| &o.wrong).filter(|w| !solution.wrong.contains(w) && !silent(w));
    let value = |w: &Wrong| match w {
        Wrong::Cause(edit) => Some(edit.value.clone()),
        _ => None,
    };
    let cells = cells.map(|w| (Some(w.cell(net)), answer(net, w), value(w)));
    let shared = others.iter().flat_map(|o| &o.shared).filter(|s| !solution.shared.contains(s));
    let shared = shared.map(|s| (s.span(net), shared_answer(s), None));
    for (span, answer, value) in cells.chain(shared) {
        let Some(span) = span.filter(|s| !places.contains(s) && places.len() <= NAMED) else { continue };
        places.push(span);
        let instead = value.map(|v| written(&v, source.slice(span)));
        let text = format!("or this is wrong: {answer}");
        d.secondary.push(Label { instead, ..Label::new(span, text) });
    }
    if places.len() > 1 {
        d.code = Code::E0308;
        d.message = format!("one of these cells is wrong: {}", d.message);
    }
    d
}

fn shared_answer(shared: &Shared) -> String {
    match shared {
        Shared::Cell(edit) => format!("{} {} would fit", edit.param, alone(edit.param, &edit.value)),
        Shared::Word(kind, word) => format!("{} padding {word} would fit", kind.name()),
    }
}

fn answer(net: &Net, wrong: &Wrong) -> String {
    match wrong {
        Wrong::Output(_, shape) | Wrong::Input(_, shape) => format!("`{shape}` would fit"),
        Wrong::Cause(edit) => format!("{} {} would fit", edit.param, alone(edit.param, &edit.value)),
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
    let plain = plain(net, solution, edit.node, &inputs);
    let before = plain.as_ref().map_or("no size".to_owned(), Shape::to_string);
    let text = written(&edit.value, given);
    let new = text.trim_start_matches('/');
    let (message, label) = if before == mended {
        (
            format!("{}: the {} contradicts the counts that the document claims", row.label, edit.param),
            format!("{} {new} makes them right", edit.param),
        )
    } else {
        (
            format!(
                "{}: the {} gives {before} where the sizes around it say {mended}",
                row.label, edit.param
            ),
            format!("{} {new} gives {mended}", edit.param),
        )
    };
    let mut d = Diagnostic::new(Code::E0302, span, message).label(label);
    if let Err(Some(why)) = plain {
        let given = given.trim_start_matches('/');
        d = d.note(if given.is_empty() { why } else { format!("with {} {given}: {why}", edit.param) });
    }
    // Heights and widths do not come of the channels.
    let sized = row.kind.and_then(|k| k.param(edit.param)).is_none_or(|p| p.stand_in != StandIn::Channels);
    for line in arithmetic(pass, edit.node).into_iter().filter(|_| sized) {
        d = d.note(format!("with {} {new}: {line}", edit.param));
    }
    if edit.param == "padding" {
        d = d.note(every_word(net, solution, edit.node, &inputs));
    }
    if let Some(agree) = agreeing(net, edit.node, &mended) {
        d = d.note(agree);
    }
    d.declared = Some(mended);
    d.inferred = Some(before);
    d = row.tell(d);
    match row.origin(edit.param).filter(|o| !o.shared) {
        Some(origin) if origin.within => {
            d.help(format!("write `{text}`, for this and every other use of the block"))
        }
        Some(origin) => d.help(format!("write `{text}`")).fix(origin.span, text, true),
        None => d.help(format!("write `{}={new}` in the row", edit.param)),
    }
}

/// How many claims of the row's output a size agrees with.
fn agreeing(net: &Net, node: NodeIndex, size: &str) -> Option<String> {
    match hints(net, node).iter().filter(|h| h.shape.to_string() == size).count() {
        0 => None,
        1 => Some(format!("1 size stated for this value agrees with {size}")),
        more => Some(format!("{more} sizes stated for this value agree with {size}")),
    }
}

/// What the row gives as it is written, or why it gives nothing.
fn plain(net: &Net, solution: &Solution, node: NodeIndex, inputs: &[Shape]) -> Result<Shape, Option<String>> {
    let mut world = solution.world.clone();
    world.edits.retain(|e| e.node != node);
    let layer = world.bind(net, node).map_err(|all| all.into_iter().next().map(|p| p.message))?;
    layer.infer(inputs).map_err(|p| Some(p.message))
}

/// `valid 55x55x96, same 57x57x96, ...`: what each word would give here.
pub(super) fn every_word(net: &Net, solution: &Solution, node: NodeIndex, inputs: &[Shape]) -> String {
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

fn arithmetic(pass: &Forward, node: NodeIndex) -> Vec<String> {
    pass.rows[node.index()].as_ref().map_or_else(Vec::new, |r| r.layer.arithmetic(&r.inputs))
}

/// A text with other whole numbers in the place of its own; none where it has more or fewer. The `-1` of a batch is none.
fn renumbered(text: &str, old: Option<&[u64]>, new: &[u64]) -> Option<String> {
    let mut numbers: Vec<(usize, &str)> = Vec::new();
    for (at, part) in text.match_indices(|c: char| c.is_ascii_digit()) {
        match numbers.last_mut() {
            Some((start, number)) if *start + number.len() == at => *number = &text[*start..at + part.len()],
            _ => numbers.push((at, part)),
        }
    }
    numbers.retain(|(at, _)| !text[..*at].ends_with('-'));
    let is = |(n, old): (&(usize, &str), &u64)| n.1.parse() == Ok(*old);
    if numbers.len() != new.len() || old.is_some_and(|old| !numbers.iter().zip(old).all(is)) {
        return None;
    }
    let mut text = text.to_owned();
    for ((at, number), new) in numbers.iter().zip(new).rev() {
        text.replace_range(*at..*at + number.len(), &new.to_string());
    }
    Some(text)
}

/// The new size in the manner of the old text: as many factors, the same order, the same crosses or commas.
pub(super) fn as_written(text: &str, declared: Shape, shape: Shape) -> String {
    if let (Shape::Map { .. }, [h, w, c], [dh, dw, dc]) = (shape, shape.hwc(), declared.hwc()) {
        let same = || renumbered(text, Some(&[dh, dw, dc]), &[h, w, c]);
        if let Some(text) = same().or_else(|| renumbered(text, Some(&[dc, dh, dw]), &[c, h, w])) {
            return text;
        }
    }
    let cross = if text.contains('×') { "×" } else { "x" };
    let [h, w, c] = shape.hwc();
    let first: Option<u64> = text.split(['x', '×', 'X', '*', ' ']).next().and_then(|t| t.parse().ok());
    let [dh, _, dc] = declared.hwc();
    let chw = first == Some(dc) && first != Some(dh);
    let alone = !text.contains(['x', '×', 'X', '*', '@']);
    // `7×7` says nothing of channels.
    let area = text.split(['x', '×', 'X', '*', '@']).count() == 2 && c == dc && !text.contains('@');
    match (shape, chw) {
        (Shape::Flat(c), _) => c.to_string(),
        _ if alone && h == 1 && w == 1 => c.to_string(),
        (_, true) => format!("{c}{cross}{h}{cross}{w}"),
        _ if area => format!("{h}{cross}{w}"),
        _ => format!("{h}{cross}{w}{cross}{c}"),
    }
}

/// A value as a cell would say it, in the manner of what stood there.
pub(super) fn written(value: &Value, before: &str) -> String {
    // A stride's place holds its slash.
    if let Some(after) = before.strip_prefix(['/', '=']) {
        return format!("/{}", written(value, after));
    }
    if let Value::Pair([a, b]) = value
        && let Some(text) = renumbered(before, None, &[a.unsigned_abs(), b.unsigned_abs()])
    {
        return text;
    }
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
        Value::Links(links) => links.heading().to_owned(),
    }
}

/// A value that is named beside another cell: one number for a stride that is the same both ways.
fn alone(param: &str, value: &Value) -> String {
    written(value, if param == "stride" { "1" } else { "" })
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
        if let (Code::E0303, Blame::Param(_), [input]) =
            (problem.code, &problem.blame, &net.inputs(*node)[..])
            && let Some(shape) = pass.shape(*input)
        {
            if matches!(shape, Shape::Flat(_)) {
                let from = &net.graph[*input].label;
                d.help = Some(format!(
                    "let it read a row that gives a map: what {from} gives has no height and width"
                ));
            }
            let above = net.graph[*input].span;
            d = d.also(above, format!("{shape} goes in"));
            if above == row.span {
                d = d.note("the row is repeated: what goes in is what its copy before this one gives");
            }
        }
        row.tell(d)
    };
    pass.problems.iter().map(one).collect()
}

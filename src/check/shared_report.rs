//! A cause that several rows share, told once: at the first cell that contradicts it, with its own place.

use super::regions::mismatches;
use super::report::{doubt, every_word, written};
use super::shared::{Shared, as_written};
use super::solve::{Rival, Solution};
use super::world::{Forward, SharedEdit, forward};
use crate::diag::{Code, Diagnostic, Edit};
use crate::graph::{About, Net, Origin};
use crate::layer::{PadWord, Value, WindowKind};
use crate::source::Source;
use petgraph::graph::NodeIndex;

/// One error for each shared cause that is read otherwise.
pub(super) fn shared_cells(
    source: &Source,
    net: &Net,
    solution: &Solution,
    pass: &Forward,
) -> Vec<Diagnostic> {
    if solution.shared.is_empty() {
        return Vec::new();
    }
    let before = forward(net, &as_written(net));
    let tell = |shared: &Shared| match shared {
        Shared::Cell(edit) => {
            let told = cell(source, net, solution, (&before, pass), edit);
            told.map(|d| doubt(source, net, d, solution, &rivals(solution, edit)))
        }
        Shared::Word(kind, word) => dialect(net, solution, (&before, pass), *kind, *word),
    };
    solution.shared.iter().filter_map(tell).collect()
}

/// The rows a shared cause speaks for that agree with its other reading; the first one that does not agree
/// with what is written comes first.
fn agreeing(
    net: &Net,
    passes: (&Forward, &Forward),
    speaks_for: impl Fn(NodeIndex) -> bool,
) -> Vec<NodeIndex> {
    let claimed = |n: &NodeIndex| {
        let shape = passes.1.shape(*n);
        shape.is_some_and(|s| net.graph[*n].agrees(About::Output, s) == Some(true))
    };
    let mut rows: Vec<NodeIndex> =
        net.order.iter().copied().filter(|n| speaks_for(*n)).filter(claimed).collect();
    if let Some(first) = rows.iter().position(|n| passes.0.shape(*n) != passes.1.shape(*n)) {
        rows[..=first].rotate_right(1);
    }
    rows
}

/// Readings of cells as edits of the text.
pub(super) fn edits(source: &Source, readings: &[Shared]) -> Vec<Edit> {
    let edit = |shared: &Shared| match shared {
        Shared::Cell(edit) => {
            Some(Edit { span: edit.span, text: written(&edit.value, source.slice(edit.span).trim()) })
        }
        Shared::Word(..) => None,
    };
    readings.iter().filter_map(edit).collect()
}

/// True where the two passes give a row different sizes.
fn before_and_after(passes: (&Forward, &Forward), node: NodeIndex) -> bool {
    passes.0.shape(node) != passes.1.shape(node)
}

fn origin<'a>(net: &'a Net, node: NodeIndex, edit: &SharedEdit) -> Option<&'a Origin> {
    net.graph[node].origin(edit.param).filter(|o| o.span == edit.span)
}

/// A word or number of the header, or a cell of a row that stands for several.
fn cell(
    source: &Source,
    net: &Net,
    solution: &Solution,
    passes: (&Forward, &Forward),
    edit: &SharedEdit,
) -> Option<Diagnostic> {
    let speaks_for = |n: NodeIndex| origin(net, n, edit).is_some();
    let all = net.order.iter().copied().find(|n| speaks_for(*n))?;
    let in_header = origin(net, all, edit)?.shared;
    let rows = agreeing(net, passes, speaks_for);
    let old = source.slice(edit.span).trim();
    let new = written(&edit.value, old);
    let is_word = edit.param == "padding";
    let named = |text: &str| if is_word { text.to_owned() } else { format!("{} {text}", edit.param) };
    let place = format!("`{}` in the header", named(old));
    let Some(first) = rows.first().copied().filter(|_| in_header) else {
        let changed = |n: &NodeIndex| speaks_for(*n) && before_and_after(passes, *n);
        let node = net.order.iter().copied().find(changed).unwrap_or(all);
        let d = in_a_row(net, node, passes, edit, (old, &new));
        return Some(d.fix(edit.span, new, certain(solution, edit)));
    };
    let mut d = contradicted(net, solution, passes, first, &place, is_word)?;
    d = d.also(edit.span, format!("`{old}` is asked for here"));
    d = more_rows(d, rows.len(), &named(&new));
    let key = net.graph[first].kind.map_or("", |k| k.key);
    let help = if is_word {
        format!("write `padding: {new}` in the header")
    } else {
        format!("write `{key}: {{ {}: {new} }}` in the header", edit.param)
    };
    let certain = certain(solution, edit);
    Some(d.help(help).fix(edit.span, new, certain))
}

/// The worlds with as few wrong cells that leave this cell as it is.
fn rivals(solution: &Solution, edit: &SharedEdit) -> Vec<Rival> {
    let reads = |s: &Shared| matches!(s, Shared::Cell(e) if (e.span, e.param) == (edit.span, edit.param));
    solution.rivals.iter().filter(|r| !r.shared.iter().any(reads)).cloned().collect()
}

/// True where every world with as few wrong cells reads this cell otherwise.
fn certain(solution: &Solution, edit: &SharedEdit) -> bool {
    rivals(solution, edit).is_empty()
}

/// A cell of a row that stands for several rows: the cell itself is where the report stands.
fn in_a_row(
    net: &Net,
    node: NodeIndex,
    passes: (&Forward, &Forward),
    edit: &SharedEdit,
    (old, new): (&str, &str),
) -> Diagnostic {
    let row = &net.graph[node];
    let said = |pass: &Forward| pass.shape(node).map_or("no size".to_owned(), |s| s.to_string());
    let (before, mended) = (said(passes.0), said(passes.1));
    let rows = net.order.iter().filter(|n| origin(net, **n, edit).is_some()).count();
    let bare = |text: &str| text.trim_start_matches('/').to_owned();
    let (what, label) = if before == mended || mismatches(net, passes.0).is_empty() {
        ("counts claimed of", format!("{} {} makes them right", edit.param, bare(new)))
    } else {
        let label = format!("{} {} gives {mended}, {} gives {before}", edit.param, bare(new), bare(old));
        ("sizes around", label)
    };
    let rows = if rows == 1 { "its row".to_owned() } else { format!("the {rows} rows it stands for") };
    let message = format!("{}: the {} `{old}` contradicts the {what} {rows}", row.label, edit.param);
    let mut d = Diagnostic::new(Code::E0302, edit.span, message).label(label);
    d.declared = Some(mended);
    d.inferred = Some(before);
    d.use_line = row.use_line();
    d.help(format!("write `{new}`"))
}

/// The first cell that contradicts what is written for several rows.
fn contradicted(
    net: &Net,
    solution: &Solution,
    passes: (&Forward, &Forward),
    first: NodeIndex,
    place: &str,
    is_word: bool,
) -> Option<Diagnostic> {
    let row = &net.graph[first];
    let (declared, span) = row.declared()?;
    let given = passes.0.shape(first).map_or("no size".to_owned(), |s| s.to_string());
    let fails = passes.0.problems.first().filter(|_| passes.0.shape(first).is_none());
    let gives = if fails.is_some() { "leaves it without one".to_owned() } else { format!("gives {given}") };
    let message = format!("{} declares {declared} but {place} {gives}", row.label);
    let label = if is_word {
        every_word(net, solution, first, &passes.1.rows[first.index()].as_ref()?.inputs)
    } else {
        let bound = passes.0.rows[first.index()].as_ref();
        bound.and_then(|r| r.layer.arithmetic(&r.inputs).into_iter().next()).unwrap_or_default()
    };
    let mut d = Diagnostic::new(Code::E0307, span, message).label(label);
    if let Some((node, problem)) = fails {
        d = d.also(net.graph[*node].span, format!("with it {}", problem.message));
    }
    d.declared = Some(declared.to_string());
    d.inferred = Some(given);
    Some(d)
}

fn more_rows(d: Diagnostic, rows: usize, new: &str) -> Diagnostic {
    match rows.saturating_sub(1) {
        0 => d,
        1 => d.note(format!("1 more row agrees with {new}")),
        more => d.note(format!("{more} more rows agree with {new}")),
    }
}

/// A padding word that only the dialect asks for.
fn dialect(
    net: &Net,
    solution: &Solution,
    passes: (&Forward, &Forward),
    kind: WindowKind,
    word: PadWord,
) -> Option<Diagnostic> {
    let (dialect, place) = net.dialect?;
    let rows = agreeing(net, passes, |n| net.graph[n].kind.is_some_and(|k| k.window == Some(kind)));
    let text = format!("`{dialect}` in the header");
    let d = contradicted(net, solution, passes, *rows.first()?, &text, true)?;
    let d = more_rows(d.also(place, format!("`{dialect}` is asked for here")), rows.len(), word.name());
    let new = written(&Value::PadWord(word), "");
    Some(d.help(format!("write `defaults: {{ {}: {{ padding: {new} }} }}` in the header", kind.name())))
}

//! Rows to a graph: rows that tables leave out, names, edges, order.

use super::build::{Draft, imply};
use super::settings::Settings;
use super::{Net, Row};
use crate::diag::{Code, Diagnostic};
use crate::layer::{self, Args, Arity};
use crate::source::Span;
use crate::syntax::nearest;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BinaryHeap, HashMap, HashSet};

/// Inserts what `after:` in the header and `after=` in a row ask for.
pub(super) fn fill_after(drafts: Vec<Draft>, settings: &Settings, found: &mut Vec<Diagnostic>) -> Vec<Draft> {
    let weighted = |d: &Draft| d.row.kind.is_some_and(|k| k.weighted);
    let last = drafts.iter().rposition(weighted);
    let rule = |key: &str| settings.after.iter().find(|(k, ..)| k == key).map(|(_, w, s)| (w.clone(), *s));
    let mut filled = Vec::with_capacity(drafts.len());
    for (index, mut draft) in drafts.into_iter().enumerate() {
        let of_kind = draft.row.kind.and_then(|k| rule(k.key));
        let of_last = if Some(index) == last { rule("last") } else { None };
        let wanted = draft.after.take().or(of_last).or(of_kind);
        let (line, name, named) = (draft.row.line, draft.row.name.clone(), draft.named);
        let span = draft.row.span;
        filled.push(draft);
        let Some((words, place)) = wanted else { continue };
        let added = rows_of(&words, place, span, line, found);
        // The row's name belongs to what comes of it, as `From` means it.
        if named && !added.is_empty() {
            let before = filled.len() - 1;
            filled[before].row.name = format!("{name}.{}", filled[before].row.kind.map_or("", |k| k.key));
            filled.extend(added);
            if let Some(end) = filled.last_mut() {
                end.row.name = name;
                end.named = true;
            }
        } else {
            filled.extend(added);
        }
    }
    filled
}

fn rows_of(words: &str, place: Span, span: Span, line: u32, found: &mut Vec<Diagnostic>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for word in words.split_whitespace().filter(|w| !w.eq_ignore_ascii_case("none")) {
        let Some(kind) = layer::find(word).filter(|k| k.arity == Arity::One) else {
            let near = nearest(word, layer::KINDS.iter().flat_map(|k| k.names()));
            found.push(
                Diagnostic::new(Code::E0201, place, format!("`{word}` is no layer that can follow a row"))
                    .help(format!("did you mean `{near}`? Or write `none`")),
            );
            continue;
        };
        let mut row = Row {
            kind: Some(kind),
            name: String::new(),
            label: word.to_owned(),
            args: Args::new(),
            origins: Vec::new(),
            claims: Vec::new(),
            span,
            line,
            use_line: None,
            poisoned: false,
        };
        imply(&mut row, kind, word);
        drafts.push(Draft { row, from: None, after: None, named: false });
    }
    drafts
}

/// Gives every row a unique name; an author's name given twice is reported.
fn name_rows(drafts: &mut [Draft], found: &mut Vec<Diagnostic>) {
    let mut first: HashMap<String, Span> = HashMap::new();
    for draft in drafts.iter_mut().filter(|d| d.named) {
        if let Some(before) = first.get(&draft.row.name) {
            let message = format!("two rows are named `{}`", draft.row.name);
            found.push(
                Diagnostic::new(Code::E0403, draft.row.span, message)
                    .also(*before, "the first one")
                    .help("give one of them another name"),
            );
            draft.named = false;
            draft.row.name = String::new();
        } else {
            first.insert(draft.row.name.clone(), draft.row.span);
        }
    }
    let mut taken: HashSet<String> = first.into_keys().collect();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for draft in drafts.iter_mut().filter(|d| !d.named) {
        let key = match draft.row.name.as_str() {
            "" => draft.row.kind.map_or("row", |k| k.key).to_owned(),
            stem => stem.to_owned(),
        };
        let count = counts.entry(key.clone()).or_default();
        loop {
            *count += 1;
            let name = format!("{key}{count}");
            if taken.insert(name.clone()) {
                draft.row.name = name;
                break;
            }
        }
    }
}

/// Edges from `From` cells and from row to row; then a topological order.
pub(super) fn connect(
    mut drafts: Vec<Draft>,
    name: String,
    settings: &Settings,
    found: &mut Vec<Diagnostic>,
) -> Net {
    name_rows(&mut drafts, found);
    let places: HashMap<String, usize> =
        drafts.iter().enumerate().map(|(i, d)| (d.row.name.clone(), i)).collect();
    let input = drafts.iter().position(|d| d.row.kind.is_some_and(layer::Kind::inputs_nothing));
    let mut graph = DiGraph::with_capacity(drafts.len(), drafts.len());
    let mut sources: Vec<Vec<usize>> = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.iter_mut().enumerate() {
        let inputs = inputs_of(draft, index, input, &places, found);
        check_arity(draft, &inputs, found);
        sources.push(inputs);
    }
    for draft in drafts {
        graph.add_node(draft.row);
    }
    for (index, inputs) in sources.iter().enumerate() {
        for (slot, from) in inputs.iter().enumerate() {
            graph.add_edge(NodeIndex::new(*from), NodeIndex::new(index), slot as u32);
        }
    }
    let order = order(&mut graph, found);
    // A name that does not exist may be the reader that is missing.
    if !found.iter().any(|d| d.code == Code::E0402) {
        unused(&graph, found);
    }
    let output = graph.node_indices().next_back();
    Net { name, graph, order, dialect: settings.dialect, claims: settings.claims.clone(), output }
}

fn inputs_of(
    draft: &mut Draft,
    index: usize,
    input: Option<usize>,
    places: &HashMap<String, usize>,
    found: &mut Vec<Diagnostic>,
) -> Vec<usize> {
    let Some(from) = &draft.from else {
        let begins = draft.row.kind.is_some_and(layer::Kind::inputs_nothing);
        return if begins { Vec::new() } else { index.checked_sub(1).into_iter().collect() };
    };
    let mut inputs = Vec::new();
    for (name, span) in from {
        let at = match name.as_str() {
            "prev" => index.checked_sub(1),
            "in" => input,
            name => places.get(name).copied(),
        };
        match at {
            Some(at) => inputs.push(at),
            None => {
                let near = nearest(name, places.keys().map(String::as_str).chain(["prev", "in"]));
                let message = format!("no row is named `{name}`");
                found.push(
                    Diagnostic::new(Code::E0402, *span, message).help(format!("did you mean `{near}`?")),
                );
                draft.row.poisoned = true;
            }
        }
    }
    inputs
}

fn check_arity(draft: &mut Draft, inputs: &[usize], found: &mut Vec<Diagnostic>) {
    let Some(kind) = draft.row.kind.filter(|_| !draft.row.poisoned) else { return };
    let (fits, wants) = match kind.arity {
        Arity::None => (inputs.is_empty(), "no input"),
        Arity::One => (inputs.len() == 1, "one input"),
        Arity::Several => (inputs.len() >= 2, "two or more inputs"),
    };
    if !fits {
        draft.row.poisoned = true;
        if inputs.is_empty() && kind.arity == Arity::One && draft.from.is_none() {
            return; // The missing INPUT is reported already.
        }
        let message = format!("{} takes {wants} but has {}", draft.row.label, inputs.len());
        found.push(
            Diagnostic::new(Code::E0405, draft.row.span, message)
                .help("name the rows it reads in a `From` column: `conv1, conv2`"),
        );
    }
}

/// A topological order that keeps document order; rows on a cycle are poisoned and reported once.
fn order(graph: &mut DiGraph<Row, u32>, found: &mut Vec<Diagnostic>) -> Vec<NodeIndex> {
    use petgraph::Direction::{Incoming, Outgoing};
    let mut waits: Vec<usize> =
        graph.node_indices().map(|n| graph.edges_directed(n, Incoming).count()).collect();
    let mut ready: BinaryHeap<std::cmp::Reverse<usize>> =
        (0..waits.len()).filter(|i| waits[*i] == 0).map(std::cmp::Reverse).collect();
    let mut order = Vec::with_capacity(waits.len());
    while let Some(std::cmp::Reverse(at)) = ready.pop() {
        let node = NodeIndex::new(at);
        order.push(node);
        for reader in graph.neighbors_directed(node, Outgoing) {
            waits[reader.index()] -= 1;
            if waits[reader.index()] == 0 {
                ready.push(std::cmp::Reverse(reader.index()));
            }
        }
    }
    let stuck: Vec<NodeIndex> = graph.node_indices().filter(|n| waits[n.index()] > 0).collect();
    if let Some(first) = stuck.first() {
        let names: Vec<&str> = stuck.iter().take(6).map(|n| graph[*n].name.as_str()).collect();
        let message = format!("these rows wait for each other: {}", names.join(", "));
        found.push(
            Diagnostic::new(Code::E0404, graph[*first].span, message)
                .help("let each row read only rows that do not read it"),
        );
    }
    for node in stuck {
        graph[node].poisoned = true;
        order.push(node);
    }
    order
}

fn unused(graph: &DiGraph<Row, u32>, found: &mut Vec<Diagnostic>) {
    let last = graph.node_indices().next_back();
    for node in graph.node_indices().filter(|n| Some(*n) != last) {
        if graph.edges_directed(node, petgraph::Direction::Outgoing).next().is_none() && !graph[node].poisoned
        {
            let message = format!("nothing reads the output of `{}`", graph[node].name);
            found.push(
                Diagnostic::new(Code::W0401, graph[node].span, message)
                    .help("name it in a `From` cell, or remove it"),
            );
        }
    }
}

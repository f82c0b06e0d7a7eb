//! Rows to a graph: rows that tables leave out, names, edges, order.

use super::expand::{Draft, Expander, Source, Waiting};
use super::{Net, Row};
use crate::diag::{Code, Diagnostic};
use crate::layer::Arity;
use crate::source::Span;
use crate::syntax::close;
use ecow::EcoString;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxBuildHasher;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// Where a row's name comes from: the row itself, or the one of the net that uses its block.
fn place(row: &Row) -> Span {
    let uses = std::iter::successors(row.used.as_deref(), |u| u.within.as_deref());
    uses.last().map_or(row.span, |u| u.span)
}

/// Gives every row a unique name; an author's name that a copy or a block's row has as well is reported.
fn name_rows(rows: &mut DiGraph<Row, u32>, drafts: &mut [Draft], found: &mut Vec<Diagnostic>) {
    let mut first: HashMap<EcoString, Span, FxBuildHasher> = HashMap::default();
    // The rows of a block all take the name of the row that uses it, and a block may be used often: told once.
    let mut told: HashSet<Span> = HashSet::new();
    for (draft, row) in drafts.iter_mut().zip(rows.node_weights_mut()).filter(|(d, _)| d.named) {
        let here = place(row);
        if let Some(before) = first.get(&row.name) {
            if told.insert(here) {
                let message = format!("two rows are named `{}`", row.name);
                found.push(
                    Diagnostic::new(Code::E0403, here, message)
                        .also(*before, "the first one")
                        .help("give one of them another name"),
                );
            }
            draft.named = false;
            row.name.clear();
        } else {
            first.insert(row.name.clone(), here);
        }
    }
    let mut taken: HashSet<EcoString, FxBuildHasher> = first.into_keys().collect();
    let mut counts: HashMap<EcoString, usize, FxBuildHasher> = HashMap::default();
    let unnamed = drafts.iter().zip(rows.node_weights_mut()).filter(|(d, _)| !d.named);
    let mut unnamed: Vec<&mut Row> = unnamed.map(|(_, row)| row).collect();
    // Numbers after stems that end in none cannot make one name twice.
    let clash = unnamed.iter().any(|r| r.name.ends_with(|c: char| c.is_ascii_digit()));
    for row in &mut unnamed {
        let key = match row.name.as_str() {
            "" => row.kind.map_or("row", |k| k.key),
            stem => stem,
        };
        let count = match counts.get_mut(key) {
            Some(count) => count,
            None => counts.entry(key.into()).or_default(),
        };
        loop {
            *count += 1;
            let name = with_number(key, *count);
            if !taken.contains(&name) {
                if clash {
                    taken.insert(name.clone());
                }
                row.name = name;
                break;
            }
        }
    }
}

/// `conv` and 12 as `conv12`.
fn with_number(stem: &str, number: usize) -> EcoString {
    let mut digits = [0u8; 20];
    let (mut at, mut left) = (digits.len(), number);
    while at == digits.len() || left > 0 {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    let mut name = EcoString::from(stem);
    digits[at..].iter().for_each(|d| name.push(char::from(*d)));
    name
}

/// The graph of an expanded net, a topological order of it, and what is wrong with how it is joined.
pub(super) fn connect(net: Expander<'_, '_>, name: String, found: &mut Vec<Diagnostic>) -> Net {
    let Expander { settings, rows: mut graph, mut drafts, edges, mut waiting, .. } = net;
    name_rows(&mut graph, &mut drafts, found);
    drop(drafts);
    late_names(&graph, &mut waiting, found);
    let mut counts = vec![0u32; graph.node_count()];
    graph.reserve_exact_edges(edges.len());
    for (from, to, slot) in edges {
        match wire(from, &waiting) {
            Some(from) => {
                counts[to as usize] += 1;
                graph.add_edge(NodeIndex::new(from), NodeIndex::new(to as usize), slot);
            }
            None => graph[NodeIndex::new(to as usize)].poisoned = true,
        }
    }
    for (row, inputs) in graph.node_weights_mut().zip(counts) {
        check_arity(row, inputs as usize, found);
    }
    let order = order(&mut graph, found);
    // A name that does not exist, or that two rows have, may be the reader that is missing, and a row of a cycle is
    // another's.
    if !found.iter().any(|d| matches!(d.code, Code::E0402 | Code::E0403 | Code::E0404)) {
        unused(&graph, found);
    }
    let output = graph.node_indices().next_back();
    Net {
        name,
        graph,
        order,
        dialect: settings.dialect,
        claims: Vec::new(),
        counting: super::Counting::default(),
        output,
        sized: false,
    }
}

/// The row a value comes from; none where its name does not exist.
fn wire(mut from: Source, waiting: &[Waiting]) -> Option<usize> {
    // A late name may stand for another one: each is followed once at most.
    for _ in 0..=waiting.len() {
        match from {
            Source::At(at) => return Some(at as usize),
            Source::Late(late) => from = waiting[late as usize].at?,
        }
    }
    None
}

/// Names that no row's author gave: those netc gave, or none.
fn late_names(rows: &DiGraph<Row, u32>, waiting: &mut [Waiting], found: &mut Vec<Diagnostic>) {
    if waiting.iter().all(|w| w.at.is_some() || w.said) {
        return;
    }
    let places: HashMap<&str, usize> =
        rows.node_weights().enumerate().map(|(i, r)| (r.name.as_str(), i)).collect();
    for waiting in waiting.iter_mut().filter(|w| w.at.is_none() && !w.said) {
        match places.get(waiting.name.as_str()) {
            Some(at) => waiting.at = Some(Source::At(*at as u32)),
            None => {
                let names = places.keys().copied().chain(["prev", "in"]);
                let d = no_name(&waiting.name, waiting.span, names);
                found.push(waiting.used.as_ref().map_or(d.clone(), |u| u.tell(d)));
            }
        }
    }
}

/// A `From` cell names a row that is not there.
pub(super) fn no_name<'n>(name: &str, span: Span, names: impl Iterator<Item = &'n str>) -> Diagnostic {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    let help = match close(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write the name that the row has in a `Name` column; `prev` is the row above".to_owned(),
    };
    let mut d = Diagnostic::new(Code::E0402, span, format!("no row is named `{name}`")).help(help);
    d.declared = Some(name.to_owned());
    d
}

/// True where a kind takes so many inputs.
pub(super) fn takes(arity: Arity, inputs: usize) -> bool {
    match arity {
        Arity::None => inputs == 0,
        Arity::One => inputs == 1,
        Arity::Several => inputs >= 2,
    }
}

fn check_arity(row: &mut Row, inputs: usize, found: &mut Vec<Diagnostic>) {
    let Some(kind) = row.kind.filter(|_| !row.poisoned) else { return };
    let wants = match kind.arity {
        Arity::None => "no input",
        Arity::One => "one input",
        Arity::Several => "two or more inputs",
    };
    if !takes(kind.arity, inputs) {
        row.poisoned = true;
        if inputs == 0 && kind.arity == Arity::One {
            return; // The missing INPUT is reported already.
        }
        let message = format!("{} takes {wants} but has {inputs}", row.label);
        let help = match kind.arity {
            Arity::None => "empty its `From` cell",
            Arity::One => "name one row in its `From` cell; rows are joined by an ADD or CONCAT of their own",
            Arity::Several => "name the rows it reads in a `From` column: `conv1, conv2`",
        };
        let d = Diagnostic::new(Code::E0405, row.span, message).help(help);
        tell_once(row.tell(d), found);
    }
}

/// A problem of a block's row is said for the first use alone.
fn tell_once(d: Diagnostic, found: &mut Vec<Diagnostic>) {
    let same = |f: &Diagnostic| f.code == d.code && f.primary.span == d.primary.span;
    if d.use_line.is_none() || !found.iter().any(same) {
        found.push(d);
    }
}

/// A topological order that keeps document order; rows on a cycle are poisoned and reported once.
fn order(graph: &mut DiGraph<Row, u32>, found: &mut Vec<Diagnostic>) -> Vec<NodeIndex> {
    use petgraph::Direction::{Incoming, Outgoing};
    let mut waits: Vec<u32> =
        graph.node_indices().map(|n| graph.edges_directed(n, Incoming).count() as u32).collect();
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
        let d = Diagnostic::new(Code::E0404, graph[*first].span, message)
            .help("let each row read only rows that do not read it");
        let others = stuck.iter().skip(1).take(5).map(|n| &graph[*n]);
        found.push(others.fold(d, |d, row| d.also(row.span, format!("`{}` waits, too", row.name))));
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
            let d = Diagnostic::new(Code::W0401, graph[node].span, message)
                .note("it is shown and counted; training and export leave it out, as an auxiliary head")
                .help("name it in a `From` cell, or remove it; the net's output is its last row");
            tell_once(graph[node].tell(d), found);
        }
    }
}

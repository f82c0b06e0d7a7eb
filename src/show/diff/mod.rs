//! Two nets side by side: rows aligned, sizes and counts of each, totals.

mod align;
mod json;

use super::lines::causes;
use super::{Training, View, aligned, row};
use crate::check::Checked;
use crate::diag::grouped;
use align::Keys;
use petgraph::graph::NodeIndex;
use std::collections::{HashMap, HashSet};

/// One of the two nets.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The document it comes from.
    pub file: &'a str,
    /// The net.
    pub net: &'a Checked,
}

/// Two nets, compared.
#[derive(Debug)]
pub struct Comparison<'a> {
    sides: [Side<'a>; 2],
    pairs: Vec<Pair>,
}

/// A row of each net that stand for each other, or of one alone.
#[derive(Debug)]
struct Pair {
    a: Option<usize>,
    b: Option<usize>,
    /// In what the two differ: `causes`, `output`, `params`...
    differs: Vec<&'static str>,
    /// The numbers that only differ beyond sizes: `eps=0.001 | eps=0.00001`.
    how: String,
}

/// Compares two nets.
pub fn diff<'a>(a: Side<'a>, b: Side<'a>) -> Comparison<'a> {
    let keys = [a, b].map(|side| {
        let view = View { checked: side.net, training: Training::default(), remarks: &[], written: None };
        let rows = side.net.net.order.iter().map(|n| &side.net.net.graph[*n]);
        rows.map(|row| Keys::of(row, causes(&view, row))).collect::<Vec<Keys>>()
    });
    let found = align::align(&keys[0], &keys[1]);
    let mut counterpart = Counterparts::default();
    for (x, y) in found.iter().filter_map(|(x, y)| x.zip(*y)) {
        counterpart.a.insert(a.net.net.order[x], b.net.net.order[y]);
        counterpart.b.insert(b.net.net.order[y]);
    }
    let pairs = found.into_iter().map(|(x, y)| {
        let both = x.zip(y).map(|(x, y)| (a.net.net.order[x], b.net.net.order[y]));
        let (differs, how) =
            both.map_or_else(Default::default, |(x, y)| compare(a.net, b.net, x, y, &counterpart));
        Pair { a: x, b: y, differs, how }
    });
    Comparison { pairs: pairs.collect(), sides: [a, b] }
}

/// For rows of A theirs in B, and the rows of B that have one.
#[derive(Default)]
struct Counterparts {
    a: HashMap<NodeIndex, NodeIndex>,
    b: HashSet<NodeIndex>,
}

/// What a row reads, as rows that both nets have: one that only this net has is looked through.
fn inputs(net: &Checked, node: NodeIndex, known: &dyn Fn(NodeIndex) -> Option<NodeIndex>) -> Vec<NodeIndex> {
    let through = |mut at: NodeIndex| loop {
        if let Some(found) = known(at) {
            return Some(found);
        }
        match net.net.inputs(at).as_slice() {
            [only] => at = *only,
            _ => return None,
        }
    };
    let nowhere = NodeIndex::end();
    net.net.inputs(node).into_iter().map(|n| through(n).unwrap_or(nowhere)).collect()
}

/// In what two rows differ, and the numbers where sizes do not show it.
fn compare(
    a: &Checked,
    b: &Checked,
    x: NodeIndex,
    y: NodeIndex,
    counterpart: &Counterparts,
) -> (Vec<&'static str>, String) {
    let (Some(p), Some(q)) = (a.row(x), b.row(y)) else {
        let same = a.row(x).is_none() && b.row(y).is_none();
        return (if same { Vec::new() } else { vec!["known"] }, String::new());
    };
    let mut differs = Vec::new();
    let mut note = |what, same: bool| {
        if !same {
            differs.push(what);
        }
    };
    let theirs: Vec<NodeIndex> = inputs(a, x, &|n| counterpart.a.get(&n).copied());
    note("from", theirs == inputs(b, y, &|n| counterpart.b.contains(&n).then_some(n)));
    note("output", p.output == q.output);
    note("padding", p.layer.padding(&p.inputs) == q.layer.padding(&q.inputs));
    note("params", p.cost.params() == q.cost.params());
    note("buffers", p.cost.buffers == q.cost.buffers);
    note("MACs", p.cost.macs == q.cost.macs);
    let (Some(own), Some(other)) = (row::written(a, &a.net.graph[x], p), row::written(b, &b.net.graph[y], q))
    else {
        return (differs, String::new());
    };
    note("causes", own.numbers == other.numbers);
    // Where the tensors differ, so does the spread that they start with.
    note("starts", own.starts == other.starts || p.cost != q.cost);
    let all = |w: &row::Written| w.numbers.iter().chain(&w.starts).cloned().collect::<Vec<_>>();
    let same_cost = p.cost == q.cost;
    let facts = [&own, &other].map(|w| if same_cost { all(w) } else { w.numbers.clone() });
    let only = |mine: &[String], other: &[String]| {
        let only = mine.iter().filter(|f| !other.contains(f)).cloned().collect::<Vec<_>>().join(", ");
        if only.is_empty() { "-".to_owned() } else { only }
    };
    let how = [only(&facts[0], &facts[1]), only(&facts[1], &facts[0])];
    let how = if how[0] == how[1] { String::new() } else { how.join(" | ") };
    (differs, how)
}

impl Comparison<'_> {
    /// True where every row has its counterpart and nothing differs.
    pub fn is_same(&self) -> bool {
        self.pairs.iter().all(Pair::is_same)
    }

    /// As a table with the totals below it, ending in a line break.
    pub fn table(&self) -> String {
        let [a, b] = &self.sides;
        let mut out = String::new();
        for (mark, side) in [("A", a), ("B", b)] {
            let net = &side.net.net.name;
            out.push_str(&format!(
                "{mark}: {net} (dialect {}), {}\n",
                side.net.conventions.dialect, side.file
            ));
        }
        let head = ["", "A", "output", "params", "MACs", "B", "output", "params", "MACs", "differs"];
        let mut lines = vec![head.map(str::to_owned)];
        lines.extend(self.pairs.iter().map(|p| self.cells(p)));
        out.push_str(&format!("\n{}\n", aligned(&lines)));
        out.push_str(&aligned(&self.totals()));
        let count = |test: &dyn Fn(&Pair) -> bool| self.pairs.iter().filter(|p| test(p)).count();
        out.push_str(&format!(
            "\nrows: {} the same, {} differing, {} only in A, {} only in B\n",
            count(&Pair::is_same),
            count(&|p| !p.is_same() && p.a.is_some() && p.b.is_some()),
            count(&|p| p.b.is_none()),
            count(&|p| p.a.is_none()),
        ));
        out
    }

    fn cells(&self, pair: &Pair) -> [String; 10] {
        let [la, oa, pa, ma] = side_cells(&self.sides[0], pair.a);
        let [lb, ob, pb, mb] = side_cells(&self.sides[1], pair.b);
        let how = if pair.how.is_empty() { String::new() } else { format!(": {}", pair.how) };
        [pair.mark().to_owned(), la, oa, pa, ma, lb, ob, pb, mb, pair.differs.join(", ") + &how]
    }

    /// What both nets come to, and by how much the second is more.
    fn totals(&self) -> Vec<[String; 4]> {
        let mut lines = vec![["total", "A", "B", "B - A"].map(str::to_owned)];
        for (name, [a, b]) in self.sums() {
            let (sign, more) = if b < a { ("-", a - b) } else { ("+", b - a) };
            let more = if more == 0 { "same".to_owned() } else { format!("{sign}{}", grouped(more)) };
            lines.push([name.to_owned(), grouped(a), grouped(b), more]);
        }
        lines
    }

    fn sums(&self) -> [(&'static str, [u64; 2]); 6] {
        let [a, b] = [0, 1].map(|i: usize| self.sides[i].net.totals());
        let rows = [0, 1].map(|i: usize| self.sides[i].net.net.order.len() as u64);
        [
            ("rows", rows),
            ("parameters", [a.cost.params(), b.cost.params()]),
            ("buffers", [a.cost.buffers, b.cost.buffers]),
            ("MACs", [a.cost.macs, b.cost.macs]),
            ("neurons", [a.neurons, b.neurons]),
            ("depth", [a.depth, b.depth]),
        ]
    }
}

impl Pair {
    fn is_same(&self) -> bool {
        self.a.is_some() && self.b.is_some() && self.differs.is_empty()
    }

    const fn mark(&self) -> &'static str {
        match (self.a, self.b, self.differs.is_empty()) {
            (Some(_), Some(_), true) => " ",
            (Some(_), Some(_), false) => "~",
            (Some(_), None, _) => "-",
            (None, ..) => "+",
        }
    }
}

/// Layer with its causes, output, parameters and multiplications of one net's row.
fn side_cells(side: &Side<'_>, at: Option<usize>) -> [String; 4] {
    let Some(node) = at.map(|i| side.net.net.order[i]) else { return Default::default() };
    let row = &side.net.net.graph[node];
    let view = View { checked: side.net, training: Training::default(), remarks: &[], written: None };
    let layer = format!("{} {}", super::lines::layer(row), causes(&view, row)).trim_end().to_owned();
    let Some(bound) = side.net.row(node) else {
        return [layer, "?".to_owned(), "?".to_owned(), "?".to_owned()];
    };
    let count = |n: u64| if n == 0 { String::new() } else { grouped(n) };
    [layer, bound.output.to_string(), count(bound.cost.params()), count(bound.cost.macs)]
}

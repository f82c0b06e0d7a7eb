//! The table as its author wrote it, with every claim filled in: what a paper prints. A row that stands for several
//! (a block, copies, what `after:` adds) stays one row: its size is that of its last copy, its counts are sums.

use super::View;
use super::paper::Table;
use crate::check::{Checked, connections};
use crate::diag::grouped;
use crate::graph::Row;
use crate::layer::Kind;
use crate::syntax::{Cell, ColumnRole, Document, Table as Written, TableRow};
use petgraph::graph::NodeIndex;
use std::collections::HashMap;

/// What the rows of one line of the document come to.
struct Group<'a> {
    checked: &'a Checked,
    nodes: Vec<NodeIndex>,
}

/// The document's line that stands for a row: that of the outermost use of a block, else its own.
fn line(row: &Row) -> u32 {
    let mut used = row.used.as_deref();
    while let Some(within) = used.and_then(|u| u.within.as_deref()) {
        used = Some(within);
    }
    used.map_or(row.line, |u| u.line)
}

impl Group<'_> {
    /// A count of all rows together; empty where it is none, `?` where one of them has no size.
    fn sum(&self, of: impl Fn(NodeIndex) -> Option<u64>) -> String {
        let sum = self.nodes.iter().try_fold(0u64, |sum, node| Some(sum.saturating_add(of(*node)?)));
        match sum {
            Some(0) => String::new(),
            Some(sum) => grouped(sum),
            None => "?".to_owned(),
        }
    }

    fn params(&self) -> String {
        self.sum(|node| Some(self.checked.row(node)?.cost.params()))
    }

    fn macs(&self) -> String {
        self.sum(|node| Some(self.checked.row(node)?.cost.macs))
    }

    fn output(&self) -> String {
        let last = self.nodes.last().and_then(|node| self.checked.row(*node));
        last.map_or("?".to_owned(), |row| row.output.to_string())
    }

    /// What goes into the first row; of one whose input stands in for the net's, that.
    fn input(&self) -> String {
        let Some((first, more)) = self.nodes.split_first() else { return String::new() };
        let begins =
            self.checked.net.graph[*first].kind.is_some_and(Kind::inputs_nothing) && !more.is_empty();
        let size = self.checked.row(*first).and_then(|row| match begins {
            true => Some(&row.output),
            false => row.inputs.first(),
        });
        size.map_or(String::new(), ToString::to_string)
    }

    /// Layers with weights on the longest path through the rows.
    fn depth(&self) -> u64 {
        let net = &self.checked.net;
        let mut depths: HashMap<NodeIndex, u64> = HashMap::new();
        for node in &self.nodes {
            let above = net.inputs(*node).iter().filter_map(|n| depths.get(n)).max().copied().unwrap_or(0);
            let own = net.graph[*node].kind.is_some_and(|k| k.weighted);
            depths.insert(*node, above + u64::from(own));
        }
        depths.into_values().max().unwrap_or(0)
    }

    fn cell(&self, role: &ColumnRole, text: &str) -> String {
        match role {
            ColumnRole::Output => self.output(),
            ColumnRole::Input => self.input(),
            ColumnRole::Params => self.params(),
            ColumnRole::Macs => self.macs(),
            ColumnRole::Depth => self.depth().to_string(),
            ColumnRole::Connections => {
                let of = |node| Some(connections(&self.checked.net.graph[node], self.checked.row(node)?));
                self.sum(of)
            }
            _ => text.to_owned(),
        }
    }
}

/// A column as it is printed.
enum Shown {
    /// One of the document's.
    Written(usize),
    /// The net's own among the columns of nets; left of it are those it may span.
    Net(usize),
    /// One that the document lacks.
    Added(ColumnRole, &'static str),
}

/// The columns to print: those of other nets, without a header, or of which no row says anything are left out, sizes and
/// counts added.
fn columns(table: &Written, net: &str, rows: &HashMap<u32, Group<'_>>) -> Vec<Shown> {
    let is_net = |i: &usize| table.columns[*i].role == ColumnRole::Net;
    let nets: Vec<usize> = (0..table.columns.len()).filter(is_net).collect();
    let own = nets.iter().find(|i| table.columns[**i].text.eq_ignore_ascii_case(net)).or(nets.first());
    let unsaid = |index: usize| {
        let mine = table.rows.iter().filter(|row| rows.contains_key(&row.line));
        mine.filter_map(|row| row.cells.get(index)).all(Cell::is_empty)
    };
    let mut shown = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        match column.role {
            ColumnRole::Net if Some(&index) == own => shown.push(Shown::Net(index)),
            ColumnRole::Net => {}
            _ if column.text.is_empty() && column.role == ColumnRole::Ignore => {}
            ColumnRole::Ignore | ColumnRole::Name | ColumnRole::From if unsaid(index) => {}
            _ => shown.push(Shown::Written(index)),
        }
    }
    let has = |role: &ColumnRole| table.columns.iter().any(|c| c.role == *role);
    for (role, head) in
        [(ColumnRole::Output, "Output size"), (ColumnRole::Params, "Params"), (ColumnRole::Macs, "MACs")]
    {
        if !has(&role) {
            shown.push(Shown::Added(role, head));
        }
    }
    shown
}

/// The cell of a net's column; `<` and a cell that is missing say what the nearest to the left says.
fn spanned<'a>(table: &Written, row: &'a TableRow, index: usize) -> &'a str {
    let mut left = (0..=index).rev().filter(|i| table.columns[*i].role == ColumnRole::Net);
    let says = |i: &usize| row.cells.get(*i).is_some_and(|c| !c.is_empty() && c.text != "<");
    left.find(says).map_or("", |i| row.cells[i].text.as_str())
}

/// The author's table of this net, filled in; none where its rows stand in no table of the document.
pub(super) fn table(view: &View<'_>, document: &Document) -> Option<Table> {
    let (checked, net) = (view.checked, &view.checked.net);
    let mut groups: HashMap<u32, Group<'_>> = HashMap::new();
    for node in &net.order {
        let group = groups.entry(line(&net.graph[*node]));
        group.or_insert_with(|| Group { checked, nodes: Vec::new() }).nodes.push(*node);
    }
    let first = line(&net.graph[*net.order.first()?]);
    let written = document.tables.iter().find(|t| t.rows.iter().any(|r| r.line == first))?;
    let shown = columns(written, &net.name, &groups);
    let head = shown.iter().map(|column| match column {
        Shown::Written(i) | Shown::Net(i) => written.columns[*i].text.clone(),
        Shown::Added(_, head) => (*head).to_owned(),
    });
    let role = |column: &Shown| match column {
        Shown::Written(i) | Shown::Net(i) => written.columns[*i].role.clone(),
        Shown::Added(role, _) => role.clone(),
    };
    let counts = |r: &ColumnRole| {
        matches!(r, ColumnRole::Params | ColumnRole::Macs | ColumnRole::Connections | ColumnRole::Depth)
    };
    let rows = written.rows.iter().filter_map(|row| {
        let group = groups.get(&row.line);
        let said = |i: usize| row.cells.get(i).map_or("", |c| c.text.as_str());
        let cells = shown.iter().map(|column| match (column, group) {
            (Shown::Net(i), _) => spanned(written, row, *i).to_owned(),
            (Shown::Written(i), Some(group)) => group.cell(&written.columns[*i].role, said(*i)),
            (Shown::Written(i), None) => said(*i).to_owned(),
            (Shown::Added(role, _), Some(group)) => group.cell(role, ""),
            (Shown::Added(..), None) => String::new(),
        });
        // A row of another net, or one of totals, has no layer in this one; braces that group rows have none either.
        let brace = row.cells.iter().any(|c| c.text.ends_with('{') || c.text == "}");
        (group.is_some() || brace).then(|| cells.collect())
    });
    let totals = checked.totals();
    let total = shown.iter().enumerate().map(|(at, column)| match role(column) {
        _ if at == 0 => "total".to_owned(),
        ColumnRole::Params => grouped(totals.cost.params()),
        ColumnRole::Macs => grouped(totals.cost.macs),
        ColumnRole::Depth => totals.depth.to_string(),
        _ => String::new(),
    });
    Some(Table {
        head: head.collect(),
        right: shown.iter().map(|c| counts(&role(c))).collect(),
        rows: rows.collect(),
        total: total.collect(),
    })
}

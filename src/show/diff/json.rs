//! A comparison as JSON. Its keys are stable: some may be added, none is renamed.

use super::{Comparison, Pair, Side};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Whole<'a> {
    same: bool,
    a: Net<'a>,
    b: Net<'a>,
    rows: Vec<Both<'a>>,
    totals: BTreeMap<&'static str, [u64; 2]>,
}

#[derive(Serialize)]
struct Net<'a> {
    file: &'a str,
    name: &'a str,
    dialect: &'static str,
}

#[derive(Serialize)]
struct Both<'a> {
    a: Option<Row<'a>>,
    b: Option<Row<'a>>,
    differs: &'a [&'static str],
}

#[derive(Serialize)]
struct Row<'a> {
    index: usize,
    line: u32,
    name: &'a str,
    layer: &'a str,
    output: Option<Vec<u64>>,
    params: Option<u64>,
    buffers: Option<u64>,
    macs: Option<u64>,
}

impl Comparison<'_> {
    /// As JSON: both nets, the rows in pairs (`null` where a net has none), totals of each.
    pub fn json(&self) -> String {
        let [a, b] = &self.sides;
        let whole = Whole {
            same: self.is_same(),
            a: net(a),
            b: net(b),
            rows: self.pairs.iter().map(|p| self.both(p)).collect(),
            totals: self.sums().into_iter().collect(),
        };
        let mut text =
            serde_json::to_string_pretty(&whole).expect("a tree of strings and numbers is valid JSON");
        text.push('\n');
        text
    }

    fn both<'p>(&'p self, pair: &'p Pair) -> Both<'p> {
        Both { a: row(&self.sides[0], pair.a), b: row(&self.sides[1], pair.b), differs: &pair.differs }
    }
}

fn net<'a>(side: &Side<'a>) -> Net<'a> {
    Net { file: side.file, name: &side.net.net.name, dialect: side.net.conventions.dialect.name() }
}

fn row<'a>(side: &Side<'a>, at: Option<usize>) -> Option<Row<'a>> {
    let index = at?;
    let node = side.net.net.order[index];
    let (row, bound) = (&side.net.net.graph[node], side.net.row(node));
    Some(Row {
        index,
        line: row.line,
        name: &row.name,
        layer: row.kind.map_or(&*row.label, |k| k.name),
        output: bound.map(|b| b.output.dims()),
        params: bound.map(|b| b.cost.params()),
        buffers: bound.map(|b| b.cost.buffers),
        macs: bound.map(|b| b.cost.macs),
    })
}

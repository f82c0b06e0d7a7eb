//! Rows that are written alike: each is understood once in its table, however many there are.

use super::body::BodyRow;
use super::expand::{Expander, Frame, Turn};
use super::{Claim, Row};
use crate::source::Span;
use crate::syntax::{Cell, ColumnRole, TableRow};
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::rc::Rc;

/// The most different rows of a table that are looked for again, so that a table of a million stays small.
const MOST: usize = 65_536;

/// Rows of a table by what their cells say, which cells that are written alike share.
#[derive(Default)]
pub(super) struct Written(HashMap<Key, u32, FxBuildHasher>);

type Key = (u32, SmallVec<[usize; 8]>);

impl Written {
    /// The first row that is written like this one.
    pub(super) fn first(&self, row: &TableRow) -> Option<u32> {
        self.0.get(&key(row)).copied()
    }

    /// Remembers the first row of its kind.
    pub(super) fn add(&mut self, row: &TableRow, index: u32) {
        if self.0.len() < MOST {
            self.0.entry(key(row)).or_insert(index);
        }
    }
}

fn key(row: &TableRow) -> Key {
    (row.given, row.cells.iter().map(Cell::identity).collect())
}

/// What came of the first of some rows that are written alike.
pub(super) struct Twin {
    /// Itself and what the header's `after:` adds to it, without their claims.
    rows: Vec<Row>,
    followers: u32,
    claims: SmallVec<[Claim; 1]>,
}

/// A place in the cells of one row as the same place in those of another.
fn moved(span: Span, from: &TableRow, to: &TableRow) -> Span {
    let holds = |cell: Span| cell.start <= span.start && span.end <= cell.end && cell.start < cell.end;
    let cell = from.cells.iter().zip(&to.cells).find(|(cell, _)| holds(cell.span));
    cell.map_or(span, |(from, to)| {
        let at = |byte: u32| byte - from.span.start + to.span.start;
        Span { start: at(span.start), end: at(span.end) }
    })
}

impl<'a> Expander<'_, 'a> {
    /// Keeps what came of a row of which nothing was said, where others are written alike.
    pub(super) fn keep(
        &mut self,
        frame: &mut Frame<'_, 'a>,
        index: usize,
        span: Option<&(u32, u32)>,
        claims: &SmallVec<[Claim; 1]>,
    ) {
        let Some(&(start, end)) = span else { return };
        let row: &BodyRow<'_> = &frame.body.rows[index];
        // The places of a library's rows are those of the row that uses it.
        let simple = row.again && row.parts().len() == 1 && !row.is_bracket();
        let elsewhere = frame.dark || frame.scope.stands_for().is_some();
        let reads = row.cell(frame.body.table, &ColumnRole::From).is_some();
        if !simple || elsewhere || reads || start >= end || self.is_of_block(start as usize, frame) {
            return;
        }
        let bare = |at: u32| Row { claims: SmallVec::new(), ..self.made(at as usize).clone() };
        let rows = (start..end).map(bare).collect();
        let followers = self.drafts[start as usize].followers;
        frame.twins.insert(index as u32, Rc::new(Twin { rows, followers, claims: claims.clone() }));
    }

    /// Makes a row as one that is written alike was made; false where there is none.
    pub(super) fn again(&mut self, frame: &mut Frame<'_, 'a>, index: usize, turn: Turn) -> bool {
        let row = &frame.body.rows[index];
        let first = match row.like {
            Some(first) if turn.copy.is_none() && !frame.dark => first,
            _ => return false,
        };
        let Some(twin) = frame.twins.get(&first).map(Rc::clone) else { return false };
        let (from, to) = (frame.body.rows[first as usize].row, row.row);
        if !self.step(1, to.span) {
            return true;
        }
        let start = self.drafts.len();
        for row in &twin.rows {
            let mut row = row.clone();
            (row.span, row.line) = (moved(row.span, from, to), to.line);
            row.origins.iter_mut().for_each(|o| o.span = moved(o.span, from, to));
            self.place(frame, row);
        }
        self.drafts[start].followers = twin.followers;
        frame.outs[index] = frame.prev.last().copied();
        let mut claims = twin.claims.clone();
        claims.iter_mut().for_each(|c| c.span = moved(c.span, from, to));
        self.attach(
            frame,
            index,
            &mut claims,
            &[(start as u32, self.drafts.len() as u32)],
            Some(start),
            true,
        );
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Net, Options, build};
    use crate::source::{Source, Span};
    use crate::syntax;

    fn net(text: &str) -> (Source, Net) {
        let source = Source::new("twins.spec", text);
        let (document, _) = syntax::parse(&source);
        let (mut nets, found) = build(&source, &document, &Options::default());
        assert!(found.is_empty(), "{found:?}");
        (source, nets.swap_remove(0))
    }

    /// What a row is, its places told by their line and text.
    fn told(source: &Source, net: &Net) -> Vec<String> {
        let place = |s: Span| (source.line_of(s.start), source.slice(s).replace(' ', ""));
        let row = |at: &petgraph::graph::NodeIndex| {
            let row = &net.graph[*at];
            let origins: Vec<_> = row.origins.iter().map(|o| (o.param, o.stand_in, place(o.span))).collect();
            let claims: Vec<_> = row.claims.iter().map(|c| (c.about, &c.value, place(c.span))).collect();
            let inputs = net.inputs(*at);
            format!("{} {:?} {} {origins:?} {claims:?} {inputs:?}", row.name, row.args, row.line)
        };
        net.order.iter().map(row).collect()
    }

    /// Blanks make cells that mean the same be written otherwise, so that each row is understood for itself.
    #[test]
    fn rows_written_alike_are_what_they_would_be_alone() {
        let head = "---\nafter: { conv: BN RELU }\n---\n## block two(c)\n\n| Layer | Filter |\n|---|---|\n\
                    | CONV | 3x3; K=c; p=1 |\n| CONV | 3x3; K=c; p=1 |\n\n\
                    | Layer | Output | Filter | From | Input |\n|---|---|---|---|---|\n| INPUT | 16x16x4 | | | |\n";
        let rows = [
            "| CONV | 16x16x4 | 3x3;#p=1 | | |",
            "| CONV | 16x16 | 3x3;#p=1; K=4 | | 16x16 |",
            "| two | 16x16x4 | c=#4 | | |",
            "| 3x3#conv, 4, same | | | | 16x16x4 |",
            "| 2 x { CONV | 16x16x4 | 1x1;#K=4 | | |",
            "| CONV | 16x16x4 | 3x3;#p=1 | | |",
            "| RELU } | 16x16x4 | | | |",
            "| ADD | 16x16x4 | | prev,#prev | |",
        ];
        let written = |blanks: fn(usize) -> usize| {
            let all = (0..3).flat_map(|turn| {
                rows.map(|r| r.replace('#', &" ".repeat(blanks(turn))) + &" ".repeat(6 - blanks(turn)))
            });
            format!("{head}{}\n", all.collect::<Vec<_>>().join("\n"))
        };
        let (alike, apart) = (net(&written(|_| 1)), net(&written(|turn| 1 + turn)));
        assert_eq!(told(&alike.0, &alike.1), told(&apart.0, &apart.1));
        assert!(told(&alike.0, &alike.1).len() > 60);
    }
}

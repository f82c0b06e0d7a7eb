//! Rows written out: repeats, groups and blocks become rows of their own, in order, joined by edges.
//!
//! Each table is read once ([`Body`]); a use of a block binds its rows anew under the values the use
//! gives. The work is linear in the rows that come out.

use super::blocks::Blocks;
use super::body::{Body, BodyRow, Group, Node};
use super::parts::{self, Owner};
use super::row::{Claimed, Making, Unread, claims, is_input};
use super::scope::Scope;
use super::settings::Settings;
use super::twins::Twin;
use super::{Row, Use, after, bracket, repeat};
use crate::diag::{Code, Diagnostic, grouped};
use crate::layer::{Conventions, Dialect, Kind, SharedArgs};
use crate::shape::Shape;
use crate::source::Span;
use crate::syntax::{self, ColumnRole, LayerCell};
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxBuildHasher;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The row of this index.
    At(u32),
    /// A name that was not known yet: an index of [`Expander::waiting`].
    Late(u32),
}

/// A name in a `From` cell that no row before it has.
pub(super) struct Waiting {
    pub name: String,
    pub span: Span,
    pub at: Option<Source>,
    pub used: Option<Arc<Use>>,
    /// Reported already.
    pub said: bool,
}

/// What only wiring needs of an expanded row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Draft {
    /// Its edges: the first and how many.
    edges: (u32, u32),
    pub named: bool,
    /// How many of the rows after it the header's `after:` added for it.
    pub followers: u32,
}

/// Which copy of a row it is, of how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// From 0, where anything repeats.
    pub copy: Option<usize>,
    pub first: bool,
    pub last: bool,
}

impl Turn {
    pub(super) const ONLY: Self = Self { copy: None, first: true, last: true };

    /// Copy `at` of `of` inside this one.
    fn inside(self, at: usize, of: usize) -> Self {
        if of == 1 {
            return self;
        }
        let copy = Some(self.copy.unwrap_or(0) * of + at);
        Self { copy, first: self.first && at == 0, last: self.last && at + 1 == of }
    }
}

/// One table being expanded: a net's, or a block's in one use.
pub(super) struct Frame<'f, 'a> {
    pub body: &'f Body<'a>,
    pub scope: Rc<Scope<'a>>,
    /// What the next row reads unless it names something.
    pub prev: Vec<Source>,
    /// `in`.
    pub input: Vec<Source>,
    /// What each row gives so far.
    pub outs: Vec<Option<Source>>,
    /// For rows in groups: what each of their copies became.
    spans: HashMap<usize, Vec<(u32, u32)>>,
    /// Rows that came to be, of those that share a name.
    pub(super) alike: Vec<usize>,
    /// What came of rows that others are written like, by the first of them.
    pub(super) twins: HashMap<u32, Rc<Twin>, FxBuildHasher>,
    /// What names of the block's rows begin with: `conv3.`.
    pub prefix: String,
    /// The size of `in` is asked for and not known; its rows are not understood.
    pub dark: bool,
}

impl<'f, 'a> Frame<'f, 'a> {
    pub(super) fn new(body: &'f Body<'a>, scope: Scope<'a>, input: Vec<Source>) -> Self {
        let scope = Rc::new(scope);
        let outs = vec![None; body.rows.len()];
        let (prev, spans, alike, twins) = (input.clone(), HashMap::new(), Vec::new(), HashMap::default());
        Self { body, scope, prev, input, outs, spans, alike, twins, prefix: String::new(), dark: false }
    }
}

/// The rows of one net as they come.
pub(super) struct Expander<'e, 'a> {
    pub settings: &'a Settings,
    pub blocks: &'e Blocks<'a>,
    pub conventions: Conventions,
    pub rows: DiGraph<Row, u32>,
    /// One for each row.
    pub drafts: Vec<Draft>,
    /// From, to, slot.
    pub edges: Vec<(Source, u32, u32)>,
    pub waiting: Vec<Waiting>,
    pub found: Vec<Diagnostic>,
    /// A block asked for the height or width of its input.
    pub sized: bool,
    pub(super) shapes: Vec<Option<Shape>>,
    pub(super) stack: Vec<*const syntax::Block>,
    pub(super) told: HashSet<(Code, Span)>,
    /// What was said of rows that repeat.
    repeated: HashMap<(Code, Span), Vec<Diagnostic>>,
    pub(super) uses: HashMap<String, usize>,
    /// Rows that a use of each block comes to at least.
    pub(super) least: HashMap<*const syntax::Block, u64>,
    args: SharedArgs,
    steps: usize,
    full: bool,
}

impl<'e, 'a> Expander<'e, 'a> {
    pub(super) fn new(settings: &'a Settings, blocks: &'e Blocks<'a>, assumed: Option<Conventions>) -> Self {
        let dialect = settings.dialect.map_or(Dialect::Pytorch, |(d, _)| d);
        Self {
            settings,
            blocks,
            conventions: assumed.unwrap_or(Conventions::of(dialect)),
            rows: DiGraph::default(),
            drafts: Vec::new(),
            edges: Vec::new(),
            waiting: Vec::new(),
            found: Vec::new(),
            sized: false,
            shapes: Vec::new(),
            stack: Vec::new(),
            told: HashSet::new(),
            repeated: HashMap::new(),
            uses: HashMap::new(),
            least: HashMap::new(),
            args: SharedArgs::default(),
            steps: 0,
            full: false,
        }
    }

    /// The row of this index.
    pub(super) fn made(&self, at: usize) -> &Row {
        &self.rows[NodeIndex::new(at)]
    }

    pub(super) fn made_mut(&mut self, at: usize) -> &mut Row {
        &mut self.rows[NodeIndex::new(at)]
    }

    /// The edges to a row that was pushed.
    pub(super) fn edges_of(&self, at: usize) -> &[(Source, u32, u32)] {
        let (first, count) = self.drafts[at].edges;
        &self.edges[first as usize..][..count as usize]
    }

    /// True where there are too many rows; that is reported.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Expands some rows of a frame, in order.
    pub(super) fn nodes(&mut self, frame: &mut Frame<'_, 'a>, nodes: &[Node], turn: Turn) {
        for node in nodes {
            if self.full {
                return;
            }
            match node {
                Node::Row(index) => {
                    if !self.again(frame, *index as usize, turn) {
                        self.row(frame, *index as usize, turn);
                    }
                }
                Node::Group(group) => {
                    let Group { count, span, nodes } = &**group;
                    let before = self.found.len();
                    let copies = repeat::group(count, *span, &frame.scope, &mut self.found);
                    self.locate(before, frame);
                    // Groups in groups are counted before they are written out.
                    let least = self.least_of(&frame.scope, frame.body, nodes).saturating_mul(copies as u64);
                    if !self.fits(usize::try_from(least).unwrap_or(usize::MAX), *span) {
                        return;
                    }
                    for copy in 0..copies {
                        if !self.step(copies - copy, *span) {
                            return;
                        }
                        self.nodes(frame, nodes, turn.inside(copy, copies));
                    }
                }
            }
        }
    }

    /// Counts a copy, of so many that are left; false where there are too many.
    pub(super) fn step(&mut self, left: usize, place: Span) -> bool {
        self.steps += 1;
        self.fits(left, place)
    }

    /// True where so many rows more may come; that there are too many is reported once.
    pub(super) fn fits(&mut self, more: usize, place: Span) -> bool {
        let most = self.settings.most_rows;
        if self.full || more.saturating_add(self.drafts.len()) <= most && self.steps <= most {
            return !self.full;
        }
        self.full = true;
        let most = grouped(most as u64);
        let message = format!("the net has more than {most} rows once its repeats are written out");
        self.found.push(Diagnostic::new(Code::E0406, place, message).help("repeat the row fewer times"));
        false
    }

    /// Every copy of one row of a table.
    fn row(&mut self, frame: &mut Frame<'_, 'a>, index: usize, turn: Turn) {
        let body = frame.body;
        let row = &body.rows[index];
        let before = self.found.len();
        let (copies, place) = repeat::copies(body.table, row, &frame.scope, self.settings, &mut self.found);
        let counted = self.found.len() == before;
        let (mut said, unread) = claims(body.table, row, &frame.scope, self.settings, &mut self.found);
        let unread = if counted { unread } else { Unread::Row };
        if let Some(error) = row.unreadable.as_ref().filter(|_| turn.first) {
            self.found.push(super::body::unreadable(&frame.scope, &row.cell, error));
        }
        if frame.dark {
            // How often it repeats may hang on a size that is not known, and that is said already.
            self.found.truncate(before);
        }
        self.locate(before, frame);
        if copies == 0 {
            frame.outs[index] = frame.prev.first().copied();
            return;
        }
        self.name_once(frame, index);
        let mut from = row.cell(body.table, &ColumnRole::From);
        if let Some(cell) = from.filter(|_| turn.first && is_input(row, self.settings)) {
            self.found.push(no_reader(frame.scope.at(cell.span)));
        }
        let mut spans = frame.spans.remove(&index).unwrap_or_default();
        let mut entry = None;
        for copy in 0..copies {
            if !self.step(copies - copy, place) {
                return;
            }
            let before = self.found.len();
            let turn = turn.inside(copy, copies);
            let inputs = match from.take() {
                Some(cell) => self.named(frame, cell),
                None => frame.prev.clone(),
            };
            let start = self.drafts.len();
            let claimed = Claimed::of(&said, unread);
            let one = Copy { index, turn, inputs, claimed, named: row.name.is_some() };
            self.copy(frame, one);
            if frame.dark {
                // What its rows would say of a size that is not known is said already.
                self.found.truncate(before);
            }
            self.locate(before, frame);
            if turn.copy.is_some() {
                self.say_once(before);
            }
            entry = entry.or(turn.first.then_some(start));
            spans.push((start as u32, self.drafts.len() as u32));
        }
        frame.outs[index] = frame.prev.last().copied();
        let silent = turn.copy.is_none() && self.found.len() == before;
        self.keep(frame, index, spans.first().filter(|_| silent && copies == 1), &said);
        self.attach(frame, index, &mut said, &spans, entry, turn.last);
        if !turn.last || turn.copy.is_some() {
            frame.spans.insert(index, spans);
        }
    }

    /// One copy of a row.
    fn copy(&mut self, frame: &mut Frame<'_, 'a>, copy: Copy) {
        let body = frame.body;
        let row = &body.rows[copy.index];
        let start = self.drafts.len();
        if let [layer] = row.parts()
            && !row.is_bracket()
            && let Some(def) = self.blocks.meant(&layer.word, row, body.table, self.settings, &mut self.found)
        {
            self.block(frame, &copy, layer, &def);
        } else {
            let scope = Rc::clone(&frame.scope);
            let mut making = Making {
                table: body.table,
                from: row,
                scope: &scope,
                settings: self.settings,
                copy: copy.turn.copy,
                claimed: copy.claimed,
            };
            frame.prev.clone_from(&copy.inputs);
            if row.is_bracket() {
                // A pool between rows is none of the whole map.
                making.claimed.size = None;
                bracket::rows(self, frame, &making, row);
            } else {
                self.parts(frame, making, row);
            }
        }
        self.name(frame, &copy, start);
    }

    /// The layers of one cell, one after the other.
    fn parts(&mut self, frame: &mut Frame<'_, 'a>, mut making: Making<'_, 'a>, row: &BodyRow<'a>) {
        let owner = parts::owner(row, making.table, self.settings, making.scope);
        let (own, claims) = match &owner {
            Ok(Owner::Part { at, claims }) => (Some(*at), *claims),
            _ => (None, true),
        };
        making.claimed.declared = making.claimed.declared.filter(|_| claims);
        let before = self.found.len();
        let windowed = |l: &LayerCell| self.settings.cells.kind(&l.word).is_none_or(|k| k.window.is_some());
        // What follows the last window keeps one pixel one.
        let (last, size) = (row.parts().iter().rposition(windowed), making.claimed.size);
        for (at, layer) in row.parts().iter().enumerate() {
            making.claimed.size = size.filter(|_| last == Some(at));
            self.kind(frame, &making, layer, own == Some(at));
        }
        if let Err(problem) = owner {
            // What the causes would have given is not missing as well.
            let said = self.found.split_off(before);
            self.found.extend(said.into_iter().filter(|d| d.code != Code::E0207));
            self.found.push(*problem);
        }
    }

    /// A row of a kind, and the rows that follow it.
    pub(super) fn kind(
        &mut self,
        frame: &mut Frame<'_, 'a>,
        making: &Making<'_, 'a>,
        layer: &LayerCell,
        columns: bool,
    ) -> usize {
        let mut made = making.row(layer, columns, &mut self.found);
        made.row.poisoned |= frame.dark;
        let words = after::wanted(&made, self.settings);
        let at = self.push(frame, made.row);
        if let Some((words, place, by_header)) = words {
            let base = self.made(at);
            let (span, line) = (base.span, base.line);
            let followers =
                after::rows((&words, place), (span, line), &frame.scope, self.settings, &mut self.found);
            let count = followers.len();
            for row in followers {
                self.push(frame, row);
            }
            if by_header {
                self.drafts[at].followers = count as u32;
            }
        }
        at
    }

    /// Adds a row that reads what the frame goes on from.
    pub(super) fn push(&mut self, frame: &mut Frame<'_, 'a>, mut row: Row) -> usize {
        self.args.share(&mut row.args);
        row.origins.shrink_to_fit();
        self.place(frame, row)
    }

    /// Adds a row that is made already.
    pub(super) fn place(&mut self, frame: &mut Frame<'_, 'a>, row: Row) -> usize {
        let at = self.drafts.len();
        let first = self.edges.len();
        if !row.kind.is_some_and(Kind::inputs_nothing) {
            let to = at as u32;
            self.edges.extend(frame.prev.iter().enumerate().map(|(slot, from)| (*from, to, slot as u32)));
        }
        if row.kind.is_some_and(Kind::inputs_nothing) && frame.input.is_empty() {
            frame.input.push(Source::At(at as u32));
        }
        let edges = (first as u32, (self.edges.len() - first) as u32);
        self.drafts.push(Draft { edges, ..Draft::default() });
        self.rows.add_node(row);
        frame.prev.clear();
        frame.prev.push(Source::At(at as u32));
        at
    }

    /// What another copy of the row said already is not said again: there may be a million of them.
    fn say_once(&mut self, from: usize) {
        if self.found.len() == from {
            return;
        }
        for d in self.found.split_off(from) {
            let said = self.repeated.entry((d.code, d.primary.span)).or_default();
            if said.contains(&d) {
                continue;
            }
            if said.len() < APART {
                said.push(d.clone());
            }
            self.found.push(d);
        }
    }

    /// Says of problems in a block's rows which use they came from; each is said for the first use alone.
    fn locate(&mut self, from: usize, frame: &Frame<'_, 'a>) {
        let Some(used) = frame.scope.used.as_ref().filter(|_| self.found.len() > from) else { return };
        for d in self.found.split_off(from) {
            if d.use_line.is_some() {
                self.found.push(d);
            } else if self.told.insert((d.code, d.primary.span)) {
                self.found.push(used.tell(d));
            }
        }
    }
}

/// An INPUT whose `From` cell says something.
fn no_reader(span: Span) -> Diagnostic {
    Diagnostic::new(Code::E0405, span, "INPUT takes no input, and its `From` cell names one")
        .help("empty the cell, or name the row by what it does with what it reads")
}

/// Different problems of one sort that are kept apart in a cell that repeats.
const APART: usize = 16;

/// One copy of a row that is being expanded.
pub(super) struct Copy {
    pub index: usize,
    pub turn: Turn,
    pub inputs: Vec<Source>,
    claimed: Claimed,
    pub named: bool,
}

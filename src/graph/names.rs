//! Names that authors give to rows, and `From` cells that mean them.

use super::body::BodyRow;
use super::expand::{Copy, Expander, Frame, Source, Turn, Waiting};
use crate::diag::{Code, Diagnostic, Label};
use crate::source::Span;
use crate::syntax::{self, Block, ColumnRole, Document, Table};
use ecow::{EcoString, eco_format};
use std::borrow::Cow;
use std::collections::HashSet;

/// Other places of one problem that a report shows.
const SHOWN: usize = 4;

impl BodyRow<'_> {
    /// Where its name is written.
    fn name_place(&self, table: &Table) -> Span {
        self.cell(table, &ColumnRole::Name).map_or(self.cell.span, |c| c.span)
    }
}

impl Frame<'_, '_> {
    /// The name that a row's author gave it; none where a row before it has that name.
    pub(super) fn name_of(&self, index: usize) -> Option<&EcoString> {
        let name = self.body.rows[index].name.as_ref()?;
        let first = self.alike.iter().find(|i| self.body.rows[**i].name.as_ref() == Some(name));
        first.is_none_or(|i| *i == index).then_some(name)
    }

    /// The row of a name: of rows that share it, the one that came to be. None where there is none, or where any of
    /// several may be meant.
    pub(super) fn of_name(&self, name: &str) -> Result<Option<usize>, Ambiguous> {
        if !self.body.twice.contains(name) {
            return Ok(self.body.names.get(name).copied());
        }
        let mut rows = self.alike.iter().filter(|i| self.body.rows[**i].name.as_deref() == Some(name));
        match (rows.next(), rows.next()) {
            (_, Some(_)) => Err(Ambiguous),
            (only, None) => Ok(only.copied()),
        }
    }
}

/// Several rows have the name, which is reported.
pub(super) struct Ambiguous;

impl<'a> Expander<'_, 'a> {
    /// Reports a row that comes to be with the name of another one.
    pub(super) fn name_once(&mut self, frame: &mut Frame<'_, 'a>, index: usize) {
        let (body, row) = (frame.body, &frame.body.rows[index]);
        let Some(name) = row.name.as_ref().filter(|n| body.twice.contains(n.as_str())) else { return };
        if frame.alike.contains(&index) {
            return;
        }
        let first = frame.alike.iter().map(|i| &body.rows[*i]).find(|r| r.name == row.name);
        if let Some(first) = first {
            let (here, before) = (row.name_place(body.table), first.name_place(body.table));
            // A table of several nets, or a block of several uses, has it once.
            let place = frame.scope.at(here);
            let message = format!("two rows are named `{name}`");
            let d = Diagnostic::new(Code::E0403, place, message).help("give one of them another name");
            let before = frame.scope.at(before);
            self.found.push(if before == place { d } else { d.also(before, "the first one") });
        }
        frame.alike.push(index);
    }

    /// The rows a `From` cell names.
    pub(super) fn named(&mut self, frame: &Frame<'_, 'a>, cell: &syntax::Cell) -> Vec<Source> {
        let mut sources = Vec::new();
        for (name, range) in syntax::from(&cell.text) {
            let span = frame.scope.place(cell, &range);
            let mut said = false;
            let known = match name.as_str() {
                "prev" => Some(frame.prev.clone()).filter(|p| !p.is_empty()),
                "in" if !frame.body.names.contains_key("in") => {
                    Some(frame.input.clone()).filter(|i| !i.is_empty())
                }
                name => match frame.of_name(name) {
                    Ok(row) => row.and_then(|r| frame.outs[r]).map(|s| vec![s]),
                    Err(Ambiguous) => {
                        said = true;
                        None
                    }
                },
            };
            match known {
                Some(known) => sources.extend(known),
                None => {
                    let used = frame.scope.used.clone();
                    self.waiting.push(Waiting { name, span, at: None, used, said });
                    sources.push(Source::Late(self.waiting.len() as u32 - 1));
                }
            }
        }
        sources
    }

    /// Gives the row's name to what comes of it, as `From` means it.
    pub(super) fn name(&mut self, frame: &Frame<'_, 'a>, copy: &Copy, start: usize) {
        let (Some(name), Some(end)) = (frame.name_of(copy.index), self.drafts.len().checked_sub(1)) else {
            return;
        };
        if end < start {
            return;
        }
        let name = match numbered(name, copy.turn) {
            name if frame.prefix.is_empty() => EcoString::from(name),
            name => eco_format!("{}{name}", frame.prefix),
        };
        let plain = !self.is_of_block(start, frame);
        if plain && start < end && !self.drafts[start].named {
            let base = self.made_mut(start);
            base.name = eco_format!("{name}.{}", base.kind.map_or("row", |k| k.key));
            self.drafts[start].named = copy.named;
        }
        self.made_mut(end).name = name;
        self.drafts[end].named = true;
    }
}

/// The name of a copy: its row's for the last, `name.1` for the first of several.
pub(super) fn numbered(name: &str, turn: Turn) -> Cow<'_, str> {
    match turn.copy {
        Some(copy) if !turn.last => Cow::Owned(format!("{name}.{}", copy + 1)),
        _ => Cow::Borrowed(name),
    }
}

/// A name that no row of a table has is told once for all that read it; where two rows of the table share another
/// one, the two are one mistake.
pub(super) fn settle(document: &Document, found: &mut Vec<Diagnostic>) {
    let tables = || document.tables.iter().chain(document.blocks.iter().map(|b: &Block| &b.table));
    let holds = |t: &Table, span: Span| {
        let end = t.rows.last().map_or(t.span, |r| r.span).end;
        (t.span.start..=end).contains(&span.start)
    };
    let table = |d: &Diagnostic| tables().position(|t| holds(t, d.primary.span));
    let all = std::mem::take(found);
    let (unknown, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|d| d.code == Code::E0402);
    let mut told: Vec<(Option<usize>, Diagnostic)> = Vec::new();
    for d in unknown {
        let here = table(&d);
        match told.iter_mut().find(|(t, other)| *t == here && other.message == d.message) {
            Some((_, first)) => also_read(first, d.primary.span),
            None => told.push((here, d)),
        }
    }
    *found = rest;
    // The nets of one table say it each.
    let mut seen = HashSet::new();
    found.retain(|d| d.code != Code::E0403 || seen.insert(d.primary.span));
    let twice = |found: &[Diagnostic], here: Option<usize>| {
        let mut mine = (0..found.len())
            .filter(|i| found[*i].code == Code::E0403 && here.is_some() && table(&found[*i]) == here);
        mine.next().filter(|_| mine.next().is_none())
    };
    let tables: Vec<Option<usize>> = told.iter().map(|(here, _)| *here).collect();
    for (here, unknown) in told {
        let alone = tables.iter().filter(|t| **t == here).count() == 1;
        match twice(found, here).filter(|_| alone) {
            Some(at) => renamed(&mut found[at], &unknown),
            None => found.push(unknown),
        }
    }
}

/// Another place that reads a name no row has.
fn also_read(d: &mut Diagnostic, span: Span) {
    let known = d.primary.span == span || d.secondary.iter().any(|l| l.span == span);
    if !known && d.secondary.len() < SHOWN {
        d.secondary.push(Label::new(span, "and here"));
    }
}

/// Of two rows that share a name, one has the name that is missing.
fn renamed(twice: &mut Diagnostic, unknown: &Diagnostic) {
    let missing = unknown.declared.as_deref().unwrap_or_default();
    let text = format!("`{missing}` is read here, and no row is named so");
    twice.secondary.push(Label::new(unknown.primary.span, text));
    twice.help = Some(format!("name one of them `{missing}`"));
}

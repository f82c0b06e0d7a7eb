//! Uses of blocks: a block's rows, written out under the values of one use.

use super::blocks::{Arguments, Def, shown};
use super::body::{Body, Node};
use super::expand::{Copy, Expander, Frame, Source, Turn};
use super::names::numbered;
use super::row::blank;
use super::scope::Scope;
use super::{Use, repeat};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{LayerCell, folded};
use ecow::EcoString;
use std::rc::Rc;
use std::sync::Arc;

/// The deepest nesting of blocks.
const DEEPEST: usize = 64;

impl<'a> Expander<'_, 'a> {
    /// Rows of a block in one use.
    pub(super) fn block(
        &mut self,
        frame: &mut Frame<'_, 'a>,
        copy: &Copy,
        layer: &LayerCell,
        def: &Rc<Def<'a>>,
    ) {
        let row = &frame.body.rows[copy.index];
        let span = frame.scope.place(&row.cell, &layer.range);
        let line = frame.scope.line(row.row.line);
        if let Some(problem) = self.recursion(def, span) {
            self.found.push(problem);
            return self.unknown(frame, copy, layer, span, line);
        }
        // Blocks that use blocks are counted before they are written out.
        let least = self.least(&frame.scope, def);
        if !self.fits(usize::try_from(least).unwrap_or(usize::MAX), span) {
            return;
        }
        let (table, settings, scope) = (frame.body.table, self.settings, &frame.scope);
        let arguments = Arguments { def, row, table, scope, settings, copy: copy.turn.copy.unwrap_or(0) };
        let Some(params) = arguments.read(layer, &mut self.found) else {
            return self.unknown(frame, copy, layer, span, line);
        };
        let input = if def.reads_input { copy.inputs.first().and_then(|s| self.shape(*s)) } else { None };
        self.sized |= def.reads_size;
        let (block, values) = (def.block.name.clone(), shown(&params));
        let used = Use { block, values, span, line, library: def.library, within: frame.scope.used.clone() };
        let scope = Scope { symbols: frame.scope.symbols, params, input, used: Some(Arc::new(used)) };
        let mut inner = Frame::new(&def.body, scope, copy.inputs.clone());
        inner.prefix = format!("{}.", self.instance(frame, copy, layer));
        inner.dark = frame.dark || def.reads_input && input.is_none();
        if inner.dark && !frame.dark {
            self.unlit(copy, &inner);
        }
        let waiting = self.waiting.len();
        self.stack.push(std::ptr::from_ref(def.block));
        self.nodes(&mut inner, &def.body.nodes, Turn::ONLY);
        self.stack.pop();
        self.resolve(&inner, waiting);
        frame.prev = inner.prev;
    }

    /// The rows that a use of a block comes to at least: those whose number is written.
    fn least(&mut self, scope: &Scope<'a>, def: &Rc<Def<'a>>) -> u64 {
        let block = std::ptr::from_ref(def.block);
        if let Some(known) = self.least.get(&block) {
            return *known;
        }
        // A block that uses itself is refused elsewhere.
        self.least.insert(block, 0);
        let count = self.least_of(scope, &def.body, &def.body.nodes);
        self.least.insert(block, count);
        count
    }

    pub(super) fn least_of(&mut self, scope: &Scope<'a>, body: &Body<'a>, nodes: &[Node]) -> u64 {
        let mut sum = 0u64;
        for node in nodes {
            let rows = match node {
                Node::Group(group) => {
                    let copies = group.count.trim().parse().unwrap_or(0);
                    self.least_of(scope, body, &group.nodes).saturating_mul(copies)
                }
                Node::Row(index) => {
                    let row = &body.rows[*index as usize];
                    let copies = repeat::least(body.table, row, scope, self.settings);
                    let used = match row.parts() {
                        [layer] if !row.is_bracket() => {
                            self.blocks.meant(&layer.word, row, body.table, self.settings, &mut Vec::new())
                        }
                        _ => None,
                    };
                    used.map_or(1, |def| self.least(scope, &def)).saturating_mul(copies)
                }
            };
            sum = sum.saturating_add(rows);
        }
        sum
    }

    /// Why a block cannot be used here: it is being used already.
    fn recursion(&self, def: &Def<'_>, span: Span) -> Option<Diagnostic> {
        let name = &def.block.name;
        let problem = |text: String| Diagnostic::new(Code::E0411, span, text);
        if self.stack.iter().any(|b| std::ptr::eq(*b, def.block)) {
            let d = problem(format!("the block `{name}` uses itself"))
                .help("use another block, or repeat rows with `x 4`");
            return Some(if def.library { d } else { d.also(def.block.span, "the block") });
        }
        (self.stack.len() >= DEEPEST).then(|| {
            problem(format!("blocks are nested deeper than {DEEPEST}")).help("use fewer blocks inside blocks")
        })
    }

    /// A row that is not understood, so that what reads it stays silent.
    fn unknown(&mut self, frame: &mut Frame<'_, 'a>, copy: &Copy, layer: &LayerCell, span: Span, line: u32) {
        frame.prev.clone_from(&copy.inputs);
        let mut row = blank(None, Arc::clone(&layer.word), span, &frame.scope, line);
        row.poisoned = true;
        self.push(frame, row);
    }

    /// The size of a block's input is asked for and not known.
    fn unlit(&mut self, copy: &Copy, inner: &Frame<'_, 'a>) {
        let late = copy.inputs.iter().any(|s| matches!(s, Source::Late(_)));
        let Some(used) = inner.scope.used.as_ref().filter(|_| late || copy.inputs.is_empty()) else { return };
        let text = format!("`{}` asks for the size of its input, which is not known here", used.block);
        self.found
            .push(Diagnostic::new(Code::E0209, used.span, text).help("let it read rows that stand above it"));
    }

    /// The name of a use: its author's, else the block's with a number.
    fn instance(&mut self, frame: &Frame<'_, 'a>, copy: &Copy, layer: &LayerCell) -> String {
        match frame.name_of(copy.index) {
            Some(name) => format!("{}{}", frame.prefix, numbered(name, copy.turn)),
            None => {
                let key = folded(&layer.word).replace(' ', "_");
                let count = self.uses.entry(key.clone()).or_default();
                *count += 1;
                format!("{}{key}{count}", frame.prefix)
            }
        }
    }

    /// Names of a frame that were not known when they were read.
    pub(super) fn resolve(&mut self, frame: &Frame<'_, 'a>, from: usize) {
        for waiting in self.waiting[from..].iter_mut().filter(|w| w.at.is_none() && !w.said) {
            let row = frame.of_name(&waiting.name);
            // Which of several rows is meant is asked for already.
            waiting.said = row.is_err();
            waiting.at = row.ok().flatten().and_then(|r| frame.outs[r]);
            if waiting.at.is_none() && !waiting.said && frame.scope.used.is_some() {
                waiting.said = true;
                let names = frame.body.names.keys().map(EcoString::as_str).chain(["prev", "in"]);
                let d = super::wire::no_name(&waiting.name, waiting.span, names);
                if self.told.insert((d.code, d.primary.span)) {
                    self.found.push(waiting.used.as_ref().map_or(d.clone(), |u| u.tell(d)));
                }
            }
        }
    }
}

//! What names mean in a row: symbols, the parameters of the block it stands in, the block's input.

use super::Use;
use super::bind::Symbols;
use crate::shape::Shape;
use crate::source::Span;
use crate::syntax::{BlockParam, Cell};
use std::ops::Range;
use std::sync::Arc;

/// A block parameter's value in one use.
#[derive(Clone, Debug)]
pub(super) struct Given<'a> {
    pub param: &'a BlockParam,
    pub value: f64,
    /// Where the value stands: in the row that uses the block, or in the heading.
    pub span: Span,
    /// A number of the row's own that may be written otherwise there.
    pub plain: bool,
}

/// Where a row stands.
#[derive(Clone, Debug)]
pub(super) struct Scope<'a> {
    pub symbols: &'a Symbols,
    pub params: Vec<Given<'a>>,
    /// What goes into the block, where a row asks and it is known.
    pub input: Option<Shape>,
    /// The use of the block; none for a net's own rows.
    pub used: Option<Arc<Use>>,
}

impl<'a> Scope<'a> {
    /// A net's own rows.
    pub(super) fn net(symbols: &'a Symbols) -> Self {
        Self { symbols, params: Vec::new(), input: None, used: None }
    }

    /// What a name stands for.
    pub(super) fn get(&self, name: &str) -> Option<f64> {
        if let Some(given) = self.given(name) {
            return Some(given.value);
        }
        if let Some(axis) = name.strip_prefix("in.") {
            let [h, w, c] = self.input?.hwc();
            return match axis {
                "h" => Some(h as f64),
                "w" => Some(w as f64),
                "c" => Some(c as f64),
                _ => None,
            };
        }
        self.symbols.get(name).copied()
    }

    /// The parameter of this name.
    pub(super) fn given(&self, name: &str) -> Option<&Given<'a>> {
        self.params.iter().find(|g| g.param.ident == name)
    }

    /// Every name there is.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let params = self.params.iter().map(|g| g.param.name.as_str());
        params.chain(self.symbols.keys().map(String::as_str))
    }

    /// The row that stands for every place in the library's blocks.
    pub(super) fn stands_for(&self) -> Option<&Use> {
        let used = self.used.as_deref().filter(|u| u.library)?;
        let mut outer = used;
        while let Some(next) = outer.within.as_deref().filter(|_| outer.library) {
            if !next.library {
                break;
            }
            outer = next;
        }
        Some(outer)
    }

    /// The place of a range of a cell.
    pub(super) fn place(&self, cell: &Cell, range: &Range<u32>) -> Span {
        self.stands_for().map_or_else(|| cell.span_of(range), |u| u.span)
    }

    /// The place of a span in the rows' document.
    pub(super) fn at(&self, span: Span) -> Span {
        self.stands_for().map_or(span, |u| u.span)
    }

    /// The line of a row.
    pub(super) fn line(&self, line: u32) -> u32 {
        self.stands_for().map_or(line, |u| u.line)
    }
}

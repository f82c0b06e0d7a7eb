//! Each distinct cell text of a role is parsed once.

use super::block::Names;
use super::cell::{self, CellError};
use super::layers::{Layers, layers};
use super::notation::{Item, SizeCell};
use super::totals::{Total, total};
use super::unit::Unit;
use crate::layer::{self, Kind};
use rustc_hash::FxBuildHasher;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// What a text was read as; shared by every cell that says the same.
pub type Read<T> = Rc<Result<T, CellError>>;

/// By text: few are asked for often, so that looking up has to cost little.
type Known<T> = RefCell<HashMap<String, T, FxBuildHasher>>;

/// The most texts remembered for a role, so that a table of a million different cells stays small.
const MOST: usize = 65_536;

/// What cells were read as.
#[derive(Clone, Debug, Default)]
pub struct Memo {
    names: Arc<Names>,
    kinds: Known<Option<&'static Kind>>,
    unknown: Known<String>,
    totals: Known<Option<(Total, Option<Unit>)>>,
    layers: Known<Read<Layers>>,
    causes: Known<Read<Vec<Item>>>,
    sizes: Known<Read<SizeCell>>,
}

impl Memo {
    /// Nothing read yet; layer cells may begin with these names.
    pub fn new(names: Arc<Names>) -> Self {
        Self { names, ..Self::default() }
    }

    /// True for a kind or a block that some heading begins, even where that could not be read.
    pub fn names(&self, word: &str) -> bool {
        self.names.has(word)
    }

    /// The kind that a word of a layer cell names, blanks in it as they come.
    pub fn kind(&self, word: &str) -> Option<&'static Kind> {
        remembered(&self.kinds, word, |w| layer::find(&w.split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    /// What a row of totals speaks of; none for a layer.
    pub fn total(&self, text: &str) -> Option<(Total, Option<Unit>)> {
        remembered(&self.totals, text, total)
    }

    /// What there is to say of an unknown layer, worked out once for each word.
    pub fn once(&self, word: &str, say: impl Fn(&str) -> String) -> String {
        remembered(&self.unknown, word, say)
    }

    /// A layer cell.
    pub fn layers(&self, text: &str) -> Read<Layers> {
        remembered(&self.layers, text, |t| Rc::new(layers(t, &self.names)))
    }

    /// A cause cell.
    pub fn causes(&self, text: &str) -> Read<Vec<Item>> {
        remembered(&self.causes, text, |t| Rc::new(cell::causes(t)))
    }

    /// A size cell.
    pub fn size(&self, text: &str) -> Read<SizeCell> {
        remembered(&self.sizes, text, |t| Rc::new(cell::size(t)))
    }
}

fn remembered<T: Clone>(known: &Known<T>, text: &str, read: impl Fn(&str) -> T) -> T {
    if let Some(read) = known.borrow().get(text) {
        return read.clone();
    }
    let read = read(text);
    let mut known = known.borrow_mut();
    if known.len() < MOST {
        known.insert(text.to_owned(), read.clone());
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_once() {
        let memo = Memo::default();
        let (first, again) = (memo.size("57x57x96"), memo.size("57x57x96"));
        assert!(Rc::ptr_eq(&first, &again));
        assert!(Rc::ptr_eq(&memo.layers("CONV"), &memo.layers("CONV")));
        assert!(memo.causes("?").is_err() && Rc::ptr_eq(&memo.causes("?"), &memo.causes("?")));
    }
    #[test]
    fn what_is_said_of_a_word_is_worked_out_once() {
        let (memo, asked) = (Memo::default(), std::cell::Cell::new(0));
        let say = |word: &str| {
            asked.set(asked.get() + 1);
            format!("no {word}")
        };
        assert_eq!(
            (memo.once("CONVO", say), memo.once("CONVO", say)),
            ("no CONVO".into(), "no CONVO".into())
        );
        assert_eq!(asked.get(), 1);
    }
}

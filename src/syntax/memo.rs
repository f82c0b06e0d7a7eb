//! Each distinct cell text of a role is parsed once.

use super::block::Names;
use super::cell::{self, CellError};
use super::layers::{Layers, layers};
use super::notation::{Item, SizeCell};
use crate::layer::{self, Kind};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// What a text was read as; shared by every cell that says the same.
pub type Read<T> = Rc<Result<T, CellError>>;

/// The most texts remembered for a role, so that a table of a million different cells stays small.
const MOST: usize = 65_536;

/// What cells were read as.
#[derive(Clone, Debug, Default)]
pub struct Memo {
    names: Arc<Names>,
    kinds: RefCell<HashMap<String, Option<&'static Kind>>>,
    layers: RefCell<HashMap<String, Read<Layers>>>,
    causes: RefCell<HashMap<String, Read<Vec<Item>>>>,
    sizes: RefCell<HashMap<String, Read<SizeCell>>>,
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
        if let Some(kind) = self.kinds.borrow().get(word) {
            return *kind;
        }
        let kind = layer::find(&word.split_whitespace().collect::<Vec<_>>().join(" "));
        let mut kinds = self.kinds.borrow_mut();
        if kinds.len() < MOST {
            kinds.insert(word.to_owned(), kind);
        }
        kind
    }

    /// A layer cell.
    pub fn layers(&self, text: &str) -> Read<Layers> {
        remembered(&self.layers, text, |t| layers(t, &self.names))
    }

    /// A cause cell.
    pub fn causes(&self, text: &str) -> Read<Vec<Item>> {
        remembered(&self.causes, text, cell::causes)
    }

    /// A size cell.
    pub fn size(&self, text: &str) -> Read<SizeCell> {
        remembered(&self.sizes, text, cell::size)
    }
}

fn remembered<T>(
    known: &RefCell<HashMap<String, Read<T>>>,
    text: &str,
    parse: impl Fn(&str) -> Result<T, CellError>,
) -> Read<T> {
    if let Some(read) = known.borrow().get(text) {
        return Rc::clone(read);
    }
    let read = Rc::new(parse(text));
    let mut known = known.borrow_mut();
    if known.len() < MOST {
        known.insert(text.to_owned(), Rc::clone(&read));
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
}

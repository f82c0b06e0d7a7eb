//! A row's arguments, typed by the kind's parameter table.

use super::conventions::PadWord;
use super::links::Links;
use rustc_hash::{FxBuildHasher, FxHasher};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One argument's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Height and width: `3x3`; a single `3` means both.
    Pair([i64; 2]),
    /// Height, width and channels: `227x227x3`; a vector is 1x1xC.
    Size([i64; 3]),
    /// Zeros added: `[top, bottom, left, right]`.
    Pad([i64; 4]),
    /// A padding word.
    PadWord(PadWord),
    /// One of the words its parameter lists.
    Word(&'static str),
    /// Yes or no.
    Flag(bool),
    /// Which maps are connected.
    Links(Arc<Links>),
}

impl Value {
    /// Equal values have equal digests.
    fn digest(&self, state: &mut impl Hasher) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Int(v) => v.hash(state),
            Self::Real(v) => (v + 0.0).to_bits().hash(state),
            Self::Pair(v) => v.hash(state),
            Self::Size(v) => v.hash(state),
            Self::Pad(v) => v.hash(state),
            Self::PadWord(v) => v.hash(state),
            Self::Word(v) => v.hash(state),
            Self::Flag(v) => v.hash(state),
            Self::Links(v) => v.outputs().hash(state),
        }
    }
}

/// The arguments of a row, by parameter name. At most one value each; small, so a plain list. Rows that were
/// given the same may share it (`SharedArgs`).
#[derive(Clone, Debug, Default)]
pub struct Args {
    items: Option<Arc<Vec<(&'static str, Value)>>>,
}

impl PartialEq for Args {
    fn eq(&self, other: &Self) -> bool {
        self.is(other) || self.items() == other.items()
    }
}

impl Args {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    fn items(&self) -> &[(&'static str, Value)] {
        self.items.as_ref().map_or(&[], |items| items)
    }

    /// Sets a parameter, replacing what it had.
    pub fn set(&mut self, name: &'static str, value: Value) {
        let items = Arc::make_mut(self.items.get_or_insert_with(|| Arc::new(Vec::with_capacity(4))));
        match items.iter_mut().find(|(n, _)| *n == name) {
            Some(item) => item.1 = value,
            None => items.push((name, value)),
        }
    }

    /// The same arguments with one replaced.
    #[must_use]
    pub fn with(&self, name: &'static str, value: Value) -> Self {
        let mut args = self.clone();
        args.set(name, value);
        args
    }

    /// The same arguments without one.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let items: Vec<_> = self.items().iter().filter(|(n, _)| *n != name).cloned().collect();
        Self { items: (!items.is_empty()).then(|| Arc::new(items)) }
    }

    /// True where both are one list in memory.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.address() == other.address()
    }

    /// True where no other row shares the list.
    pub(crate) fn is_own(&self) -> bool {
        self.items.as_ref().is_some_and(|items| Arc::strong_count(items) == 1)
    }

    /// Where the list stands in memory; 0 where there is none.
    pub(crate) fn address(&self) -> usize {
        self.items.as_ref().map_or(0, |items| Arc::as_ptr(items).addr())
    }

    /// What a parameter was given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.items().iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// Whether a parameter was given.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Int(v) => Some(*v),
            _ => None,
        }
    }

    /// A number; whole ones too.
    pub fn real(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Real(v) => Some(*v),
            Value::Int(v) => Some(*v as f64),
            _ => None,
        }
    }

    /// Height and width.
    pub fn pair(&self, name: &str) -> Option<[i64; 2]> {
        match self.get(name)? {
            Value::Pair(v) => Some(*v),
            Value::Int(v) => Some([*v, *v]),
            _ => None,
        }
    }

    /// Height, width and channels.
    pub fn size(&self, name: &str) -> Option<[i64; 3]> {
        match self.get(name)? {
            Value::Size(v) => Some(*v),
            _ => None,
        }
    }

    /// A listed word.
    pub fn word(&self, name: &str) -> Option<&'static str> {
        match self.get(name)? {
            Value::Word(v) => Some(v),
            _ => None,
        }
    }

    /// Yes or no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Flag(v) => Some(*v),
            _ => None,
        }
    }

    /// Which maps are connected.
    pub fn links(&self, name: &str) -> Option<&Arc<Links>> {
        match self.get(name)? {
            Value::Links(links) => Some(links),
            _ => None,
        }
    }

    /// Every argument, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.items().iter().map(|(n, v)| (*n, v))
    }
}

/// Lists of arguments that rows have in common: a long table repeats itself, and each distinct list is kept once.
#[derive(Debug, Default)]
pub(crate) struct SharedArgs {
    known: HashMap<u64, Args, FxBuildHasher>,
}

impl SharedArgs {
    /// The most lists remembered, so that a table of a million different rows stays small.
    const MOST: usize = 65_536;

    /// Makes equal lists one.
    pub(crate) fn share(&mut self, args: &mut Args) {
        let Some(items) = &mut args.items else { return };
        let mut hasher = FxHasher::default();
        items.iter().for_each(|(name, value)| {
            name.as_ptr().hash(&mut hasher);
            value.digest(&mut hasher);
        });
        let known = self.known.get(&hasher.finish());
        if let Some(known) = known.filter(|k| k.items.as_ref() == Some(items)) {
            args.clone_from(known);
            return;
        }
        Arc::make_mut(items).shrink_to_fit();
        // Two lists of one hash: the second is kept for itself.
        if known.is_none() && self.known.len() < Self::MOST {
            self.known.insert(hasher.finish(), args.clone());
        }
    }
}

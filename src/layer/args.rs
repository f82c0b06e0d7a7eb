//! A row's arguments, typed by the kind's parameter table.

use super::conventions::PadWord;
use super::links::Links;
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

/// The arguments of a row, by parameter name. At most one value each; small, so a plain list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    items: Vec<(&'static str, Value)>,
}

impl Args {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a parameter, replacing what it had.
    pub fn set(&mut self, name: &'static str, value: Value) {
        match self.items.iter_mut().find(|(n, _)| *n == name) {
            Some(item) => item.1 = value,
            None => {
                if self.items.is_empty() {
                    // Many rows have one argument, and there may be a million of them.
                    self.items.reserve_exact(1);
                }
                self.items.push((name, value));
            }
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
        Self { items: self.items.iter().filter(|(n, _)| *n != name).cloned().collect() }
    }

    /// What a parameter was given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.items.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
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
        self.items.iter().map(|(n, v)| (*n, v))
    }
}

//! What cells say, before any name in them is looked up. Ranges are bytes of [`Cell::text`](super::Cell).

use std::ops::Range;
use std::sync::Arc;

/// A layer cell: `CONV`, `conv3-64`, `inception (3a)`, `FC-4096`, `average pool`.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerCell {
    /// The kind, block or unknown word, as written: `conv`, `average pool`.
    pub word: Arc<str>,
    /// Where the word stands.
    pub range: Range<u32>,
    /// The row's name where the cell gives one: `fire2`, `conv1`, `3a`.
    pub name: Option<String>,
    /// Causes written in the layer cell.
    pub items: Vec<Item>,
}

/// A size cell.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeCell {
    /// Its factors, in the order written; of `6@28x28` the maps come last.
    pub factors: Vec<Expr>,
    /// True for `6@28x28`: height, width and channels whatever the document's layout.
    pub maps: bool,
}

/// One part of a cause cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Where it stands.
    pub range: Range<u32>,
    /// What it is.
    pub kind: ItemKind,
}

/// The parts a cause cell is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `3x3`: two factors.
    Size(Vec<Expr>),
    /// `3x3x64`, `3x3x3x32`, `227x227x3`: three or more factors, each with its place.
    Shape(Vec<(Expr, Range<u32>)>),
    /// `/2`, `/4x4`, `s2`, `stride 2`: one or two factors. `mended` where `=` stood for the slash.
    Slash {
        /// One factor, or height and width.
        size: Vec<Expr>,
        /// True where an extractor made it `=`.
        mended: bool,
    },
    /// `64`: a bare number.
    Number(Expr),
    /// `K=96`, `p = 2`, `pad 2`.
    Named {
        /// The parameter's name as written.
        key: String,
        /// Where the name stands.
        key_range: Range<u32>,
        /// What it is set to.
        value: ValueExpr,
        /// Where the value stands.
        value_range: Range<u32>,
    },
    /// `x 4`: copies of the row.
    Repeat(Expr),
    /// `same`, `ceil`, `max`: a word that some parameter may list.
    Word(String),
}

impl Item {
    /// Moves its places on.
    pub(super) fn shift(&mut self, by: u32) {
        let move_on = |r: &mut Range<u32>| *r = r.start + by..r.end + by;
        move_on(&mut self.range);
        match &mut self.kind {
            ItemKind::Named { key_range, value_range, value, .. } => {
                move_on(key_range);
                move_on(value_range);
                if let ValueExpr::List(parts) = value {
                    parts.iter_mut().for_each(|(_, r)| move_on(r));
                }
            }
            ItemKind::Shape(parts) => parts.iter_mut().for_each(|(_, r)| move_on(r)),
            _ => {}
        }
    }
}

/// The right side of `name=`.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueExpr {
    /// One expression; a lone name may be a symbol or a word the parameter lists.
    One(Expr),
    /// `3x3`.
    Size(Vec<Expr>),
    /// `2,1` or `1,2,1,2`, each with its byte range in the cell.
    List(Vec<(Expr, Range<u32>)>),
    /// A word with characters no symbol has: `k//2`, `same-lower`.
    Word(String),
}

/// An expression over symbols and block parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number; whole ones are exact up to 2^53.
    Number(f64),
    /// A symbol or block parameter.
    Name(String),
    /// `-x`.
    Negate(Box<Expr>),
    /// `a + b`.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `min(a, b)`, `max(a, b)`, `if(cond, a, b)`.
    Call(String, Vec<Expr>),
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`, which must divide evenly.
    Div,
    /// `%`
    Rem,
    /// `==`
    Equal,
    /// `<`
    Less,
}

/// A printed number and what it claims: any value in `[low, high]`.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberClaim {
    /// Smallest value it stands for.
    pub low: f64,
    /// Largest value it stands for.
    pub high: f64,
    /// The number itself, suffix multiplied out at K = 1000.
    pub value: f64,
    /// The power of a thousand in its suffix: 1 for K, 2 for M; 0 where it has none.
    pub thousands: u32,
    /// The letter of the unit that its column states and its text leaves out.
    pub unit: Option<char>,
}

impl NumberClaim {
    /// The same print where K stands for this number, 1000 or 1024.
    #[must_use]
    pub fn at(&self, k: u32) -> Self {
        let scale = (f64::from(k) / 1000.0).powi(self.thousands as i32);
        Self { low: self.low * scale, high: self.high * scale, value: self.value * scale, ..*self }
    }

    /// True for a count it stands for.
    pub fn holds(&self, count: u64) -> bool {
        let count = count as f64;
        self.low <= count && count <= self.high
    }
}

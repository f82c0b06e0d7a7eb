//! SOFTMAX: class probabilities.

use super::keep::Keep;
use super::{Args, Arity, Bound, Conventions, Kind, Positional};
use crate::program::Prim;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "SOFTMAX",
    aliases: &["SOFT-MAX", "SOFT MAX"],
    implied: &[],
    key: "softmax",
    summary: "Turns logits into class probabilities. Training takes the logits before it.",
    arity: Arity::One,
    params: &[],
    positional: Positional { size: None, slash: None, int: None, words: &[] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

fn bind(_: &Args, _: &Conventions) -> Bound {
    Ok(Arc::new(Keep::new("SOFTMAX", |x| Prim::Softmax { x })))
}

//! DROPOUT: numbers dropped at random in training.

use super::keep::Keep;
use super::spec::param;
use super::{Args, Arity, Bound, Conventions, Kind, Positional, Type};
use crate::program::Prim;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "DROPOUT",
    aliases: &["DROP"],
    implied: &[],
    key: "dropout",
    summary: "In training, zeroes a share `p` of the numbers and scales the rest by 1 / (1 - p); nothing else.",
    arity: Arity::One,
    params: &[param(
        "p",
        Type::Real { min: 0.0, max: 1.0, max_included: false },
        "0.5",
        "Share that is dropped.",
    )
    .aliases(&["rate", "ratio", "prob"])],
    positional: Positional { size: None, slash: None, int: Some("p"), words: &[] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

fn bind(args: &Args, _: &Conventions) -> Bound {
    let p = args.real("p").unwrap_or(0.5);
    Ok(Arc::new(Keep::new("DROPOUT", move |x| Prim::Dropout { x, p })))
}

//! GLOBAL POOL: one number a channel.

use super::adaptive_pool::Adaptive;
use super::spec::param;
use super::{Args, Arity, Bound, Conventions, Kind, Positional, Type};
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "GLOBAL POOL",
    aliases: &[
        "GLOBAL AVERAGE POOL", "GLOBAL AVG POOL", "GLOBAL AVERAGE POOLING", "GLOBALAVGPOOL", "GAP", "GLOBAL POOLING",
        "GLOBALAVERAGEPOOLING", "GLOBAL MAX POOL", "GLOBAL MAX POOLING", "GLOBALMAXPOOLING",
    ],
    implied: &[
        ("GLOBAL MAX POOL", "mode", "max"),
        ("GLOBAL MAX POOLING", "mode", "max"),
        ("GLOBALMAXPOOLING", "mode", "max"),
    ],
    key: "global_pool",
    summary: "The mean (or the largest number) of each channel over the whole map.",
    arity: Arity::One,
    params: &[param("mode", Type::Word(&["average", "max"]), "average", "Mean or largest.")],
    positional: Positional { size: None, slash: None, int: None, words: &["mode"] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

fn bind(args: &Args, _: &Conventions) -> Bound {
    Ok(Arc::new(Adaptive { size: [1, 1], max: args.word("mode") == Some("max") }))
}

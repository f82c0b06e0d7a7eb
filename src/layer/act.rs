//! ACT: an activation function on each number.

use super::keep::Keep;
use super::spec::param;
use super::{Args, Arity, Bound, Conventions, Kind, Positional, Type};
use crate::program::{Function, Prim};
use std::sync::Arc;

const FUNCTIONS: &[&str] =
    &["relu", "leaky_relu", "elu", "gelu", "silu", "hardswish", "tanh", "sigmoid", "relu6", "linear"];

pub(super) static KIND: Kind = Kind {
    name: "ACT",
    aliases: &[
        "ACTIVATION", "RELU", "LEAKY RELU", "LEAKY_RELU", "LEAKYRELU", "ELU", "GELU", "SILU", "SWISH", "HARDSWISH",
        "HARD SWISH", "TANH", "SIGMOID", "LOGISTIC", "RELU6", "NONLINEARITY",
    ],
    implied: &[
        ("RELU", "f", "relu"),
        ("LEAKY RELU", "f", "leaky_relu"),
        ("LEAKY_RELU", "f", "leaky_relu"),
        ("LEAKYRELU", "f", "leaky_relu"),
        ("ELU", "f", "elu"),
        ("GELU", "f", "gelu"),
        ("SILU", "f", "silu"),
        ("SWISH", "f", "silu"),
        ("HARDSWISH", "f", "hardswish"),
        ("HARD SWISH", "f", "hardswish"),
        ("TANH", "f", "tanh"),
        ("SIGMOID", "f", "sigmoid"),
        ("LOGISTIC", "f", "sigmoid"),
        ("RELU6", "f", "relu6"),
    ],
    key: "act",
    summary: "An activation function, applied to each number; ReLU unless it says otherwise.",
    arity: Arity::One,
    params: &[
        param("f", Type::Word(FUNCTIONS), "relu", "Which function.").aliases(&["function"]),
        param(
            "slope",
            Type::Real { min: 0.0, max: 1.0, max_included: true },
            "leaky_relu by dialect: .01, Keras .3, Darknet .1; elu 1",
            "Slope of leaky_relu below zero, or elu's alpha.",
        )
        .aliases(&["negative_slope", "alpha"]),
        param("approximate", Type::Flag, "no", "GELU by the tanh formula."),
    ],
    positional: Positional { size: None, slash: None, int: None, words: &["f", "approximate"] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    use super::Dialect;
    let slope = args.real("slope").unwrap_or(match conventions.dialect {
        Dialect::Keras => 0.3,
        Dialect::Darknet => 0.1,
        _ => 0.01,
    });
    let function = match args.word("f").unwrap_or("relu") {
        "leaky_relu" => Function::LeakyRelu { slope },
        "elu" => Function::Elu { alpha: args.real("slope").unwrap_or(1.0) },
        "gelu" => Function::Gelu { tanh: args.flag("approximate").unwrap_or(false) },
        "silu" => Function::Silu,
        "hardswish" => Function::HardSwish,
        "tanh" => Function::Tanh,
        "sigmoid" => Function::Sigmoid,
        "relu6" => Function::Relu6,
        "linear" => Function::LeakyRelu { slope: 1.0 },
        _ => Function::Relu,
    };
    Ok(Arc::new(Keep::new("ACT", move |x| Prim::Activation { x, function })))
}

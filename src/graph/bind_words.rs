//! What words and parts of a value mean to a parameter.

use crate::layer::ParamSpec;
use crate::syntax::{Expr, ValueExpr};

pub(super) fn one_or_size(parts: &[Expr]) -> ValueExpr {
    match parts {
        [only] => ValueExpr::One(only.clone()),
        _ => ValueExpr::Size(parts.to_vec()),
    }
}

pub(super) fn words(value: &ValueExpr) -> String {
    word_of(value).unwrap_or_default()
}

pub(super) fn word_of(value: &ValueExpr) -> Option<String> {
    match value {
        ValueExpr::Word(w) | ValueExpr::One(Expr::Name(w)) => Some(w.clone()),
        _ => None,
    }
}

/// `avg` and `mean` are read as `average`.
pub(super) fn short(word: &str) -> &str {
    match word {
        "avg" | "mean" | "ave" | "AVG" | "AVE" => "average",
        _ => word,
    }
}

pub(super) fn flag(spec: &ParamSpec, value: &ValueExpr) -> Option<bool> {
    match value {
        ValueExpr::One(Expr::Number(v)) => [false, true].into_iter().find(|b| f64::from(u8::from(*b)) == *v),
        _ => match word_of(value)?.to_lowercase().as_str() {
            "yes" | "true" | "on" => Some(true),
            "no" | "false" | "off" | "none" => Some(false),
            word if spec.name == word || spec.aliases.contains(&word) => Some(true),
            _ => None,
        },
    }
}

//! What to say of words and numbers that a layer does not take.

use super::bind::takes;
use crate::diag::{Code, Diagnostic};
use crate::layer::{self, Arity, Kind};
use crate::source::Span;

/// A word in a cause cell that is not read.
pub(super) fn remark(kind: &Kind, word: &str, span: Span) -> Diagnostic {
    let message = format!("`{word}` means nothing to {} and is not read", kind.name);
    let lower = word.to_lowercase();
    let help = match lower.as_str() {
        "no" | "without" | "nobias" if kind.param("bias").is_some() => {
            "of a layer without biases write `bias=no`; else remove the word".to_owned()
        }
        "x" => "write how many copies of the row there are: `x 2`".to_owned(),
        word if let Some(param) = kind.param(word) => {
            format!("write its value: `{}=...`; else remove the word", param.name)
        }
        word if layer::find(word).is_some_and(|k| std::ptr::eq(k, kind)) => {
            format!("remove it: the row is {} already", kind.name)
        }
        word if let Some(other) = layer::find(word).filter(|k| k.arity == Arity::One) => format!(
            "a layer is a row of its own: `{}`, or follows every row of a kind by `after: {{ {}: {} }}` in the header",
            word.to_uppercase(),
            kind.key,
            if other.name == "ACT" { word.to_uppercase() } else { other.name.to_owned() }
        ),
        _ => format!("remove it, or write what it sets as `name=value`: {}", takes(kind)),
    };
    Diagnostic::new(Code::W0202, span, message).help(help)
}

/// A number of channels where a layer has no say in it.
pub(super) fn no_channels(kind: &Kind) -> String {
    match kind.positional.int {
        None if kind.param("kernel").is_some() => {
            format!("{} keeps the channels that come in: remove it. {}", kind.name, takes(kind))
        }
        _ => takes(kind),
    }
}

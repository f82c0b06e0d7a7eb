//! What each key's value must be, in words.

use super::augment::numbers;
use super::keys::Takes;
use super::values::seconds;
use super::{Initial, Stretch};
use crate::syntax::meant;
use serde_yaml::Value;

/// The keys that a mapping takes, as a sentence.
pub(super) fn takes(known: &[&str]) -> String {
    match known.len() {
        0..=12 => format!("it takes {}", known.join(", ")),
        _ => "`netc train --help` lists the keys".to_owned(),
    }
}

/// What to write instead of a value that is no number from 0 to below an end: the number that was meant, where the
/// value tells.
fn instead(value: &Value, below: f64) -> String {
    let read = value.as_str().and_then(|text| text.trim().replace(',', ".").parse().ok());
    let Some(v) = value.as_f64().or(read).filter(|v| v.is_finite()) else {
        return "write it in digits, such as `0.01`".to_owned();
    };
    if v < 0.0 {
        return if below.is_finite() {
            format!("write 0, or a number below {below}")
        } else {
            "write 0 or more".to_owned()
        };
    }
    // A little above 1 is no percentage.
    let meant = [v, v / 100.0].into_iter().find(|m| *m > 0.0 && *m < below && !(1.0..=2.0).contains(&v));
    match meant {
        Some(meant) if below == 1.0 && v >= 1.0 => format!("write a share of 1: {v} % is `{meant}`"),
        Some(meant) => format!("write `{meant}`"),
        None => format!("write a number such as `{}`", if below == 1.0 { 0.1 } else { 0.01 }),
    }
}

/// What a value should be, and what to write, where it is not that.
pub(super) fn wanted(takes: Takes, value: &Value) -> Option<(String, String)> {
    let said = |fits: bool, what: &str, help: &str| (!fits).then(|| (what.to_owned(), help.to_owned()));
    let number = |fits: fn(f64, f64, f64) -> bool, least: f64, below: f64| {
        value.as_f64().is_some_and(|v| v.is_finite() && fits(v, least, below))
    };
    match takes {
        Takes::Text => said(value.is_string(), "a text", "write it in quotes"),
        Takes::Whole(least) => {
            let fits = value.as_u64().is_some_and(|v| v >= least);
            let help = match value.as_f64() {
                Some(v) if v > least as f64 => format!("write {} or {}", v.floor(), v.ceil()),
                _ => format!("write {least} or more, in digits"),
            };
            said(fits, &format!("a whole number of at least {least}"), &help)
        }
        Takes::Real(least, below) => {
            let upper = if below.is_finite() { format!(" and below {below}") } else { String::new() };
            let fits = number(|v, least, below| v >= least && v < below, least, below);
            said(fits, &format!("a number of at least {least}{upper}"), &instead(value, below))
        }
        Takes::Positive => {
            said(number(|v, _, _| v > 0.0, 0.0, 0.0), "a number above 0", &instead(value, f64::INFINITY))
        }
        Takes::Flag => said(value.is_bool(), "yes or no", "write `true` or `false`"),
        Takes::Word(words) => word(words, value),
        Takes::Stretch => said(
            Stretch::read(value).is_some(),
            "a number of epochs, or of steps with their unit",
            "write it like `5`, `0.5` or `500 steps`",
        ),
        Takes::Stretches => {
            let fits = value.as_sequence().is_some_and(|items| {
                let read: Option<Vec<Stretch>> = items.iter().map(Stretch::read).collect();
                read.is_some_and(|all| !all.is_empty() && all.windows(2).all(|w| rises(w[0], w[1])))
            });
            said(fits, "a list of epochs, each beyond the one before", "write it like `[30, 60, 80]`")
        }
        Takes::Time => said(
            seconds(value).is_some(),
            "a time with its unit",
            "write it like `90s`, `30m`, `2h` or `1d12h`",
        ),
        Takes::Initial => said(
            Initial::read(value).is_some(),
            "how numbers start",
            "write it like `\"N(0, 0.01)\"` (in quotes inside braces), `U(0.05)`, `he_normal`, `glorot_uniform` or `1`",
        ),
        Takes::Numbers(count) => {
            let fits = numbers(value).is_some_and(|all| all.len() == count);
            said(fits, &format!("a list of {count} numbers"), "write them in brackets, parted by commas")
        }
        Takes::WordOrNumbers(words) => {
            let fits = value.as_str().map_or_else(|| numbers(value).is_some(), |word| words.contains(&word));
            let what = format!("one of {}, or a list of numbers, one a channel", words.join(", "));
            said(fits, &what, "write one of the words, or numbers in brackets")
        }
        Takes::Rows => said(value.is_mapping(), "rules for rows", "write it like `{ conv1: { rate: 2 } }`"),
    }
}

fn word(words: &[&'static str], value: &Value) -> Option<(String, String)> {
    // `schedule: { step: 30 }`: the word, and beside it what it takes.
    let inner =
        value.as_mapping().and_then(|m| m.keys().find_map(Value::as_str)).filter(|k| words.contains(k));
    let help = |given: &str| match inner {
        Some(word) => format!("write `{word}` alone; what goes with it are keys beside this one"),
        None => meant(given, words.iter().copied(), "write one of these words"),
    };
    let given = value.as_str().unwrap_or_default();
    (!words.contains(&given)).then(|| (format!("one of {}", words.join(", ")), help(given)))
}

/// False where two stretches of one unit do not rise.
fn rises(a: Stretch, b: Stretch) -> bool {
    match (a, b) {
        (Stretch::Epochs(a), Stretch::Epochs(b)) => a < b,
        (Stretch::Steps(a), Stretch::Steps(b)) => a < b,
        _ => true,
    }
}

//! Python's notation.

use std::fmt::Display;

/// `[3, 3]` as `3`, `[3, 5]` as `(3, 5)`.
pub(super) fn pair<T: Display + PartialEq>([a, b]: [T; 2]) -> String {
    if a == b { a.to_string() } else { format!("({a}, {b})") }
}

/// `[3, 3]` as `(3, 3)`.
pub(super) fn tuple<T: Display>([a, b]: [T; 2]) -> String {
    format!("({a}, {b})")
}

/// A float as Python reads it back: `0.0002`, `1e-05`, `2.0`.
pub(super) fn float(number: f64) -> String {
    // Twelve digits: what arithmetic left behind them (0.010000000000000009) says nothing.
    let rounded: f64 = format!("{number:.11e}").parse().unwrap_or(number);
    format!("{rounded:?}")
}

/// As [`float`], to six digits: the width of a random distribution.
pub(super) fn width(number: f64) -> String {
    float(format!("{number:.5e}").parse().unwrap_or(number))
}

/// A call: `Dense(10, name="fc1")`.
pub(super) fn call(name: &str, arguments: &[String]) -> String {
    format!("{name}({})", arguments.join(", "))
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            '\n' | '\r' => literal.push(' '),
            c => literal.push(c),
        }
    }
    literal + "\""
}

/// Text inside a docstring: no quotes or backslashes that would end or bend it.
pub(super) fn prose(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .replace('\\', "/")
        .replace('"', "'")
}

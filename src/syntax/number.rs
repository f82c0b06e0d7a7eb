//! Printed numbers and what they claim: half a unit of the last significant digit, both ends included.

use super::cell::CellError;
use super::notation::NumberClaim;
use super::unit::Unit;

/// Reads a printed count: `62.4M`, `650,000`, `~60M`, `60M +- 3%`, `1.8x10^9`.
///
/// # Errors
/// Where it is no number.
pub fn number(text: &str) -> Result<NumberClaim, CellError> {
    number_in(text, None)
}

/// Reads a printed count in a column that states a unit: `62.4` below `Params (M)` is `62.4M`. A suffix of
/// its own wins.
///
/// # Errors
/// Where it is no number.
pub fn number_in(text: &str, unit: Option<Unit>) -> Result<NumberClaim, CellError> {
    let fail = || CellError {
        range: 0..text.len() as u32,
        message: format!("`{text}` is no number"),
        help: Some(match text.split_once(',') {
            Some((a, b)) if whole(a) && b.trim_end_matches(['K', 'M', 'G']).len() != 3 => {
                format!("write `{a}.{b}` if the comma is a decimal one")
            }
            _ => "write it like `62.4M`, `650,000` or `~60M`".to_owned(),
        }),
    };
    let (about, body) = match text.trim().strip_prefix(['~', '≈', '∼']) {
        Some(rest) => (true, rest.trim()),
        None => (false, text.trim()),
    };
    let (body, percent) = match body.replace('±', "+-").replace("+/-", "+-").split_once("+-") {
        Some((number, percent)) => {
            let percent = percent.trim().trim_end_matches('%').trim();
            let percent = magnitude(percent).filter(|_| percent.ends_with(|c: char| c.is_ascii_digit()));
            let percent = percent.ok_or_else(fail)?.value;
            (number.trim().to_owned(), Some(percent))
        }
        None => (body.to_owned(), about.then_some(2.0)),
    };
    let bare = body.ends_with(|c: char| c.is_ascii_digit() || c == '.') && !body.contains(['^', 'e', 'E']);
    let unit = unit.filter(|_| bare);
    let printed = unit.map_or(body.clone(), |u| format!("{body}{}", u.letter));
    let Magnitude { value, half, thousands } = magnitude(&printed).ok_or_else(fail)?;
    let half = percent.map_or(half, |p| value.abs() * p / 100.0);
    // A power of ten knows no other K.
    let thousands = if unit.is_some_and(|u| u.exact) { 0 } else { thousands };
    let unit = unit.map(|u| u.letter);
    Ok(NumberClaim { low: value - half, high: value + half, value, thousands, unit })
}

fn whole(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The text without what groups its digits; none where that does not group them by three.
fn joined(text: &str) -> Option<String> {
    let mut clean = String::with_capacity(text.len());
    let mut separator = None;
    let parts: Vec<&str> = text.split_inclusive([',', ' ', '_', '\u{a0}']).collect();
    for (index, part) in parts.iter().enumerate() {
        let digits = part.trim_end_matches([',', ' ', '_', '\u{a0}']);
        let run = digits.bytes().take_while(u8::is_ascii_digit).count();
        // After a blank may come a suffix or a power instead: `62 M`, `1.8 x 10^9`.
        let goes_on =
            separator.is_none_or(|s: char| if run == 0 { s == ' ' } else { run == 3 || clean.contains('x') });
        if !goes_on || run == 0 && index == 0 && !digits.starts_with('.') {
            return None;
        }
        clean.push_str(digits);
        separator = part[digits.len()..].chars().next();
        let more = index + 1 < parts.len();
        if more && separator != Some(' ') && !(run == digits.len() && run > 0 && (index > 0 || run <= 3)) {
            return None;
        }
    }
    separator.is_none().then_some(clean)
}

/// `60 million` as `60m`, `1.8 GFLOPs` as `1.8g`; the text is in lower case and without blanks.
fn short(text: &str) -> String {
    const UNITS: [&str; 6] = ["flops", "macs", "madds", "ops", "parameters", "params"];
    let body = UNITS.iter().find_map(|u| text.strip_suffix(u)).unwrap_or(text);
    for (word, letter) in [("thousand", "k"), ("million", "m"), ("billion", "g"), ("trillion", "t")] {
        if let Some(number) = body.strip_suffix(word) {
            return format!("{number}{letter}");
        }
    }
    body.to_owned()
}

/// A number as it is printed.
struct Magnitude {
    value: f64,
    /// Half a unit of its last significant digit.
    half: f64,
    /// The power of a thousand that its suffix stands for.
    thousands: u32,
}

fn magnitude(text: &str) -> Option<Magnitude> {
    let clean = joined(text)?;
    let lower = clean.to_lowercase().replace('×', "x");
    let lower = short(&lower);
    let power = lower.split_once("x10^").or_else(|| lower.split_once('e'));
    let (digits, scale, thousands) = if let Some((mantissa, power)) = power {
        (mantissa, 10f64.powi(power.parse().ok()?), 0)
    } else {
        let thousands = match lower.chars().last()? {
            'k' => 1,
            'm' => 2,
            'g' | 'b' => 3,
            't' => 4,
            _ => 0,
        };
        (&lower[..lower.len() - usize::from(thousands > 0)], 1000f64.powi(thousands as i32), thousands)
    };
    let suffixed = thousands > 0 || power.is_some();
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let value: f64 = digits.parse::<f64>().ok()? * scale;
    let unit = match digits.split_once('.') {
        Some((_, decimals)) => 10f64.powi(-(decimals.len() as i32)),
        None if suffixed => 1.0,
        None => {
            10f64.powi(digits.bytes().rev().take_while(|b| *b == b'0').count().min(digits.len() - 1) as i32)
        }
    };
    // A whole number without trailing zeros is exact.
    let half = if unit == 1.0 && !suffixed { 0.0 } else { unit * scale / 2.0 };
    value.is_finite().then_some(Magnitude { value, half, thousands })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(text: &str) -> (f64, f64) {
        let claim = number(text).unwrap();
        (claim.low, claim.high)
    }

    #[test]
    fn half_a_unit_of_the_last_digit() {
        assert_eq!(interval("60M"), (59.5e6, 60.5e6));
        assert_eq!(interval("650,000"), (645_000.0, 655_000.0));
        assert_eq!(interval("62,378,344"), (62_378_344.0, 62_378_344.0));
        assert_eq!(interval("~60M"), (58.8e6, 61.2e6));
        assert_eq!(interval("60M +- 3%"), (58.2e6, 61.8e6));
        assert_eq!(interval("1.8x10^9"), (1.75e9, 1.85e9));
        assert_eq!(interval("1.8 x 10^9"), (1.75e9, 1.85e9));
        assert_eq!(interval("650 000"), (645_000.0, 655_000.0));
        assert_eq!(interval("62 M"), (61.5e6, 62.5e6));
        assert_eq!(interval("1,234.5"), (1234.45, 1234.55));
        assert_eq!(interval("60 million"), (59.5e6, 60.5e6));
        assert_eq!(interval("1.8 GFLOPs"), (1.75e9, 1.85e9));
        assert_eq!(interval("133M params"), (132.5e6, 133.5e6));
        assert_eq!(interval("≈60M"), interval("~60M"));
        assert_eq!(interval("60M +/- 3%"), interval("60M +- 3%"));
    }

    #[test]
    fn a_suffix_may_be_a_power_of_1024() {
        let claim = number("112K").unwrap();
        assert!(!claim.holds(114_688) && claim.at(1024).holds(114_688));
        let (plain, power) = (number("112,000").unwrap(), number("1.5x10^3").unwrap());
        assert_eq!((plain.at(1024), power.at(1024)), (plain, power));
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "many",
            "",
            ",",
            "6,5",
            "62,4M",
            "1,2345",
            "12345,678",
            "1,,234",
            "60M +- nan%",
            "60M +- -3%",
            "60M +- inf",
            "60M +-",
            "1e999",
            "x10^3",
            "1.2.3",
        ] {
            assert!(number(text).is_err(), "{text}");
        }
    }
}

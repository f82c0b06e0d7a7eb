//! Printed numbers and what they claim: half a unit of the last significant digit, both ends included.

use super::cell::CellError;
use super::notation::NumberClaim;

/// Reads a printed count: `62.4M`, `650,000`, `~60M`, `60M +- 3%`, `1.8x10^9`.
///
/// # Errors
/// Where it is no number.
pub fn number(text: &str) -> Result<NumberClaim, CellError> {
    let fail = || CellError {
        range: 0..text.len() as u32,
        message: format!("`{text}` is no number"),
        help: Some("write it like `62.4M`, `650,000` or `~60M`".to_owned()),
    };
    let (about, body) = match text.trim().strip_prefix('~') {
        Some(rest) => (true, rest.trim()),
        None => (false, text.trim()),
    };
    let (body, percent) = match body.replace('±', "+-").split_once("+-") {
        Some((number, percent)) => {
            let percent = percent.trim().trim_end_matches('%').trim().parse::<f64>().map_err(|_| fail())?;
            (number.trim().to_owned(), Some(percent))
        }
        None => (body.to_owned(), about.then_some(2.0)),
    };
    let (value, half) = magnitude(&body).ok_or_else(fail)?;
    let half = percent.map_or(half, |p| value.abs() * p / 100.0);
    Ok(NumberClaim { low: value - half, high: value + half, value })
}

/// The value and half a unit of its last significant digit.
fn magnitude(text: &str) -> Option<(f64, f64)> {
    let clean: String = text.chars().filter(|c| !matches!(c, ',' | ' ' | '_' | '\u{a0}')).collect();
    let lower = clean.to_lowercase().replace('×', "x");
    let (digits, scale, suffixed) = if let Some((mantissa, power)) = lower.split_once("x10^") {
        (mantissa.to_owned(), 10f64.powi(power.parse().ok()?), true)
    } else if let Some((mantissa, power)) = lower.split_once('e') {
        (mantissa.to_owned(), 10f64.powi(power.parse().ok()?), true)
    } else {
        let scale = match lower.chars().last()? {
            'k' => 1e3,
            'm' => 1e6,
            'g' | 'b' => 1e9,
            't' => 1e12,
            _ => 1.0,
        };
        let cut = if scale > 1.0 { lower.len() - 1 } else { lower.len() };
        (lower[..cut].to_owned(), scale, scale > 1.0)
    };
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
    value.is_finite().then_some((value, half))
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
        assert!(number("many").is_err() && number("").is_err());
    }
}

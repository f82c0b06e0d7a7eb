//! Values that are written as words: stretches of training, times, initialisers.

use crate::program::Init;
use serde_yaml::Value;
use std::fmt;

/// A stretch of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stretch {
    /// So many epochs, parts of one included.
    Epochs(f64),
    /// So many steps of the optimiser.
    Steps(u64),
}

impl Stretch {
    /// Its length in steps, with so many an epoch; rounded to the nearest.
    pub fn steps(self, an_epoch: u64) -> u64 {
        match self {
            Self::Epochs(epochs) => (epochs * an_epoch as f64).round() as u64,
            Self::Steps(steps) => steps,
        }
    }

    /// Reads `5`, `0.5`, `5 epochs`, `500 steps`.
    pub fn read(value: &Value) -> Option<Self> {
        let valid = |epochs: f64| (epochs.is_finite() && epochs >= 0.0).then_some(Self::Epochs(epochs));
        if let Some(number) = value.as_f64() {
            return valid(number);
        }
        let text = value.as_str()?.trim();
        if let Ok(number) = text.parse() {
            return valid(number);
        }
        let (number, unit) = text.split_once(char::is_whitespace)?;
        match unit.trim().trim_end_matches('s') {
            "epoch" => valid(number.parse().ok()?),
            "step" => number.parse().ok().map(Self::Steps),
            _ => None,
        }
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epochs(epochs) => write!(f, "{epochs}"),
            Self::Steps(steps) => write!(f, "{steps} steps"),
        }
    }
}

/// Reads `90s`, `30m`, `2h`, `1d12h`; in seconds.
pub(super) fn seconds(value: &Value) -> Option<u64> {
    let text: String = value.as_str()?.chars().filter(|c| !c.is_whitespace()).collect();
    let mut total = 0u64;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = match rest[digits..].chars().next()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    (total > 0).then_some(total)
}

/// How a tensor starts, before its fans are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// Every number the same.
    Constant(f64),
    /// Normal around 0, of this deviation.
    Normal(f64),
    /// Uniform, up to this on both sides of 0.
    Uniform(f64),
    /// Of variance `scale / fan`, uniform or normal.
    Scaled {
        /// Whose `scale` and `fan`.
        by: Scaling,
        /// Uniform instead of normal.
        uniform: bool,
    },
}

/// A rule for the variance of initial kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// `2 / (fan_in + fan_out)` (Glorot and Bengio 2010).
    Glorot,
    /// `2 / fan_in` (He et al. 2015).
    He,
    /// `1 / fan_in` (LeCun et al. 1998).
    Lecun,
}

impl Scaling {
    const fn word(self) -> &'static str {
        match self {
            Self::Glorot => "glorot",
            Self::He => "he",
            Self::Lecun => "lecun",
        }
    }
}

impl Initial {
    /// Reads a number, `zeros`, `ones`, `N(0, 0.01)`, `normal(0.01)`, `U(0.05)`, `uniform(-0.05, 0.05)`, or
    /// `glorot`, `he`, `lecun` (also `xavier`, `kaiming`) with `_uniform` or `_normal`.
    pub fn read(value: &Value) -> Option<Self> {
        if let Some(number) = value.as_f64() {
            return number.is_finite().then_some(Self::Constant(number));
        }
        let text = value.as_str()?.trim().to_lowercase();
        if let Ok(number) = text.parse::<f64>() {
            return number.is_finite().then_some(Self::Constant(number));
        }
        if let Some((name, rest)) = text.split_once('(') {
            let numbers: Option<Vec<f64>> =
                rest.strip_suffix(')')?.split(',').map(|n| n.trim().parse().ok()).collect();
            let numbers = numbers?;
            let valid = |spread: f64| spread.is_finite() && spread >= 0.0;
            return match (name.trim(), numbers.as_slice()) {
                ("n" | "normal", [0.0, std] | [std]) if valid(*std) => Some(Self::Normal(*std)),
                ("u" | "uniform", [bound]) if valid(*bound) => Some(Self::Uniform(*bound)),
                ("u" | "uniform", [low, high]) if valid(*high) && *low == -*high => {
                    Some(Self::Uniform(*high))
                }
                _ => None,
            };
        }
        let by = match text.split('_').next()? {
            "zeros" if text == "zeros" => return Some(Self::Constant(0.0)),
            "ones" if text == "ones" => return Some(Self::Constant(1.0)),
            "glorot" | "xavier" => Scaling::Glorot,
            "he" | "kaiming" => Scaling::He,
            "lecun" => Scaling::Lecun,
            _ => return None,
        };
        match text.split_once('_')?.1 {
            "uniform" => Some(Self::Scaled { by, uniform: true }),
            "normal" => Some(Self::Scaled { by, uniform: false }),
            _ => None,
        }
    }

    /// Of a tensor of these dimensions, as libtorch stores them: `[out, in, ...window]`, or `[C]`, whose fans are 1.
    pub fn resolve(self, dims: &[u64]) -> Init {
        let window: f64 = dims.iter().skip(2).map(|d| *d as f64).product();
        let fan_in = dims.get(1).map_or(1.0, |d| *d as f64) * window;
        let fan_out = if dims.len() > 1 { dims[0] as f64 * window } else { 1.0 };
        match self {
            Self::Constant(value) => Init::Constant(value),
            Self::Normal(std) => Init::Normal { std },
            Self::Uniform(bound) => Init::Uniform { bound },
            Self::Scaled { by, uniform } => {
                let variance = match by {
                    Scaling::Glorot => 2.0 / (fan_in + fan_out),
                    Scaling::He => 2.0 / fan_in,
                    Scaling::Lecun => fan_in.recip(),
                };
                match uniform {
                    true => Init::Uniform { bound: (3.0 * variance).sqrt() },
                    false => Init::Normal { std: variance.sqrt() },
                }
            }
        }
    }
}

impl fmt::Display for Initial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => write!(f, "{value}"),
            Self::Normal(std) => write!(f, "N(0, {std})"),
            Self::Uniform(bound) => write!(f, "U({bound})"),
            Self::Scaled { by, uniform } => {
                write!(f, "{}_{}", by.word(), if *uniform { "uniform" } else { "normal" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Value {
        serde_yaml::from_str(words).expect("YAML")
    }

    #[test]
    fn stretches_and_times() {
        assert_eq!(Stretch::read(&text("0.5")), Some(Stretch::Epochs(0.5)));
        assert_eq!(Stretch::read(&text("500 steps")), Some(Stretch::Steps(500)));
        assert_eq!(Stretch::read(&text("1 epoch")).map(|s| s.steps(44)), Some(44));
        for wrong in ["-1", "five", "5 minutes", "1.5 steps", ".inf", "[1]"] {
            assert_eq!(Stretch::read(&text(wrong)), None, "{wrong}");
        }
        assert_eq!(seconds(&text("1d12h")), Some(129_600));
        assert_eq!(seconds(&text("90s")), Some(90));
        for wrong in ["90", "h", "2x", "0s", "99999999999999999999s", "18446744073709551615d", "2é"] {
            assert_eq!(seconds(&text(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn initialisers_are_read_printed_back_and_resolved() {
        for (written, printed) in [
            ("N(0, .01)", "N(0, 0.01)"),
            ("normal(0.01)", "N(0, 0.01)"),
            ("\"U(-0.5, 0.5)\"", "U(0.5)"),
            ("1", "1"),
            ("zeros", "0"),
            ("xavier_uniform", "glorot_uniform"),
            ("kaiming_normal", "he_normal"),
        ] {
            let read = Initial::read(&text(written)).map(|i| i.to_string());
            assert_eq!(read.as_deref(), Some(printed), "{written}");
            assert_eq!(Initial::read(&Value::from(printed)), Initial::read(&text(written)));
        }
        for wrong in ["N(1, 0.1)", "N(0, -1)", "U(0, 1)", "he", "he_odd", "N(", ".nan", "N(0, inf)"] {
            assert_eq!(Initial::read(&text(wrong)), None, "{wrong}");
        }
        let he = Initial::Scaled { by: Scaling::He, uniform: false };
        assert_eq!(he.resolve(&[96, 3, 11, 11]), Init::Normal { std: (2.0f64 / 363.0).sqrt() });
        let glorot = Initial::Scaled { by: Scaling::Glorot, uniform: true };
        assert_eq!(glorot.resolve(&[10, 20]), Init::Uniform { bound: (6.0f64 / 30.0).sqrt() });
    }
}

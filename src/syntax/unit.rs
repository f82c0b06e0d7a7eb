//! The unit of a column of counts: `Params (M)`, `MACs [G]`, `Params (×10^3)`, `GFLOPs`.

use super::columns::fold;

/// A power of a thousand that a header states for the numbers below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// `K`, `M`, `G` or `T`.
    pub letter: char,
    /// Written as a power of ten: its K is 1000 and nothing else.
    pub exact: bool,
}

/// A header without its unit, and the unit.
pub(super) fn split(header: &str) -> Option<(String, Unit)> {
    let text = header.trim();
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some((head, inner)) = text.strip_suffix(close).and_then(|t| t.rsplit_once(open))
            && let Some(unit) = named(inner)
        {
            return Some((head.trim().to_owned(), unit));
        }
    }
    let folded = fold(text);
    let rest = folded.get(1..)?;
    let counts = ["flops", "macs", "madds", "multadds", "ops"].contains(&rest);
    let letter = folded.chars().next().filter(|c| "kmgt".contains(*c))?.to_ascii_uppercase();
    counts.then(|| (rest.to_owned(), Unit { letter, exact: false }))
}

/// `M`, `in millions`, `×10^6`, `1e6`, `GFLOPs`.
fn named(inner: &str) -> Option<Unit> {
    let lower = inner.trim().to_lowercase();
    let word = lower.strip_prefix("in ").unwrap_or(&lower).trim();
    let power = word.trim_start_matches(['×', 'x', '*', '·']).trim();
    let power = power.strip_prefix("10").or_else(|| power.strip_prefix('1').filter(|p| p.starts_with('e')));
    if let Some(power) = power {
        let power = power.trim_matches(['^', '{', '}', 'e', '*', ' ']);
        let letter = match power {
            "3" | "³" => 'K',
            "6" | "⁶" => 'M',
            "9" | "⁹" => 'G',
            "12" | "¹²" => 'T',
            _ => return None,
        };
        return Some(Unit { letter, exact: true });
    }
    let word = ["flops", "macs", "madds", "ops", "parameters", "params"]
        .iter()
        .find_map(|w| word.strip_suffix(w).map(str::trim))
        .unwrap_or(word);
    let letter = match word.trim_end_matches('s') {
        "k" | "thousand" => 'K',
        "m" | "million" | "mio" | "mio." => 'M',
        "g" | "b" | "bn" | "billion" => 'G',
        "t" | "trillion" => 'T',
        _ => return None,
    };
    Some(Unit { letter, exact: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_state_units() {
        for (text, head, letter, exact) in [
            ("Parameters (M)", "Parameters", 'M', false),
            ("FLOPs (G)", "FLOPs", 'G', false),
            ("MACs [M]", "MACs", 'M', false),
            ("Params (×10^3)", "Params", 'K', true),
            ("#params (x 10⁶)", "#params", 'M', true),
            ("Params (1e6)", "Params", 'M', true),
            ("Parameters (in millions)", "Parameters", 'M', false),
            ("Ops (GMACs)", "Ops", 'G', false),
            ("GFLOPs", "flops", 'G', false),
        ] {
            assert_eq!(split(text), Some((head.to_owned(), Unit { letter, exact })), "{text}");
        }
        for text in ["Params", "Output (size)", "Params (10)", "flops", "Maps", ""] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}

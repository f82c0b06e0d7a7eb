//! What a cell that cannot be read was meant to say: the slips of typing, printing and extracting, each undone and
//! read again.

/// A way to mend a text; none where there is nothing of its sort in it.
type Mend = fn(&str) -> Option<String>;

/// What may be wrong, the likeliest first.
const MENDS: &[(Mend, &str)] = &[
    (letters, "letters stand for digits"),
    (thousands, "commas group the digits"),
    (percent, "a share of 1 is meant"),
    (colon, "`=` stands between a name and its value"),
    (power, "a power of ten is written `1e-5`"),
    (closed, "a parenthesis is not closed"),
    (crosses, "a cross stands twice or at the end"),
    (remark, "a remark is not part of the cell"),
];

/// Help for a text that `reads` refuses: what to write, and what is wrong with what is written.
pub(super) fn advice(text: &str, reads: impl Fn(&str) -> bool) -> Option<String> {
    let told = |(written, why): (String, &str)| format!("write `{written}`: {why}");
    let mended = MENDS.iter().filter_map(|(mend, why)| Some((mend(text)?, *why)));
    mended.into_iter().find(|(written, _)| reads(written)).map(told)
}

/// The number or the size that a word is where letters in it stand for digits: `I6` is 16.
pub(crate) fn as_digits(word: &str) -> Option<String> {
    let digits = letters(word)?;
    let sized = |c: char| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '×');
    (digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(sized)).then_some(digits)
}

/// The digit that a letter looks like.
fn digit(c: char) -> Option<char> {
    match c {
        'O' | 'o' => Some('0'),
        'l' | 'I' => Some('1'),
        _ => None,
    }
}

/// `3O x 3O`: the letter beside a digit.
fn letters(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let near = |i: usize| {
        i.checked_sub(1).into_iter().chain([i + 1]).any(|j| chars.get(j).is_some_and(char::is_ascii_digit))
    };
    let read = |(i, c): (usize, &char)| digit(*c).filter(|_| near(i)).unwrap_or(*c);
    changed(text, chars.iter().enumerate().map(read).collect())
}

/// `1,024`: a comma between digits and exactly three more.
fn thousands(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
    let groups = |i: usize| {
        let after = bytes[i + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        after == 3 && i > 0 && is_digit(bytes.get(i - 1))
    };
    changed(text, text.char_indices().filter(|(i, c)| *c != ',' || !groups(*i)).map(|(_, c)| c).collect())
}

/// `50%`.
fn percent(text: &str) -> Option<String> {
    let end = text.find('%')?;
    let number = text[..end].trim_end();
    let start = number.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let share: f64 = number[start..].parse().ok()?;
    Some(format!("{}{}{}", &text[..start], share / 100.0, &text[end + 1..]))
}

/// `K:8`.
fn colon(text: &str) -> Option<String> {
    changed(text, text.replace(": ", "=").replace(':', "="))
}

/// `1x10^-5`.
fn power(text: &str) -> Option<String> {
    let crosses = ["x10^", "*10^", "×10^", " x 10^", " × 10^", " * 10^", "x10-", "×10-"];
    crosses
        .iter()
        .find(|c| text.contains(**c))
        .map(|c| text.replace(c, if c.ends_with('-') { "e-" } else { "e" }))
}

/// `(w`: as many closing ones as are missing, at the end of the part that lacks them.
fn closed(text: &str) -> Option<String> {
    let count = |c: char| text.matches(c).count();
    let (round, curly) = (count('(').checked_sub(count(')'))?, count('{').checked_sub(count('}'))?);
    (round + curly > 0).then(|| format!("{text}{}{}", ")".repeat(round), "}".repeat(curly)))
}

/// `30xx30x`.
fn crosses(text: &str) -> Option<String> {
    let one = text.replace('×', "x");
    let one = one.trim_end_matches(['x', ' ', ',', ';']).trim_start_matches(['x', ' ', ',', ';']);
    changed(text, one.replace("xx", "x"))
}

/// `26x26x8 (valid)`: what stands before the first sign of a remark.
fn remark(text: &str) -> Option<String> {
    let end = text.find(['(', '[', '?', '#', '&', '<'])?;
    let kept = text[..end].trim_end_matches([' ', ';', ',']);
    kept.contains(|c: char| c.is_ascii_digit()).then(|| kept.to_owned())
}

fn changed(before: &str, after: String) -> Option<String> {
    (after != before).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::super::cell;
    use super::*;

    #[test]
    fn slips_are_undone() {
        let size = |t: &str| cell::size(t).is_ok();
        let causes = |t: &str| cell::causes(t).is_ok();
        for (text, wanted) in [
            ("3O x 3O x 8", "30 x 30 x 8"),
            ("30x30x1,024", "30x30x1024"),
            ("26 x 26 x 8 (valid)", "26 x 26 x 8"),
            ("28x28x", "28x28"),
        ] {
            assert!(cell::size(text).is_err(), "{text}");
            let advice = advice(text, size).unwrap_or_default();
            assert!(advice.starts_with(&format!("write `{wanted}`")), "{text}: {advice}");
        }
        for (text, wanted) in [
            ("p=50%", "p=0.5"),
            ("3x3;K:8", "3x3;K=8"),
            ("eps=1x10^-5", "eps=1e-5"),
            ("3x3; K=(w", "3x3; K=(w)"),
        ] {
            assert!(cell::causes(text).is_err(), "{text}");
            let advice = advice(text, causes).unwrap_or_default();
            assert!(advice.starts_with(&format!("write `{wanted}`")), "{text}: {advice}");
        }
        assert_eq!(advice("what ?!", size), None);
        let read = |t: &str| as_digits(t).unwrap_or_default();
        assert_eq!([read("I6"), read("l4x14x8"), read("lO"), read("c1")], ["16", "14x14x8", "", ""]);
    }
}

//! Cells cleaned of Markdown, each byte with its place.

use super::document::{Cell, Said};
use crate::source::Span;
use rustc_hash::FxBuildHasher;
use std::collections::HashMap;
use std::sync::Arc;

/// What is read as something else, longest first.
const READ_AS: &[(&str, &str)] = &[
    ("&times;", "×"),
    ("&#215;", "×"),
    ("&#xd7;", "×"),
    ("&#xD7;", "×"),
    ("\\times", "×"),
    ("✕", "×"),
    ("✖", "×"),
    ("· 10", "× 10"),
    ("·10", "×10"),
    ("⨯", "×"),
    ("╳", "×"),
    ("&nbsp;", " "),
    ("&sup2;", "²"),
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("<br/>", " "),
    ("<br />", " "),
    ("<br>", " "),
    ("\\|", "|"),
    ("\\*", "*"),
    ("$", ""),
    ("∗", "*"),
    ("⋅", "*"),
    ("**", ""),
    ("`", ""),
    ("\"", ""),
    ("\u{a0}", " "),
    ("\u{2009}", " "),
    ("\u{202f}", " "),
    ("\u{3000}", " "),
    ("\u{200b}", ""),
    ("\u{2010}", "-"),
    ("\u{2011}", "-"),
    ("\u{2013}", "-"),
    ("\u{2212}", "-"),
    // Quotes around a word say nothing; footnote marks speak to the reader.
    ("\u{201c}", ""),
    ("\u{201d}", ""),
    ("\u{201e}", ""),
    ("†", ""),
    ("‡", ""),
    ("§", ""),
    ("¶", ""),
];

/// Cells that say nothing.
const NOTHING: [&str; 7] = ["", "-", "--", "---", "\u{2013}", "\u{2014}", "n/a"];

/// Tags whose content stays.
const TAGS: &[&str] = &["b", "i", "em", "strong", "code", "tt", "sub", "small", "span", "u"];

/// The digits that stand raised, 0 first.
const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// The most texts remembered, so that a table of a million different cells stays small.
const MOST: usize = 65_536;

/// What a document's cells say, each text cleaned once.
#[derive(Debug, Default)]
pub(super) struct Texts<'t> {
    known: HashMap<&'t str, Option<Arc<Said>>, FxBuildHasher>,
}

impl<'t> Texts<'t> {
    /// The cell in these bytes of the text.
    pub(super) fn cell(&mut self, text: &'t str, span: Span) -> Cell {
        let whole = &text[span.range()];
        let raw = whole.trim_start();
        let (lead, raw) = (whole.len() - raw.len(), raw.trim_end());
        let span = span.part(lead, raw.len());
        if let Some(said) = self.known.get(raw) {
            return Cell::shared(said.clone(), span);
        }
        let said = said(raw);
        if self.known.len() < MOST {
            self.known.insert(raw, said.clone());
        }
        Cell::shared(said, span)
    }
}

/// What a trimmed cell says, cleaned.
pub(crate) fn cleaned(raw: &str) -> String {
    said(raw).map_or_else(String::new, |said| said.text.clone())
}

/// What a trimmed cell says; none where that is nothing.
fn said(raw: &str) -> Option<Arc<Said>> {
    if NOTHING.iter().any(|n| raw.eq_ignore_ascii_case(n)) {
        return None;
    }
    let plain = |b: u8| b.is_ascii() && !b.is_ascii_control() && !b"*`&<\\_[\"'$".contains(&b);
    if raw.bytes().all(plain) && !raw.contains(" by ") && !raw.contains("  ") {
        return Some(Arc::new(Said::new(raw.to_owned(), Vec::new())));
    }
    let last_close = raw.rfind(')').unwrap_or(0);
    let last_comment = raw.rfind("-->").unwrap_or(0);
    let mut cleaner =
        Cleaner { raw, last_close, last_comment, text: String::with_capacity(raw.len()), quoted: false };
    let mut map = Vec::with_capacity(raw.len() + 1);
    let mut at = 0;
    while at < raw.len() {
        let before = cleaner.text.len();
        let taken = cleaner.step(at);
        map.extend(std::iter::repeat_n(at as u32, cleaner.text.len() - before));
        at += taken;
    }
    map.push(raw.len() as u32);
    let clean = cleaner.text;
    let start = clean.len() - clean.trim_start().len();
    let kept = clean.trim().to_owned();
    let map = map[start..=start + kept.len()].to_vec();
    Some(Arc::new(Said::new(kept, map)))
}

/// A cell half read.
struct Cleaner<'a> {
    raw: &'a str,
    /// Where the last closing parenthesis stands.
    last_close: usize,
    /// Where the last comment ends.
    last_comment: usize,
    text: String,
    /// Inside `'...'`.
    quoted: bool,
}

impl Cleaner<'_> {
    /// Reads what stands at a byte; returns how many bytes that were.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.raw[at..];
        if let Some((raw, given)) = READ_AS.iter().find(|(raw, _)| rest.starts_with(raw)) {
            if *given == " " {
                self.blank()
            } else {
                self.text.push_str(given)
            }
            return raw.len();
        }
        let Some(first) = rest.chars().next() else { return rest.len() };
        let after = rest[first.len_utf8()..].chars().next();
        if rest.starts_with("<!--") && at < self.last_comment {
            return rest.find("-->").map_or(rest.len(), |i| i + 3);
        }
        match first {
            '[' => return self.bracket(at),
            'b' if self.parts(rest) => {
                self.text.push('×');
                return 2;
            }
            // A Cyrillic letter in the place of a cross.
            'х' | 'Х' if self.text.ends_with(|c: char| c.is_ascii_digit() || c == ' ') => {
                self.text.push('x')
            }
            '<' if rest.starts_with("<sup>") => return self.superscript(rest),
            '<' if tag(rest) > 0 => return tag(rest),
            '*' if self.is_mark(after) => {}
            '_' if self.text.is_empty() || after.is_none() => {}
            '_' if after == Some('_') && self.ends_word(rest[2..].chars().next()) => return 2,
            '\u{2018}' => self.quoted = true,
            '\'' | '\u{2019}' => self.quote(),
            c if RAISED.contains(&c) => return self.raised(rest),
            // Full-width signs, digits and letters stand one block above ASCII.
            '\u{ff01}'..='\u{ff5e}' => {
                self.text.push(char::from_u32(u32::from(first) - 0xfee0).unwrap_or(first));
            }
            _ if first.is_whitespace() => self.blank(),
            _ => self.text.push(first),
        }
        first.len_utf8()
    }

    /// Blanks of any number and kind part words as one does.
    fn blank(&mut self) {
        if !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    /// The `by` of `3 by 3`.
    fn parts(&self, rest: &str) -> bool {
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        rest.strip_prefix("by ").is_some_and(|r| r.trim_start().starts_with(|c: char| c.is_ascii_digit()))
            && self.text.ends_with(' ')
            && self.tail().split_whitespace().next_back().is_some_and(digits)
    }

    /// A link's text is kept, a footnote's mark is not; any other bracket is one.
    fn bracket(&mut self, at: usize) -> usize {
        let rest = &self.raw[at..];
        let end = rest[1..].find(['[', ']']).map(|i| i + 1).filter(|i| rest[*i..].starts_with(']'));
        let Some(end) = end else {
            self.text.push('[');
            return 1;
        };
        // `[^1]` and `[1]` point to a note; a list of one number stands behind its `=`.
        let number = end > 1 && rest[1..end].bytes().all(|b| b.is_ascii_digit());
        if rest.starts_with("[^") || number && !self.text.is_empty() && !self.text.ends_with(['=', '(', ','])
        {
            return end + 1;
        }
        // Beyond the last closing parenthesis none is looked for: a cell is cleaned in linear time.
        let target = rest[end..].strip_prefix("](").filter(|_| at + end < self.last_close);
        match target.and_then(|t| t.find(')')) {
            Some(close) => {
                self.text.push_str(&rest[1..end]);
                end + 2 + close + 1
            }
            None => {
                self.text.push('[');
                1
            }
        }
    }

    /// A star that points to a footnote or marks emphasis, and does not multiply.
    fn is_mark(&self, after: Option<char>) -> bool {
        let behind = self.text.chars().next_back().is_some_and(|c| !c.is_whitespace());
        let ends = after.is_none_or(|c| c.is_whitespace() || ";,|".contains(c));
        let opens = self.text.is_empty() && after.is_some_and(|c| !c.is_whitespace());
        let multiplies = after.is_some_and(char::is_whitespace) && self.tail().contains('=');
        opens || behind && ends && !multiplies
    }

    /// The end of what is read so far: enough to know what a mark belongs to.
    fn tail(&self) -> &str {
        let mut start = self.text.len().saturating_sub(48);
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        &self.text[start..]
    }

    fn ends_word(&self, after: Option<char>) -> bool {
        let border = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        border(self.text.chars().next_back()) || border(after)
    }

    /// Quotes around a word go; the prime of `conv1'` stays.
    fn quote(&mut self) {
        let behind = self.text.chars().next_back().is_some_and(char::is_alphanumeric);
        if self.quoted || !behind {
            self.quoted = !self.quoted;
        } else {
            self.text.push('\'');
        }
    }

    /// `112²` is a square and `x10⁹` a power; any other raised digit is a footnote's mark.
    fn raised(&mut self, rest: &str) -> usize {
        let run: String = rest.chars().take_while(|c| RAISED.contains(c)).collect();
        self.raise(&run, rest[run.len()..].trim_start().chars().next());
        run.len()
    }

    /// `<sup>2</sup>` stands raised as ² does; anything but digits points to a note.
    fn superscript(&mut self, rest: &str) -> usize {
        let start = "<sup>".len();
        let Some(end) = rest.find("</sup>") else { return start };
        let inner = rest[start..end].trim();
        if !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit()) {
            let run: String = inner.bytes().map(|b| RAISED[usize::from(b - b'0')]).collect();
            self.raise(&run, rest[end + "</sup>".len()..].trim_start().chars().next());
        }
        end + "</sup>".len()
    }

    /// True behind a number times ten: `1.8 × 10`, not `57x57x10`.
    fn is_power(&self) -> bool {
        let last = self.tail().rsplit([';', ',', '|']).next().unwrap_or("").replace(' ', "");
        let mantissa = ["x10", "×10", "X10", "*10"].iter().find_map(|p| last.strip_suffix(p));
        mantissa.is_some_and(|m| m.trim_start_matches(['~', '≈', '∼']).parse::<f64>().is_ok())
    }

    /// Reads raised digits, `after` behind them.
    fn raise(&mut self, run: &str, after: Option<char>) {
        let word = self.tail().rsplit([' ', ';', ',']).next().unwrap_or("");
        let power = self.is_power();
        let crossed = word.contains(['x', '×', 'X']);
        let goes_on = after.is_some_and(|c| "x×X".contains(c));
        if power && !goes_on {
            self.text.push('^');
            let digit =
                |c: char| RAISED.iter().position(|r| *r == c).and_then(|i| char::from_digit(i as u32, 10));
            self.text.extend(run.chars().filter_map(digit));
        } else if run == "²" && word.ends_with(|c: char| c.is_ascii_digit()) && (goes_on || !crossed) {
            self.text.push('²');
        }
    }
}

/// The bytes of a tag whose content stays.
fn tag(rest: &str) -> usize {
    let name = rest[1..].trim_start_matches('/');
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    let known = TAGS.iter().any(|t| t.eq_ignore_ascii_case(&name[..letters]));
    let end = rest.len() - name.len() + letters;
    if known && rest[end..].starts_with('>') { end + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> String {
        Texts::default().cell(raw, Span::new(0, raw.len())).text.clone()
    }

    #[test]
    fn markdown_and_marks_are_read_through() {
        for (raw, text) in [
            ("57×57×96[^1]", "57×57×96"),
            ("3x3 <!-- allow W0202: known -->", "3x3"),
            ("57x57x96¹", "57x57x96"),
            ("57x57x96²", "57x57x96"),
            ("112²×64", "112²×64"),
            ("112²", "112²"),
            ("1.8×10⁹", "1.8×10^9"),
            ("1.48 · 10²", "1.48 × 10^2"),
            ("1.48×10<sup>2</sup>", "1.48×10^2"),
            ("57x57x10³", "57x57x10"),
            ("57x57x96<sup>1</sup>", "57x57x96"),
            ("28<sup>2</sup>×6", "28²×6"),
            ("CONV<sup>a</sup>", "CONV"),
            ("K=8[1]", "K=8"),
            ("padding=[3]", "padding=[3]"),
            ("N/A", ""),
            ("28 by 28 by 8", "28 × 28 × 8"),
            ("conv1 by 2", "conv1 by 2"),
            ("CONV*", "CONV"),
            ("*CONV*", "CONV"),
            ("_CONV_", "CONV"),
            ("CONV \t DW", "CONV DW"),
            ("MAX&nbsp; <br>POOL", "MAX POOL"),
            ("**CONV** [paper](http://x_y)", "CONV paper"),
            ("3x3/2†; K=4*c", "3x3/2; K=4*c"),
            ("K=4 * c", "K=4 * c"),
            ("padding=“same”", "padding=same"),
            ("padding='same'", "padding=same"),
            ("padding=‘same’", "padding=same"),
            ("conv1'", "conv1'"),
            ("max__pool", "max__pool"),
            ("[3x3, 64] x 3", "[3x3, 64] x 3"),
            ("[[3x3](a)", "[3x3"),
            ("11x11／4；K＝96", "11x11/4;K=96"),
            ("$3\\times3$", "3×3"),
            ("<b>CONV</b> 3&#215;3", "CONV 3×3"),
            ("if(a<b, 1, 2)", "if(a<b, 1, 2)"),
        ] {
            assert_eq!(read(raw), text, "{raw}");
        }
    }

    #[test]
    fn places_follow_the_text() {
        let text = "| [^1]**57**x57 |";
        let cell = Texts::default().cell(text, Span::new(1, text.len() - 1));
        assert_eq!(cell.text, "57x57");
        let x = cell.span_of(&(2..3));
        assert_eq!(&text[x.range()], "x");
    }

    /// Every byte is looked at a bounded number of times: a megabyte of brackets ends at once.
    #[test]
    fn a_run_of_brackets_is_linear() {
        for part in ["[", "[a](", "*", "a* ", "¹a", "'", "<!--"] {
            let raw = part.repeat(1 << 17);
            assert!(read(&raw).len() <= raw.len());
        }
    }
}

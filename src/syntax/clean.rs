//! Cells cleaned of Markdown, each byte with its place.

use super::document::Cell;
use crate::source::Span;

/// What is read as something else, longest first.
const READ_AS: &[(&str, &str)] = &[
    ("&times;", "×"),
    ("&nbsp;", " "),
    ("<br/>", " "),
    ("<br />", " "),
    ("<br>", " "),
    ("\\|", "|"),
    ("**", ""),
    ("__", ""),
    ("`", ""),
    ("\u{a0}", " "),
    ("\u{2009}", " "),
    ("\u{202f}", " "),
    ("\u{2013}", "-"),
    ("\u{2212}", "-"),
    ("\u{2019}", "'"),
    ("\u{ff0f}", "/"),
    ("\u{ff1d}", "="),
];

/// The cell in these bytes of the text.
pub(super) fn cell(text: &str, span: Span) -> Cell {
    let raw = &text[span.range()];
    let lead = raw.len() - raw.trim_start().len();
    let raw = raw.trim();
    let span = span.part(lead, raw.len());
    if raw.is_empty() || raw == "-" || raw == "\u{2013}" || raw == "\u{2014}" {
        return Cell { text: String::new(), span, map: Vec::new() };
    }
    if raw.is_ascii() && !raw.contains(['*', '`', '&', '<', '\\', '_', '[']) {
        return Cell { text: raw.to_owned(), span, map: Vec::new() };
    }
    let (mut clean, mut map) = (String::with_capacity(raw.len()), Vec::with_capacity(raw.len() + 1));
    let mut at = 0;
    while at < raw.len() {
        let rest = &raw[at..];
        let (taken, given) = step(rest);
        clean.push_str(&given);
        map.extend(std::iter::repeat_n(span.start + at as u32, given.len()));
        at += taken;
    }
    map.push(span.end);
    let start = clean.len() - clean.trim_start().len();
    let kept = clean.trim().to_owned();
    let map = map[start..=start + kept.len()].to_vec();
    Cell { text: kept, span, map }
}

/// How many bytes are read, and as what.
fn step(rest: &str) -> (usize, String) {
    if let Some((raw, given)) = READ_AS.iter().find(|(raw, _)| rest.starts_with(raw)) {
        return (raw.len(), (*given).to_owned());
    }
    if rest.starts_with('[')
        && let Some(close) = rest.find("](")
        && let Some(end) = rest[close..].find(')')
    {
        return (close + end + 1, rest[1..close].to_owned());
    }
    let Some(first) = rest.chars().next() else { return (rest.len(), String::new()) };
    let wide = u32::from(first);
    let narrow = match wide {
        // Full-width digits and letters, one block above ASCII.
        0xff10..=0xff19 | 0xff21..=0xff3a | 0xff41..=0xff5a => char::from_u32(wide - 0xfee0).unwrap_or(first),
        _ => first,
    };
    (first.len_utf8(), narrow.to_string())
}

//! The YAML header: guarded by a byte scan, read by serde_yaml, placed by a second pass over its events.

use super::document::Header;
use super::yaml::{self, places};
use super::yaml_says;
use crate::diag::{Code, Diagnostic};
use crate::source::{Source, Span};

/// The longest header, in bytes.
const LONGEST: usize = 64 * 1024;
/// The deepest nesting.
const DEEPEST: usize = 64;

/// Where the header stands.
struct Found {
    /// The header with its `---` lines.
    span: Span,
    /// The YAML between them.
    body: Span,
    /// False where no second `---` ends it; then it is taken to end where YAML cannot go on.
    closed: bool,
}

fn find(source: &Source) -> Option<Found> {
    let bom = if source.text().starts_with('\u{feff}') { 3 } else { 0 };
    let first = source.line_span(1);
    if source.slice(first)[bom.min(first.range().len())..].trim_end() != "---" {
        return None;
    }
    let closes = |l: &u32| matches!(source.slice(source.line_span(*l)).trim_end(), "---" | "...");
    let last = (2..=source.line_count()).find(closes);
    let close = match last {
        Some(line) => source.line_span(line),
        None => {
            let over = |l: &u32| {
                let text = source.slice(source.line_span(*l)).trim();
                text.is_empty() || text.contains('|') || text.starts_with("# ")
            };
            let line = (2..=source.line_count()).find(over);
            let start = line.map_or(source.text().len() as u32, |l| source.line_span(l).start);
            Span { start, end: start }
        }
    };
    let body = Span { start: source.line_span(2).start.min(close.start), end: close.start };
    Some(Found { span: Span { start: first.start, end: close.end }, body, closed: last.is_some() })
}

fn unclosed(source: &Source, found: &Found) -> Diagnostic {
    let end = found.body.end;
    let starts_line = end == 0 || source.text().as_bytes().get(end as usize - 1) == Some(&b'\n');
    let text = if starts_line { "---\n" } else { "\n---\n" };
    let line = source.line_of(end);
    Diagnostic::new(Code::E0103, source.line_span(1), "the header that begins here is not closed")
        .label("no second `---` follows")
        .help(format!("write `---` on a line of its own before line {line}, or remove this line"))
        .fix(Span { start: end, end }, text, !found.body.is_empty())
}

/// Reads the header. On any problem the header is empty and the diagnostic says why.
pub(super) fn read(source: &Source, found: &mut Vec<Diagnostic>) -> Header {
    let Some(place) = find(source) else { return Header::default() };
    let Found { span, body, closed } = place;
    let text = source.slice(body);
    let nothing = || Header { span, ..Header::default() };
    if !closed {
        found.push(unclosed(source, &place));
    }
    if let Some(problem) = guard(text, body).or_else(|| commas(text, body)) {
        found.push(problem);
        return nothing();
    }
    match serde_yaml::from_str::<serde_yaml::Value>(text) {
        Ok(value) if value.is_mapping() || value.is_null() => {
            Header { span, value, places: places(text, body.start) }
        }
        _ if !closed => nothing(),
        Ok(_) => {
            let message = "the header is not a list of `key: value` lines";
            found.push(Diagnostic::new(Code::E0103, body, message).help("write it like `dialect: keras`"));
            nothing()
        }
        Err(error) => {
            found.push(not_yaml(source, body, &error));
            nothing()
        }
    }
}

fn not_yaml(source: &Source, body: Span, error: &serde_yaml::Error) -> Diagnostic {
    let place = error.location().map_or(body, |l| {
        let at = (body.start as usize + l.index()).min(body.end as usize);
        let line = source.line_span(source.line_of(at as u32));
        Span { start: (at as u32).min(line.end), end: line.end.max(at as u32) }
    });
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or("").to_owned();
    let twice = reason.split_once("duplicate entry with key \"").and_then(|(_, r)| r.strip_suffix('"'));
    if let Some(key) = twice {
        return key_twice(source, body, place, key);
    }
    yaml_says::refused(source, body, place, &reason)
}

/// A key that stands twice, at the second one where each has a line of its own.
fn key_twice(source: &Source, body: Span, place: Span, key: &str) -> Diagnostic {
    let lines = source.line_of(body.start)..=source.line_of(body.end);
    let begins = |line: u32| {
        let span = source.line_span(line);
        let text = source.slice(span);
        let start = text.len() - text.trim_start().len();
        let rest = text[start..].strip_prefix(key)?;
        rest.trim_start().starts_with(':').then(|| span.part(start, key.len()))
    };
    let mut found: Vec<Span> = lines.filter_map(begins).collect();
    if found.len() < 2 {
        found = in_line(source, place, key);
    }
    let d = Diagnostic::new(
        Code::E0103,
        found.get(1).copied().unwrap_or(place),
        format!("the key `{key}` stands twice"),
    )
    .help("keep one of them");
    match found.as_slice() {
        [first, _, ..] => d.also(*first, "the first one"),
        _ => d,
    }
}

/// The places of a key in the line that begins or goes on at a place: `{ a: 1, a: 2 }`.
fn in_line(source: &Source, place: Span, key: &str) -> Vec<Span> {
    let span = source.line_span(source.line_of(place.start));
    let text = source.slice(span);
    let alone = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + key.len()..].trim_start();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_') && after.starts_with(':')
    };
    let places = text.match_indices(key).map(|(at, _)| at).filter(|at| alone(*at));
    places.map(|at| span.part(at, key.len())).collect()
}

/// Length, depth of brackets and indentation before a library reads any of it; then how far its
/// aliases expand, before a library expands them.
fn guard(text: &str, body: Span) -> Option<Diagnostic> {
    let refuse = |at: usize, message: String| {
        Some(
            Diagnostic::new(Code::E0104, body.part(at, 1), message)
                .help("a header is at most 64 KiB and 64 levels deep"),
        )
    };
    if text.len() > LONGEST {
        return refuse(0, format!("the header has {} bytes; at most {LONGEST} are read", text.len()));
    }
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return refuse(at, format!("the header is nested deeper than {DEEPEST} levels"));
        }
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let lead = line.trim_start();
        let indent = line.len() - lead.len();
        let dashes = lead.split("- ").take_while(|p| p.is_empty()).count();
        if indent > 4 * DEEPEST || dashes > DEEPEST {
            return refuse(start, format!("the header is nested deeper than {DEEPEST} levels"));
        }
        start += line.len();
    }
    yaml::expands_too_far(text).map(|at| {
        Diagnostic::new(Code::E0104, body.part(at, 1), "the header's aliases (`*name`) expand too far")
            .label("with this one")
            .help(format!("write the values out; a header holds at most {} of them", yaml::MOST_NODES))
    })
}

/// `{ neurons: 650,000 }` would be read as 650 and a key `000`.
fn commas(text: &str, body: Span) -> Option<Diagnostic> {
    let bytes = text.as_bytes();
    let mut open: Vec<u8> = Vec::new();
    for (at, byte) in yaml::bare(text) {
        match byte {
            b'{' | b'[' => open.push(byte),
            b'}' | b']' => {
                open.pop();
            }
            b',' if open.last() == Some(&b'{') && (grouped(bytes, at) || decimal(bytes, at)) => {
                let digit = |b: &u8| b.is_ascii_digit() || *b == b',';
                let start = at - bytes[..at].iter().rev().take_while(|b| digit(b)).count();
                let end = at + bytes[at..].iter().take_while(|b| digit(b)).count();
                // A comma behind the last digit parts two entries.
                let number = text[start..end].trim_end_matches(',');
                let end = start + number.len();
                let message = format!("`{number}` inside braces is read as several entries");
                if decimal(bytes, at) {
                    let suffix = bytes[end..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
                    let (span, number) = (body.part(start, end + suffix - start), &text[start..end + suffix]);
                    let message = format!("`{number}` inside braces is read as several entries");
                    let help =
                        format!("write `{}`: the decimal sign is a point", number.replacen(',', ".", 1));
                    return Some(Diagnostic::new(Code::E0107, span, message).help(help));
                }
                return Some(
                    Diagnostic::new(Code::E0107, body.part(start, end - start), message)
                        .help(format!("write `\"{number}\"` or `{}`", number.replace(',', "")))
                        .fix(body.part(start, end - start), format!("\"{number}\""), true),
                );
            }
            _ => {}
        }
    }
    None
}

/// A decimal comma: `1,2M`, between digits, no three behind it, and then no key's colon.
fn decimal(bytes: &[u8], at: usize) -> bool {
    let after = &bytes[at + 1..];
    let digits = after.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = &after[digits..];
    let suffix = rest.iter().take_while(|b| b"KMGTkmgt".contains(b)).count();
    let ends = rest[suffix..].iter().find(|b| **b != b' ').is_none_or(|b| matches!(b, b',' | b'}'));
    at > 0 && bytes[at - 1].is_ascii_digit() && digits > 0 && digits != 3 && ends
}

/// A comma between a digit and exactly three digits.
fn grouped(bytes: &[u8], at: usize) -> bool {
    let after = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
    at > 0 && bytes[at - 1].is_ascii_digit() && after == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(header: &str) -> Vec<Code> {
        let mut found = Vec::new();
        read(&Source::new("x", format!("---\n{header}\n---\n")), &mut found);
        found.into_iter().map(|d| d.code).collect()
    }

    #[test]
    fn commas_are_refused_only_where_they_part_entries() {
        for fine in [
            "a: { b: [100,200,300] }",
            "a: { b: \"650,000\" }",
            "a: { b: 1 } # it's 650,000, isn't it",
            "a: it's so\nb: { c: 1, d: don't }",
            "a: 650,000",
            "a: [1,200]",
        ] {
            assert_eq!(codes(fine), [], "{fine}");
        }
        for wrong in ["a: { b: 650,000 }", "a: { b: [1], c: 650,000 }", "a: { b: don't, c: 1,234,567 }"] {
            assert_eq!(codes(wrong), [Code::E0107], "{wrong}");
        }
    }

    #[test]
    fn the_comma_between_entries_is_no_part_of_the_number() {
        let source = Source::new("x", "---\nclaims: { a: 28,000, b: 1 }\n---\n");
        let mut found = Vec::new();
        read(&source, &mut found);
        let fix = found[0].fix.as_ref().map(|f| (source.slice(f.edits[0].span), f.edits[0].text.as_str()));
        assert_eq!(fix, Some(("28,000", "\"28,000\"")));
    }

    #[test]
    fn only_aliases_that_grow_are_refused() {
        assert_eq!(codes("a: *strong* words, *weak\nb: 2 *c"), [Code::E0103], "an alias without its anchor");
        assert_eq!(codes("a: some *strong* words\nb: 2 *c\nc: &x [1, 2]\nd: [*x, *x]"), []);
    }

    #[test]
    fn places_hold_beside_aliases_and_odd_keys() {
        let text = "---\na: &x 3\nb: { c: *x, d: 4 }\n? [e, f]\n: 5\ng: 6\n---\n";
        let source = Source::new("x", text);
        let header = read(&source, &mut Vec::new());
        let at = |path: &[&str]| header.get(path).map(|f| source.slice(f.span).trim().to_owned());
        assert_eq!(at(&["b", "d"]).as_deref(), Some("4"));
        assert_eq!(at(&["b", "c"]).as_deref(), Some("*x"));
        assert_eq!(at(&["g"]).as_deref(), Some("6"));
    }
}

//! The YAML header: guarded by a byte scan, read by serde_yaml, placed by a second pass over its events.

use super::document::Header;
use crate::diag::{Code, Diagnostic};
use crate::source::{Source, Span};
use saphyr_parser::{Event, Parser, Span as YamlSpan};
use std::collections::HashMap;

/// The longest header, in bytes.
const LONGEST: usize = 64 * 1024;
/// The deepest nesting.
const DEEPEST: usize = 64;

/// The header's whole span with its `---` lines, and where the table part begins; none without a header.
pub(super) fn find(source: &Source) -> Option<(Span, Span)> {
    let text = source.text();
    let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let first = source.line_span(1);
    if source.slice(first)[bom.min(first.range().len())..].trim_end() != "---" {
        return None;
    }
    let line = (2..=source.line_count())
        .find(|l| matches!(source.slice(source.line_span(*l)).trim_end(), "---" | "..."))?;
    let close = source.line_span(line);
    let body = Span { start: source.line_span(2).start, end: close.start };
    Some((Span { start: first.start, end: close.end }, body))
}

/// Reads the header. On any problem the header is empty and the diagnostic says why.
pub(super) fn read(source: &Source, found: &mut Vec<Diagnostic>) -> Header {
    let Some((span, body)) = find(source) else { return Header::default() };
    let text = source.slice(body);
    if let Some(problem) = guard(text, body) {
        found.push(problem);
        return Header { span, ..Header::default() };
    }
    found.extend(commas(text, body));
    if !found.is_empty() {
        return Header { span, ..Header::default() };
    }
    match serde_yaml::from_str::<serde_yaml::Value>(text) {
        Ok(value) if value.is_mapping() || value.is_null() => {
            Header { span, value, places: places(text, body.start) }
        }
        Ok(_) => {
            let message = "the header is not a list of `key: value` lines";
            found.push(Diagnostic::new(Code::E0103, body, message).help("write it like `dialect: keras`"));
            Header { span, ..Header::default() }
        }
        Err(error) => {
            found.push(not_yaml(source, body, &error));
            Header { span, ..Header::default() }
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
    Diagnostic::new(Code::E0103, place, format!("the header is not valid YAML: {reason}"))
        .help("each line is `key: value`; quote a value that holds `: ` or `#`")
}

/// Length, depth of brackets and indentation, and aliases, before a library reads any of it.
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
        let alias = |c: char| lead.split([' ', '[', ',', '{']).any(|w| w.len() > 1 && w.starts_with(c));
        if alias('*') {
            return refuse(start, "aliases (`*name`) are not read in a header".to_owned());
        }
        start += line.len();
    }
    None
}

/// `{ neurons: 650,000 }` would be read as 650 and a key `000`.
fn commas(text: &str, body: Span) -> Option<Diagnostic> {
    let bytes = text.as_bytes();
    let (mut depth, mut quote) = (0usize, None);
    for (at, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (Some(q), b) if q == *b => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'{') => depth += 1,
            (None, b'}') => depth = depth.saturating_sub(1),
            (None, b',') if depth > 0 && grouped(bytes, at) => {
                let digit = |b: &u8| b.is_ascii_digit() || *b == b',';
                let start = at - bytes[..at].iter().rev().take_while(|b| digit(b)).count();
                let end = at + bytes[at..].iter().take_while(|b| digit(b)).count();
                let number = &text[start..end];
                let message = format!("`{number}` inside braces is read as several entries");
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

/// A comma between a digit and exactly three digits.
fn grouped(bytes: &[u8], at: usize) -> bool {
    let after = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
    at > 0 && bytes[at - 1].is_ascii_digit() && after == 3
}

/// What a container's next child is called, and where the key stood.
enum Level {
    Map { key: Option<(String, Span)> },
    List { next: usize },
}

/// The places of all key paths, from a second pass over the events.
fn places(text: &str, shift: u32) -> HashMap<Vec<String>, (Span, Span)> {
    let offsets: Vec<u32> =
        text.char_indices().map(|(b, _)| b as u32).chain(std::iter::once(text.len() as u32)).collect();
    let byte = |index: usize| offsets.get(index).copied().unwrap_or(text.len() as u32) + shift;
    let span = |s: &YamlSpan| Span { start: byte(s.start.index()), end: byte(s.end.index()) };
    let mut found = HashMap::new();
    let mut path: Vec<String> = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    let mut opened: Vec<(Span, u32)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let Ok((event, mark)) = event else { break };
        let here = span(&mark);
        match event {
            Event::Scalar(value, ..) => {
                if let Some(Level::Map { key: key @ None }) = levels.last_mut() {
                    *key = Some((value.to_string(), here));
                    continue;
                }
                let Some((name, key_span)) = enter(&mut levels, here) else { continue };
                path.push(name);
                found.insert(path.clone(), (key_span, here));
                path.pop();
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if let Some((name, key_span)) = enter(&mut levels, here) {
                    path.push(name);
                    opened.push((key_span, here.start));
                }
                let map = matches!(event, Event::MappingStart(..));
                levels.push(if map { Level::Map { key: None } } else { Level::List { next: 0 } });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                levels.pop();
                if let Some((key_span, start)) = opened.pop() {
                    found.insert(path.clone(), (key_span, Span { start, end: here.end.max(start) }));
                    path.pop();
                }
            }
            _ => {}
        }
    }
    found
}

/// The name of the child that begins here, in the innermost container.
fn enter(levels: &mut [Level], here: Span) -> Option<(String, Span)> {
    match levels.last_mut()? {
        Level::Map { key } => key.take(),
        Level::List { next } => {
            *next += 1;
            Some(((*next - 1).to_string(), here))
        }
    }
}

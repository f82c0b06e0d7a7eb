//! YAML as bytes and events: what a value's library does not tell.

use crate::source::Span;
use saphyr_parser::{Event, Parser, Span as YamlSpan};
use std::collections::HashMap;

/// The most values a header may hold once its aliases are expanded.
pub(super) const MOST_NODES: usize = 100_000;

/// The bytes outside quotes and comments, with their places.
pub(super) fn bare(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let bytes = text.as_bytes();
    let (mut quote, mut comment, mut before, mut last) = (None, false, b'\n', b'\n');
    bytes.iter().copied().enumerate().filter(move |(_, byte)| {
        let (spaced, opens) = (last.is_ascii_whitespace(), b"\n{[,:-?".contains(&before));
        last = *byte;
        if *byte == b'\n' {
            comment = false;
        }
        if comment {
            return false;
        }
        if !byte.is_ascii_whitespace() || *byte == b'\n' {
            before = *byte;
        }
        match quote {
            Some(q) => {
                if q == *byte {
                    quote = None;
                }
                false
            }
            None if opens && matches!(byte, b'"' | b'\'') => {
                quote = Some(*byte);
                false
            }
            None if spaced && *byte == b'#' => {
                comment = true;
                false
            }
            None => true,
        }
    })
}

/// Where the alias stands with which the header holds more than [`MOST_NODES`] values.
pub(super) fn expands_too_far(text: &str) -> Option<usize> {
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut total = 0usize;
    for event in Parser::new_from_str(text) {
        let Ok((event, mark)) = event else { return None };
        let grown = match event {
            Event::Scalar(value, _, anchor, _) => {
                // A long text weighs more than one value.
                let weight = 1 + value.len() / 64;
                sizes.insert(anchor, weight);
                weight
            }
            Event::Alias(anchor) => sizes.get(&anchor).copied().unwrap_or(1),
            Event::MappingStart(anchor, _) | Event::SequenceStart(anchor, _) => {
                open.push((anchor, total));
                1
            }
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some((anchor, before)) = open.pop() {
                    sizes.insert(anchor, total - before);
                }
                0
            }
            _ => 0,
        };
        total = total.saturating_add(grown);
        if total > MOST_NODES {
            let at = text.char_indices().nth(mark.start.index()).map_or(text.len(), |(b, _)| b);
            return Some(at.min(text.len().saturating_sub(1)));
        }
    }
    None
}

/// What a container's next child is called, and where the key stood.
enum Level {
    Map { key: Option<(String, Span)> },
    List { next: usize },
}

/// The places of all key paths, from a second pass over the events.
pub(super) fn places(text: &str, shift: u32) -> HashMap<Vec<String>, (Span, Span)> {
    let offsets: Vec<u32> =
        text.char_indices().map(|(b, _)| b as u32).chain(std::iter::once(text.len() as u32)).collect();
    let byte = |index: usize| offsets.get(index).copied().unwrap_or(text.len() as u32) + shift;
    let span = |s: &YamlSpan| Span { start: byte(s.start.index()), end: byte(s.end.index()) };
    let mut found = HashMap::new();
    let mut path: Vec<String> = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    let mut opened: Vec<Option<(Span, u32)>> = Vec::new();
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
                let entered = enter(&mut levels, here);
                opened.push(entered.as_ref().map(|(_, key_span)| (*key_span, here.start)));
                path.extend(entered.map(|(name, _)| name));
                let map = matches!(event, Event::MappingStart(..));
                levels.push(if map { Level::Map { key: None } } else { Level::List { next: 0 } });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                levels.pop();
                if let Some(Some((key_span, start))) = opened.pop() {
                    found.insert(path.clone(), (key_span, Span { start, end: here.end.max(start) }));
                    path.pop();
                } else if let Some(Level::Map { key: key @ None }) = levels.last_mut() {
                    // A list or mapping was the key.
                    *key = Some((String::new(), here));
                }
            }
            Event::Alias(_) => {
                if let Some(Level::Map { key: key @ None }) = levels.last_mut() {
                    *key = Some((String::new(), here));
                } else if let Some((name, key_span)) = enter(&mut levels, here) {
                    path.push(name);
                    found.insert(path.clone(), (key_span, here));
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

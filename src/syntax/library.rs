//! The standard library: blocks that netc brings, written in the language itself.

use super::block::{Block, folded};
use crate::source::Source;
use std::sync::LazyLock;

/// The library's document.
pub const LIBRARY: &str = include_str!("../../library/blocks.spec");

/// The library's blocks; read when a document first mentions one.
static BLOCKS: LazyLock<Vec<Block>> =
    LazyLock::new(|| super::parse(&Source::new("library/blocks.spec", LIBRARY)).0.blocks);

/// The library's block of this name.
pub fn library(name: &str) -> Option<&'static Block> {
    let name = folded(name);
    BLOCKS.iter().find(|b| folded(&b.name) == name)
}

/// The library's headings: its blocks' names, without reading the rest.
fn headings() -> impl Iterator<Item = &'static str> {
    let headings = LIBRARY.lines().filter_map(|l| l.strip_prefix("## block "));
    headings.map(|h| h.split('(').next().unwrap_or(h).trim())
}

/// The names of the library's blocks.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    headings()
}

/// True where a cell may mention one of them. Cheap: it is asked of every cell.
pub(super) fn may_mention(text: &str) -> bool {
    static FIRST: LazyLock<[bool; 128]> = LazyLock::new(|| {
        let mut first = [false; 128];
        for byte in headings().filter_map(|n| n.bytes().next()) {
            first[usize::from(byte.to_ascii_lowercase() & 127)] = true;
        }
        first
    });
    let begin = text.bytes().find(u8::is_ascii_alphabetic);
    begin.is_some_and(|b| FIRST[usize::from(b.to_ascii_lowercase() & 127)])
}

/// True where a cell mentions one of them.
pub(super) fn mentions(text: &str) -> bool {
    may_mention(text) && {
        let lower = text.to_lowercase();
        headings().any(|n| lower.contains(n))
    }
}

/// The parameters of the library's block of this folded name.
pub(super) fn params(name: &str) -> Vec<String> {
    if !headings().any(|n| folded(n) == name) {
        return Vec::new();
    }
    library(name).map_or_else(Vec::new, |b| b.params.iter().map(|p| p.name.clone()).collect())
}

//! The canonical form of a document: its layer tables aligned and in one notation, everything else as
//! it stands, byte for byte.
//!
//! - A cell is rewritten only where it reads the same afterwards; one with Markdown in it stays.
//! - Blank lines between the rows of a table go; comments between them stay.
//! - Line breaks, a BOM and the author's words are kept. The result is a fixed point.

mod cell;
mod compare;
mod layer_cell;
mod table;

pub use compare::difference;

use crate::source::Source;
use crate::syntax;

/// The document in canonical form. One without a layer table comes back as it is.
pub fn format(source: &Source) -> String {
    let (document, _) = syntax::parse(source);
    let mut out = String::with_capacity(source.text().len() + source.text().len() / 4);
    let mut done = 0;
    let mut tables: Vec<_> = document.tables.iter().chain(document.blocks.iter().map(|b| &b.table)).collect();
    tables.sort_by_key(|t| t.span);
    for table in tables {
        let written = table::format(source, table, &document.names);
        // A table may speak for several nets; it is written once.
        let Some(written) = written.filter(|w| w.start >= done) else { continue };
        out.push_str(&source.text()[done..written.start]);
        out.push_str(&written.text);
        done = written.end;
    }
    out.push_str(&source.text()[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> String {
        let once = format(&Source::new("x", text));
        assert_eq!(format(&Source::new("x", once.clone())), once, "no fixed point");
        once
    }

    #[test]
    fn tables_are_aligned_and_prose_is_kept() {
        let text = "  Prose |  here\n\n# Net\n\nLayer Type|Output|Filter\n---|--:|---\n\nINPUT|8 × 8 × 3|\n\n<!-- allow N0301: x -->\nConv|8x8x4|3×3 / 1 , K = 4,same\n\n\nMore  prose\n\n| with | pipes |\n";
        let wanted = "  Prose |  here\n\n# Net\n\n| Layer Type | Output | Filter           |\n|------------|-------:|------------------|\n| INPUT      |  8x8x3 |                  |\n<!-- allow N0301: x -->\n| Conv       |  8x8x4 | 3x3/1; K=4, same |\n\n\nMore  prose\n\n| with | pipes |\n";
        assert_eq!(formatted(text), wanted);
    }

    #[test]
    fn line_breaks_and_a_bom_are_kept() {
        let text = "\u{feff}Layer|Filter\r\n---|---\r\nINPUT|8x8x3\r\n\r\nFC|10";
        let wanted =
            "\u{feff}| Layer | Filter |\r\n|-------|--------|\r\n| INPUT | 8x8x3  |\r\n| FC    | 10     |";
        // `Filter` of sizes and numbers names FC's units by position.
        let wanted = wanted.replace("10     |", "K=10   |");
        assert_eq!(formatted(text), wanted);
    }

    #[test]
    fn what_is_no_table_is_kept() {
        for text in
            ["", "\n", "a | b\n", "| a | b |\n|---|---|\n| x | y |\n", "```\n|Layer|\n|--|\n|CONV|\n```\n"]
        {
            assert_eq!(formatted(text), text);
        }
    }

    #[test]
    fn what_an_extractor_broke_is_left_to_fix() {
        let text = "|Layer|Filter|\n|---|---|\n|INPUT|8x8x3|\n|CONV|3x3=2x2;K = 4|\n";
        assert!(formatted(text).contains("| 3x3=2x2; K=4 |"));
    }
}

//! A checked net as something to look at: tables for people and programs, drawings, the lowered program.

mod boxes;
mod csv;
mod diff;
mod dot;
mod html;
mod json;
mod latex;
mod layout;
mod lines;
mod markdown;
mod mermaid;
mod paper;
mod row;
mod svg;
mod table;
mod written;

pub use diff::{Comparison, Side, diff};
pub use row::{lines as row_lines, row};

use crate::check::Checked;
use crate::syntax::Document;

/// What to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Rows with sizes and counts, aligned.
    #[default]
    Table,
    /// The lowered program as text.
    Program,
    /// The same as the table, for programs.
    Json,
    /// The table a paper prints, in Markdown.
    Markdown,
    /// The same in LaTeX, with booktabs.
    Latex,
    /// Rows as comma-separated values.
    Csv,
    /// The graph drawn, with sizes on its edges.
    Svg,
    /// The graph for Graphviz.
    Dot,
    /// The graph for Mermaid.
    Mermaid,
    /// One page: totals, table and drawing.
    Html,
}

/// What the memory of training depends on besides the net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Training {
    /// Images a step.
    pub batch: u64,
    /// Numbers the optimiser keeps for each parameter: 1 for SGD with momentum, 2 for Adam.
    pub slots: u64,
}

impl Default for Training {
    /// A batch of 32 and SGD with momentum.
    fn default() -> Self {
        Self { batch: 32, slots: 1 }
    }
}

/// A net and what is said with it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The net.
    pub checked: &'a Checked,
    /// For the memory of training.
    pub training: Training,
    /// Sentences below the table, such as `claims are for classes=1000`.
    pub remarks: &'a [String],
    /// The document, whose own rows Markdown and LaTeX then print; else they print every row, blocks written out.
    pub written: Option<&'a Document>,
}

impl View<'_> {
    /// The text, ending in a line break. None for a program where some shape is unknown.
    pub fn render(&self, format: Format) -> Option<String> {
        match format {
            Format::Table => Some(table::render(self)),
            Format::Json => Some(json::render(self)),
            Format::Markdown => Some(markdown::render(self)),
            Format::Latex => Some(latex::render(self)),
            Format::Csv => Some(csv::render(self)),
            Format::Svg => Some(svg::render(self)),
            Format::Dot => Some(dot::render(self)),
            Format::Mermaid => Some(mermaid::render(self)),
            Format::Html => Some(html::render(self)),
            Format::Program => crate::lower(self.checked).map(|program| program.to_string()),
        }
    }

    /// Bytes of every row's output for one image, as 32-bit floats.
    fn activation_bytes(&self) -> u64 {
        self.checked.totals().activations.saturating_mul(4)
    }

    /// `4 x params x (2 + optimiser slots) + batch x saved activations`: parameters, gradients and
    /// the optimiser's state, and every row's output kept for the way back.
    fn training_bytes(&self) -> u64 {
        let params = self.checked.totals().cost.params();
        let state = params.saturating_mul(4).saturating_mul(2 + self.training.slots);
        state.saturating_add(self.activation_bytes().saturating_mul(self.training.batch))
    }
}

/// `1.2 MiB`: three digits at most, powers of 1024.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A cell wider than this does not widen its column.
const WIDEST: usize = 200;

/// How wide a cell asks its column to be, in characters.
fn width(cell: &str) -> usize {
    cell.chars().count().min(WIDEST)
}

/// Cells in columns, two blanks before each; nothing behind the last.
pub(crate) fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |i: usize| lines.iter().map(|l| width(&l[i])).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut out = String::new();
    for line in lines {
        let text: String = line.iter().zip(widths).map(|(cell, width)| format!("  {cell:<width$}")).collect();
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{View, aligned, bytes};
    use crate::diag::grouped;

    /// A formatter takes no width beyond 65,535.
    #[test]
    fn a_long_name_stands_over() {
        let name = "n".repeat(70_000);
        let told = aligned(&[[name.clone(), "a".to_owned()], ["b".to_owned(), "c".to_owned()]]);
        assert!(told.lines().next().is_some_and(|l| l == format!("  {name}  a")), "a long line");
        assert_eq!(told.lines().nth(1).map(str::len), Some(2 + 200 + 2 + 1));
        let text = format!("| Name | Layer | Output |\n|---|---|---|\n| {name} | INPUT | 8x8x3 |\n");
        let compiled = crate::compile(&crate::source::Source::new("x", text), &crate::Options::default());
        let checked = &compiled.nets[0];
        let view = View { checked, training: super::Training::default(), remarks: &[], written: None };
        for format in [super::Format::Table, super::Format::Markdown, super::Format::Csv] {
            assert!(view.render(format).is_some_and(|text| text.contains("8x8x3")));
        }
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (62_397_480, "62,397,480")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn bytes_have_binary_units() {
        for (number, text) in [(1023, "1023 B"), (1024, "1.0 KiB"), (1_247_616, "1.2 MiB")] {
            assert_eq!(bytes(number), text);
        }
        assert_eq!(bytes(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
    }
}

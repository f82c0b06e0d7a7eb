//! Which row of one net is which of the other: a sequence alignment, by what the rows say, then by their kinds.

use crate::graph::Row;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The most rows whose order is compared; in longer stretches they are paired as they come.
const MOST: usize = 20_000;

/// What rows are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Keys {
    kind: String,
    filters: String,
    causes: String,
}

impl Keys {
    pub(super) fn of(row: &Row, causes: String) -> Self {
        let kind = row.kind.map_or_else(|| row.label.to_uppercase(), |k| k.name.to_owned());
        let filters = row.args.get("K").map_or(String::new(), |k| format!("{k:?}"));
        Self { kind, filters, causes }
    }

    /// The whole key, then without its causes, then the kind alone.
    fn at(&self, level: usize) -> [&str; 3] {
        match level {
            0 => [&self.kind, &self.filters, &self.causes],
            1 => [&self.kind, &self.filters, ""],
            _ => [&self.kind, "", ""],
        }
    }
}

/// The rows of both nets by index, in order: pairs, and rows that only one has.
pub(super) fn align(a: &[Keys], b: &[Keys]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut pairs = Vec::with_capacity(a.len().max(b.len()));
    level(a, b, (0, 0), 0, &mut pairs);
    pairs
}

fn level(
    a: &[Keys],
    b: &[Keys],
    (from_a, from_b): (usize, usize),
    depth: usize,
    pairs: &mut Vec<(Option<usize>, Option<usize>)>,
) {
    if depth > 2 || a.is_empty() || b.is_empty() || a.len() + b.len() > 2 * MOST {
        return apart(a, b, (from_a, from_b), pairs);
    }
    let keys = |rows: &[Keys]| rows.iter().map(|k| k.at(depth).map(str::to_owned)).collect::<Vec<_>>();
    for op in capture_diff_slices(Algorithm::Myers, &keys(a), &keys(b)) {
        let (old, new) = (op.old_range(), op.new_range());
        let start = (from_a + old.start, from_b + new.start);
        match op {
            DiffOp::Equal { len, .. } => {
                pairs.extend((0..len).map(|i| (Some(start.0 + i), Some(start.1 + i))));
            }
            _ => level(&a[old], &b[new], start, depth + 1, pairs),
        }
    }
}

/// Rows that have no counterpart; in stretches that are too long to align, pairs of one kind as they come.
fn apart(
    a: &[Keys],
    b: &[Keys],
    (from_a, from_b): (usize, usize),
    pairs: &mut Vec<(Option<usize>, Option<usize>)>,
) {
    let long = a.len() + b.len() > 2 * MOST;
    let together = if long { a.iter().zip(b).take_while(|(a, b)| a.kind == b.kind).count() } else { 0 };
    pairs.extend((0..together).map(|i| (Some(from_a + i), Some(from_b + i))));
    pairs.extend((together..a.len()).map(|i| (Some(from_a + i), None)));
    pairs.extend((together..b.len()).map(|i| (None, Some(from_b + i))));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(words: &str) -> Vec<Keys> {
        let key = |word: &str| {
            let mut parts = word.split(':').map(str::to_owned);
            let mut next = || parts.next().unwrap_or_default();
            Keys { kind: next(), filters: next(), causes: next() }
        };
        words.split_whitespace().map(key).collect()
    }

    fn aligned(a: &str, b: &str) -> String {
        let (a, b) = (rows(a), rows(b));
        let one = |side: &[Keys], at: Option<usize>| {
            at.map_or("-".to_owned(), |i| format!("{}{}", side[i].kind, side[i].filters))
        };
        let pairs = align(&a, &b);
        pairs.iter().map(|(x, y)| format!("{}/{}", one(&a, *x), one(&b, *y))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rows_that_say_the_same_hold_the_others_in_place() {
        assert_eq!(aligned("C:1 R C:2 R", "C:1 R B C:2 R"), "C1/C1 R/R -/B C2/C2 R/R");
        assert_eq!(aligned("C:1:3x3 R C:2:3x3 R", "C:1:5x5 R C:2:3x3 R"), "C1/C1 R/R C2/C2 R/R");
        assert_eq!(aligned("C:1 C:2", "C:2"), "C1/- C2/C2");
        assert_eq!(aligned("C:1 P", "C:9 P"), "C1/C9 P/P");
        assert_eq!(aligned("L", "B"), "L/- -/B");
        assert_eq!(aligned("", "B"), "-/B");
    }

    #[test]
    fn every_row_stands_once_and_in_order() {
        let (a, b) = (rows("C:1 R P C:2 R C:3 F F S"), rows("I C:2 R C:1 R P F S S"));
        let pairs = align(&a, &b);
        let left: Vec<usize> = pairs.iter().filter_map(|p| p.0).collect();
        let right: Vec<usize> = pairs.iter().filter_map(|p| p.1).collect();
        assert_eq!(left, (0..a.len()).collect::<Vec<_>>());
        assert_eq!(right, (0..b.len()).collect::<Vec<_>>());
    }
}

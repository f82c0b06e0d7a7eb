//! Fixes applied to a text.

use crate::diag::{Diagnostic, Edit};
use crate::source::Source;
use std::collections::BTreeMap;

/// Applies the certain fixes in the order of the diagnostics; one that overlaps an earlier one waits
/// for the next round. Returns the text and how many were applied.
pub fn apply(source: &Source, diagnostics: &[Diagnostic]) -> (String, usize) {
    let mut chosen: BTreeMap<u32, &Edit> = BTreeMap::new();
    let mut count = 0;
    for fix in diagnostics.iter().filter_map(|d| d.fix.as_ref()).filter(|f| f.certain) {
        let changes = fix.edits.iter().any(|e| source.slice(e.span) != e.text);
        // The chosen do not overlap each other, so only the neighbours of an edit may overlap it.
        let near =
            |e: &Edit| [chosen.range(..=e.span.start).next_back(), chosen.range(e.span.start..).next()];
        let alone = |e: &Edit| !near(e).into_iter().flatten().any(|(_, c)| overlap(c, e));
        if changes && fix.edits.iter().all(|e| fits(source, e) && alone(e)) {
            chosen.extend(fix.edits.iter().map(|e| (e.span.start, e)));
            count += 1;
        }
    }
    let mut text = String::with_capacity(source.text().len());
    let mut at = 0;
    for edit in chosen.into_values() {
        text.push_str(&source.text()[at..edit.span.range().start]);
        text.push_str(&edit.text);
        at = edit.span.range().end;
    }
    text.push_str(&source.text()[at..]);
    (text, count)
}

fn fits(source: &Source, edit: &Edit) -> bool {
    source.text().get(edit.span.range()).is_some()
}

/// Two insertions at one place overlap too: their order would be a guess.
fn overlap(a: &Edit, b: &Edit) -> bool {
    a.span.start == b.span.start || (a.span.start < b.span.end && b.span.start < a.span.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::source::Span;

    fn fixing(start: usize, end: usize, text: &str, certain: bool) -> Diagnostic {
        let span = Span::new(start, end);
        Diagnostic::new(Code::E0301, span, "").fix(span, text, certain)
    }

    #[test]
    fn certain_fixes_that_do_not_overlap_are_applied() {
        let source = Source::new("x", "abcdef");
        let diagnostics = [
            fixing(4, 5, "E", true),
            fixing(0, 2, "", true),
            fixing(1, 3, "no", true),
            fixing(5, 6, "guess", false),
            fixing(9, 12, "outside", true),
            fixing(3, 4, "d", true),
        ];
        assert_eq!(apply(&source, &diagnostics), ("cdEf".to_owned(), 2));
    }
}

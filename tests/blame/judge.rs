//! What netc's report of a corrupted document is worth.

use crate::corrupt::{Wrong, compile};
use netc::Compiled;
use netc::diag::{Diagnostic, Severity};
use netc::source::Span;

/// Padding words, as a header says them.
const WORDS: [&str; 5] = ["valid", "same", "ceil", "k//2", "same-lower"];

/// What came of a corruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The document is consistent under some convention.
    Unseen,
    /// One report, which names the cell.
    There,
    /// One report at another cell which, mended as it says, makes the document sound.
    Explained,
    /// One report that does neither.
    Elsewhere,
    /// So many reports.
    Several(usize),
}

impl Verdict {
    pub(crate) fn is_good(self) -> bool {
        matches!(self, Self::Unseen | Self::There | Self::Explained)
    }
}

pub(crate) fn errors(found: &Compiled) -> Vec<&Diagnostic> {
    found.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect()
}

pub(crate) fn lines(found: &Compiled) -> String {
    errors(found).iter().map(|d| format!("\n    {} {:?} {}", d.code, d.primary.span, d.message)).collect()
}

/// Judges a document with one corrupted cell.
pub(crate) fn judge(wrong: &Wrong, convention_is_open: bool) -> Verdict {
    let found = wrong.compile();
    let errors = errors(&found);
    if errors.is_empty() || convention_is_open && holds_under_some_word(&wrong.text) {
        return if errors.is_empty() { Verdict::Unseen } else { Verdict::Elsewhere };
    }
    let [only] = errors.as_slice() else { return Verdict::Several(errors.len()) };
    if names(only, wrong.cells[0]) {
        return Verdict::There;
    }
    let sound = mended(&found, &wrong.text, false).is_some_and(|text| compile(&text).is_sound());
    if sound { Verdict::Explained } else { Verdict::Elsewhere }
}

/// True where the report's place, or one of those it says may be wrong instead, is this cell.
fn names(report: &Diagnostic, cell: Span) -> bool {
    let meets = |span: Span| span.start < cell.end && cell.start < span.end;
    let instead = report.secondary.iter().filter(|l| l.text.starts_with("or this is wrong"));
    let header = report.secondary.iter().filter(|l| l.text.ends_with("is asked for here"));
    meets(report.primary.span) || instead.chain(header).any(|l| meets(l.span))
}

/// Errors that stand where another one stands already: one mistake told twice.
pub(crate) fn told_twice(found: &Compiled) -> usize {
    let mut places: Vec<Span> = errors(found).iter().map(|d| d.primary.span).collect();
    let all = places.len();
    places.sort();
    places.dedup();
    all - places.len()
}

/// The text with every fix applied (or every certain one); none where there is no fix.
pub(crate) fn mended(found: &Compiled, text: &str, certain: bool) -> Option<String> {
    let mut edits: Vec<_> = errors(found)
        .iter()
        .filter_map(|d| d.fix.as_ref().filter(|f| f.certain || !certain))
        .flat_map(|f| f.edits.iter())
        .collect();
    edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
    let mut out = text.to_owned();
    for edit in &edits {
        out.replace_range(edit.span.range(), &edit.text);
    }
    (!edits.is_empty()).then_some(out)
}

/// The oracle for documents without a dialect: each pair of words in turn, written in the header.
fn holds_under_some_word(text: &str) -> bool {
    let pairs = WORDS.iter().flat_map(|conv| WORDS.iter().map(move |pool| (conv, pool)));
    pairs.into_iter().any(|(conv, pool)| {
        let words = format!("defaults: {{ conv: {{ padding: {conv} }}, pool: {{ padding: {pool} }} }}");
        compile(&format!("---\n{words}\n---\n\n{text}")).is_sound()
    })
}

/// True where the reports stand at the corrupted cells and nowhere else.
pub(crate) fn blames_exactly(found: &Compiled, wrong: &Wrong) -> bool {
    let errors = errors(found);
    errors.len() == wrong.cells.len() && wrong.cells.iter().all(|c| errors.iter().any(|e| names(e, *c)))
}

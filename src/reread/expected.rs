//! A mistake that a comment expects and of which nothing is said: something else is wrong as well, and together they
//! were explained with fewer cells. Its author knows the cell to be wrong, so that the rest is explained without it.

use super::report::report;
use super::{Before, Candidate, Examined, Glance, Report, Reread, back, edited, is_fit, numbers};
use crate::check::Checked;
use crate::diag::{Diagnostic, Edit, Severity, expect};
use crate::source::Source;
use crate::syntax::Document;

/// Expected mistakes that are tried.
const TRIED: usize = 3;

/// What is found with such a cell mended, and how much of it no comment expects.
pub(super) struct Known {
    pub count: usize,
    pub read: Reread,
}

/// What is found with such a cell mended, where that is less than is found otherwise.
pub(super) fn best(
    source: &Source,
    document: &Document,
    nets: &[Checked],
    before: &Before<'_>,
    (glance, examine): (&Glance<'_>, &dyn Fn(&Source) -> Examined),
) -> Option<Known> {
    let mut best: Option<Known> = None;
    for missed in expect::missed(source, before.found).iter().take(TRIED) {
        let labels = before.found.iter().flat_map(|d| &d.secondary);
        let here = labels.filter(|l| source.line_of(l.span.start) == missed.line);
        let named = here.filter_map(|l| Some(Edit { span: l.span, text: l.instead.clone()? }));
        let mut tried: Vec<Edit> = named.collect();
        tried.extend(numbers::of_line(source, document, nets, missed.line, before.found, glance));
        for edit in tried {
            let text = edited(source, &edit);
            let (_, mut found) = examine(&text);
            let count = expect::unexpected(&text, &found);
            let limit = best.as_ref().map_or(before.faults, |b| b.count);
            if !is_fit(before.found, &found, &edit) || count >= limit {
                continue;
            }
            let comes = !expect::missed(&text, &found).iter().any(|m| m.line == missed.line);
            found.iter_mut().for_each(|d| back(d, &edit));
            let (count, said) = match count {
                // It comes with another number of its row mended: that is wrong, too.
                0 if comes => {
                    (1, report(source, &Candidate { edit, report: Report::Cell }, before.faults, &[]))
                }
                // What is said already is of the cell itself, in other words than the comment's.
                0 => continue,
                _ => (count, meant(source, missed, &edit, &mut found)),
            };
            found.push(said);
            // Another cell of the row may be the one that is expected.
            if expect::unexpected(source, &found) == count {
                best = Some(Known { count, read: Reread { nets: None, found } });
            }
        }
    }
    best
}

/// The mistake that the comment expects; what is found besides is told with it mended.
fn meant(source: &Source, missed: &expect::Missed, edit: &Edit, found: &mut [Diagnostic]) -> Diagnostic {
    let (old, new) = (source.slice(edit.span), &edit.text);
    let read =
        format!("line {} is read with `{new}` for `{old}`: its comment expects a mistake", missed.line);
    let errors = found.iter_mut().filter(|d| d.severity == Severity::Error);
    errors.for_each(|d| d.notes.push(read.clone()));
    Diagnostic::new(missed.code, edit.span, format!("`{old}` where `{new}` is meant"))
}

//! For people: headline, the lines with carets, notes, help and where to read more.

use super::render::{advice, one_line};
use super::{Counts, Diagnostic, Report, Severity};
use crate::source::{Source, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// How many diagnostics of one document are drawn; the rest are counted.
const LIMIT: usize = 50;

pub(super) fn render(reports: &[Report<'_>], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for report in reports {
        for diagnostic in report.diagnostics.iter().take(LIMIT) {
            out.push_str(&one(&renderer, report.source, diagnostic));
            out.push_str("\n\n");
        }
        if let Some(rest) = report.diagnostics.get(LIMIT..).filter(|r| !r.is_empty()) {
            let file = one_line(report.source.name());
            let counts = Counts::of(rest);
            out.push_str(&format!("... {counts} more in {file}: --format concise shows all\n\n"));
        }
    }
    out
}

fn one(renderer: &Renderer, source: &Source, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let headline = match &diagnostic.net {
        Some(net) => format!("{} (net {net})", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let window = Window::around(source, diagnostic);
    let primary = window.mark(AnnotationKind::Primary, diagnostic.primary.span, &diagnostic.primary.text);
    let others = diagnostic.secondary.iter().map(|l| window.mark(AnnotationKind::Context, l.span, &l.text));
    let snippet = Snippet::source(window.text)
        .path(one_line(source.name()))
        .line_start(window.first_line as usize)
        .annotation(primary)
        .annotations(others);
    let title = level.primary_title(one_line(&headline)).id(diagnostic.code.name());
    let group = remarks(diagnostic)
        .fold(title.element(snippet), |group, (level, text)| group.element(level.message(text)));
    let report: [Group<'_>; 1] = [group];
    renderer.render(&report)
}

/// What stands under the carets.
fn remarks(diagnostic: &Diagnostic) -> impl Iterator<Item = (Level<'static>, String)> {
    let used = diagnostic.use_line.map(|line| (Level::NOTE, format!("in the block used at line {line}")));
    let notes = diagnostic.notes.iter().map(|note| (Level::NOTE, one_line(note))).collect::<Vec<_>>();
    let help = advice(diagnostic).map(|text| (Level::HELP, one_line(&text)));
    let more = (Level::INFO.with_name("more"), format!("netc explain {}", diagnostic.code));
    used.into_iter().chain(notes).chain(help).chain([more])
}

/// The lines a diagnostic speaks of, so that drawing it does not cost the whole document.
struct Window<'a> {
    text: &'a str,
    start: usize,
    first_line: u32,
}

impl<'a> Window<'a> {
    fn around(source: &'a Source, diagnostic: &Diagnostic) -> Self {
        let spans = diagnostic.secondary.iter().map(|l| l.span);
        let all = spans.fold(diagnostic.primary.span, Span::join);
        let (first, last) = (source.line_of(all.start), source.line_of(all.end.max(all.start)));
        let lines = source.line_span(first).join(source.line_span(last));
        Self { text: source.slice(lines), start: lines.start as usize, first_line: first }
    }

    fn mark(&self, kind: AnnotationKind, span: Span, text: &str) -> Annotation<'a> {
        let annotation = kind.span(self.range(span));
        if text.is_empty() { annotation } else { annotation.label(one_line(text)) }
    }

    /// The span inside the window, moved to character boundaries.
    fn range(&self, span: Span) -> Range<usize> {
        let inside = |byte: u32| {
            let mut at = (byte as usize).saturating_sub(self.start).min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = inside(span.start);
        start..inside(span.end).max(start)
    }
}

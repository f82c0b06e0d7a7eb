//! What any bytes must survive: to be checked, mended, formatted and shown without a panic, with the same answer twice.
//! `tests/robust.rs` runs these on stable; the cargo-fuzz targets beside this file run them too.

#![allow(dead_code, reason = "each target uses what it needs")]

use netc::diag::{Format, Report};
use netc::show::{self, View};
use netc::source::Source;
use netc::{Compiled, Options};

/// The formats of `netc check`.
const REPORTS: [Format; 5] = [Format::Human, Format::Concise, Format::Json, Format::Sarif, Format::Github];
/// The formats of `netc show`.
const VIEWS: [show::Format; 10] = [
    show::Format::Table,
    show::Format::Program,
    show::Format::Json,
    show::Format::Markdown,
    show::Format::Latex,
    show::Format::Csv,
    show::Format::Svg,
    show::Format::Dot,
    show::Format::Mermaid,
    show::Format::Html,
];
/// The most rows a net may have here: what millions cost is a benchmark's to say.
const MOST_ROWS: usize = 100_000;
/// Rows beyond which a net is not printed: the printing is linear and only costs time here.
const SHOWN: usize = 500;

fn compiled(text: &str) -> (Source, Compiled) {
    let source = Source::new("fuzzed.spec", text);
    let options = Options { stem: "fuzzed".to_owned(), most_rows: Some(MOST_ROWS), ..Options::default() };
    let compiled = netc::compile(&source, &options);
    (source, compiled)
}

fn said(source: &Source, compiled: &Compiled, format: Format) -> String {
    format.render(&[Report { source, diagnostics: &compiled.diagnostics }], false)
}

/// `netc check` in every format; the second time it says the same, byte for byte.
pub(crate) fn check(text: &str) {
    let (source, found) = compiled(text);
    checked(text, &source, &found);
}

fn checked(text: &str, source: &Source, found: &Compiled) {
    for diagnostic in &found.diagnostics {
        let places = diagnostic.secondary.iter().map(|l| l.span).chain([diagnostic.primary.span]);
        for span in places {
            assert!(
                text.get(span.range()).is_some(),
                "{} stands outside the text: {span:?}",
                diagnostic.code
            );
        }
    }
    let first: Vec<String> = REPORTS.iter().map(|f| said(source, found, *f)).collect();
    let (source, again) = compiled(text);
    for (format, first) in REPORTS.iter().zip(first) {
        assert!(said(&source, &again, *format) == first, "two answers in {format:?}");
    }
}

/// `netc check --fix`: it ends, and what it leaves has nothing certain to mend.
pub(crate) fn fix(text: &str) {
    let (source, found) = compiled(text);
    fixed(source, found);
}

fn fixed(mut source: Source, mut found: Compiled) {
    for round in 0.. {
        let (mended, count) = netc::mend::apply(&source, &found.diagnostics);
        if count == 0 || round == 8 {
            break;
        }
        (source, found) = compiled(&mended);
    }
}

/// `netc show`, of every net and in every format.
pub(crate) fn show(text: &str) {
    shown(&compiled(text).1);
}

fn shown(found: &Compiled) {
    for checked in found.nets.iter().filter(|n| n.net.order.len() < SHOWN) {
        let view = View { checked, training: show::Training::default(), remarks: &[], written: None };
        for format in VIEWS {
            let _ = view.render(format);
        }
        let _ = View { written: Some(&found.document), ..view }.render(show::Format::Markdown);
    }
}

/// `netc fmt`: a fixed point that means the same.
pub(crate) fn fmt(text: &str) {
    formatted(text, &compiled(text).1);
}

fn formatted(text: &str, found: &Compiled) {
    let source = |text: &str| Source::new("fuzzed.spec", text);
    let once = netc::fmt::format(&source(text));
    assert!(netc::fmt::format(&source(&once)) == once, "no fixed point: {once}");
    if once != text {
        let differs = netc::fmt::difference(found, &compiled(&once).1);
        assert!(differs.is_none(), "{}: {once}", differs.unwrap_or_default());
    }
}

/// All of them, on bytes that may be no text at all.
pub(crate) fn all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (source, found) = compiled(&text);
    checked(&text, &source, &found);
    formatted(&text, &found);
    shown(&found);
    fixed(source, found);
}

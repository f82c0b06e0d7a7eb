//! What a diagnostic looks like in each format: human, concise, json, github, sarif.

#![allow(clippy::unwrap_used)]

use netc::diag::{Code, Diagnostic, Format, Report};
use netc::source::{Source, Span};

const TABLE: &str = "\
BN | 57x57x96 | |

POOL | 16x16x96 | 3x3=2x2 |

DROPOUT | 28×28×96 | |
";

fn span(text: &str) -> Span {
    let start = TABLE.find(text).unwrap();
    Span::new(start, start + text.len())
}

/// A wrong size with everything a diagnostic can carry.
fn wrong_size() -> Diagnostic {
    let message = "POOL declares 16x16x96 but its input and filter give 28x28x96";
    let mut wrong = Diagnostic::new(Code::E0301, span("16x16x96"), message)
        .label("floor((57 + 0 + 0 - 3) / 2) + 1 = 28")
        .also(span("57x57x96"), "this size goes in")
        .also(span("28×28×96"), "the next row agrees with 28x28x96")
        .note("two rows speak for 28")
        .help("write `28x28x96`")
        .fix(span("16x16x96"), "28x28x96", true);
    wrong.declared = Some("16x16x96".to_owned());
    wrong.inferred = Some("28x28x96".to_owned());
    wrong.use_line = Some(9);
    wrong
}

fn warning_behind_two_byte_letters() -> Diagnostic {
    Diagnostic::new(Code::W0202, span("96 | |\n"), "a remark, 100 % harmless").fix(span("×96"), "x96", false)
}

fn render(format: Format) -> String {
    let source = Source::new("tables/a, b.md", TABLE);
    let diagnostics = [wrong_size(), warning_behind_two_byte_letters()];
    format.render(&[Report { source: &source, diagnostics: &diagnostics }], false)
}

#[test]
fn human() {
    insta::assert_snapshot!(render(Format::Human));
}

#[test]
fn concise() {
    insta::assert_snapshot!(render(Format::Concise));
}

#[test]
fn json() {
    insta::assert_snapshot!(render(Format::Json));
}

#[test]
fn github() {
    insta::assert_snapshot!(render(Format::Github));
}

#[test]
fn sarif() {
    insta::assert_snapshot!(render(Format::Sarif).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn colour_only_adds_escapes() {
    let source = Source::new("a.md", TABLE);
    let diagnostics = [wrong_size()];
    let report = [Report { source: &source, diagnostics: &diagnostics }];
    let (plain, styled) = (Format::Human.render(&report, false), Format::Human.render(&report, true));
    assert!(!plain.contains('\x1b') && styled.contains('\x1b'));
}

/// Text of a document reaches the terminal only without its control characters.
#[test]
fn a_document_cannot_steer_the_terminal() {
    let text = "CONV \x1b[31m\u{202e} | x\n";
    let source = Source::new("a\x1b]0;b.md", text);
    let wrong = Diagnostic::new(Code::E0201, Span::new(0, 12), "unknown \x1b[2J layer\nsecond line")
        .label("\x1b[0m")
        .note("\u{202e}")
        .help("\x07");
    for format in [Format::Human, Format::Concise] {
        let out =
            format.render(&[Report { source: &source, diagnostics: std::slice::from_ref(&wrong) }], false);
        assert!(!out.chars().any(|c| c.is_control() && c != '\n'), "{out:?}");
        assert!(!out.contains('\u{202e}'), "{out:?}");
    }
}

/// Places at the edges: an empty text, the end of the text, the middle of a letter, beyond the end.
#[test]
fn odd_places_are_drawn() {
    for text in ["", "é", "a\r\né\n", "\n\n"] {
        let source = Source::new("x", text);
        for (start, end) in [(0, 0), (0, 1), (1, 1), (1, 2), (2, 1), (5, 900)] {
            let span = Span { start, end };
            let odd = Diagnostic::new(Code::E0101, span, "m").label("l").also(span, "s").fix(span, "t", true);
            for format in [Format::Human, Format::Concise, Format::Json, Format::Sarif, Format::Github] {
                let out = format
                    .render(&[Report { source: &source, diagnostics: std::slice::from_ref(&odd) }], false);
                assert!(out.contains("E0101"), "{text:?} {start} {end}: {out}");
            }
        }
    }
}

#[test]
fn many_are_counted_and_not_drawn() {
    let source = Source::new("x.md", TABLE);
    let diagnostics: Vec<Diagnostic> = (0..60).map(|_| wrong_size()).collect();
    let report = [Report { source: &source, diagnostics: &diagnostics }];
    let out = Format::Human.render(&report, false);
    assert_eq!(out.matches("error[E0301]").count(), 50);
    assert!(out.contains("... 10 errors more in x.md"), "{out}");
    assert_eq!(Format::Concise.render(&report, false).lines().count(), 60);
}

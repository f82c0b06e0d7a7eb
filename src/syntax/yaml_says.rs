//! What YAML's library refuses, in an author's words, and what to write instead.

use super::yaml;
use crate::diag::{Code, Diagnostic};
use crate::source::{Source, Span};

/// Where a header is and what was said of it.
struct Refused<'s> {
    source: &'s Source,
    body: Span,
    /// From where the library could not go on, to the end of that line.
    place: Span,
}

/// A header that is no YAML. `place` begins where the library could not go on.
pub(super) fn refused(source: &Source, body: Span, place: Span, reason: &str) -> Diagnostic {
    let here = Refused { source, body, place };
    let known = if here.tab().is_some() {
        here.tabs()
    } else if reason.contains("mapping values") {
        here.colons()
    } else if reason.contains("expected ',' or") || reason.contains("unexpected end of stream") {
        here.opened()
    } else if reason.contains("could not find expected ':'") {
        here.no_colon()
    } else if reason.contains("cannot start any token") || reason.contains("unknown anchor") {
        here.sign()
    } else {
        None
    };
    known.unwrap_or_else(|| {
        wrong(place, format!("the header is not valid YAML: {reason}"))
            .help("each line is `key: value`; quote a value that holds `: ` or `#`")
    })
}

fn wrong(place: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::E0103, place, message)
}

impl Refused<'_> {
    fn lines(&self) -> impl Iterator<Item = (Span, &str)> {
        let lines = self.source.line_of(self.body.start)..=self.source.line_of(self.body.end);
        lines.map(|n| self.source.line_span(n)).map(|span| (span, self.source.slice(span).trim_end()))
    }

    /// The first tab that indents a line.
    fn tab(&self) -> Option<Span> {
        self.lines().find_map(|(span, text)| {
            let lead = text.len() - text.trim_start().len();
            text[..lead].find('\t').map(|at| span.part(at, lead - at))
        })
    }

    fn tabs(&self) -> Option<Diagnostic> {
        let tab = self.tab()?;
        let blanks = self.source.slice(tab).replace('\t', "  ");
        let d = wrong(tab, "the header is indented with a tab, which YAML does not take");
        Some(d.help("write two blanks for each tab").fix(tab, blanks, false))
    }

    /// `name: AlexNet: the first`.
    fn colons(&self) -> Option<Diagnostic> {
        let (span, text) =
            self.lines().find(|(span, _)| span.start <= self.place.start && self.place.start <= span.end)?;
        let (key, value) = text.split_once(": ")?;
        if !value.contains(": ") && !value.ends_with(':') {
            let d = wrong(span, "this line is indented below one that has a value already");
            return Some(d.help("write it as far to the left as the keys it stands beside"));
        }
        let value = value.trim();
        let at = span.part(text.len() - value.len(), value.len());
        let quoted = format!("\"{}\"", value.replace('"', "'"));
        let d = wrong(at, "a value with `: ` in it has to stand in quotes");
        Some(d.help(format!("write `{}: {quoted}`", key.trim())).fix(at, quoted, true))
    }

    /// A bracket or a quote that nothing closes.
    fn opened(&self) -> Option<Diagnostic> {
        let text = self.source.slice(self.body);
        let mut open: Vec<(usize, u8)> = Vec::new();
        let mut last = 0;
        for (at, byte) in yaml::bare(text) {
            last = at;
            match byte {
                b'{' | b'[' => open.push((at, byte)),
                b'}' | b']' => {
                    open.pop();
                }
                _ => {}
            }
        }
        if let Some((at, byte)) = open.first() {
            let (open, close) = if *byte == b'{' { ('{', '}') } else { ('[', ']') };
            let d = wrong(self.body.part(*at, 1), format!("this `{open}` is not closed"));
            return Some(d.help(format!("write the `{close}` that ends it")));
        }
        // What stands in quotes is not among the bare bytes: the last one of them is followed by the quote.
        let quote = text[last + 1..].find(['"', '\'']).map(|i| last + 1 + i)?;
        let sign = &text[quote..=quote];
        let d = wrong(self.body.part(quote, 1), format!("this `{sign}` is not closed"));
        Some(d.help("write the quote that ends the value"))
    }

    /// `dialect keras`.
    fn no_colon(&self) -> Option<Diagnostic> {
        let lacks = |text: &str| {
            let text = text.trim();
            !text.is_empty()
                && text != "---"
                && !text.starts_with(['#', '-', '}', ']'])
                && !text.contains(':')
        };
        let (span, text) = self.lines().find(|(_, text)| lacks(text))?;
        let trimmed = text.trim();
        let at = span.part(text.len() - text.trim_start().len(), trimmed.len());
        let d = wrong(at, "this line of the header is no `key: value`");
        Some(match trimmed.split_once(char::is_whitespace) {
            Some((key, value)) => d.help(format!("write `{key}: {}`", value.trim())),
            None => d.help(format!("write `{trimmed}: ...`")),
        })
    }

    /// `name: @x`, `name: *x`.
    fn sign(&self) -> Option<Diagnostic> {
        let text = self.source.slice(self.place);
        let sign = text.chars().next().filter(|c| !c.is_whitespace())?;
        let end = text.find([',', '}', ']']).unwrap_or(text.len());
        let value = text[..end].trim_end();
        let at = self.place.part(0, value.len());
        let d = wrong(at, format!("a value that begins with `{sign}` has to stand in quotes"));
        let quoted = format!("\"{}\"", value.replace('"', "'"));
        Some(d.help(format!("write `{quoted}`")).fix(at, quoted, true))
    }
}

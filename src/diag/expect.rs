//! `<!-- expect CODE: why -->` and `<!-- allow CODE: why -->`, on a row or above it.

use super::{ALL, Code, Diagnostic};
use crate::source::{Source, Span};

/// One such comment.
struct Mark {
    /// Asked for with `expect`: it must come.
    must: bool,
    /// How often it must come.
    times: usize,
    code: String,
    span: Span,
    /// The row's line.
    line: u32,
}

/// Takes out the diagnostics that comments expect or allow; an expected one that did not come is an error, and so is one
/// that came more often than it is expected: which of them is known cannot be told.
pub(crate) fn apply(source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    if !source.text().contains("<!--") {
        return;
    }
    let marks = marks(source);
    let line_of = |d: &Diagnostic| source.line_of(d.primary.span.start);
    let said: Vec<(u32, Code)> = diagnostics.iter().map(|d| (line_of(d), d.code)).collect();
    let is_here = |mark: &Mark, (line, code): (u32, Code)| {
        mark.line == line && code.name().eq_ignore_ascii_case(&mark.code)
    };
    let came = |mark: &Mark| said.iter().filter(|s| is_here(mark, **s)).count();
    // Several comments on a row may each expect one.
    let expected = |mark: &Mark| {
        let same = |m: &&Mark| m.must && (m.line, &m.code) == (mark.line, &mark.code);
        marks.iter().filter(same).map(|m| m.times).sum::<usize>()
    };
    let (met, unmet): (Vec<&Mark>, Vec<&Mark>) =
        marks.iter().partition(|m| !m.must || came(m) == expected(m));
    diagnostics.retain(|d| !met.iter().any(|m| is_here(m, (line_of(d), d.code))));
    for (at, mark) in unmet.iter().enumerate() {
        let count = came(mark);
        let first = unmet[..at].iter().all(|m| (m.line, &m.code) != (mark.line, &mark.code));
        if count == 0 {
            diagnostics.push(missing(mark, &said));
        } else if first {
            diagnostics.push(differs(mark, expected(mark), count));
        }
    }
}

/// A diagnostic that came another number of times than it is expected.
fn differs(mark: &Mark, expected: usize, came: usize) -> Diagnostic {
    let times = |n: usize| if n == 1 { "once".to_owned() } else { format!("{n} times") };
    let (code, line) = (&mark.code, mark.line);
    let message = format!("{code} is expected {} at line {line} but came {}", times(expected), times(came));
    let all = if came == 1 { String::new() } else { format!(" x {came}") };
    let help = format!(
        "write `expect {code}{all}: why` where {} known",
        if came == 1 { "it is" } else { "all are" }
    );
    Diagnostic::new(Code::E0111, mark.span, message).help(help)
}

/// An expected diagnostic that did not come, and what did.
fn missing(mark: &Mark, said: &[(u32, Code)]) -> Diagnostic {
    let known = ALL.iter().find(|c| c.name() == mark.code);
    let mut here: Vec<&str> = said.iter().filter(|(l, _)| *l == mark.line).map(|(_, c)| c.name()).collect();
    here.dedup();
    let elsewhere = said.iter().find(|(_, code)| Some(code) == known);
    let help = match (here.as_slice(), elsewhere) {
        (_, Some((line, code))) => {
            format!("{code} comes at line {line}: write the comment on or above that row")
        }
        ([], None) => "remove the comment: nothing comes there".to_owned(),
        (codes, None) => {
            format!("what comes there is {}: write `expect {}: why`", codes.join(", "), codes[0])
        }
    };
    let message = match known {
        Some(code) => format!("{code} is expected at line {} but did not come", mark.line),
        None => format!("no diagnostic is called {}, so it cannot come at line {}", mark.code, mark.line),
    };
    Diagnostic::new(Code::E0111, mark.span, message).help(help)
}

fn marks(source: &Source) -> Vec<Mark> {
    let mut found: Vec<Mark> = Vec::new();
    let mut fenced = false;
    let mut above = 0;
    for number in 1..=source.line_count() {
        let span = source.line_span(number);
        let text = source.slice(span);
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced || text.trim().is_empty() {
            continue;
        }
        let start = found.len();
        found.extend(on_line(text, span, number));
        let alone =
            found.len() > start && text.trim_start().starts_with("<!--") && text.trim_end().ends_with("-->");
        if !alone {
            // A comment of its own speaks of the next line that says something else.
            found[above..start].iter_mut().for_each(|m| m.line = number);
            above = found.len();
        }
    }
    found
}

fn on_line(text: &str, span: Span, line: u32) -> Vec<Mark> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("<!--").map(|i| at + i) {
        let Some(close) = text[open + 4..].find("-->").map(|i| open + 4 + i) else { break };
        let body = text[open + 4..close].trim();
        let mut words = body.splitn(2, char::is_whitespace);
        let (verb, rest) = (words.next().unwrap_or(""), words.next().unwrap_or("").trim());
        let mut asked = rest.split(':').next().unwrap_or("").split_whitespace();
        let code = asked.next().unwrap_or("").to_uppercase();
        // `E0306 x 2`: so many of them.
        let counted = asked.next().is_some_and(|cross| matches!(cross, "x" | "×"));
        let times = asked.next().filter(|_| counted).and_then(|n| n.parse().ok()).unwrap_or(1);
        if matches!(verb, "expect" | "allow") && !code.is_empty() {
            let span = span.part(open, close + 3 - open);
            found.push(Mark { must: verb == "expect", times, code, span, line });
        }
        at = close + 3;
    }
    found
}

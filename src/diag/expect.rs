//! `<!-- expect CODE: why -->` and `<!-- allow CODE: why -->`, on a row or above it.

use super::{ALL, Code, Diagnostic, Severity};
use crate::source::{Source, Span};

/// One such comment.
struct Mark {
    /// Asked for with `expect`: it must come.
    must: bool,
    code: String,
    /// `at 380K`: the text that it is said of.
    at: Option<String>,
    span: Span,
    /// The row's line.
    line: u32,
}

/// Where a diagnostic points.
struct Place<'s> {
    line: u32,
    text: &'s str,
    code: Code,
    span: Span,
}

impl Place<'_> {
    /// True for a place inside another that the same is said of: another mistake of the same cell.
    fn is_inside(&self, other: &Self) -> bool {
        let (own, all) = (self.span, other.span);
        self.code == other.code && own != all && all.start <= own.start && own.end <= all.end
    }
}

impl Mark {
    fn is_of(&self, place: &Place<'_>) -> bool {
        let here = self.line == place.line && place.code.name().eq_ignore_ascii_case(&self.code);
        here && self.names(place.text)
    }

    /// True where the text that it names stands in its row.
    fn stands(&self, source: &Source) -> bool {
        let row = source.slice(source.line_span(self.line));
        let row = folded(row.split("<!--").next().unwrap_or_default());
        self.at.as_ref().is_some_and(|at| row.contains(&folded(at)))
    }

    /// True for the text that it names, or any where it names none.
    fn names(&self, text: &str) -> bool {
        self.at.as_ref().is_none_or(|at| folded(at) == folded(text))
    }
}

/// A text however it is typed: `16 × 16` and `16x16` are one.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '×' { 'x' } else { c }).collect()
}

/// A document's comments, beside what was found.
struct Heard<'s> {
    marks: Vec<Mark>,
    said: Vec<Place<'s>>,
}

impl<'s> Heard<'s> {
    /// None where there are no comments.
    fn of(source: &'s Source, diagnostics: &[Diagnostic]) -> Option<Self> {
        if !source.text().contains("<!--") {
            return None;
        }
        let place = |d: &Diagnostic| {
            let span = d.primary.span;
            Place { line: source.line_of(span.start), text: source.slice(span), code: d.code, span }
        };
        Some(Self { marks: marks(source), said: diagnostics.iter().map(place).collect() })
    }

    /// How many a comment stands for. What one comment names is not another's.
    fn came(&self, mark: &Mark) -> usize {
        let named = |p: &Place<'_>| self.marks.iter().any(|m| m.at.is_some() && m.is_of(p));
        let mine = |p: &&Place<'_>| self.is_of(mark, p) && (mark.at.is_some() || !named(p));
        self.said.iter().filter(mine).count()
    }

    /// True where a comment may stand for what is said: of a whole cell and of a part of it, the whole is meant.
    fn is_of(&self, mark: &Mark, place: &Place<'_>) -> bool {
        mark.is_of(place) && (mark.at.is_some() || !self.said.iter().any(|p| place.is_inside(p)))
    }

    fn is_met(&self, mark: &Mark) -> bool {
        let came = self.came(mark);
        !mark.must || came == 1 || came > 1 && mark.at.is_some()
    }

    /// For each diagnostic, whether a comment stands for it.
    fn known(&self) -> Vec<bool> {
        let met: Vec<&Mark> = self.marks.iter().filter(|m| self.is_met(m)).collect();
        self.said.iter().map(|p| met.iter().any(|m| self.is_of(m, p))).collect()
    }
}

/// A mistake that a comment expects.
pub(crate) struct Missed {
    pub code: Code,
    /// The row's line.
    pub line: u32,
}

/// The expected mistakes of which nothing is said.
pub(crate) fn missed(source: &Source, diagnostics: &[Diagnostic]) -> Vec<Missed> {
    let Some(heard) = Heard::of(source, diagnostics) else { return Vec::new() };
    let silent = heard.marks.iter().filter(|m| m.must && heard.came(m) == 0);
    let missed = silent.filter_map(|m| {
        let code = ALL.iter().find(|c| c.name() == m.code)?;
        Some(Missed { code: *code, line: m.line })
    });
    missed.collect()
}

/// How many errors no comment stands for.
pub(crate) fn unexpected(source: &Source, diagnostics: &[Diagnostic]) -> usize {
    errors(source, diagnostics).0.len()
}

/// The errors that no comment stands for, and those that one does.
pub(crate) fn errors<'d>(
    source: &Source,
    diagnostics: &'d [Diagnostic],
) -> (Vec<&'d Diagnostic>, Vec<&'d Diagnostic>) {
    let known = Heard::of(source, diagnostics).map(|h| h.known()).unwrap_or_default();
    let is_known = |at: usize| known.get(at).copied().unwrap_or_default();
    let errors = diagnostics.iter().enumerate().filter(|(_, d)| d.severity == Severity::Error);
    let (open, expected): (Vec<_>, Vec<_>) = errors.partition(|(at, _)| !is_known(*at));
    let alone = |all: Vec<(usize, &'d Diagnostic)>| all.into_iter().map(|(_, d)| d).collect();
    (alone(open), alone(expected))
}

/// Takes out the diagnostics that comments expect or allow. One that did not come is an error where all else is sound,
/// since what is wrong elsewhere may have kept it from being seen; so are several where one is expected, as which of
/// them is known cannot be told.
pub(crate) fn apply(source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let Some(heard) = Heard::of(source, diagnostics) else { return };
    let is_known = heard.known();
    let left: Vec<&Place<'_>> =
        heard.said.iter().zip(&is_known).filter(|(_, known)| !**known).map(|(p, _)| p).collect();
    let errors =
        diagnostics.iter().zip(&is_known).filter(|(d, known)| !**known && d.severity == Severity::Error);
    let sound = errors.count() == 0;
    let mut unmet = Vec::new();
    for mark in heard.marks.iter().filter(|m| !heard.is_met(m)) {
        // It may stand at the wrong row, or name what cannot come.
        let elsewhere =
            left.iter().any(|p| p.code.name() == mark.code && (mark.names(p.text) || !mark.stands(source)));
        let unknown = ALL.iter().all(|c| c.name() != mark.code);
        match heard.came(mark) {
            0 if sound || elsewhere || unknown => unmet.push(missing(mark, &left)),
            0 => {}
            _ => unmet.push(several(mark, &left)),
        }
    }
    let mut known = is_known.into_iter();
    diagnostics.retain(|_| !known.next().unwrap_or_default());
    diagnostics.extend(unmet);
}

/// Several diagnostics where one is expected.
fn several(mark: &Mark, said: &[&Place<'_>]) -> Diagnostic {
    let (code, line) = (&mark.code, mark.line);
    let places: Vec<&&Place<'_>> = said.iter().filter(|p| mark.is_of(p)).collect();
    let message = format!("{code} is expected once at line {line} but came {} times", places.len());
    let texts: Vec<String> = places.iter().map(|p| format!("`{}`", p.text.trim())).collect();
    let first = places.first().map_or("", |p| p.text.trim());
    Diagnostic::new(Code::E0111, mark.span, message)
        .note(format!("it came at {}", texts.join(", ")))
        .help(format!("write one comment for each that is known: `expect {code} at {first}: why`"))
}

/// An expected diagnostic that did not come, and what did.
fn missing(mark: &Mark, said: &[&Place<'_>]) -> Diagnostic {
    let known = ALL.iter().find(|c| c.name() == mark.code);
    let mut here: Vec<&str> = said.iter().filter(|p| p.line == mark.line).map(|p| p.code.name()).collect();
    here.dedup();
    let mut same = said.iter().filter(|p| Some(&p.code) == known);
    let elsewhere = same.clone().find(|p| p.line == mark.line).or_else(|| same.next());
    let help = match (here.as_slice(), elsewhere) {
        (_, Some(p)) if p.line == mark.line => {
            format!("{} comes at `{}`: write `expect {} at {}: why`", p.code, p.text, p.code, p.text)
        }
        (_, Some(p)) => {
            format!("{} comes at line {}: write the comment on or above that row", p.code, p.line)
        }
        ([], None) => "remove the comment: nothing comes there".to_owned(),
        (codes, None) => {
            format!("what comes there is {}: write `expect {}: why`", codes.join(", "), codes[0])
        }
    };
    let message = match known {
        Some(code) => {
            let at = mark.at.as_ref().map_or_else(String::new, |at| format!(" at `{at}`"));
            format!("{code} is expected{at} at line {} but did not come", mark.line)
        }
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
        let asked = rest.split(':').next().unwrap_or("");
        let (code, more) = asked.split_once(char::is_whitespace).unwrap_or((asked, ""));
        // What stands behind it in a comment that cells cut is not the code's.
        let code = code.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("").to_uppercase();
        let place = more.trim().strip_prefix("at ").map(|text| text.trim().to_owned());
        if matches!(verb, "expect" | "allow") && !code.is_empty() {
            let span = span.part(open, close + 3 - open);
            found.push(Mark { must: verb == "expect", code, at: place, span, line });
        }
        at = close + 3;
    }
    found
}

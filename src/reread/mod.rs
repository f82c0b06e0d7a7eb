//! A cell read otherwise by building the whole document anew: what no search over one net can edit.
//!
//! A symbol speaks for cells of many sorts, a padding word of the header for all nets of the document, and a cause
//! that a net's search blames may have kept other rows from being understood. Each is tried in the text, at the
//! values that the rows around it would need; one is blamed where that leaves fewer wrong cells.

mod expected;
mod layout;
mod number;
mod numbers;
mod report;

pub(crate) use numbers::beside as beside_numbers;

use crate::check::Checked;
use crate::diag::{Code, Diagnostic, Edit, Label, Severity, expect};
use crate::layer::{PadWord, Value};
use crate::shape::Shape;
use crate::source::{Source, Span};
use crate::syntax::{self, Document};
use std::collections::BTreeMap;

/// Values tried of one symbol.
const VALUES: usize = 16;
/// So many times what it was is no number that a slip explains.
const MANY: f64 = 8.0;
/// Rows checked in all while values are tried, so that a large net ends in time.
const BUDGET: usize = 200_000;
/// Readings that are examined in full.
const EXAMINED: usize = 8;
/// Reports whose own fix is tried, and others that tie and are told.
const REPORTS: usize = 4;

/// Everything found with one cell read otherwise, the report of that cell first; where it is a symbol, the nets as
/// they then are.
pub(crate) struct Reread {
    pub nets: Option<Vec<Checked>>,
    pub found: Vec<Diagnostic>,
}

/// How much in a text and its document is contradicted, at a glance: in the nets of these names, or in all.
pub(crate) type Glance<'g> = dyn Fn(&Source, &Document, &[String]) -> usize + 'g;

/// A text's nets and what is found of them.
pub(crate) type Examined = (Vec<Checked>, Vec<Diagnostic>);

/// A cell and what is written there instead.
struct Candidate {
    edit: Edit,
    /// The report of it, given how many cells it mends and whether nothing else mends as many.
    report: Report,
}

enum Report {
    /// A search has written it already.
    Known(Box<Diagnostic>),
    Symbol(String, f64),
    /// The kind whose padding it is.
    Word(String),
    /// A cause in a table that several rows share.
    Cell,
}

/// Reads one cell otherwise, where that leaves fewer wrong cells. `examine` checks a text.
pub(crate) fn reread(
    source: &Source,
    document: &Document,
    nets: &[Checked],
    found: &[Diagnostic],
    glance: &Glance<'_>,
    examine: &dyn Fn(&Source) -> Examined,
) -> Option<Reread> {
    let faults = expect::unexpected(source, found);
    if faults == 0 {
        return None;
    }
    let rows: usize = nets.iter().map(|n| n.net.order.len()).sum();
    if rows <= BUDGET
        && found.iter().filter(|d| d.severity == Severity::Error).all(|d| d.code.name().starts_with("E03"))
        && let Some(other) = layout::other_layout(source, document, nets, faults, glance, examine)
    {
        return Some(other);
    }
    let before = Before { found, faults, stuck: without_size(nets) };
    // What is expected and does not come is as wrong as what is said.
    let known = expected::best(source, document, nets, &before, (glance, examine));
    // One fault may keep many rows from having a size, and what would be said of them from being said.
    if faults < 2 && before.stuck == 0 || known.as_ref().is_some_and(|k| k.count == 1) {
        return known.map(|k| k.read);
    }
    let tried = candidates(source, document, nets, found).into_iter().take(BUDGET / rows.max(1));
    let mut best = likeliest(source, promising(source, tried, glance), &before, examine);
    let is_worked_out = |b: &Best| matches!(b.candidate.report, Report::Cell);
    if best.as_ref().map_or(faults, |b| b.count) > 1 || best.as_ref().is_some_and(is_worked_out) {
        // Of so many cells one will seem to mend some of what is wrong: it has to mend all.
        let other = numbers::best(source, document, nets, &before, (glance, examine));
        if let Some(mut other) = other.filter(|o| o.count == 1) {
            // What other rows say or a slip explains is likelier than a number worked out for this cell alone.
            other.tied.extend(best.filter(|b| b.count == 1).map(|b| b.candidate));
            best = Some(other);
        }
    }
    if let Some(known) = known.filter(|k| k.count < best.as_ref().map_or(faults, |b| b.count)) {
        return Some(known.read);
    }
    let Best { count, candidate, mut read, mut tied } = best?;
    tied.retain(|t| t.edit.span != candidate.edit.span || !matches!(candidate.report, Report::Known(_)));
    let report = report::report(source, &candidate, faults - (count - 1), &tied);
    read.found.insert(0, report);
    Some(read)
}

/// What is wrong with the text as it is written.
struct Before<'a> {
    found: &'a [Diagnostic],
    /// Errors that no comment expects.
    faults: usize,
    /// Nets in which a row has no size.
    stuck: usize,
}

/// A cell that leaves the fewest wrong cells, itself among them.
struct Best {
    count: usize,
    candidate: Candidate,
    read: Reread,
    /// Others that leave as few.
    tied: Vec<Candidate>,
}

/// The likeliest of some candidates; none where all leave as much that is wrong as before.
fn likeliest(
    source: &Source,
    tried: Vec<Candidate>,
    before: &Before<'_>,
    examine: &dyn Fn(&Source) -> Examined,
) -> Option<Best> {
    let mut best: Option<Best> = None;
    for candidate in tried {
        let text = edited(source, &candidate.edit);
        let (read, mut left) = examine(&text);
        // A row without a size keeps silent about those below it.
        if !is_fit(before.found, &left, &candidate.edit) || without_size(&read) > before.stuck {
            continue;
        }
        let count = expect::unexpected(&text, &left) + 1;
        let opens = usize::from(without_size(&read) < before.stuck);
        let limit = best.as_ref().map_or(before.faults + opens, |b| b.count);
        if count < limit {
            left.iter_mut().for_each(|d| back(d, &candidate.edit));
            let nets = matches!(candidate.report, Report::Symbol(..)).then_some(read);
            best = Some(Best { count, candidate, read: Reread { nets, found: left }, tied: Vec::new() });
        } else if let Some(best) = best.as_mut().filter(|_| count == limit) {
            best.tied.push(candidate);
        }
    }
    best
}

/// Names the symbols with which the only error would be none: a wrong total that nothing else is named beside, or an
/// expression without a value, which may stand in netc's own block, where its author cannot have written it wrongly.
pub(crate) fn beside(
    source: &Source,
    document: &Document,
    nets: &[Checked],
    found: &mut [Diagnostic],
    examine: &dyn Fn(&Source) -> Examined,
) {
    let rows: usize = nets.iter().map(|n| n.net.order.len()).sum();
    let mut left = BUDGET / rows.max(1);
    let (open, _) = expect::errors(source, found);
    let Some(first) = open.first().map(|d| (d.code, d.primary.span)) else { return };
    let is_total = first.0 == Code::E0306 && open.iter().all(|d| d.secondary.is_empty());
    if !is_total && first.0 != Code::E0209 || open.iter().any(|d| (d.code, d.primary.span) != first) {
        return;
    }
    // Several nets say it in the same words.
    let mut errors: Vec<&mut Diagnostic> =
        found.iter_mut().filter(|d| (d.code, d.primary.span) == first).collect();
    for key in document.header.keys(&["let"]).into_iter().take(EXAMINED) {
        let Some(span) = place(source, document, &["let", &key]) else { continue };
        let now = document.header.get(&["let", &key]).and_then(|f| f.value.as_u64()).unwrap_or(0);
        let mut fits = |value: &u64| {
            left = left.saturating_sub(1);
            let text = edited(source, &Edit { span, text: value.to_string() });
            left > 0 && expect::unexpected(&text, &examine(&text).1) == 0
        };
        let needed = needs(source, document, nets, &key).into_iter().map(|v| v as u64);
        if let Some(value) = needed.filter(|_| is_total).chain(near(now)).find(|v| fits(v)) {
            let text = match is_total {
                true => format!("with {value} here the total holds"),
                false => format!("or this is wrong: `{key}: {value}` would fit"),
            };
            errors.iter_mut().for_each(|d| d.secondary.push(Label::new(span, text.as_str())));
        }
    }
}

/// Numbers that may have been meant by this one.
fn near(now: u64) -> impl Iterator<Item = u64> {
    let power = now.max(1).ilog2();
    let all = [now + 1, now.saturating_sub(1), 1 << power, 2 << power, 2 * now, now / 2, now + 2];
    let mut seen = vec![0, now];
    all.into_iter().filter(move |v| {
        let new = !seen.contains(v);
        seen.push(*v);
        new
    })
}

/// Those with which the fewest things are contradicted, fewer than as it is written.
fn promising(source: &Source, tried: impl Iterator<Item = Candidate>, glance: &Glance<'_>) -> Vec<Candidate> {
    let glance = |text: &Source| glance(text, &syntax::parse(text).0, &[]);
    let now = glance(source);
    let mut counted: Vec<(usize, Candidate)> =
        tried.map(|c| (glance(&edited(source, &c.edit)), c)).filter(|(n, _)| *n < now).collect();
    counted.sort_by_key(|(n, _)| *n);
    counted.into_iter().take(EXAMINED).map(|(_, c)| c).collect()
}

/// False where the text is understood less than before, or the same cell is contradicted still.
fn is_fit(before: &[Diagnostic], after: &[Diagnostic], edit: &Edit) -> bool {
    let readable = |d: &Diagnostic| {
        d.code.name().starts_with("E03")
            || before.iter().any(|b| (b.code, &b.message) == (d.code, &d.message))
    };
    let elsewhere = |d: &Diagnostic| d.primary.span.start != edit.span.start;
    after.iter().filter(|d| d.severity == Severity::Error).all(|d| readable(d) && elsewhere(d))
}

/// Nets in which a row has no size.
fn without_size(nets: &[Checked]) -> usize {
    nets.iter().filter(|n| !n.is_buildable()).count()
}

fn edited(source: &Source, edit: &Edit) -> Source {
    let mut text = source.text().to_owned();
    text.replace_range(edit.span.range(), &edit.text);
    Source::new(source.name(), text)
}

/// False for a number that is worked out to be many times what it was, or a small part of it.
fn is_like(source: &Source, edit: &Edit) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    let Some((old, new)) = number(source.slice(edit.span)).zip(number(&edit.text)) else { return true };
    old.max(new) <= MANY * old.min(new)
}

/// Moves the places of a diagnostic of the edited text to where they stand in the text as written.
fn back(d: &mut Diagnostic, edit: &Edit) {
    let (new, old) = (edit.span.start + edit.text.len() as u32, edit.span.end);
    let place = |at: u32| if at >= new { at - new + old } else { at.min(old) };
    let moved = |span: &mut Span| *span = Span { start: place(span.start), end: place(span.end) };
    moved(&mut d.primary.span);
    d.secondary.iter_mut().for_each(|l| moved(&mut l.span));
    d.fix.iter_mut().flat_map(|f| &mut f.edits).for_each(|e| moved(&mut e.span));
}

/// What is tried, the likeliest first: what a search blames, symbols, padding words of the header.
fn candidates(
    source: &Source,
    document: &Document,
    nets: &[Checked],
    found: &[Diagnostic],
) -> Vec<Candidate> {
    let cause = |d: &&Diagnostic| matches!(d.code, Code::E0302 | Code::E0307 | Code::E0308);
    let known = found.iter().filter(cause).filter_map(|d| match d.fix.as_ref()?.edits.as_slice() {
        [edit] => Some(Candidate { edit: edit.clone(), report: Report::Known(Box::new(d.clone())) }),
        _ => None,
    });
    let mut all: Vec<Candidate> = known.take(REPORTS).collect();
    for key in document.header.keys(&["let"]) {
        let Some(span) = place(source, document, &["let", &key]) else { continue };
        for value in needs(source, document, nets, &key) {
            let edit = Edit { span, text: value.to_string() };
            all.push(Candidate { edit, report: Report::Symbol(key.clone(), value) });
        }
    }
    for kind in document.header.keys(&["defaults"]) {
        let Some(span) = place(source, document, &["defaults", &kind, "padding"]) else { continue };
        let now = source.slice(span);
        for word in PadWord::ALL.into_iter().filter(|w| w.name() != now) {
            let edit = Edit { span, text: word.name().to_owned() };
            all.push(Candidate { edit, report: Report::Word(kind.clone()) });
        }
    }
    for edit in nets.iter().flat_map(|n| &n.near).filter(|e| e.span.start > document.header.span.end) {
        if is_like(source, edit) && !all.iter().any(|c| c.edit == *edit) {
            all.push(Candidate { edit: edit.clone(), report: Report::Cell });
        }
    }
    all
}

/// Where a value of the header stands, without the space after it.
fn place(source: &Source, document: &Document, path: &[&str]) -> Option<Span> {
    let span = document.header.get(path)?.span;
    Some(Span { end: span.start + source.slice(span).trim_end().len() as u32, ..span })
}

/// What the rows whose cells name a symbol would need it to be, the value that most ask for first.
fn needs(source: &Source, document: &Document, nets: &[Checked], key: &str) -> Vec<f64> {
    let now = document.header.get(&["let", key]).and_then(|f| f.value.as_f64());
    let Some(now) = now.filter(|v| *v > 0.0) else { return Vec::new() };
    let mut asked: BTreeMap<u64, usize> = BTreeMap::new();
    for (net, node) in nets.iter().flat_map(|n| n.net.order.iter().map(move |node| (n, *node))) {
        let row = &net.net.graph[node];
        let named = row.origins.iter().filter(|o| !o.shared && names(source.slice(o.span), key));
        for origin in named {
            let needs: Vec<u64> = match (row.args.get(origin.param), row.declared()) {
                (Some(Value::Int(v)), Some((shape, _))) => needed(*v, now, shape).into_iter().collect(),
                (Some(Value::Pair(_)), _) => (1..=8).collect(),
                _ => Vec::new(),
            };
            let counted = match row.args.get(origin.param) {
                Some(Value::Int(v)) if *v as f64 == now => net.needed(node),
                _ => Vec::new(),
            };
            for value in needs.into_iter().chain(counted).filter(|v| *v as f64 != now) {
                *asked.entry(value).or_default() += 1;
            }
        }
    }
    let mut asked: Vec<(u64, usize)> = asked.into_iter().collect();
    asked.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
    asked.into_iter().take(VALUES).map(|(value, _)| value as f64).collect()
}

/// The symbol's value with which an argument in proportion to it gives the declared channels.
fn needed(argument: i64, now: f64, declared: Shape) -> Option<u64> {
    let value = declared.channels() as f64 * now / argument.max(1) as f64;
    (value.fract() == 0.0 && (1.0..1e9).contains(&value)).then_some(value as u64)
}

/// True where an expression names a symbol.
fn names(text: &str, key: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == key)
}

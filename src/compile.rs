//! All phases up to the checked nets in one call.

use crate::check::{self, Checked};
use crate::diag::{self, Code, Diagnostic, Severity};
use crate::graph;
use crate::layer::Conventions;
use crate::recipe;
use crate::reread;
use crate::source::Source;
use crate::syntax::{self, Document};

/// What the caller adds to the document.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Symbols that get another value than the document gives them.
    pub set: Vec<(String, f64)>,
    /// The net's name where the document has none: the file's stem.
    pub stem: String,
    /// Asks for padding and counting words instead of inferring them.
    pub strict: bool,
    /// The most rows that a net may have once its repeats are written out, where that is fewer than
    /// [`graph::MOST_ROWS`]: a few lines of a stranger's text can ask for millions.
    pub most_rows: Option<usize>,
}

impl Options {
    /// What a build at the document's own values takes from these.
    fn own(&self) -> graph::Options {
        graph::Options { stem: self.stem.clone(), most_rows: self.most_rows, ..graph::Options::default() }
    }
}

/// A document and everything known of it.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The document tree.
    pub document: Document,
    /// Its nets, at the values of [`Options::set`].
    pub nets: Vec<Checked>,
    /// What was found, in the order it is printed.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compiled {
    /// True where nothing found is an error.
    pub fn is_sound(&self) -> bool {
        self.diagnostics.iter().all(|d| d.severity != Severity::Error)
    }
}

/// Compiles a document. Claims are checked at the document's own values; where symbols are set to
/// others, the nets returned are those at the new values, and of them only what forbids building them
/// is reported.
pub fn compile(source: &Source, options: &Options) -> Compiled {
    let (document, mut diagnostics) = syntax::parse(source);
    let mut reading = recipe::read(&document.header, &[]);
    let mut nets = checked(source, &document, options, &mut diagnostics);
    reading.check_rows(|| row_names(&nets));
    diagnostics.append(&mut reading.diagnostics);
    for net in nets.iter().filter(|n| !input_is_doubted(n, &diagnostics)) {
        if let Some([h, w, _]) = input_shape(net).map(crate::shape::Shape::hwc) {
            let views = recipe::check_views(&document.header, &reading.recipe.augment, [h, w]);
            reading.diagnostics.extend(views);
        }
    }
    diagnostics.append(&mut reading.diagnostics);
    if !options.set.is_empty() {
        nets = rebuilt(source, &document, options, &nets, &mut diagnostics);
    }
    if diagnostics.iter().any(|d| d.code == Code::E0103) {
        // The header that cannot be read may well say what was inferred.
        let inferred = [Code::N0210, Code::N0301, Code::E0309, Code::E0462];
        diagnostics.retain(|d| !inferred.contains(&d.code));
    }
    diag::sort(&mut diagnostics);
    diagnostics.dedup();
    diag::expect::apply(source, &mut diagnostics);
    diag::sort(&mut diagnostics);
    Compiled { document, nets, diagnostics }
}

/// What goes into a net, where that is known: its first row's size.
pub fn input_shape(net: &Checked) -> Option<crate::shape::Shape> {
    net.row(*net.net.order.first()?).map(|row| row.output)
}

/// True where an error names the size of a net's input as what may be wrong: what else contradicts it is the
/// same mistake.
fn input_is_doubted(net: &Checked, found: &[Diagnostic]) -> bool {
    let Some(first) = net.net.order.first().map(|n| &net.net.graph[*n]) else { return false };
    let Some(cell) = first.origin("size").map(|o| o.span) else { return false };
    let names = |d: &Diagnostic| d.primary.span == cell || d.secondary.iter().any(|l| l.span == cell);
    found.iter().any(|d| d.severity == Severity::Error && names(d))
}

/// The rows of all nets, as a recipe may name them.
pub fn row_names(nets: &[Checked]) -> Vec<recipe::RowName> {
    let rows = nets.iter().flat_map(|checked| {
        checked.net.order.iter().map(|node| {
            let row = &checked.net.graph[*node];
            recipe::RowName {
                name: row.name.to_string(),
                kind: row.kind.map_or_else(String::new, |k| k.name.to_owned()),
                // A row that could not be bound is told of already.
                trained: checked.row(*node).is_none_or(|r| r.cost.params() > 0),
            }
        })
    });
    rows.collect()
}

/// The nets at the document's own values.
fn checked(
    source: &Source,
    document: &Document,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Checked> {
    let (mut nets, mut found) = examined(source, document, options);
    let examine = |text: &Source| {
        let (document, _) = syntax::parse(text);
        examined(text, &document, options)
    };
    let glance = |text: &Source, document: &Document, only: &[String]| {
        let own = graph::Options { only: only.to_vec(), ..options.own() };
        let (nets, found) = graph::build(text, document, &own);
        nets.into_iter().map(|net| check::contradictions(text, net)).sum::<usize>() + found.len()
    };
    if let Some(other) = reread::reread(source, document, &nets, &found, &glance, &examine) {
        nets = other.nets.unwrap_or(nets);
        found = other.found;
    }
    reread::beside_numbers(source, document, &nets, &mut found, (&glance, &examine));
    reread::beside(source, document, &nets, &mut found, &examine);
    diagnostics.append(&mut found);
    nets
}

/// The nets as the text has them, and what is found of them.
fn examined(source: &Source, document: &Document, options: &Options) -> reread::Examined {
    let mut own = options.own();
    let (nets, mut found) = graph::build(source, document, &own);
    let several = nets.len() > 1;
    let strict = check::Options { strict: options.strict };
    let all = |nets: Vec<graph::Net>| nets.into_iter().map(|net| check::check(source, net, strict)).collect();
    let mut nets: Vec<Checked> = all(nets);
    own.conventions = inferred(&nets);
    if nets.iter().any(|n| n.net.sized && n.net.dialect.is_none()) {
        // Sizes in expressions were worked out before the conventions were known.
        let (again, problems) = graph::build(source, document, &own);
        found = problems;
        nets = all(again);
    }
    // A cell that several nets share is wrong for each of them: it is told for the first.
    let mut told = std::collections::HashSet::new();
    let mut first = |d: &Diagnostic| {
        let edit = d.fix.as_ref().and_then(|f| f.edits.first());
        let error = d.severity == Severity::Error;
        !error || edit.is_none_or(|e| told.insert((d.code, e.span, e.text.clone())))
    };
    for net in &nets {
        found.extend(net.diagnostics.iter().filter(|d| first(d)).cloned().map(|mut d| {
            if several && d.net.is_none() {
                d.net = Some(net.net.name.clone());
            }
            d
        }));
    }
    (nets, found)
}

/// The conventions of each net, by name.
fn inferred(nets: &[Checked]) -> Vec<(String, Conventions)> {
    nets.iter().map(|n| (n.net.name.clone(), n.conventions)).collect()
}

/// The nets at other values, under the conventions that the document's own values showed.
fn rebuilt(
    source: &Source,
    document: &Document,
    options: &Options,
    own: &[Checked],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Checked> {
    let conventions = inferred(own);
    let other = graph::Options { set: options.set.clone(), conventions, ..options.own() };
    let (nets, found) = graph::build(source, document, &other);
    let values = options.set.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(", ");
    let mut said: Vec<Diagnostic> = found;
    let nets = nets
        .into_iter()
        .zip(own)
        .map(|(net, own)| {
            let built = check::build(net, own.conventions);
            said.extend(built.diagnostics.iter().cloned());
            built
        })
        .collect();
    said.retain(|d| d.severity == Severity::Error && !diagnostics.contains(d));
    // One value may be refused in every cell that reads it: said once, at the first.
    diag::sort(&mut said);
    let mut seen = std::collections::HashSet::new();
    said.retain(|d| seen.insert((d.code, d.message.clone())));
    let at_values = |d: Diagnostic| match d.code {
        Code::E0208 => d,
        _ => d.note(format!("this is the net at {values}")),
    };
    diagnostics.extend(said.into_iter().map(at_values));
    nets
}

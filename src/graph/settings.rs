//! The header's half that shapes the net: symbols, defaults, rows left out, claims, the dialect.

use super::Options;
use super::bind::{Binder, Symbols, unevaluated};
use super::header_claims::Claims;
use super::header_types::is_scalar;
use super::links::LinkTables;
use super::scope::Scope;
use crate::diag::{Code, Diagnostic};
use crate::layer::{Dialect, KINDS, Kind, Value};
use crate::source::{Source, Span};
use crate::syntax::{self, Header, HeaderField, ValueExpr, nearest};

/// Keys the header's top level takes.
const KEYS: &[&str] = &[
    "name",
    "dialect",
    "let",
    "defaults",
    "columns",
    "after",
    "layout",
    "brackets",
    "claims",
    "train",
    "description",
];

/// A default of the header: for all rows of a kind.
#[derive(Clone, Debug)]
pub(super) struct Default {
    pub kind: &'static Kind,
    pub param: &'static crate::layer::ParamSpec,
    pub value: Value,
    pub span: Span,
}

/// The header, understood.
#[derive(Clone, Debug, std::default::Default)]
pub(super) struct Settings {
    pub name: Option<String>,
    pub dialect: Option<(Dialect, Span)>,
    pub symbols: Symbols,
    pub defaults: Vec<Default>,
    /// Kinds by key (or `last`) and the rows that follow each of theirs.
    pub after: Vec<(String, String, Span)>,
    pub chw: bool,
    /// What is claimed, and how counts are meant.
    pub claims: Claims,
    /// The names of the document's blocks.
    pub blocks: Vec<String>,
    /// What `[a; b] x n` means.
    pub brackets: Brackets,
    /// Tables of connections.
    pub links: LinkTables,
    /// Cells read so far.
    pub cells: syntax::Memo,
}

/// Reads the header.
pub(super) fn read(
    source: &Source,
    header: &Header,
    options: &Options,
    found: &mut Vec<Diagnostic>,
) -> Settings {
    for key in header.keys(&[]).iter().filter(|k| !KEYS.contains(&k.as_str())) {
        unknown(header, &[key], KEYS, found);
    }
    let mut settings = Settings {
        name: header.get(&["name"]).map(|f| text(source, &f)),
        dialect: dialect(source, header, found),
        ..Settings::default()
    };
    settings.symbols = symbols(source, header, options, found);
    settings.chw = header.get(&["layout"]).is_some_and(|f| match text(source, &f).as_str() {
        "chw" => true,
        "hwc" => false,
        other => {
            let message = format!("`{other}` is no layout");
            found.push(Diagnostic::new(Code::E0106, f.span, message).help("write `hwc` or `chw`"));
            false
        }
    });
    settings.brackets = brackets(source, header, &settings.symbols, found);
    settings.defaults = defaults(source, header, &settings.symbols, found);
    for key in header.keys(&["after"]) {
        let Some(field) = header.get(&["after", &key]) else { continue };
        if key != "last" && !KINDS.iter().any(|k| k.key == key) {
            unknown(header, &["after", &key], &kind_keys(), found);
        } else {
            settings.after.push((key, text(source, &field), field.span));
        }
    }
    settings.claims = Claims::read(source, header, found);
    settings
}

/// What rows in brackets are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Brackets {
    /// A residual: the rows, a shortcut around them, their sum, then the last row's activation.
    pub residual: bool,
    /// The row's stride belongs to the first convolution in the brackets, not to the first wider than 1x1.
    pub stride_first: bool,
}

/// `brackets: residual`, or `brackets: { as: residual, stride_first: v1 }`.
fn brackets(source: &Source, header: &Header, symbols: &Symbols, found: &mut Vec<Diagnostic>) -> Brackets {
    let mut brackets = Brackets::default();
    let inner = header.keys(&["brackets"]);
    for key in inner.iter().filter(|k| !matches!(k.as_str(), "as" | "stride_first")) {
        unknown(header, &["brackets", key], &["as", "stride_first"], found);
    }
    let place = if inner.is_empty() { header.get(&["brackets"]) } else { header.get(&["brackets", "as"]) };
    if let Some(field) = place {
        match text(source, &field).as_str() {
            "chain" => {}
            "residual" => brackets.residual = true,
            other => {
                let message = format!("brackets cannot mean `{other}`");
                found.push(
                    Diagnostic::new(Code::E0106, field.span, message).help("write `chain` or `residual`"),
                );
            }
        }
    }
    if let Some(field) = header.get(&["brackets", "stride_first"]) {
        let scope = Scope::net(symbols);
        let value =
            syntax::expression(&text(source, &field)).ok().and_then(|e| e.eval(&|n| scope.get(n)).ok());
        match (value, field.value.as_bool()) {
            (Some(value), _) => brackets.stride_first = value != 0.0,
            (None, Some(yes)) => brackets.stride_first = yes,
            (None, None) => found.push(
                Diagnostic::new(Code::E0106, field.span, "`stride_first` is yes or no")
                    .help("write `true`, `false`, or an expression over symbols"),
            ),
        }
    }
    brackets
}

fn kind_keys() -> Vec<&'static str> {
    KINDS.iter().map(|k| k.key).collect()
}

/// A scalar as it is written, quotes off.
pub(super) fn text(source: &Source, field: &HeaderField<'_>) -> String {
    let slice = source.slice(field.span).trim_start();
    match (field.value.as_str(), field.value.as_f64()) {
        (Some(text), _) => text.trim().to_owned(),
        // An alias or an anchored number stands elsewhere than its text.
        (None, Some(number)) if slice.starts_with(['*', '&']) => number.to_string(),
        _ => source.slice(field.span).trim().trim_matches(['"', '\'']).to_owned(),
    }
}

pub(super) fn unknown(header: &Header, path: &[&str], known: &[&str], found: &mut Vec<Diagnostic>) {
    let Some(field) = header.get(path) else { return };
    let key = path.last().copied().unwrap_or("");
    let near = nearest(key, known.iter().copied());
    let message = format!("the header has no key `{key}`{}", inside(path));
    found.push(
        Diagnostic::new(Code::E0105, field.key_span, message)
            .help(format!("did you mean `{near}`? It takes {}", known.join(", "))),
    );
}

fn inside(path: &[&str]) -> String {
    match path {
        [.., parent, _] => format!(" in `{parent}`"),
        _ => String::new(),
    }
}

fn dialect(source: &Source, header: &Header, found: &mut Vec<Diagnostic>) -> Option<(Dialect, Span)> {
    let field = header.get(&["dialect"])?;
    let word = text(source, &field).to_lowercase();
    let dialect = Dialect::ALL.into_iter().find(|d| d.name() == word);
    if dialect.is_none() {
        let names: Vec<&str> = Dialect::ALL.iter().map(|d| d.name()).collect();
        let near = nearest(&word, names.iter().copied());
        found.push(
            Diagnostic::new(Code::E0106, field.span, format!("`{word}` is no dialect"))
                .help(format!("did you mean `{near}`? There are {}", names.join(", "))),
        );
    }
    dialect.map(|d| (d, field.span))
}

fn symbols(source: &Source, header: &Header, options: &Options, found: &mut Vec<Diagnostic>) -> Symbols {
    let mut symbols = Symbols::new();
    for key in header.keys(&["let"]) {
        let Some(field) = header.get(&["let", &key]).filter(|f| is_scalar(f.value)) else { continue };
        let written = text(source, &field);
        let value = match syntax::expression(&written) {
            Ok(expr) => {
                let scope = Scope::net(&symbols);
                expr.eval(&|n| scope.get(n)).map_err(|e| unevaluated(&e, &scope))
            }
            Err(e) => Err((Code::E0106, format!("`{key}`: {}", e.message), "write a number".to_owned())),
        };
        match value {
            Ok(value) => {
                symbols.insert(key.clone(), options.value(&key).unwrap_or(value));
            }
            Err((code, message, help)) => found.push(Diagnostic::new(code, field.span, message).help(help)),
        }
    }
    for key in options.set.iter().map(|(k, _)| k).filter(|k| !symbols.contains_key(*k)) {
        let near = nearest(key, symbols.keys().map(String::as_str));
        let help = if near.is_empty() {
            format!("write `let: {{ {key}: ... }}` in the header first")
        } else {
            format!("did you mean `--set {near}=...`?")
        };
        let message = format!("`--set {key}`: the document has no symbol of this name");
        found.push(Diagnostic::new(Code::E0208, source.line_span(1), message).help(help));
    }
    symbols
}

fn defaults(
    source: &Source,
    header: &Header,
    symbols: &Symbols,
    found: &mut Vec<Diagnostic>,
) -> Vec<Default> {
    let mut defaults = Vec::new();
    for key in header.keys(&["defaults"]) {
        let Some(kind) = KINDS.iter().copied().find(|k| k.key == key) else {
            unknown(header, &["defaults", &key], &kind_keys(), found);
            continue;
        };
        for name in header.keys(&["defaults", &key]) {
            let Some(field) = header.get(&["defaults", &key, &name]) else { continue };
            let Some(param) = kind.param(&name) else {
                let names: Vec<&str> = kind.params.iter().map(|p| p.name).collect();
                unknown(header, &["defaults", &key, &name], &names, found);
                continue;
            };
            let written = text(source, &field);
            let value = match syntax::causes(&format!("v={written}"))
                .ok()
                .and_then(|mut v| v.pop())
                .map(|i| i.kind)
            {
                Some(syntax::ItemKind::Named { value, .. }) => value,
                _ => ValueExpr::Word(written),
            };
            let scope = Scope::net(symbols);
            let links = LinkTables::default();
            let binder =
                Binder { scope: &scope, links: &links, found: &mut Vec::new(), after: &mut None, copy: None };
            match binder.typed(kind, param, &value) {
                Ok(value) => defaults.push(Default { kind, param, value, span: field.span }),
                Err((code, message, help)) => {
                    found.push(Diagnostic::new(code, field.span, message).help(help))
                }
            }
        }
    }
    defaults
}

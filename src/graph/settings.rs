//! The header's half that shapes the net: symbols, defaults, rows left out, claims, the dialect.

use super::Options;
use super::bind::{Binder, Symbols};
use super::bind_values::{Wrong, unevaluated};
use super::header_claims::Claims;
use super::header_types::is_scalar;
use super::links::LinkTables;
use super::scope::Scope;
use crate::diag::{Code, Diagnostic};
use crate::layer::{Dialect, KINDS, Kind, Value};
use crate::source::{Source, Span};
use crate::syntax::{self, EvalError, Header, HeaderField, ValueExpr, close, meant};

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
    /// The most rows a net may have.
    pub most_rows: usize,
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
        most_rows: options.most_rows(),
        ..Settings::default()
    };
    settings.symbols = symbols(source, header, options, found);
    settings.chw = header.get(&["layout"]).is_some_and(|f| match text(source, &f).as_str() {
        "chw" => true,
        "hwc" => false,
        other => {
            let message = format!("`{other}` is no layout");
            let help = match other.to_lowercase().as_str() {
                "nchw" => "write `chw`: channels, height, width",
                "nhwc" => "write `hwc`: height, width, channels",
                _ => "write `hwc` (height, width, channels) or `chw`",
            };
            found.push(Diagnostic::new(Code::E0106, f.span, message).help(help));
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
            let words = super::after::known(&text(source, &field), field.span, found);
            settings.after.push((key, words, field.span));
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
    let message = format!("the header has no key `{key}`{}", inside(path));
    let whole = match path {
        [.., parent, _] => format!("`{parent}`"),
        _ => "the header".to_owned(),
    };
    let all = format!("{whole} takes {}", known.join(", "));
    let help = match field.value.as_f64().filter(|_| path.len() == 1) {
        Some(value) if close(key, known.iter().copied()).is_none() => {
            format!("write `let: {{ {key}: {value} }}` for a symbol; {all}")
        }
        _ => meant(key, known.iter().copied(), &all),
    };
    found.push(Diagnostic::new(Code::E0105, field.key_span, message).help(help));
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
        let all = format!("the dialects are {}", names.join(", "));
        let help = match word.as_str() {
            "tensorflow" | "tf" => "write `keras`: its conventions are TensorFlow's".to_owned(),
            "torch" | "torchvision" => "write `pytorch`".to_owned(),
            word => meant(word, names.iter().copied(), &all),
        };
        found.push(Diagnostic::new(Code::E0106, field.span, format!("`{word}` is no dialect")).help(help));
    }
    dialect.map(|d| (d, field.span))
}

fn symbols(source: &Source, header: &Header, options: &Options, found: &mut Vec<Diagnostic>) -> Symbols {
    let mut symbols = Symbols::new();
    let names = header.keys(&["let"]);
    for key in header.keys(&["let"]) {
        let Some(field) = header.get(&["let", &key]).filter(|f| is_scalar(f.value)) else { continue };
        let written = text(source, &field);
        let value = match syntax::expression(&written) {
            Ok(expr) => {
                let scope = Scope::net(&symbols);
                expr.eval(&|n| scope.get(n))
                    .map_err(|e| unset(&e, &key, &names).unwrap_or_else(|| unevaluated(&e, &scope)))
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
        let all: Vec<String> = symbols.keys().map(|k| format!("`{k}`")).collect();
        let help = match close(key, symbols.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `--set {near}=...`?"),
            None if all.is_empty() => format!("write `let: {{ {key}: ... }}` in the header first"),
            None => format!("`let:` has {}", all.join(", ")),
        };
        let message = format!("`--set {key}`: the document has no symbol of this name");
        let place = header.get(&["let"]).map_or(source.line_span(1), |f| f.span);
        found.push(Diagnostic::new(Code::E0208, place, message).help(help));
    }
    symbols
}

/// A symbol that another one names before it has its value.
fn unset(error: &EvalError, key: &str, names: &[String]) -> Option<Wrong> {
    let EvalError::Unknown(name) = error else { return None };
    names.contains(name).then(|| {
        let message = format!("`{key}` asks for `{name}`, which has no value above it");
        (Code::E0208, message, format!("write `{name}` before `{key}`, with a value of its own"))
    })
}

/// Cells that name a symbol whose own value is wrong say nothing new.
pub(super) fn quieten(header: &Header, symbols: &Symbols, found: &mut Vec<Diagnostic>) {
    let broken: Vec<String> =
        header.keys(&["let"]).into_iter().filter(|k| !symbols.contains_key(k)).collect();
    if broken.is_empty() {
        return;
    }
    let of =
        |d: &Diagnostic| broken.iter().any(|name| d.message.starts_with(&format!("`{name}` is neither")));
    found.retain(|d| d.code != Code::E0208 || !of(d));
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
            let written_len = written.len();
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
            match binder.typed(kind, param, &value, written_len) {
                Ok(value) => defaults.push(Default { kind, param, value, span: field.span }),
                Err((code, message, help)) => {
                    found.push(Diagnostic::new(code, field.span, message).help(help))
                }
            }
        }
    }
    defaults
}

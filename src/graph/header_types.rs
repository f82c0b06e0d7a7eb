//! Whether the header's values are of the sort their keys take, before anything reads them.

use crate::diag::{Code, Diagnostic};
use crate::syntax::{Document, Header, close, fold};
use serde_yaml::Value;

/// What a key's value has to be.
enum Sort {
    /// A word or a number.
    Scalar,
    /// A mapping of the author's names to words and numbers.
    Scalars,
    /// A mapping of mappings.
    Nested,
    /// A mapping of counts, or for a net's name a mapping of them.
    Claims,
}

/// The top-level keys that are read here, what they hold, and an example.
const KEYS: &[(&str, Sort, &str)] = &[
    ("name", Sort::Scalar, "name: AlexNet"),
    ("dialect", Sort::Scalar, "dialect: keras"),
    ("layout", Sort::Scalar, "layout: chw"),
    ("let", Sort::Scalars, "let: { classes: 1000 }"),
    ("columns", Sort::Scalars, "columns: { \"Printed header\": output }"),
    ("after", Sort::Scalars, "after: { conv: BN RELU }"),
    ("claims", Sort::Claims, "claims: { parameters: 62.4M }"),
    ("defaults", Sort::Nested, "defaults: { conv: { padding: same } }"),
];

/// Reports values that would otherwise be passed over, and names of columns that no table has.
pub(super) fn check(document: &Document, found: &mut Vec<Diagnostic>) {
    let header = &document.header;
    for (key, sort, example) in KEYS {
        let Some(field) = header.get(&[key]) else { continue };
        let fits = match sort {
            Sort::Scalar => is_scalar(field.value),
            Sort::Scalars | Sort::Nested | Sort::Claims => field.value.is_mapping() || field.value.is_null(),
        };
        if !fits {
            let what = if matches!(sort, Sort::Scalar) { "a word" } else { "a list of names and values" };
            found.push(wrong(field.span, format!("`{key}` has to be {what}"), example));
            continue;
        }
        if let Value::Mapping(entries) = field.value {
            let odd = entries.keys().any(|k| !k.is_string());
            if odd {
                found.push(wrong(field.span, format!("a name in `{key}` is not a word"), example));
            }
        }
        match sort {
            Sort::Scalar => {}
            Sort::Scalars => entries(header, key, is_scalar, "a word or a number", example, found),
            Sort::Claims => {
                let scalars = |v: &Value| v.as_mapping().is_some_and(|m| m.values().all(is_scalar));
                let fits = |v: &Value| is_scalar(v) || scalars(v);
                entries(header, key, fits, "a number, or a list of them for a net's name", example, found)
            }
            Sort::Nested => {
                entries(header, key, Value::is_mapping, "a list of names and values", example, found)
            }
        }
    }
    unmatched(document, found);
}

pub(super) fn is_scalar(value: &Value) -> bool {
    value.is_string() || value.is_number() || value.is_bool()
}

fn entries(
    header: &Header,
    key: &str,
    fits: impl Fn(&Value) -> bool,
    what: &str,
    example: &str,
    found: &mut Vec<Diagnostic>,
) {
    for name in header.keys(&[key]) {
        let Some(field) = header.get(&[key, &name]) else { continue };
        if field.value.is_null() {
            found.push(wrong(field.key_span, format!("`{name}` in `{key}` has no value"), example));
        } else if !fits(field.value) {
            let message = format!("`{name}` in `{key}` has to be {what}");
            let own = (key == "defaults").then(|| only_parameter(&name)).flatten();
            found.push(match own.filter(|_| is_scalar(field.value)) {
                Some(param) => Diagnostic::new(Code::E0106, field.span, message)
                    .help(format!("write what the value is of: `{name}: {{ {param}: ... }}`")),
                None => wrong(field.span, message, example),
            });
        }
    }
}

/// The parameter that a bare number of a kind sets.
fn only_parameter(kind: &str) -> Option<&'static str> {
    let kind = crate::layer::KINDS.iter().find(|k| k.key == kind)?;
    kind.positional.int.or(kind.params.first().map(|p| p.name))
}

fn wrong(span: crate::source::Span, message: String, example: &str) -> Diagnostic {
    Diagnostic::new(Code::E0106, span, message).help(format!("write it like `{example}`"))
}

/// `columns:` entries that no table's header bears out.
fn unmatched(document: &Document, found: &mut Vec<Diagnostic>) {
    if document.tables.is_empty() {
        return;
    }
    let tables = document.tables.iter().chain(document.blocks.iter().map(|b| &b.table));
    let columns = tables.flat_map(|t| &t.columns);
    let texts: Vec<&str> = columns.map(|c| c.text.as_str()).filter(|t| !t.is_empty()).collect();
    for key in document.header.keys(&["columns"]) {
        if texts.iter().any(|t| fold(t) == fold(&key) && !fold(t).is_empty()) {
            continue;
        }
        let span = document.header.get(&["columns", &key]).map_or(document.header.span, |f| f.key_span);
        let help = match close(&key, texts.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the columns are {}", texts.join(", ")),
        };
        found.push(Diagnostic::new(Code::W0110, span, format!("no table has a column `{key}`")).help(help));
    }
}

//! Notation to arguments, by the kind's parameter table: one generic place for every kind.

use super::bind_words::{flag, one_or_size, pad_word, short, word_of, words};
use super::links::LinkTables;
use super::scope::Scope;
use super::{Origin, Row};
use crate::diag::{Code, Diagnostic};
use crate::layer::{Kind, ParamSpec, Type, Value};
use crate::source::Span;
use crate::syntax::{EvalError, Expr, Item, ItemKind, ValueExpr, close, nearest};
use std::collections::BTreeMap;
use std::fmt;

/// Symbols and their values.
pub(super) type Symbols = BTreeMap<String, f64>;

/// `stride of CONV`, written out only where a message needs it.
struct Named<'a> {
    param: &'a str,
    kind: &'a str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.param, self.kind)
    }
}

/// Fills a row's arguments from parts of its cells.
pub(super) struct Binder<'a> {
    pub scope: &'a Scope<'a>,
    pub links: &'a LinkTables,
    pub found: &'a mut Vec<Diagnostic>,
    /// Rows that the row asks for after itself, from `after=`.
    pub after: &'a mut Option<(String, Span)>,
    /// Which copy of a row that repeats, from 0.
    pub copy: Option<usize>,
}

impl Binder<'_> {
    /// Binds the items of a cell. `/2,1` in a row that repeats is one stride for each copy.
    pub(super) fn items(
        &mut self,
        row: &mut Row,
        items: &[Item],
        place: &dyn Fn(&std::ops::Range<u32>) -> Span,
    ) {
        let mut at = 0;
        while let Some(item) = items.get(at) {
            at += 1;
            let (ItemKind::Slash { size, mended: false }, Some(copy)) = (&item.kind, self.copy) else {
                self.item(row, item, place);
                continue;
            };
            let [only] = size.as_slice() else {
                self.item(row, item, place);
                continue;
            };
            // Each number right behind the comma is one more value.
            let (mut values, mut end) = (vec![only], item.range.end);
            while let Some(Item { range, kind: ItemKind::Number(value) }) = items.get(at)
                && range.start == end + 1
            {
                values.push(value);
                (end, at) = (range.end, at + 1);
            }
            let Some(value) = values.get(copy).or(values.last()) else { continue };
            let kind = ItemKind::Slash { size: vec![(*value).clone()], mended: false };
            self.item(row, &Item { range: item.range.start..end, kind }, place);
        }
    }

    /// Binds one item whose text stands at `span`; ranges inside are mapped by `place`.
    fn item(&mut self, row: &mut Row, item: &Item, place: &dyn Fn(&std::ops::Range<u32>) -> Span) {
        let Some(kind) = row.kind else { return };
        let span = place(&item.range);
        match &item.kind {
            ItemKind::Named { key, key_range, value, value_range } => {
                let (key, span) = ((key.as_str(), place(key_range)), place(value_range));
                match value {
                    ValueExpr::List(parts) => self.list(row, kind, key, parts, span),
                    value => self.named(row, kind, key, value, span),
                }
            }
            ItemKind::Size(parts) => {
                self.positional(
                    row,
                    kind,
                    kind.positional.size,
                    &ValueExpr::Size(parts.clone()),
                    span,
                    "a size",
                );
            }
            ItemKind::Shape(parts) => self.shape(row, kind, parts, span, place),
            ItemKind::Slash { size, mended } => {
                if *mended {
                    let sign = Span { start: span.start, end: span.start + 1 };
                    self.found.push(
                        Diagnostic::new(Code::W0201, sign, "`=` stands where `/` separates size and stride")
                            .label("read as `/`")
                            .help("write `/`")
                            .fix(sign, "/", true),
                    );
                }
                let value = one_or_size(size);
                self.positional(row, kind, kind.positional.slash, &value, span, "a stride");
            }
            ItemKind::Number(value) => {
                let value = ValueExpr::One(value.clone());
                self.positional(row, kind, kind.positional.int, &value, span, "a number");
            }
            ItemKind::Word(word) => self.word(row, kind, word, span),
            // The build has made the copies already.
            ItemKind::Repeat(_) => {}
        }
    }

    /// A list: in `K=96, same` what follows the comma is a word of its own; in a row that repeats, one
    /// value for each copy, the last for all that are left.
    fn list(&mut self, row: &mut Row, kind: &'static Kind, key: (&str, Span), parts: &[Expr], span: Span) {
        let word = |e: &Expr| matches!(e, Expr::Name(n) if self.scope.get(n).is_none());
        let cut = parts.iter().skip(1).position(word).map_or(parts.len(), |i| i + 1);
        let (own, rest) = parts.split_at(cut);
        let value = match (own, self.copy) {
            ([only], _) => ValueExpr::One(only.clone()),
            ([.., last], Some(copy)) => ValueExpr::One(own.get(copy).unwrap_or(last).clone()),
            _ => ValueExpr::List(own.to_vec()),
        };
        self.named(row, kind, key, &value, span);
        for part in rest {
            match part {
                Expr::Name(word) => self.word(row, kind, word, span),
                number => {
                    let value = ValueExpr::One(number.clone());
                    self.positional(row, kind, kind.positional.int, &value, span, "a number");
                }
            }
        }
    }

    pub(super) fn positional(
        &mut self,
        row: &mut Row,
        kind: &'static Kind,
        param: Option<&str>,
        value: &ValueExpr,
        span: Span,
        what: &str,
    ) {
        match param.and_then(|p| kind.param(p)) {
            Some(spec) => self.set(row, kind, spec, value, span),
            None => {
                let message = format!("{} takes no such {what} here", kind.name);
                self.found.push(Diagnostic::new(Code::E0202, span, message).help(takes(kind)));
                row.poisoned = true;
            }
        }
    }

    fn named(
        &mut self,
        row: &mut Row,
        kind: &'static Kind,
        key: (&str, Span),
        value: &ValueExpr,
        span: Span,
    ) {
        if key.0.eq_ignore_ascii_case("after") {
            *self.after = Some((words(value), span));
            return;
        }
        if let Some(spec) = kind.param(key.0) {
            self.set(row, kind, spec, value, span);
            return;
        }
        let near = close(key.0, kind.params.iter().map(|p| p.name));
        let mut d =
            Diagnostic::new(Code::E0202, key.1, format!("{} has no parameter `{}`", kind.name, key.0));
        d = match near {
            None => d.help(takes(kind)),
            Some(near) => d.help(format!("did you mean `{near}`? {}", takes(kind))),
        };
        self.found.push(d);
        row.poisoned = true;
    }

    fn word(&mut self, row: &mut Row, kind: &'static Kind, word: &str, span: Span) {
        let fits = |spec: &&ParamSpec| match spec.ty {
            Type::Word(listed) => listed.iter().any(|l| l.eq_ignore_ascii_case(word) || short(word) == *l),
            Type::Padding => pad_word(word).is_some(),
            Type::Flag => spec.name.eq_ignore_ascii_case(word) || spec.aliases.contains(&word),
            _ => false,
        };
        // In `p=1; ceil` the padding has its numbers: the word is the flag.
        let mut fitting = kind.positional.words.iter().filter_map(|w| kind.param(w)).filter(fits);
        let first = fitting.next();
        let given = |spec: &ParamSpec| row.origin(spec.name).is_some_and(|o| !o.shared && !o.stand_in);
        let spec = if first.is_some_and(given) { fitting.next().or(first) } else { first };
        if let Some(spec) = spec {
            // `ceil` is a padding word and a flag: the word settles both.
            self.set(row, kind, spec, &ValueExpr::Word(word.to_owned()), span);
        } else if self.scope.get(word).is_some() && kind.positional.int.is_some() {
            let value = ValueExpr::One(Expr::Name(word.to_owned()));
            self.positional(row, kind, kind.positional.int, &value, span, "a number");
        } else {
            self.found.push(
                Diagnostic::new(
                    Code::W0202,
                    span,
                    format!("`{word}` means nothing to {} and is not read", kind.name),
                )
                .help(takes(kind)),
            );
        }
    }

    fn set(
        &mut self,
        row: &mut Row,
        kind: &'static Kind,
        spec: &'static ParamSpec,
        value: &ValueExpr,
        span: Span,
    ) {
        if let Some(before) = row.origin(spec.name).filter(|o| !o.shared && !o.stand_in) {
            self.found.push(
                Diagnostic::new(Code::E0206, span, format!("{} is given its {} twice", kind.name, spec.name))
                    .also(before.span, "it is given here already")
                    .help("remove one of them"),
            );
            row.poisoned = true;
            return;
        }
        match self.typed(kind, spec, value) {
            Ok(typed) => {
                let (span, within) = self.written_at(value, span);
                let origin = Origin { param: spec.name, span, shared: false, stand_in: false, within };
                give(row, spec, typed, origin);
            }
            Err((code, message, help)) => {
                self.found.push(Diagnostic::new(code, span, message).help(help));
                row.poisoned = true;
            }
        }
    }

    /// A value of the parameter's type, in its range.
    pub(super) fn typed(
        &self,
        kind: &Kind,
        spec: &ParamSpec,
        value: &ValueExpr,
    ) -> Result<Value, (Code, String, String)> {
        let name = Named { param: spec.name, kind: kind.name };
        match spec.ty {
            Type::Word(listed) => word_of(value)
                .and_then(|w| listed.iter().find(|l| l.eq_ignore_ascii_case(&w) || short(&w) == **l).copied())
                .map(Value::Word)
                .ok_or_else(|| {
                    wrong(
                        format!("the {name} has to be a word"),
                        format!("write one of {}", listed.join(", ")),
                    )
                }),
            Type::Flag => flag(spec, value).map(Value::Flag).ok_or_else(|| {
                wrong(
                    format!("the {name} has to be yes or no"),
                    format!("write `{0}` or `{0}=no`", spec.name),
                )
            }),
            Type::Padding => self.padding(&name, value),
            Type::Links => self.links(&name, value),
            Type::Int { min, max } => self.whole(&name, value, min, max).map(Value::Int),
            Type::Real { min, max, max_included } => {
                let v = self.number(&name, value)?;
                let fits = v >= min && (v < max || max_included && v <= max);
                let end = if max_included { "to" } else { "to below" };
                if fits {
                    Ok(Value::Real(v))
                } else {
                    Err(range(&name, &v.to_string(), &format!("{min} {end} {max}")))
                }
            }
            Type::Pair { min, max } => {
                let parts = self.parts(&name, value, min, max)?;
                match parts.as_slice() {
                    [a] => Ok(Value::Pair([*a, *a])),
                    [a, b] | [a, b, _] | [a, b, _, _] => Ok(Value::Pair([*a, *b])),
                    _ => Err(wrong(
                        format!("the {name} has to be height and width"),
                        "write it like `3x3`".to_owned(),
                    )),
                }
            }
            Type::Size => self.size(&name, value),
        }
    }

    /// Height, width and channels, or channels alone: none are guessed.
    fn size(&self, name: &Named<'_>, value: &ValueExpr) -> Result<Value, (Code, String, String)> {
        match self.parts(name, value, 1, i64::from(i32::MAX))?.as_slice() {
            [c] => Ok(Value::Size([1, 1, *c])),
            [h, w, c] => Ok(Value::Size([*h, *w, *c])),
            [h, w] => Err(wrong(
                format!("the {name} says no channels"),
                format!("write `{h}x{w}x1` for grey pictures, `{h}x{w}x3` for coloured ones"),
            )),
            _ => Err(wrong(
                format!("the {name} has to be height, width and channels"),
                "write it like `227x227x3`".into(),
            )),
        }
    }

    fn links(&self, name: &Named<'_>, value: &ValueExpr) -> Result<Value, (Code, String, String)> {
        match word_of(value) {
            Some(heading) => self.links.get(&heading).map(Value::Links),
            None => Err(wrong(
                format!("the {name} has to be a heading"),
                "write the words of a heading below which a table marks what is connected".to_owned(),
            )),
        }
    }

    fn padding(&self, name: &Named<'_>, value: &ValueExpr) -> Result<Value, (Code, String, String)> {
        if let Some(word) = word_of(value).and_then(|w| pad_word(&w)) {
            return Ok(Value::PadWord(word));
        }
        match self.parts(name, value, 0, 65_536)?.as_slice() {
            [p] => Ok(Value::Pad([*p; 4])),
            [h, w] => Ok(Value::Pad([*h, *h, *w, *w])),
            [t, b, l, r] => Ok(Value::Pad([*t, *b, *l, *r])),
            _ => Err(wrong(
                format!("the {name} has to be a word or one, two or four numbers"),
                "write `same`, `2`, `2,1` (height, width) or `1,2,1,2` (top, bottom, left, right)".to_owned(),
            )),
        }
    }

    fn parts(
        &self,
        name: &Named<'_>,
        value: &ValueExpr,
        min: i64,
        max: i64,
    ) -> Result<Vec<i64>, (Code, String, String)> {
        match value {
            ValueExpr::One(e) => Ok(vec![self.check(name, self.eval(e)?, min, max)?]),
            ValueExpr::Size(es) | ValueExpr::List(es) => {
                es.iter().map(|e| self.check(name, self.eval(e)?, min, max)).collect()
            }
            ValueExpr::Word(w) => {
                Err(wrong(format!("the {name} has to be a number, not `{w}`"), "write a number".to_owned()))
            }
        }
    }

    fn whole(
        &self,
        name: &Named<'_>,
        value: &ValueExpr,
        min: i64,
        max: i64,
    ) -> Result<i64, (Code, String, String)> {
        let number = self.number(name, value)?;
        self.check(name, number, min, max)
    }

    fn number(&self, name: &Named<'_>, value: &ValueExpr) -> Result<f64, (Code, String, String)> {
        match value {
            ValueExpr::One(e) => self.eval(e),
            ValueExpr::Word(w) => {
                Err(wrong(format!("the {name} has to be a number, not `{w}`"), "write a number".to_owned()))
            }
            _ => Err(wrong(format!("the {name} has to be one number"), "write one number".to_owned())),
        }
    }

    fn check(&self, name: &Named<'_>, value: f64, min: i64, max: i64) -> Result<i64, (Code, String, String)> {
        if value.fract() != 0.0 || !value.is_finite() {
            return Err(wrong(
                format!("the {name} has to be a whole number, not {value}"),
                "write a whole number".to_owned(),
            ));
        }
        if value < min as f64 || value > max as f64 {
            return Err(range(name, &value.to_string(), &format!("{min} to {max}")));
        }
        Ok(value as i64)
    }

    /// An expression's value over the document's symbols.
    pub(super) fn eval(&self, expr: &Expr) -> Result<f64, (Code, String, String)> {
        expr.eval(&|name| self.scope.get(name)).map_err(|e| unevaluated(&e, self.scope))
    }

    /// The place to write another value at: of a lone block parameter, where the row that uses the block gives it.
    fn written_at(&self, value: &ValueExpr, span: Span) -> (Span, bool) {
        // `{k}x{k}` is one number, too.
        let lone = match value {
            ValueExpr::One(one) => Some(one),
            ValueExpr::Size(parts) => parts.first().filter(|first| parts.iter().all(|e| e == *first)),
            _ => None,
        };
        let lone = lone.and_then(|e| if let Expr::Name(name) = e { self.scope.given(name) } else { None });
        match lone.filter(|g| g.plain) {
            Some(given) => (given.span, false),
            None => (span, self.scope.used.is_some()),
        }
    }
}

/// An evaluation error as a code, a message and a help.
pub(super) fn unevaluated(error: &EvalError, scope: &Scope<'_>) -> (Code, String, String) {
    match error {
        EvalError::Unknown(name) if name.starts_with("in.") => (
            Code::E0209,
            format!("`{name}` is not known here"),
            "write `in.h`, `in.w` or `in.c` in a block's rows: the size of what goes into the block"
                .to_owned(),
        ),
        EvalError::Unknown(name) => {
            let near = nearest(name, scope.names());
            let help = match near {
                "" => format!("write `let: {{ {name}: 10 }}` in the header"),
                near => format!("did you mean `{near}`? Or write `let: {{ {name}: 10 }}` in the header"),
            };
            (Code::E0208, format!("`{name}` is no symbol"), help)
        }
        EvalError::NoValue(text) => {
            (Code::E0209, text.clone(), "write an expression with a whole value".to_owned())
        }
    }
}

/// Sets an argument, its origin with it.
pub(super) fn give(row: &mut Row, spec: &'static ParamSpec, value: Value, origin: Origin) {
    row.args.set(spec.name, value);
    row.origins.retain(|o| o.param != spec.name);
    row.origins.push(origin);
}

fn wrong(message: String, help: String) -> (Code, String, String) {
    (Code::E0204, message, help)
}

fn range(name: &Named<'_>, value: &str, allowed: &str) -> (Code, String, String) {
    (Code::E0205, format!("the {name} cannot be {value}"), format!("write a value of {allowed}"))
}

fn takes(kind: &Kind) -> String {
    let names: Vec<&str> = kind.params.iter().map(|p| p.name).collect();
    if names.is_empty() {
        format!("{} takes no parameters", kind.name)
    } else {
        format!("{} takes {}", kind.name, names.join(", "))
    }
}

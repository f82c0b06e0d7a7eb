//! Notation to arguments, by the kind's parameter table: one generic place for every kind.

use super::bind_words::{one_or_size, short, words};
use super::links::LinkTables;
use super::remarks;
use super::scope::Scope;
use super::{Origin, Row};
use crate::diag::{Code, Diagnostic};
use crate::layer::{Kind, PadWord, ParamSpec, Type, Value};
use crate::source::Span;
use crate::syntax::{Expr, Item, ItemKind, ValueExpr, meant, more_strides};
use std::collections::BTreeMap;
use std::ops::Range;

/// Symbols and their values.
pub(super) type Symbols = BTreeMap<String, f64>;

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
            let mut values = vec![(only, &item.range)];
            let more = more_strides(&items[at - 1..]);
            values.extend(items[at..at + more].iter().filter_map(|i| match &i.kind {
                ItemKind::Number(value) => Some((value, &i.range)),
                _ => None,
            }));
            at += more;
            let Some((value, range)) = values.get(copy).or(values.last()) else { continue };
            let kind = ItemKind::Slash { size: vec![(*value).clone()], mended: false };
            self.item(row, &Item { range: (*range).clone(), kind }, place);
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
                    ValueExpr::List(parts) => self.list(row, kind, key, parts, span, place),
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
                    "size",
                );
            }
            ItemKind::Shape(parts) => self.shape(row, kind, parts, span, place),
            ItemKind::Slash { size, mended } => {
                if *mended {
                    // It may be written in more bytes than it is read as.
                    let sign = place(&(item.range.start..item.range.start + 1));
                    self.found.push(
                        Diagnostic::new(Code::W0201, sign, "`=` stands where `/` separates size and stride")
                            .label("read as `/`")
                            .help("write `/`")
                            .fix(sign, "/", true),
                    );
                }
                let value = one_or_size(size);
                self.positional(row, kind, kind.positional.slash, &value, span, "stride");
            }
            ItemKind::Number(value) => {
                let value = ValueExpr::One(value.clone());
                self.positional(row, kind, kind.positional.int, &value, span, "bare number");
            }
            ItemKind::Word(word) => self.word(row, kind, word, span),
            // The build has made the copies already.
            ItemKind::Repeat(_) => {}
        }
    }

    /// A list: in `K=96, same` what follows the comma is a word of its own; in a row that repeats, one
    /// value for each copy, the last for all that are left.
    fn list(
        &mut self,
        row: &mut Row,
        kind: &'static Kind,
        key: (&str, Span),
        parts: &[(Expr, Range<u32>)],
        span: Span,
        place: &dyn Fn(&Range<u32>) -> Span,
    ) {
        let word = |(e, _): &(Expr, _)| matches!(e, Expr::Name(n) if self.scope.get(n).is_none());
        let cut = parts.iter().skip(1).position(word).map_or(parts.len(), |i| i + 1);
        let (own, rest) = parts.split_at(cut);
        let (value, place) = match (own, self.copy) {
            ([(only, _)], _) => (ValueExpr::One(only.clone()), span),
            ([.., last], Some(copy)) => {
                let (value, range) = own.get(copy).unwrap_or(last);
                (ValueExpr::One(value.clone()), place(range))
            }
            _ => (ValueExpr::List(own.to_vec()), span),
        };
        self.named(row, kind, key, &value, place);
        for (part, _) in rest {
            match part {
                Expr::Name(word) => self.word(row, kind, word, span),
                number => {
                    let value = ValueExpr::One(number.clone());
                    self.positional(row, kind, kind.positional.int, &value, span, "bare number");
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
                let message = format!("{} takes no {what}", kind.name);
                let help = match what {
                    "bare number" => remarks::no_channels(kind),
                    _ => takes(kind),
                };
                self.found.push(Diagnostic::new(Code::E0202, span, message).help(help));
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
        let message = format!("{} has no parameter `{}`", kind.name, key.0);
        let help = match key.0.to_lowercase().as_str() {
            "k" | "filters" | "channels" | "out_channels" => remarks::no_channels(kind),
            _ => meant(key.0, kind.params.iter().map(|p| p.name), &takes(kind)),
        };
        self.found.push(Diagnostic::new(Code::E0202, key.1, message).help(help));
        row.poisoned = true;
    }

    fn word(&mut self, row: &mut Row, kind: &'static Kind, word: &str, span: Span) {
        let fits = |spec: &&ParamSpec| match spec.ty {
            Type::Word(listed) => listed.iter().any(|l| l.eq_ignore_ascii_case(word) || short(word) == *l),
            Type::Padding => PadWord::named(word).is_some(),
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
            self.positional(row, kind, kind.positional.int, &value, span, "bare number");
        } else {
            let told = row.origins.last().filter(|o| !o.shared && !o.stand_in).map(|o| o.param);
            // In `64 filters` the word says what the number was read as.
            if told.is_none_or(|told| kind.param(word).is_none_or(|p| p.name != told)) {
                self.found.push(remarks::remark(kind, word, span));
            }
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
            let place = before.span;
            let of = |d: &Diagnostic| d.code == Code::E0206 && d.secondary.iter().any(|l| l.span == place);
            // A third and fourth time are the same slip.
            if !self.found.last().is_some_and(of) {
                let text = format!("{} is given its {} twice", kind.name, spec.name);
                let d = Diagnostic::new(Code::E0206, span, text).also(place, "it is given here already");
                self.found.push(d.help("remove one of them"));
            }
            row.poisoned = true;
            return;
        }
        match self.typed(kind, spec, value, span.range().len()) {
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

/// Sets an argument, its origin with it.
pub(super) fn give(row: &mut Row, spec: &'static ParamSpec, value: Value, origin: Origin) {
    row.args.set(spec.name, value);
    row.origins.retain(|o| o.param != spec.name);
    row.origins.push(origin);
}

pub(super) fn takes(kind: &Kind) -> String {
    let names: Vec<&str> = kind.params.iter().map(|p| p.name).collect();
    if names.is_empty() {
        format!("{} takes no parameters", kind.name)
    } else {
        format!("{} takes {}", kind.name, names.join(", "))
    }
}

//! Blocks as they are used: which one a row means, and what the row gives its parameters.

use super::bind_values::unevaluated;
use super::body::{Body, BodyRow, asks, body, unreadable};
use super::row::cause_text;
use super::scope::{Given, Scope};
use super::settings::Settings;
use crate::diag::{Code, Diagnostic};
use crate::layer;
use crate::source::Span;
use crate::syntax::{
    self, Block, BlockParam, Cell, ColumnRole, Expr, Item, ItemKind, LayerCell, Table, ValueExpr, close,
    fold, folded, meant,
};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// Parameters that an unnamed part of a cell, or a column of a single cause, may fill.
const CAUSES: &[(&str, &[&str])] = &[
    ("kernel", &["kernel", "filter", "size", "k"]),
    ("stride", &["stride", "strides", "s"]),
    ("K", &["K", "k", "c", "filters", "out", "channels"]),
    ("padding", &["padding", "pad", "p"]),
    ("groups", &["groups", "group", "g"]),
    ("dilation", &["dilation", "d"]),
];

/// A block and its rows, read once.
pub(super) struct Def<'a> {
    pub block: &'a Block,
    pub body: Body<'a>,
    pub library: bool,
    /// Its cells ask for the shape of its input.
    pub reads_input: bool,
    /// Its cells ask for the height or width of its input.
    pub reads_size: bool,
}

/// The blocks of a document, and those of the library that it uses.
pub(super) struct Blocks<'a> {
    own: HashMap<String, &'a Block>,
    defs: RefCell<HashMap<String, Option<Rc<Def<'a>>>>>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(blocks: &'a [Block]) -> Self {
        let own = blocks.iter().map(|b| (folded(&b.name), b)).collect();
        Self { own, defs: RefCell::default() }
    }

    /// The block that a row means: one of its name; one named like its kind where the row fills a parameter.
    pub(super) fn meant(
        &self,
        word: &str,
        row: &BodyRow<'_>,
        table: &Table,
        settings: &Settings,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Rc<Def<'a>>> {
        let kind = settings.cells.kind(word);
        if kind.is_some() && self.own.is_empty() {
            return None;
        }
        let word = folded(word);
        let Some(kind) = kind else { return self.get(&word, settings, found) };
        let like =
            |name: &&String| **name == word || layer::find(name).is_some_and(|k| std::ptr::eq(k, kind));
        let mut names: Vec<&String> = self.own.keys().filter(like).collect();
        names.sort_by_key(|n| (**n != word, (*n).clone()));
        names
            .into_iter()
            .filter_map(|n| self.get(n, settings, found))
            .find(|def| def.filled(row, table, settings))
    }

    fn get(&self, name: &str, settings: &Settings, found: &mut Vec<Diagnostic>) -> Option<Rc<Def<'a>>> {
        if let Some(known) = self.defs.borrow().get(name) {
            return known.clone();
        }
        let own = self.own.get(name).copied();
        let def = own.or_else(|| syntax::library(name)).map(|block| {
            let body = body(&block.table, None, settings, found);
            let asks = |words: &[&str]| asks(&block.table, words);
            let (reads_input, reads_size) = (asks(&["in."]), asks(&["in.h", "in.w"]));
            Rc::new(Def { block, body, library: own.is_none(), reads_input, reads_size })
        });
        self.defs.borrow_mut().insert(name.to_owned(), def.clone());
        def
    }
}

/// A part of the row that gives a parameter: which, its values, where they stand.
struct Part<'e> {
    param: usize,
    value: &'e ValueExpr,
    span: Span,
}

impl Def<'_> {
    fn param(&self, name: &str) -> Option<usize> {
        let same = |p: &BlockParam| {
            p.name.eq_ignore_ascii_case(name) || fold(&p.name) == fold(name) && !fold(name).is_empty()
        };
        self.block.params.iter().position(same)
    }

    /// The parameter that a cause fills: `stride` or `s` of `/2`.
    fn cause(&self, cause: &str) -> Option<usize> {
        let (_, names) = CAUSES.iter().find(|(name, _)| *name == cause)?;
        names.iter().find_map(|n| self.block.params.iter().position(|p| p.name.trim_start_matches('#') == *n))
    }

    /// The parameter of a column.
    fn column(&self, role: &ColumnRole, text: &str) -> Option<usize> {
        self.param(text).or_else(|| match role {
            ColumnRole::Cause(name) => self.cause(name),
            ColumnRole::Block(name) => self.param(name),
            _ => None,
        })
    }

    /// True where a row fills one of the parameters.
    fn filled(&self, row: &BodyRow<'_>, table: &Table, settings: &Settings) -> bool {
        let by_column = row.said(table).any(|(c, _)| self.param(&c.text).is_some());
        let named = |items: &[Item]| {
            items.iter().any(|i| match &i.kind {
                ItemKind::Named { key, .. } => self.param(key).is_some(),
                _ => false,
            })
        };
        let by_filter = row.said(table).filter(|(c, _)| c.role == ColumnRole::Filter).any(|(_, cell)| {
            settings.cells.causes(&cell.text).as_ref().as_ref().is_ok_and(|items| named(items))
        });
        by_column || by_filter || row.parts().iter().any(|p| named(&p.items))
    }
}

/// Reads what a row gives a block's parameters.
pub(super) struct Arguments<'m, 'a> {
    pub def: &'m Def<'a>,
    pub row: &'m BodyRow<'a>,
    pub table: &'m Table,
    pub scope: &'m Scope<'a>,
    pub settings: &'m Settings,
    pub copy: usize,
}

impl<'a> Arguments<'_, 'a> {
    /// The parameters' values; none where one is missing or wrong, which is reported.
    pub(super) fn read(&self, layer: &LayerCell, found: &mut Vec<Diagnostic>) -> Option<Vec<Given<'a>>> {
        let mut values: Vec<Option<Given<'a>>> = vec![None; self.def.block.params.len()];
        let before = found.len();
        let place = |cell: &Cell, r: &Range<u32>| self.scope.place(cell, r);
        self.items(&mut values, &layer.items, &|r| place(&self.row.cell, r), found);
        for (column, cell) in self.row.said(self.table) {
            let filled = self.def.column(&column.role, &column.text);
            match (&column.role, filled) {
                (ColumnRole::Cause(name), None) if name == "repeat" => {}
                (_, Some(param)) => self.cell(&mut values, param, cell, found),
                (ColumnRole::Filter, None) => match &*self.settings.cells.causes(&cell.text) {
                    Ok(items) => self.items(&mut values, items, &|r| place(cell, r), found),
                    Err(error) => found.push(unreadable(self.scope, cell, error)),
                },
                (ColumnRole::Cause(name) | ColumnRole::Block(name), None) => {
                    found.push(self.unknown(name, self.scope.at(cell.span)));
                }
                _ => {}
            }
        }
        if found.len() > before && found[before..].iter().any(|d| d.severity == crate::diag::Severity::Error)
        {
            return None;
        }
        self.complete(values, found)
    }

    /// A cell of a parameter's own column.
    fn cell(&self, values: &mut [Option<Given<'a>>], param: usize, cell: &Cell, found: &mut Vec<Diagnostic>) {
        let marked = match cell.text.to_lowercase().as_str() {
            "yes" | "true" | "✓" | "✔" | "√" => Some(1.0),
            "no" | "false" | "none" => Some(0.0),
            _ => None,
        };
        if let Some(value) = marked {
            return self.set(
                values,
                param,
                &ValueExpr::One(Expr::Number(value)),
                self.scope.at(cell.span),
                found,
            );
        }
        let (text, shift) = cause_text("v", cell);
        match &*self.settings.cells.causes(&text) {
            Ok(items) => {
                let place = |r: &Range<u32>| {
                    let back = |at: u32| at.saturating_sub(shift);
                    self.scope.place(cell, &(back(r.start)..back(r.end)))
                };
                for item in items {
                    match &item.kind {
                        ItemKind::Named { value, value_range, .. } => {
                            let (value, range) = self.of_the_copy(value, value_range);
                            self.set(values, param, &value, place(range), found);
                        }
                        ItemKind::Repeat(_) => {}
                        _ => found.push(self.not_a_value(param, place(&item.range))),
                    }
                }
            }
            Err(error) => found.push(unreadable(self.scope, cell, &error.back(shift))),
        }
    }

    fn items(
        &self,
        values: &mut [Option<Given<'a>>],
        items: &[Item],
        place: &dyn Fn(&Range<u32>) -> Span,
        found: &mut Vec<Diagnostic>,
    ) {
        for item in items {
            let span = place(&item.range);
            let (param, value, what) = match &item.kind {
                ItemKind::Named { key, key_range, value, value_range } => match self.def.param(key) {
                    Some(param) => {
                        let (value, range) = self.of_the_copy(value, value_range);
                        self.set(values, param, &value, place(range), found);
                        continue;
                    }
                    None => {
                        found.push(self.unknown(key, place(key_range)));
                        continue;
                    }
                },
                ItemKind::Size(parts) => (self.def.cause("kernel"), ValueExpr::Size(parts.clone()), "a size"),
                ItemKind::Shape(parts) => {
                    let parts = parts.iter().map(|(value, _)| value.clone()).collect();
                    (self.def.cause("kernel"), ValueExpr::Size(parts), "a size")
                }
                ItemKind::Slash { size, .. } => (self.def.cause("stride"), one_or_size(size), "a stride"),
                ItemKind::Number(n) => (self.def.cause("K"), ValueExpr::One(n.clone()), "a number"),
                ItemKind::Word(word) => {
                    (self.def.param(word), ValueExpr::One(Expr::Number(1.0)), "such a word")
                }
                ItemKind::Repeat(_) => continue,
            };
            match param {
                Some(param) => self.set(values, param, &value, span, found),
                None => {
                    let text = format!("`{}` has no parameter that takes {what}", self.def.block.name);
                    found.push(Diagnostic::new(Code::E0202, span, text).help(self.takes()));
                }
            }
        }
    }

    fn set(
        &self,
        values: &mut [Option<Given<'a>>],
        param: usize,
        value: &ValueExpr,
        span: Span,
        found: &mut Vec<Diagnostic>,
    ) {
        let name = &self.def.block.params[param].name;
        if let Some(before) = &values[param] {
            let text = format!("`{}` is given its {name} twice", self.def.block.name);
            found.push(
                Diagnostic::new(Code::E0206, span, text)
                    .also(before.span, "it is given here already")
                    .help("remove one of them"),
            );
            return;
        }
        match self.number(Part { param, value, span }) {
            Ok((number, span, plain)) => {
                values[param] =
                    Some(Given { param: &self.def.block.params[param], value: number, span, plain })
            }
            Err(problem) => found.push(*problem),
        }
    }

    /// Of a list, the value for this copy and where it stands.
    fn of_the_copy<'v>(
        &self,
        value: &'v ValueExpr,
        range: &'v Range<u32>,
    ) -> (Cow<'v, ValueExpr>, &'v Range<u32>) {
        match value {
            ValueExpr::List(list) => match list.get(self.copy).or(list.last()) {
                Some((one, range)) => (Cow::Owned(ValueExpr::One(one.clone())), range),
                None => (Cow::Borrowed(value), range),
            },
            _ => (Cow::Borrowed(value), range),
        }
    }

    /// The value for this copy, where it is written, and whether another may be written there for this use alone.
    fn number(&self, part: Part<'_>) -> Result<(f64, Span, bool), Box<Diagnostic>> {
        let (expr, lone) = match part.value {
            ValueExpr::One(e) => (e.clone(), true),
            ValueExpr::Size(parts) if parts.iter().all(|p| *p == parts[0]) => (parts[0].clone(), true),
            ValueExpr::Word(word) if matches!(word.as_str(), "yes" | "no") => {
                (Expr::Number(f64::from(u8::from(word == "yes"))), false)
            }
            _ => return Err(Box::new(self.not_a_value(part.param, part.span))),
        };
        // A parameter that is handed on is written where it was given first.
        let (span, plain) = match &expr {
            Expr::Number(_) => (part.span, lone && self.scope.used.is_none()),
            Expr::Name(name) if lone => {
                self.scope.given(name).map_or((part.span, false), |g| (g.span, g.plain))
            }
            _ => (part.span, false),
        };
        self.eval(&expr, part.span).map(|v| (v, span, plain))
    }

    fn eval(&self, expr: &Expr, span: Span) -> Result<f64, Box<Diagnostic>> {
        expr.eval(&|n| self.scope.get(n)).map_err(|e| {
            let (code, message, help) = unevaluated(&e, self.scope);
            Box::new(Diagnostic::new(code, span, message).help(help))
        })
    }

    /// Fills in the defaults; in them stand the symbols and the parameters before.
    fn complete(
        &self,
        values: Vec<Option<Given<'a>>>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Vec<Given<'a>>> {
        let mut scope = Scope { params: Vec::new(), ..self.scope.clone() };
        let all = self.def.block.params.iter().zip(&values);
        let lacks = all.filter(|(param, value)| value.is_none() && param.default.is_none());
        let missing: Vec<&BlockParam> = lacks.map(|(param, _)| param).skip(1).collect();
        for (param, value) in self.def.block.params.iter().zip(values) {
            let given = match (value, &param.default) {
                (Some(given), _) => given,
                (None, Some((text, place))) => {
                    let place = if self.def.library { self.scope.at(self.row.cell.span) } else { *place };
                    let value = syntax::expression(text)
                        .map_err(|e| (Code::E0203, e.message, e.help.unwrap_or_default()));
                    let value =
                        value.and_then(|e| e.eval(&|n| scope.get(n)).map_err(|e| unevaluated(&e, &scope)));
                    match value {
                        Ok(value) => Given { param, value, span: place, plain: false },
                        Err((code, message, help)) => {
                            found.push(Diagnostic::new(code, place, message).help(help));
                            return None;
                        }
                    }
                }
                (None, None) => {
                    let missing = [&[param][..], &missing].concat();
                    found.push(self.lacking(&missing));
                    return None;
                }
            };
            scope.params.push(given);
        }
        Some(scope.params)
    }

    /// Parameters that neither the row gives nor the heading.
    fn lacking(&self, missing: &[&BlockParam]) -> Diagnostic {
        let names: Vec<&str> = missing.iter().map(|p| p.name.as_str()).collect();
        let text = format!("`{}` is not given its {}", self.def.block.name, names.join(", "));
        let span = self.scope.at(self.row.cell.span);
        let mut d = Diagnostic::new(Code::E0207, span, text).label(self.takes());
        let heading = if self.def.library { "" } else { ", or a default in the heading" };
        if let (false, Some(first)) = (self.def.library, missing.first()) {
            d = d.also(first.span, "asked for here");
        }
        // A column that means nothing may be the one that is missing, misspelt.
        let silent = self.table.columns.iter().filter(|c| c.role == ColumnRole::Ignore);
        let meant = silent.filter_map(|c| Some((c, close(&c.text, names.iter().copied())?))).next();
        if let Some((column, name)) = meant {
            let d = d.also(column.span, "this column is not read");
            return d.help(format!("did you mean `{name}` where the table's head says `{}`?", column.text));
        }
        let (one, where_) = (missing.len() == 1, missing.iter().all(|p| p.ident == p.name));
        d.help(match (where_, names.as_slice()) {
            (true, names) => {
                let given: Vec<String> = names.iter().map(|n| format!("{n}=...")).collect();
                format!("write `{}` in the filter column{heading}", given.join("; "))
            }
            (false, [name, ..]) if one => format!("give the table a column `{name}`{heading}"),
            (false, _) => format!("give the table a column for each of them{heading}"),
        })
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let text = format!("`{}` has no parameter `{name}`", self.def.block.name);
        let help = meant(name, self.def.block.params.iter().map(|p| p.name.as_str()), &self.takes());
        Diagnostic::new(Code::E0202, span, text).help(help)
    }

    fn not_a_value(&self, param: usize, span: Span) -> Diagnostic {
        let name = &self.def.block.params[param].name;
        Diagnostic::new(Code::E0204, span, format!("the {name} of `{}` is a number", self.def.block.name))
            .help("write a number, an expression, or one number for each copy: `2,1`")
    }

    fn takes(&self) -> String {
        let names: Vec<&str> = self.def.block.params.iter().map(|p| p.name.as_str()).collect();
        match names.as_slice() {
            [] => format!("`{}` takes no parameters", self.def.block.name),
            names => format!("`{}` takes {}", self.def.block.name, names.join(", ")),
        }
    }
}

fn one_or_size(parts: &[Expr]) -> ValueExpr {
    match parts {
        [only] => ValueExpr::One(only.clone()),
        _ => ValueExpr::Size(parts.to_vec()),
    }
}

/// The values of a use, as a person reads them: `c=128, s=2`.
pub(super) fn shown(values: &[Given<'_>]) -> String {
    values.iter().map(|g| format!("{}={}", g.param.name, g.value)).collect::<Vec<_>>().join(", ")
}

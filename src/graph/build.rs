//! Document to nets: rows bound, names resolved, rows left out filled in.

use super::bind::{Binder, give, unevaluated};
use super::repeat;
use super::settings::{self, Settings};
use super::wire;
use super::{About, Claim, ClaimValue, Net, Options, Origin, Row};
use crate::diag::{Code, Diagnostic, grouped};
use crate::layer::{self, Args, Kind, StandIn, Type, Value};
use crate::shape::Shape;
use crate::source::{Source, Span};
use crate::syntax::{self, Cell, CellError, ColumnRole, Document, Expr, Table, TableRow, nearest};
use std::ops::Range;

/// The most rows a net may have.
const MOST_ROWS: usize = 4_000_000;

/// A row and what only wiring needs.
pub(super) struct Draft {
    pub row: Row,
    /// Names in its `From` cell and where they stand.
    pub from: Option<Vec<(String, Span)>>,
    /// What `after=` in the row asks for.
    pub after: Option<(String, Span)>,
    /// True where the author named it.
    pub named: bool,
}

/// Builds every net of a document.
pub fn build(source: &Source, document: &Document, options: &Options) -> (Vec<Net>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let settings = settings::read(source, &document.header, options, &mut found);
    let several = document.tables.len() > 1;
    let mut nets = Vec::new();
    for (index, table) in document.tables.iter().enumerate() {
        let heading = table.heading.as_ref().map(|h| h.text.clone());
        let name = if several { heading } else { settings.name.clone() };
        let name = name.unwrap_or_else(|| {
            if several { format!("{} ({})", options.stem, index + 1) } else { options.stem.clone() }
        });
        nets.extend(net(table, &settings, name, &mut found));
    }
    (nets, found)
}

fn net(table: &Table, settings: &Settings, name: String, found: &mut Vec<Diagnostic>) -> Option<Net> {
    let mut drafts: Vec<Draft> = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let (copies, place) = repeat::copies(table, row, settings, found);
        if copies.saturating_add(drafts.len()) > MOST_ROWS {
            let message = format!(
                "the net has more than {} rows once its repeats are written out",
                grouped(MOST_ROWS as u64)
            );
            found.push(Diagnostic::new(Code::E0406, place, message).help("repeat the row fewer times"));
            return None;
        }
        let made =
            (0..copies).filter_map(|copy| draft(table, row, settings, (copies > 1).then_some(copy), found));
        drafts.extend(repeat::settled(made.collect()));
    }
    add_input(&mut drafts, table, found);
    let drafts = wire::fill_after(drafts, settings, found);
    Some(wire::connect(drafts, name, settings, found))
}

fn draft(
    table: &Table,
    row: &TableRow,
    settings: &Settings,
    copy: Option<usize>,
    found: &mut Vec<Diagnostic>,
) -> Option<Draft> {
    let cell = |role: &ColumnRole| {
        table
            .columns
            .iter()
            .position(|c| c.role == *role)
            .and_then(|i| row.cells.get(i))
            .filter(|c| !c.is_empty())
    };
    let layer_cell = cell(&ColumnRole::Layer)?;
    let read = settings.cells.layer(&layer_cell.text);
    let parsed = match &*read {
        Ok(parsed) => parsed.clone(),
        Err(error) => {
            found.push(unreadable(layer_cell, error));
            syntax::LayerCell { word: layer_cell.text.clone(), range: 0..0, name: None, items: Vec::new() }
        }
    };
    let kind = layer::find(&parsed.word.split_whitespace().collect::<Vec<_>>().join(" "));
    let span = if parsed.range.is_empty() { layer_cell.span } else { layer_cell.span_of(&parsed.range) };
    let name_cell = cell(&ColumnRole::Name);
    let mut draft = Draft {
        row: Row {
            kind,
            name: name_cell.map(|c| c.text.clone()).or(parsed.name.clone()).unwrap_or_default(),
            label: parsed.word.clone(),
            args: Args::new(),
            origins: Vec::new(),
            claims: Vec::new(),
            span,
            line: row.line,
            use_line: None,
            poisoned: kind.is_none(),
        },
        from: cell(&ColumnRole::From)
            .map(|c| syntax::from(&c.text).into_iter().map(|(n, r)| (n, c.span_of(&r))).collect()),
        after: None,
        named: name_cell.is_some() || parsed.name.is_some(),
    };
    match kind {
        None => found.push(unknown_layer(&parsed.word, span)),
        Some(kind) => {
            imply(&mut draft.row, kind, &parsed.word);
            let own = &parsed.items;
            causes(&mut draft, layer_cell, own, settings, copy, found);
            cause_cells(&mut draft, table, row, settings, copy, found);
        }
    }
    claims(&mut draft.row, table, row, settings, found);
    stand_ins(&mut draft.row);
    defaults(&mut draft.row, settings);
    missing(&mut draft.row, found);
    Some(draft)
}

pub(super) fn unreadable(cell: &Cell, error: &CellError) -> Diagnostic {
    let mut d = Diagnostic::new(Code::E0203, cell.span_of(&error.range), error.message.clone());
    d.help.clone_from(&error.help);
    d
}

fn unknown_layer(word: &str, span: Span) -> Diagnostic {
    let near = nearest(word, layer::KINDS.iter().flat_map(|k| k.names()));
    Diagnostic::new(Code::E0201, span, format!("`{word}` is no layer netc knows"))
        .label("unknown layer")
        .help(format!("did you mean `{near}`?"))
}

/// What an alias says by itself: `RELU` is ACT with f=relu.
pub(super) fn imply(row: &mut Row, kind: &'static Kind, word: &str) {
    for (alias, param, value) in kind.implied {
        let Some(spec) = kind.param(param).filter(|_| alias.eq_ignore_ascii_case(word)) else { continue };
        let value = if spec.ty == Type::Flag { Value::Flag(*value == "yes") } else { Value::Word(value) };
        row.args.set(spec.name, value);
    }
}

fn causes(
    draft: &mut Draft,
    cell: &Cell,
    items: &[syntax::Item],
    settings: &Settings,
    copy: Option<usize>,
    found: &mut Vec<Diagnostic>,
) {
    let mut after = draft.after.take();
    let mut binder = Binder { symbols: &settings.symbols, found, after: &mut after, copy };
    for item in items {
        binder.item(&mut draft.row, item, &|r: &Range<u32>| cell.span_of(r));
    }
    draft.after = after;
}

/// The combined cause cells and the cells of a single cause.
fn cause_cells(
    draft: &mut Draft,
    table: &Table,
    row: &TableRow,
    settings: &Settings,
    copy: Option<usize>,
    found: &mut Vec<Diagnostic>,
) {
    for (column, cell) in table.columns.iter().zip(&row.cells).filter(|(_, c)| !c.is_empty()) {
        let (text, shift) = match &column.role {
            ColumnRole::Filter => (cell.text.clone(), 0),
            ColumnRole::Cause(name) if name == "repeat" => continue,
            ColumnRole::Cause(name) => {
                let text =
                    cell.text.strip_prefix('s').filter(|r| r.parse::<u32>().is_ok()).unwrap_or(&cell.text);
                (format!("{name}={text}"), name.len() as u32 + 1 - (cell.text.len() - text.len()) as u32)
            }
            _ => continue,
        };
        match &*settings.cells.causes(&text) {
            Ok(items) => {
                let place = |r: &Range<u32>| {
                    cell.span_of(&(r.start.saturating_sub(shift)..r.end.saturating_sub(shift)))
                };
                let mut after = draft.after.take();
                let mut binder = Binder { symbols: &settings.symbols, found, after: &mut after, copy };
                for item in items {
                    binder.item(&mut draft.row, item, &place);
                }
                draft.after = after;
            }
            Err(error) => {
                found.push(unreadable(cell, error));
                draft.row.poisoned = true;
            }
        }
    }
}

fn claims(row: &mut Row, table: &Table, cells: &TableRow, settings: &Settings, found: &mut Vec<Diagnostic>) {
    for (column, cell) in table.columns.iter().zip(&cells.cells).filter(|(_, c)| !c.is_empty()) {
        let about = match column.role {
            ColumnRole::Output => About::Output,
            ColumnRole::Input => About::Input,
            ColumnRole::Params => About::Params,
            ColumnRole::Macs => About::Macs,
            ColumnRole::Depth => About::Depth,
            _ => continue,
        };
        let value = match about {
            About::Output | About::Input => shape(cell, settings).map(ClaimValue::Shape),
            _ => {
                syntax::number(&cell.text).map(ClaimValue::Number).map_err(|e| Box::new(unreadable(cell, &e)))
            }
        };
        match value {
            Ok(value) => row.claims.push(Claim { about, value, span: cell.span, copies: 1 }),
            Err(problem) => {
                found.push(*problem);
                // What the cell would have stood in for is not missing: it could not be read.
                let stands_in =
                    |k: &Kind| k.params.iter().any(|p| p.stand_in != StandIn::Never && !row.args.has(p.name));
                row.poisoned |= about == About::Output && row.kind.is_some_and(stands_in);
            }
        }
    }
}

fn shape(cell: &Cell, settings: &Settings) -> Result<Shape, Box<Diagnostic>> {
    let read = settings.cells.size(&cell.text);
    let size = read.as_ref().as_ref().map_err(|e| Box::new(unreadable(cell, e)))?;
    let value = |e: &Expr| {
        let v = e.eval(&|n| settings.symbols.get(n).copied()).map_err(|e| unevaluated(&e, &settings.symbols));
        match v {
            Ok(v) if v.fract() == 0.0 && (1.0..=f64::from(i32::MAX)).contains(&v) => Ok(v as u64),
            Ok(v) => Err((
                Code::E0205,
                format!("a size cannot be {v}"),
                "write a whole number from 1 to 2147483647".into(),
            )),
            Err(e) => Err(e),
        }
    };
    let numbers: Result<Vec<u64>, (Code, String, String)> = size.factors.iter().map(value).collect();
    let numbers = numbers
        .map_err(|(code, message, help)| Box::new(Diagnostic::new(code, cell.span, message).help(help)))?;
    match (numbers.as_slice(), settings.chw && !size.maps) {
        ([c], _) => Ok(Shape::Flat(*c)),
        ([h, w], _) => Ok(Shape::map(*h, *w, 1)),
        ([c, h, w], true) | ([h, w, c], false) => Ok(Shape::map(*h, *w, *c)),
        _ => {
            let message = format!("`{}` has more than three factors", cell.text);
            Err(Box::new(
                Diagnostic::new(Code::E0203, cell.span, message)
                    .help("write height, width and channels: `57x57x96`"),
            ))
        }
    }
}

/// A missing cause that the claim determines.
fn stand_ins(row: &mut Row) {
    let (Some(kind), Some((declared, span))) = (row.kind, row.declared()) else { return };
    for spec in kind.params {
        if row.args.has(spec.name) {
            continue;
        }
        let value = match spec.stand_in {
            StandIn::Never => continue,
            StandIn::Channels if row.args.flag("depthwise") == Some(true) => continue,
            StandIn::Channels => Value::Int(declared.channels() as i64),
            StandIn::Size => Value::Size(declared.hwc().map(|v| v as i64)),
        };
        give(row, spec, value, Origin { param: spec.name, span, shared: false, stand_in: true });
    }
}

fn defaults(row: &mut Row, settings: &Settings) {
    let Some(kind) = row.kind else { return };
    for default in settings.defaults.iter().filter(|d| std::ptr::eq(d.kind, kind)) {
        if !row.args.has(default.param.name) {
            let origin =
                Origin { param: default.param.name, span: default.span, shared: true, stand_in: false };
            give(row, default.param, default.value.clone(), origin);
        }
    }
}

/// Required causes that nothing gives.
fn missing(row: &mut Row, found: &mut Vec<Diagnostic>) {
    let Some(kind) = row.kind.filter(|_| !row.poisoned) else { return };
    for spec in kind.params {
        if !spec.required || row.args.has(spec.name) {
            continue;
        }
        if spec.stand_in == StandIn::Channels && row.args.flag("depthwise") == Some(true) {
            continue;
        }
        let help = match spec.stand_in {
            StandIn::Never if spec.name == "kernel" => "write it in the filter column: `3x3/2`".to_owned(),
            StandIn::Never => format!("write `{}=...` in the filter column", spec.name),
            StandIn::Channels => format!("write `{}=64`, or declare the output size", spec.name),
            StandIn::Size => "write the size in the output column: `227x227x3`".to_owned(),
        };
        let message = format!("{} has no {}", row.label, spec.name);
        found.push(Diagnostic::new(Code::E0207, row.span, message).label(spec.doc).help(help));
        row.poisoned = true;
    }
}

/// Where no row is an INPUT, the first row's claimed input stands in for one.
fn add_input(drafts: &mut Vec<Draft>, table: &Table, found: &mut Vec<Diagnostic>) {
    if drafts.iter().any(|d| d.row.kind.is_some_and(Kind::inputs_nothing)) {
        return;
    }
    let claimed = drafts.first().and_then(|d| d.row.declared_input());
    let (Some((size, span)), Some(kind)) = (claimed, layer::find("INPUT")) else {
        if drafts.first().is_some_and(|d| d.row.kind.is_some()) {
            let place = drafts.first().map_or(table.span, |d| d.row.span);
            found.push(
                Diagnostic::new(Code::E0401, place, "the net has no input").help(
                    "begin with a row `| INPUT | 227x227x3 | |`, or declare the first row's input size",
                ),
            );
        }
        return;
    };
    let line = drafts.first().map_or(0, |d| d.row.line);
    let mut args = Args::new();
    args.set("size", Value::Size(size.hwc().map(|v| v as i64)));
    let origins = vec![Origin { param: "size", span, shared: false, stand_in: true }];
    let row = Row {
        kind: Some(kind),
        name: String::new(),
        label: kind.name.to_owned(),
        args,
        origins,
        claims: Vec::new(),
        span,
        line,
        use_line: None,
        poisoned: false,
    };
    drafts.insert(0, Draft { row, from: None, after: None, named: false });
}

//! Document to nets: which nets there are, their rows expanded and joined.

use super::after;
use super::blocks::Blocks;
use super::body::{Body, body, has_input};
use super::expand::{Expander, Frame, Turn};
use super::header_types;
use super::links::LinkTables;
use super::row::blank;
use super::scope::Scope;
use super::settings::{self, Settings};
use super::{About, Net, Options, Origin, claim, names, totals_rows, wire};
use crate::diag::{Code, Diagnostic};
use crate::layer::{self, Value};
use crate::source::Source;
use crate::syntax::{ColumnRole, Document, Memo, Table};
use std::sync::Arc;

/// Builds every net of a document.
pub fn build(source: &Source, document: &Document, options: &Options) -> (Vec<Net>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    header_types::check(document, &mut found);
    let mut settings = settings::read(source, &document.header, options, &mut found);
    settings.cells = Memo::new(Arc::clone(&document.names));
    settings.links = LinkTables::of(document);
    settings.blocks = document.blocks.iter().map(|b| b.name.clone()).collect();
    let blocks = Blocks::new(&document.blocks);
    let mut nets = Vec::new();
    let chosen = chosen(document, &settings, &options.stem);
    let names: Vec<String> = chosen.iter().map(|(.., name)| name.clone()).collect();
    settings.claims.unmatched(&names, &mut found);
    let wanted = |name: &String| options.only.is_empty() || options.only.contains(name);
    for (table, column, name) in chosen.into_iter().filter(|(.., name)| wanted(name)) {
        nets.extend(net(table, column, &settings, &blocks, options, name, &mut found));
    }
    settings::quieten(&document.header, &settings.symbols, &mut found);
    lacking(&mut found);
    names::settle(document, &mut found);
    (nets, found)
}

/// Uses of a block that lack the same parameters are told once: what most often lacks is a column, or its name.
fn lacking(found: &mut Vec<Diagnostic>) {
    let is_of_block = |d: &Diagnostic| d.code == Code::E0207 && d.message.starts_with('`');
    let mut told: Vec<(String, usize)> = Vec::new();
    found.retain(|d| {
        let known = told.iter_mut().find(|(message, _)| is_of_block(d) && *message == d.message);
        match known {
            Some((_, more)) => {
                *more += 1;
                return false;
            }
            None if is_of_block(d) => told.push((d.message.clone(), 0)),
            None => {}
        }
        true
    });
    for d in found.iter_mut().filter(|d| is_of_block(d)) {
        let more = told.iter().find(|(message, _)| *message == d.message).map_or(0, |t| t.1);
        let rows = if more == 1 { "1 more row lacks".to_owned() } else { format!("{more} more rows lack") };
        if more > 0 {
            d.notes.push(format!("{rows} it: look at the columns' names"));
        }
    }
}

/// The tables of a document, once for each net in them, and the nets' names.
fn chosen<'a>(
    document: &'a Document,
    settings: &Settings,
    stem: &str,
) -> Vec<(&'a Table, Option<usize>, String)> {
    let several = document.tables.len() > 1;
    let mut nets: Vec<(&Table, Option<usize>, String)> = Vec::new();
    for (index, table) in document.tables.iter().enumerate() {
        let heading = table.heading.as_ref().map(|h| h.text.clone());
        let name = if several { heading } else { settings.name.clone() };
        let name =
            name.unwrap_or_else(|| if several { format!("{stem} ({})", index + 1) } else { stem.to_owned() });
        let columns = table.columns.iter().enumerate().filter(|(_, c)| c.role == ColumnRole::Net);
        let before = nets.len();
        for (at, column) in columns {
            let taken = nets.iter().any(|(.., n)| *n == column.text);
            let own = if taken { format!("{name} {}", column.text) } else { column.text.clone() };
            nets.push((table, Some(at), own));
        }
        if nets.len() == before {
            nets.push((table, None, name));
        }
    }
    nets
}

fn net<'a>(
    table: &'a Table,
    column: Option<usize>,
    settings: &'a Settings,
    blocks: &Blocks<'a>,
    options: &Options,
    name: String,
    found: &mut Vec<Diagnostic>,
) -> Option<Net> {
    let body = body(table, column, settings, found);
    let mut net = Expander::new(settings, blocks, options.conventions(&name));
    let scope = Scope::net(&settings.symbols);
    let mut frame = Frame::new(&body, scope, Vec::new());
    if !has_input(&body, &settings.cells) {
        add_input(&mut net, &mut frame, column, found);
    }
    net.nodes(&mut frame, &body.nodes, Turn::ONLY);
    let problems = std::mem::take(&mut net.found);
    found.extend(problems);
    if net.is_full() {
        return None;
    }
    net.resolve(&frame, 0);
    // What was read of the cells is not needed beside the graph.
    drop(frame);
    drop(body);
    after::settle_last(&mut net);
    found.append(&mut net.found);
    let sized = net.sized;
    let mut net = Net { sized, ..wire::connect(net, name, found) };
    settings.claims.give(&mut net);
    let scope = Scope::net(&settings.symbols);
    net.claims.extend(totals_rows::claims(table, column, &scope, &settings.cells, found));
    Some(net)
}

/// Where no row is an INPUT, the first row's claimed input stands in for one.
fn add_input<'a>(
    net: &mut Expander<'_, 'a>,
    frame: &mut Frame<'_, 'a>,
    column: Option<usize>,
    found: &mut Vec<Diagnostic>,
) {
    let body: &Body<'a> = frame.body;
    let Some(first) = body.rows.first() else {
        let text = match column.map(|at| &body.table.columns[at]) {
            Some(column) => format!("no row has a layer in the column `{}`", column.text),
            None => "the net has no rows".to_owned(),
        };
        let place = column.map_or(body.table.span, |at| body.table.columns[at].span);
        found.push(
            Diagnostic::new(Code::E0401, place, text).help("begin with a row `| INPUT | 227x227x3 | |`"),
        );
        return;
    };
    let cell = first.cell(body.table, &ColumnRole::Input);
    let claimed = cell.and_then(|cell| {
        let value = claim::value(About::Input, cell, None, &frame.scope, net.settings).ok()?;
        match value.0 {
            super::ClaimValue::Shape(shape) => Some((shape, cell.span)),
            super::ClaimValue::Number(_) => None,
        }
    });
    let (Some((size, span)), Some(kind)) = (claimed, layer::find("INPUT")) else {
        if layer::find(&first.parts().first().map_or(String::new(), |p| p.word.to_string())).is_some() {
            let word = first.parts().first().filter(|p| !p.range.is_empty());
            let place = word.map_or(first.cell.span, |p| first.cell.span_of(&p.range));
            found.push(
                Diagnostic::new(Code::E0401, place, "the net has no input").help(
                    "begin with a row `| INPUT | 227x227x3 | |`, or declare the first row's input size",
                ),
            );
        }
        return;
    };
    let mut row = blank(Some(kind), kind.name, span, &frame.scope, first.row.line);
    row.args.set("size", Value::Size(size.hwc().map(|v| v as i64)));
    row.origins = vec![Origin { param: "size", span, shared: false, stand_in: true, within: false }];
    let at = net.push(frame, row);
    frame.input = vec![super::expand::Source::At(at as u32)];
}

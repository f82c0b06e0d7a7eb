//! Tables to nets and blocks: which tables are layer tables, what their columns mean.

use super::block::{self, Block, BlockHead, Names};
use super::columns::{fold, roles};
use super::document::{Column, ColumnRole, Document, Table};
use super::layers::begins_with_layer;
use super::near::close;
use super::scan::{Raw, scan};
use super::{groups, header, library, mangled};
use crate::diag::{Code, Diagnostic};
use crate::source::{Source, Span};
use rustc_hash::FxBuildHasher;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Cells that a message about a table names.
const TOLD: usize = 4;

/// Parses a document. Whatever the text, a tree comes back; the diagnostics say what is wrong with it.
pub fn parse(source: &Source) -> (Document, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let header = header::read(source, &mut found);
    let (mut raws, headings) = scan(source, header.span);
    let heads: Vec<BlockHead> = headings.iter().filter_map(|h| block::head(h, &mut found)).collect();
    let names = known_names(&heads, &raws);
    let mut document = Document { header, names: Arc::new(names), ..Document::default() };
    let mut bodies: HashMap<Span, Table> = HashMap::new();
    let mut nearest: Option<Diagnostic> = None;
    for raw in &mut raws {
        raw.merge_head();
        let mut quiet = Vec::new();
        let mut columns = roles(&document.header, &raw.head, &raw.rows, &mut quiet);
        layer_columns(&mut columns);
        if let Some(place) = raw.block() {
            // A heading that cannot be read is told; its table is no net.
            if !heads.iter().any(|h| h.span == place) {
                continue;
            }
            // The first table below a block's heading is its own.
            if let Entry::Vacant(body) = bodies.entry(place) {
                found.extend(quiet);
                found.extend(mangled::tell(&columns, &raw.rows));
                found.extend(raw.dropped());
                body.insert(raw.table(columns));
                continue;
            }
            raw.heading = None;
        }
        match refused(&document, raw, &columns) {
            Some(reason) => {
                nearest = nearest.or(Some(reason));
                document.others.extend(raw.heading.is_some().then(|| raw.table(columns)));
            }
            None => {
                block_columns(&document, &heads, raw, &mut columns, &mut quiet);
                found.extend(quiet);
                found.extend(mangled::tell(&columns, &raw.rows));
                found.extend(raw.dropped());
                document.tables.push(raw.table(columns));
            }
        }
    }
    document.blocks = blocks(heads, bodies, &mut found);
    let silent = found.iter().all(|d| d.code == Code::W0101);
    if document.tables.is_empty() && silent && (document.blocks.is_empty() || nearest.is_some()) {
        found.push(nearest.unwrap_or_else(|| no_table(source)));
    } else if document.tables.is_empty() && silent {
        let text = "the document has blocks but no table that uses them";
        found.push(
            Diagnostic::new(Code::E0101, document.blocks[0].span, text)
                .help("write the net's table below a heading of its own: `# Net`"),
        );
    }
    (document, found)
}

/// The names that may begin a layer cell; those of the library only where something else does.
fn known_names(heads: &[BlockHead], raws: &[Raw]) -> Names {
    let mut own: Vec<&str> = heads.iter().map(|h| h.name.as_str()).collect();
    // Cells repeat each other: a long table asks of few texts.
    let mut seen: HashSet<&str> = HashSet::new();
    let mut cells = raws.iter().flat_map(|r| &r.rows).flat_map(|r| &r.cells);
    if cells.any(|c| library::may_mention(&c.text) && seen.insert(&c.text) && library::mentions(&c.text)) {
        library::names().for_each(|name| own.push(name));
    }
    Names::of(own.into_iter())
}

/// Blocks with their tables.
fn blocks(
    heads: Vec<BlockHead>,
    mut bodies: HashMap<Span, Table>,
    found: &mut Vec<Diagnostic>,
) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for BlockHead { name, params, span } in heads {
        let Some(mut table) = bodies.remove(&span) else {
            let text = format!("the block `{name}` has no table");
            found.push(Diagnostic::new(Code::E0410, span, text).help("write its rows below the heading"));
            continue;
        };
        if !table.columns.iter().any(|c| c.role == ColumnRole::Layer) {
            let text = format!("the table of the block `{name}` has no layer column");
            found.push(Diagnostic::new(Code::E0410, table.span, text).help("name one column `Layer`"));
            continue;
        }
        if let Some(first) = blocks.iter().find(|b| block::folded(&b.name) == block::folded(&name)) {
            let text = format!("two blocks are named `{name}`");
            found.push(
                Diagnostic::new(Code::E0403, span, text)
                    .also(first.span, "the first one")
                    .help("give one of them another name"),
            );
            continue;
        }
        table.rows.iter_mut().for_each(|r| block::identified(&mut r.cells, &params));
        blocks.push(Block { name, params, span, table });
    }
    blocks
}

/// Where columns are nets, a layer column names the rows.
fn layer_columns(columns: &mut [Column]) {
    if columns.iter().any(|c| c.role == ColumnRole::Net) {
        for column in columns.iter_mut().filter(|c| c.role == ColumnRole::Layer) {
            column.role = ColumnRole::Name;
        }
    }
}

/// Columns without a role whose header is a parameter of a block that the table uses.
fn block_columns(
    document: &Document,
    heads: &[BlockHead],
    raw: &Raw,
    columns: &mut [Column],
    quiet: &mut Vec<Diagnostic>,
) {
    let declared = |c: &Column| {
        let key = document.header.keys(&["columns"]).into_iter().find(|k| fold(k) == fold(&c.text))?;
        Some(document.header.get(&["columns", &key])?.value.as_str()?.to_owned())
    };
    let doubtful = |d: &Diagnostic| matches!(d.code, Code::W0101 | Code::E0109);
    if !columns.iter().any(|c| c.role == ColumnRole::Ignore) && !quiet.iter().any(doubtful) {
        return;
    }
    let params = params_used(document, heads, raw, columns);
    for column in columns.iter_mut() {
        let word = declared(column);
        let known =
            |text: &str| params.iter().find(|p| fold(p) == fold(text) && !fold(text).is_empty()).cloned();
        let role = match (&word, &column.role) {
            (Some(word), _) if word == "ignore" => None,
            (Some(word), _) => known(word),
            (None, ColumnRole::Ignore) => known(&column.text),
            _ => None,
        };
        if let Some(name) = role {
            column.role = ColumnRole::Block(name);
            let place = column.span;
            let declared = word.and_then(|_| document.header.get(&["columns", &column.text]).map(|f| f.span));
            quiet.retain(|d| !doubtful(d) || d.primary.span != place && Some(d.primary.span) != declared);
        }
    }
}

/// The parameters of the blocks that a table's rows name.
fn params_used(document: &Document, heads: &[BlockHead], raw: &Raw, columns: &[Column]) -> Vec<String> {
    let is_layer = |c: &Column| matches!(c.role, ColumnRole::Layer | ColumnRole::Net);
    let mut params: Vec<String> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    for row in &raw.rows {
        for (_, cell) in columns.iter().zip(&row.cells).filter(|(c, _)| is_layer(c)) {
            if !seen.insert(cell.text.clone()) {
                continue;
            }
            let Ok(read) = super::layers(groups::stripped(&cell.text), &document.names) else { continue };
            for part in &read.parts {
                let word = block::folded(&part.word);
                let same = |name: &str| block::folded(name) == word || one_kind(name, &part.word);
                match heads.iter().find(|h| same(&h.name)) {
                    Some(head) => params.extend(head.params.iter().map(|p| p.name.clone())),
                    None => params.extend(library::params(&word)),
                }
            }
        }
    }
    params
}

/// True for two names of one kind.
fn one_kind(a: &str, b: &str) -> bool {
    match (crate::layer::find(a), crate::layer::find(b)) {
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        _ => false,
    }
}

fn no_table(source: &Source) -> Diagnostic {
    let empty = source.text().trim_matches(['\u{feff}', ' ', '\n', '\r', '\t']).is_empty();
    let what = if empty { "the document is empty" } else { "no layer table in the document" };
    Diagnostic::new(Code::E0101, source.line_span(1), what).help(
        "write a table with a header row such as `| Layer Type | Output Size | Filter Size / Stride |`; \
         `netc new alexnet` writes one to start from",
    )
}

/// Why a table is no layer table; none where it is one.
fn refused(document: &Document, raw: &Raw, columns: &[Column]) -> Option<Diagnostic> {
    let is_layer = |c: &Column| matches!(c.role, ColumnRole::Layer | ColumnRole::Net);
    let Some(layer) = columns.iter().position(is_layer) else {
        return Some(no_layers(document, raw));
    };
    let nets = columns[layer].role == ColumnRole::Net;
    // Rows that are no totals, and those of them that begin with a layer.
    let (mut rows, mut known) = (0, 0);
    let mut seen: HashMap<&str, Option<bool>, FxBuildHasher> = HashMap::default();
    for cell in raw.rows.iter().filter_map(|r| r.cells.get(layer)).filter(|c| !c.is_empty()) {
        let begins = seen.entry(&cell.text).or_insert_with(|| {
            let layers =
                !groups::stripped(&cell.text).trim().is_empty() && super::total(&cell.text).is_none();
            layers.then(|| begins_with_layer(&cell.text, &document.names))
        });
        rows += usize::from(begins.is_some());
        known += usize::from(begins.unwrap_or(false));
    }
    let named = nets || document.header.keys(&["columns"]).iter().any(|k| *k == raw.head[layer].text);
    if rows == 0 && !nets {
        let text = "the layer table has no rows";
        return Some(
            Diagnostic::new(Code::E0101, raw.span, text).help("write `| INPUT | 227x227x3 | |` first"),
        );
    }
    (known * 2 < rows && !named).then(|| {
        let text =
            format!("only {known} of {rows} rows begin with a known layer, so this is not read as a net");
        let cells = raw.rows.iter().filter_map(|r| r.cells.get(layer));
        let strange = cells.filter(|c| seen.get(c.text.as_str()) == Some(&Some(false))).take(TOLD);
        let d = Diagnostic::new(Code::E0101, raw.head[layer].span, text).help(format!(
            "mend these cells, or write `columns: {{ \"{}\": layer }}` in the header to have the others read",
            raw.head[layer].text
        ));
        strange.fold(d, |d, cell| {
            let word = cell.text.split([' ', '/', ',', '(']).next().unwrap_or_default();
            let kinds = crate::layer::KINDS.iter().flat_map(|k| k.names());
            let near =
                close(word, kinds).map_or_else(|| "unknown".to_owned(), |n| format!("did you mean `{n}`?"));
            d.also(cell.span, near)
        })
    })
}

/// Why a table without a layer column is none: a column of layers may have another header.
fn no_layers(document: &Document, raw: &Raw) -> Diagnostic {
    let layers = |at: usize| {
        let cells = raw.rows.iter().filter_map(|r| r.cells.get(at)).filter(|c| !c.is_empty());
        let (known, all) = cells.fold((0, 0), |(known, all), c| {
            // A size reads as the filter of a convolution.
            let word = c.text.starts_with(char::is_alphabetic);
            (known + usize::from(word && begins_with_layer(&c.text, &document.names)), all + 1)
        });
        all > 0 && known * 2 >= all
    };
    let text = "the table has no layer column, so it is not read as a net";
    match (0..raw.head.len()).find(|at| layers(*at)) {
        Some(at) if !raw.head[at].is_empty() => {
            let header = &raw.head[at].text;
            Diagnostic::new(Code::E0101, raw.head[at].span, text).label("the cells below are layers").help(
                format!(
                    "write `Layer` for `{header}`, or `columns: {{ \"{header}\": layer }}` in the header"
                ),
            )
        }
        _ => Diagnostic::new(Code::E0101, raw.span, text).help("name one column `Layer Type`"),
    }
}

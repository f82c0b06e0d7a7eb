//! Column headers to roles.

use super::document::{Cell, Column, ColumnRole, Header, TableRow};
use super::near::{close, meant};
use super::{cell, number, unit};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use std::collections::{HashMap, HashSet};

/// Roles by the names `columns:` takes and the folded headers seen in print.
const ROLES: &[(&str, ColumnRole, &[&str])] = &[
    ("layer", ColumnRole::Layer, &["layertype", "layer", "type", "operator", "typestride", "layers", "kind"]),
    ("name", ColumnRole::Name, &["name", "layername", "id"]),
    ("from", ColumnRole::From, &["from", "inputs", "bottom"]),
    ("output", ColumnRole::Output, &["outputsize", "output", "outputshape", "size", "outsize", "outputs"]),
    ("input", ColumnRole::Input, &["inputsize", "input", "inputshape", "insize", "in"]),
    (
        "filter",
        ColumnRole::Filter,
        &[
            "filtersizestride",
            "filter",
            "patchsizestride",
            "kernel",
            "filtershape",
            "filtersize",
            "kernelsize",
            "kernelsizestride",
            "patchsize",
            "parameters",
        ],
    ),
    ("params", ColumnRole::Params, &["params", "numparams", "numberofparameters", "weights", "nparams"]),
    ("macs", ColumnRole::Macs, &["ops", "flops", "macs", "multadds", "madds", "multiplyadds"]),
    ("depth", ColumnRole::Depth, &["depth"]),
    ("connections", ColumnRole::Connections, &["connections"]),
    ("net", ColumnRole::Net, &[]),
    ("ignore", ColumnRole::Ignore, &["notes", "note", "comment", "comments", "remarks"]),
];

/// Columns of a single cause, by the parameter's canonical name.
const CAUSES: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("stride", &["stride", "strides", "s"]),
    ("padding", &["padding", "pad", "p"]),
    (
        "K",
        &[
            "filters",
            "k",
            "c",
            "out",
            "channels",
            "maps",
            "outchannels",
            "featuremaps",
            "featuremap",
            "numfilters",
            "units",
            "numoutput",
            "depthk",
        ],
    ),
    ("groups", &["groups", "group", "g"]),
    ("dilation", &["dilation"]),
    ("repeat", &["repeat", "n", "repeats"]),
];

/// Lower case letters and digits only.
pub(crate) fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The role a name in `columns:` stands for.
fn named(role: &str) -> Option<ColumnRole> {
    ROLES.iter().find(|(name, ..)| *name == role).map(|(_, role, _)| role.clone()).or_else(|| {
        CAUSES.iter().find(|(name, _)| *name == role).map(|(n, _)| ColumnRole::Cause((*n).to_owned()))
    })
}

fn proposed(header: &str) -> Option<ColumnRole> {
    // `Parameters` alone holds causes; with a unit it counts.
    let bare = unit::split(header).and_then(|(head, _)| match fold(&head).as_str() {
        "parameters" => Some(ColumnRole::Params),
        _ => proposed(&head),
    });
    if let Some(role) = bare.filter(ColumnRole::is_count) {
        return Some(role);
    }
    let folded = fold(header);
    // `#params` is a count where `parameters` holds causes; the sharp is gone after folding.
    let counts = folded.ends_with("params") || folded.ends_with("parameters") && folded != "parameters";
    let sharp = header.trim().starts_with('#') || header.trim().ends_with('#');
    if sharp && folded.starts_with("param") || counts && !folded.starts_with("hyper") {
        return Some(ColumnRole::Params);
    }
    // `Size` above `In` and `Out` is `Size In`, `Size Out`.
    let turned = header.split_whitespace().rev().map(fold).collect::<String>();
    of_seen(&folded).or_else(|| of_seen(&turned))
}

/// The role of a folded header that is seen in print.
fn of_seen(folded: &str) -> Option<ColumnRole> {
    let role = ROLES.iter().find(|(_, _, seen)| seen.contains(&folded)).map(|(_, role, _)| role.clone());
    role.or_else(|| {
        let cause = CAUSES.iter().find(|(_, seen)| seen.contains(&folded));
        cause.map(|(name, _)| ColumnRole::Cause((*name).to_owned()))
    })
}

/// True for a header that speaks of layers.
pub(super) fn is_layer_header(text: &str) -> bool {
    proposed(text) == Some(ColumnRole::Layer)
}

/// Roles of a table's columns; `rows` decide where a header speaks for two roles.
pub(super) fn roles(
    header: &Header,
    cells: &[Cell],
    rows: &[TableRow],
    found: &mut Vec<Diagnostic>,
) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let role = match declared(header, &cell.text, found) {
            Some(role) => role,
            None => match proposed(&cell.text) {
                Some(role) => settle(role, &fold(&cell.text), index, rows),
                None => {
                    if !cell.is_empty() {
                        found.push(unknown(&cell.text, cell.span));
                    } else if rows.iter().any(|r| r.cells.get(index).is_some_and(|c| !c.is_empty())) {
                        found.push(unknown("", cell.span));
                    }
                    ColumnRole::Ignore
                }
            },
        };
        let unit = unit::split(&cell.text).map(|(_, unit)| unit).filter(|_| role.is_count());
        columns.push(Column { role, text: cell.text.clone(), unit, span: cell.span });
    }
    demote_second_layer(&mut columns, rows);
    twice(&columns, rows, found);
    columns
}

/// Of names and inputs a row has one cell each; a second column of them would be passed over.
fn twice(columns: &[Column], rows: &[TableRow], found: &mut Vec<Diagnostic>) {
    for (role, word) in [(ColumnRole::Name, "name"), (ColumnRole::From, "from")] {
        let said = |i: &usize| rows.iter().any(|r| r.cells.get(*i).is_some_and(|c| !c.is_empty()));
        let mut of_role = (0..columns.len()).filter(|i| columns[*i].role == role).filter(said);
        let Some(first) = of_role.next() else { continue };
        for other in of_role {
            let (column, text) = (&columns[other], &columns[other].text);
            found.push(
                Diagnostic::new(Code::E0109, column.span, format!("a second column of the role `{word}`"))
                    .also(columns[first].span, "this one has it")
                    .help(format!(
                        "write `columns: {{ \"{text}\": ignore }}` in the header, or another role"
                    )),
            );
        }
    }
}

fn declared(header: &Header, text: &str, found: &mut Vec<Diagnostic>) -> Option<ColumnRole> {
    let key = header.keys(&["columns"]).into_iter().find(|k| fold(k) == fold(text) && !fold(k).is_empty())?;
    let field = header.get(&["columns", &key])?;
    let word = field.value.as_str();
    let role = word.and_then(named);
    // A value that is no word is told where the header is read.
    if let (Some(word), None) = (word, &role)
        && !found.iter().any(|d| d.primary.span == field.span)
    {
        let names = ROLES.iter().map(|(n, ..)| *n).chain(CAUSES.iter().map(|(n, _)| *n));
        let all = format!("the roles are {}", names.clone().collect::<Vec<_>>().join(", "));
        found.push(
            Diagnostic::new(Code::E0109, field.span, format!("`{word}` is no column role"))
                .help(meant(word, names, &all)),
        );
    }
    // A misspelt role is said once; the column is read as its header proposes.
    Some(role.or_else(|| proposed(text)).unwrap_or(ColumnRole::Ignore))
}

fn unknown(text: &str, span: Span) -> Diagnostic {
    let names = ROLES.iter().flat_map(|(_, _, s)| s.iter().copied());
    let seen =
        close(&fold(text), names.chain(CAUSES.iter().flat_map(|(_, s)| s.iter().copied()))).unwrap_or("");
    let role = ROLES
        .iter()
        .find(|(_, _, s)| s.contains(&seen))
        .map(|(n, ..)| *n)
        .or_else(|| CAUSES.iter().find(|(_, s)| s.contains(&seen)).map(|(n, _)| *n))
        .unwrap_or("ignore");
    Diagnostic::new(Code::W0101, span, format!("the column `{text}` has no role and is not read")).help(
        match role {
            "ignore" => {
                format!("write `columns: {{ \"{text}\": ignore }}` in the header if it is for readers alone, else its role")
            }
            role => format!("write `columns: {{ \"{text}\": {role} }}` or `ignore` in the header"),
        },
    )
}

/// The cells decide: `Inputs` of sizes is a claimed input, `Filter` of whole numbers is K.
fn settle(role: ColumnRole, header: &str, index: usize, rows: &[TableRow]) -> ColumnRole {
    let texts: Vec<&str> = rows
        .iter()
        .filter_map(|r| r.cells.get(index))
        .filter(|c| !c.is_empty())
        .map(|c| c.text.as_str())
        .collect();
    let all = |test: &dyn Fn(&str) -> bool| !texts.is_empty() && texts.iter().all(|t| test(t));
    let is_size = |t: &str| cell::size(t).is_ok_and(|s| s.factors.len() > 1);
    let is_whole = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    match role {
        ColumnRole::From if all(&is_size) => ColumnRole::Input,
        ColumnRole::Input if name_rows(index, rows) => ColumnRole::From,
        ColumnRole::Filter
            if all(&is_whole) && ["kernel", "size", "patch"].iter().any(|w| header.contains(w)) =>
        {
            ColumnRole::Cause("kernel".to_owned())
        }
        ColumnRole::Filter if all(&is_whole) => ColumnRole::Cause("K".to_owned()),
        ColumnRole::Filter if all(&|t| is_count(t)) => ColumnRole::Params,
        ColumnRole::Cause(name) if name == "K" && header == "out" && all(&is_size) => ColumnRole::Output,
        ColumnRole::Cause(name) if name == "K" && all(&is_size) => ColumnRole::Filter,
        role => role,
    }
}

/// True where most of a column's cells name rows: `conv1`, `a, b`, `prev`.
fn name_rows(index: usize, rows: &[TableRow]) -> bool {
    let texts = |i: usize| rows.iter().filter_map(move |r| r.cells.get(i)).filter(|c| !c.is_empty());
    if texts(index).any(|c| cell::size(&c.text).is_ok_and(|s| s.factors.len() > 1)) {
        return false;
    }
    let columns = rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
    let names: HashSet<String> = (0..columns)
        .filter(|i| *i != index)
        .flat_map(|i| texts(i).map(|c| c.text.to_lowercase()))
        .chain(["prev".to_owned(), "in".to_owned()])
        .collect();
    let parts: Vec<String> =
        texts(index).flat_map(|c| cell::from(&c.text)).map(|(n, _)| n.to_lowercase()).collect();
    let known = parts.iter().filter(|p| names.contains(*p) && p.parse::<f64>().is_err()).count();
    known > 0 && known * 2 >= parts.len()
}

fn is_count(text: &str) -> bool {
    let counted = text.ends_with(['K', 'M', 'G', 'k']) || text.contains(',');
    counted && number::number(text).is_ok()
}

/// True where a cell begins with a known kind.
fn begins_with_kind(text: &str) -> bool {
    cell::layer(text).map_or_else(
        |_| text.split_whitespace().next().is_some_and(|w| crate::layer::find(w).is_some()),
        |l| crate::layer::find(&l.word).is_some(),
    )
}

/// How many cells of a column begin with a known kind; each distinct text is read once.
fn known_kinds(rows: &[TableRow], column: usize) -> usize {
    let mut read: HashMap<&str, bool> = HashMap::new();
    let cells = rows.iter().filter_map(|r| r.cells.get(column)).filter(|c| !c.is_empty());
    cells.filter(|c| *read.entry(&c.text).or_insert_with(|| begins_with_kind(&c.text))).count()
}

/// Of two layer columns the one with fewer known kinds holds names.
fn demote_second_layer(columns: &mut [Column], rows: &[TableRow]) {
    let layers: Vec<usize> = (0..columns.len()).filter(|i| columns[*i].role == ColumnRole::Layer).collect();
    if layers.len() < 2 {
        return;
    }
    let known = |i: usize| known_kinds(rows, i);
    if let Some(best) = layers.iter().copied().max_by_key(|i| (known(*i), std::cmp::Reverse(*i))) {
        for other in layers.into_iter().filter(|i| *i != best) {
            columns[other].role = ColumnRole::Name;
        }
    }
}

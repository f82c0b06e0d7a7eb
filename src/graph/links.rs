//! Tables of connections: a cell marked or empty, rows input maps, columns output maps.

use crate::diag::Code;
use crate::layer::Links;
use crate::syntax::{Cell, Document, Table, close, fold};
use std::sync::Arc;

/// What stands in a cell that connects nothing, beside an empty one.
const EMPTY: &[&str] = &[".", "0", "·"];

/// The tables that are no nets, by the headings above them.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkTables {
    tables: Vec<(String, Result<Arc<Links>, String>)>,
}

impl LinkTables {
    pub(super) fn of(document: &Document) -> Self {
        let mut tables: Vec<(String, Result<Arc<Links>, String>)> = Vec::new();
        for table in &document.others {
            let Some(heading) = &table.heading else { continue };
            // The first table below a heading is its own.
            if !tables.iter().any(|(h, _)| *h == heading.text) {
                tables.push((heading.text.clone(), read(before(&heading.text), table).map(Arc::new)));
            }
        }
        Self { tables }
    }

    /// The connections under a heading: named whole, or by what stands before its first `:`, `.` or `(`.
    pub(super) fn get(&self, name: &str) -> Result<Arc<Links>, (Code, String, String)> {
        let short = |heading: &str| fold(before(heading));
        let wanted = fold(name);
        let whole = self.tables.iter().find(|(h, _)| fold(h) == wanted);
        match whole.or_else(|| self.tables.iter().find(|(h, _)| short(h) == wanted)) {
            Some((_, Ok(links))) => Ok(Arc::clone(links)),
            Some((_, Err(message))) => Err((
                Code::E0461,
                message.clone(),
                "mark a cell where the column's map reads the row's; the first column and the header name maps"
                    .to_owned(),
            )),
            None => {
                let help = match close(name, self.tables.iter().map(|(h, _)| before(h))) {
                    None => format!("write `## {name}` and below it a table: a row for each input map, a column for each output map"),
                    Some(near) => format!("did you mean `connect={near}`?"),
                };
                Err((Code::E0460, format!("no table of connections stands under a heading `{name}`"), help))
            }
        }
    }
}

/// What stands before a heading's first `:`, `.` or `(`.
fn before(heading: &str) -> &str {
    heading.split([':', '.', '(']).next().unwrap_or(heading).trim()
}

fn read(heading: &str, table: &Table) -> Result<Links, String> {
    let count = table.columns.len().saturating_sub(1);
    let mut columns: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (index, row) in table.rows.iter().enumerate() {
        if row.cells.first().is_none_or(Cell::is_empty) {
            return Err(format!(
                "row {} of `{heading}` (line {}) names no map in its first cell",
                index + 1,
                row.line
            ));
        }
        for (at, cell) in row.cells.iter().skip(1).enumerate() {
            if cell.is_empty() || EMPTY.contains(&cell.text.as_str()) {
                continue;
            }
            match columns.get_mut(at) {
                Some(column) => column.push(index as u32),
                None => {
                    return Err(format!(
                        "row {} of `{heading}` (line {}) has a mark beyond the last column",
                        index + 1,
                        row.line
                    ));
                }
            }
        }
    }
    Links::new(heading, table.rows.len() as u32, columns)
}

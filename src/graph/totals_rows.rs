//! Rows that claim for the whole net: `FLOPs`, `params` or `total` in the layer cell.

use super::body::{cell_of_net, unreadable};
use super::scope::Scope;
use super::{NetAbout, NetClaim};
use crate::diag::Diagnostic;
use crate::syntax::{self, Cell, Column, ColumnRole, Memo, Table, TableRow, Total, Unit};

fn spoken(table: &Table, row: &TableRow, cells: &Memo) -> Option<(Total, Option<Unit>)> {
    let nets = table.columns.iter().any(|c| c.role == ColumnRole::Net);
    let role = if nets { ColumnRole::Name } else { ColumnRole::Layer };
    let at = table.columns.iter().position(|c| c.role == role)?;
    row.cells.get(at).filter(|c| !c.is_empty()).and_then(|c| cells.total(&c.text))
}

/// True for a row that claims for the whole net and is no layer.
pub(super) fn is_total(table: &Table, row: &TableRow, cells: &Memo) -> bool {
    spoken(table, row, cells).is_some()
}

/// What such rows claim of the net in a column, or of the table's only net.
pub(super) fn claims(
    table: &Table,
    net: Option<usize>,
    scope: &Scope<'_>,
    memo: &Memo,
    found: &mut Vec<Diagnostic>,
) -> Vec<NetClaim> {
    let mut claims = Vec::new();
    for row in &table.rows {
        let Some(total) = spoken(table, row, memo) else { continue };
        for (about, cell, unit) in cells(table, row, net, total) {
            match syntax::number_in(&cell.text, unit) {
                Ok(value) => {
                    let text =
                        value.unit.map_or(cell.text.clone(), |letter| format!("{}{letter}", cell.text));
                    claims.push(NetClaim { about, value, span: cell.span, text });
                }
                Err(error) => found.push(unreadable(scope, cell, &error)),
            }
        }
    }
    claims
}

fn cells<'a>(
    table: &Table,
    row: &'a TableRow,
    net: Option<usize>,
    (total, stated): (Total, Option<Unit>),
) -> Vec<(NetAbout, &'a Cell, Option<Unit>)> {
    let columns = || table.columns.iter().zip(&row.cells).filter(|(_, c)| !c.is_empty());
    let about = match total {
        Total::Columns => {
            return columns().filter_map(|(c, cell)| Some((counted(&c.role)?, cell, c.unit))).collect();
        }
        Total::Neurons => Some(NetAbout::Neurons),
        Total::Of(role) => counted(&role),
    };
    let said = || columns().filter(|(c, _)| !matches!(c.role, ColumnRole::Layer | ColumnRole::Ignore));
    let cell = match net {
        Some(at) => cell_of_net(table, row, at).filter(|c| !c.is_empty()).map(|c| (c, None)),
        None => {
            let number = said().find(|(_, c)| syntax::number(&c.text).is_ok());
            let unit = |c: &Column| c.unit.filter(|_| counted(&c.role) == about);
            number.or_else(|| said().next()).map(|(column, cell)| (cell, unit(column)))
        }
    };
    about.zip(cell).map(|(about, (cell, unit))| (about, cell, stated.or(unit))).into_iter().collect()
}

/// What a column's total is a total of.
fn counted(role: &ColumnRole) -> Option<NetAbout> {
    Some(match role {
        ColumnRole::Params => NetAbout::Parameters,
        ColumnRole::Macs => NetAbout::Macs,
        ColumnRole::Depth => NetAbout::Depth,
        ColumnRole::Connections => NetAbout::Connections,
        _ => return None,
    })
}

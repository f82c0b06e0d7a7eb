//! Several layers in one cell (`Conv, BN, ReLU`): which of them the row's other cells speak of.

use super::body::BodyRow;
use super::scope::Scope;
use super::settings::Settings;
use crate::diag::{Code, Diagnostic};
use crate::layer::Kind;
use crate::syntax::{Cell, ColumnRole, Table};

/// The layer that the row's cause cells speak of.
pub(super) enum Owner {
    /// This one, from 0; what follows it keeps its size, so that a claimed output is its own.
    Part { at: usize, claims: bool },
    /// None, and there is nothing to give.
    Nobody,
}

/// The only layer of a row; of several the only convolution or pool, else the only one with weights.
pub(super) fn owner(
    row: &BodyRow<'_>,
    table: &Table,
    settings: &Settings,
    scope: &Scope<'_>,
) -> Result<Owner, Box<Diagnostic>> {
    let parts = row.parts();
    if parts.len() == 1 {
        return Ok(Owner::Part { at: 0, claims: true });
    }
    let kinds: Vec<Option<&'static Kind>> = parts.iter().map(|p| settings.cells.kind(&p.word)).collect();
    let only = |test: &dyn Fn(&Kind) -> bool| {
        let mut fitting = kinds.iter().enumerate().filter(|(_, k)| k.is_some_and(test)).map(|(i, _)| i);
        let first = fitting.next();
        (first, fitting.next().is_none())
    };
    let (window, alone) = only(&|k| k.window.is_some());
    let (chosen, alone) = if window.is_some() { (window, alone) } else { only(&|k| k.weighted) };
    match (chosen.filter(|_| alone), causes(row, table)) {
        (Some(at), _) => {
            let claims = kinds[at + 1..].iter().all(|k| k.is_some_and(|k| k.keeps_shape));
            Ok(Owner::Part { at, claims })
        }
        (None, Some(cell)) => {
            let names: Vec<&str> = parts.iter().map(|p| &*p.word).collect();
            let message = format!("`{}` may speak of each of {}", cell.text, names.join(", "));
            Err(Box::new(
                Diagnostic::new(Code::E0463, scope.at(cell.span), message).help(
                    "write each layer in a row of its own, or its causes behind its name: `3x3 conv, 64`",
                ),
            ))
        }
        (None, None) => Ok(Owner::Nobody),
    }
}

/// The first cell of causes that says anything.
fn causes<'a>(row: &BodyRow<'a>, table: &Table) -> Option<&'a Cell> {
    let cause = |role: &ColumnRole| match role {
        ColumnRole::Filter => true,
        ColumnRole::Cause(name) => name != "repeat",
        _ => false,
    };
    row.said(table).find(|(column, _)| cause(&column.role)).map(|(_, cell)| cell)
}

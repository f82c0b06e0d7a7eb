//! Rows that stand for several: `x 4` and the repeat column.

use super::About;
use super::bind::unevaluated;
use super::build::{Draft, unreadable};
use super::settings::Settings;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{self, Cell, ColumnRole, Expr, Item, ItemKind, Table, TableRow};

/// How many copies a row asks for, and the place that says so.
pub(super) fn copies(
    table: &Table,
    row: &TableRow,
    settings: &Settings,
    found: &mut Vec<Diagnostic>,
) -> (usize, Span) {
    let Some((expr, span)) = asked(table, row, settings, found) else { return (1, row.span) };
    let value = expr.eval(&|n| settings.symbols.get(n).copied());
    let (code, message, help) = match value {
        Ok(v) if v.fract() == 0.0 && (1.0..1e15).contains(&v) => return (v as usize, span),
        Ok(v) => (
            Code::E0205,
            format!("a row cannot be repeated {v} times"),
            "write a whole number of at least 1: `x 2`".to_owned(),
        ),
        Err(error) => unevaluated(&error, &settings.symbols),
    };
    found.push(Diagnostic::new(code, span, message).help(help));
    (1, span)
}

/// The expression that says it.
fn asked(
    table: &Table,
    row: &TableRow,
    settings: &Settings,
    found: &mut Vec<Diagnostic>,
) -> Option<(Expr, Span)> {
    let mut first = None;
    for (column, cell) in table.columns.iter().zip(&row.cells).filter(|(_, c)| !c.is_empty()) {
        let repeat = match &column.role {
            ColumnRole::Layer => settings
                .cells
                .layer(&cell.text)
                .as_ref()
                .as_ref()
                .ok()
                .and_then(|l| repeat_of(&l.items, cell)),
            ColumnRole::Filter => {
                settings.cells.causes(&cell.text).as_ref().as_ref().ok().and_then(|i| repeat_of(i, cell))
            }
            ColumnRole::Cause(name) if name == "repeat" => match count(cell) {
                Ok(expr) => {
                    first = first.or(Some((expr, cell.span)));
                    continue;
                }
                Err(problem) => {
                    found.push(*problem);
                    continue;
                }
            },
            _ => continue,
        };
        first = first.or(repeat);
    }
    first
}

fn repeat_of(items: &[Item], cell: &Cell) -> Option<(Expr, Span)> {
    items.iter().find_map(|i| match &i.kind {
        ItemKind::Repeat(n) => Some((n.clone(), cell.span_of(&i.range))),
        _ => None,
    })
}

/// A cell of a repeat column: `4`, `x 4`, `4x`.
fn count(cell: &Cell) -> Result<Expr, Box<Diagnostic>> {
    let cross = |c: char| matches!(c, 'x' | 'X' | '×' | ' ');
    let text = cell.text.trim_matches(cross);
    syntax::expression(text).map_err(|mut error| {
        error.range = 0..cell.text.len() as u32;
        error.help = Some("write how many copies of the row there are: `4`".to_owned());
        Box::new(unreadable(cell, &error))
    })
}

/// Copies of one row: the claimed input is the first one's, the claimed output the last one's, and counts
/// speak of all of them together.
pub(super) fn settled(mut drafts: Vec<Draft>) -> Vec<Draft> {
    let copies = drafts.len();
    if copies < 2 {
        return drafts;
    }
    for (index, draft) in drafts.iter_mut().enumerate() {
        let last = index + 1 == copies;
        if index > 0 {
            draft.from = None;
        }
        draft.row.claims.retain(|c| if c.about == About::Input { index == 0 } else { last });
        for claim in &mut draft.row.claims {
            claim.copies = copies as u32;
        }
        if draft.named && !last {
            draft.row.name = format!("{}.{}", draft.row.name, index + 1);
        }
    }
    drafts
}

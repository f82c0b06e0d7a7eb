//! Rows that stand for several: `x 4`, the repeat column, `4 x { row`.

use super::bind_values::unevaluated;
use super::body::{BodyRow, unreadable};
use super::scope::Scope;
use super::settings::Settings;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{self, Cell, ColumnRole, Expr, Item, Table};

/// How many copies a row asks for, and the place that says so. None at all leaves the row out.
pub(super) fn copies(
    table: &Table,
    row: &BodyRow<'_>,
    scope: &Scope<'_>,
    settings: &Settings,
    found: &mut Vec<Diagnostic>,
) -> (usize, Span) {
    match asked(table, row, scope, settings, found) {
        None => (1, scope.at(row.row.span)),
        Some((expr, span)) => (counted(&expr, span, scope, found), span),
    }
}

/// How many copies there are at least: as many as are written, none where that is worked out.
pub(super) fn least(table: &Table, row: &BodyRow<'_>, scope: &Scope<'_>, settings: &Settings) -> u64 {
    match asked(table, row, scope, settings, &mut Vec::new()) {
        None => 1,
        Some((Expr::Number(count), _)) => count as u64,
        Some(_) => 0,
    }
}

/// How many copies of a group of rows there are.
pub(super) fn group(count: &str, span: Span, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> usize {
    let span = scope.at(span);
    let inner = count.strip_prefix('{').and_then(|c| c.strip_suffix('}')).unwrap_or(count);
    match syntax::expression(inner) {
        Ok(expr) => counted(&expr, span, scope, found),
        Err(error) => {
            found.push(
                Diagnostic::new(Code::E0203, span, error.message)
                    .help("write how many copies there are: `5 x {`"),
            );
            1
        }
    }
}

fn counted(expr: &Expr, span: Span, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> usize {
    let (code, message, help) = match expr.eval(&|n| scope.get(n)) {
        // A count that is worked out may leave the row out; one that is written as 0 is a slip.
        Ok(v) if v == 0.0 && !matches!(expr, Expr::Number(_)) => return 0,
        Ok(v) if v.fract() == 0.0 && (1.0..1e15).contains(&v) => return v as usize,
        Ok(v) => (
            Code::E0205,
            format!("a row cannot be repeated {v} times"),
            "write a whole number of at least 1: `x 2`".to_owned(),
        ),
        Err(error) => unevaluated(&error, scope),
    };
    found.push(Diagnostic::new(code, span, message).help(help));
    1
}

/// The expression that says it.
fn asked(
    table: &Table,
    row: &BodyRow<'_>,
    scope: &Scope<'_>,
    settings: &Settings,
    found: &mut Vec<Diagnostic>,
) -> Option<(Expr, Span)> {
    let of = |items: &[Item], cell: &Cell| {
        syntax::repeat_of(items).map(|(n, range)| (n.clone(), scope.place(cell, range)))
    };
    let mut parts = row.parts().iter().map(|p| p.items.as_slice()).chain([row.outer()]);
    let mut first =
        if row.is_bracket() { of(row.outer(), &row.cell) } else { parts.find_map(|i| of(i, &row.cell)) };
    for (column, cell) in row.said(table) {
        let repeat = match &column.role {
            ColumnRole::Filter => {
                settings.cells.causes(&cell.text).as_ref().as_ref().ok().and_then(|i| of(i, cell))
            }
            ColumnRole::Cause(name) if name == "repeat" => match count(scope, cell) {
                Ok(expr) => Some((expr, scope.at(cell.span))),
                Err(problem) => {
                    found.push(*problem);
                    None
                }
            },
            _ => None,
        };
        first = first.or(repeat);
    }
    first
}

/// A cell of a repeat column: `4`, `x 4`, `4x`.
fn count(scope: &Scope<'_>, cell: &Cell) -> Result<Expr, Box<Diagnostic>> {
    let cross = |c: char| matches!(c, 'x' | 'X' | '×' | ' ');
    let text = cell.text.trim_end_matches([';', ',', ' ']).trim_matches(cross);
    syntax::expression(text).map_err(|mut error| {
        error.range = 0..cell.text.len() as u32;
        error.help = Some("write how many copies of the row there are: `4`".to_owned());
        Box::new(unreadable(scope, cell, &error))
    })
}

#[cfg(test)]
mod tests {
    use crate::graph::{Options, build};
    use crate::source::Source;
    use crate::syntax;

    fn said(rows: &str) -> Vec<String> {
        let text = format!("| Layer | Filter |\n|---|---|\n| INPUT 8x8x3 | |\n{rows}");
        let source = Source::new("repeated.spec", text);
        let (document, _) = syntax::parse(&source);
        let (_, found) = build(&source, &document, &Options::default());
        found.iter().map(|d| format!("{} {}", d.code, source.slice(d.primary.span))).collect()
    }

    /// There may be a million copies of a row that nobody understands.
    #[test]
    fn a_row_that_repeats_is_told_once() {
        assert_eq!(said("| CONVO | x 1000 |\n"), ["E0201 CONVO"]);
        assert_eq!(said("| CONV | 3x3; K=3; s=1,0,1.5,0 x 4 |\n"), ["E0205 0", "E0204 1.5", "E0205 0"]);
    }

    /// The place is the outermost group's: its rows were counted, and none was written out.
    #[test]
    fn groups_are_counted_first() {
        let open = "| 2 x { CONV | 3x3; K=4; p=1 |\n".repeat(30);
        let found = said(&format!("{open}| RELU {}| |\n", "} ".repeat(30)));
        assert_eq!(found, ["E0406 2"]);
    }
}

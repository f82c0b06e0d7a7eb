//! What claim cells say.

use super::bind_values::unevaluated;
use super::body::unreadable;
use super::scope::Scope;
use super::settings::Settings;
use super::{About, ClaimValue};
use crate::diag::{Code, Diagnostic};
use crate::shape::Shape;
use crate::syntax::{self, Cell, ColumnRole, Expr, Item, ItemKind, Unit};

/// What the cells of a column claim; none for causes.
pub(super) fn about(role: &ColumnRole) -> Option<About> {
    Some(match role {
        ColumnRole::Output => About::Output,
        ColumnRole::Input => About::Input,
        ColumnRole::Params => About::Params,
        ColumnRole::Macs => About::Macs,
        ColumnRole::Depth => About::Depth,
        ColumnRole::Connections => About::Connections,
        _ => return None,
    })
}

/// Reads a claim cell in a column that may state a unit, and whether it is a size that says nothing of channels.
pub(super) fn value(
    about: About,
    cell: &Cell,
    unit: Option<Unit>,
    scope: &Scope<'_>,
    settings: &Settings,
) -> Result<(ClaimValue, bool), Box<Diagnostic>> {
    match about {
        About::Output | About::Input => {
            shape(cell, scope, settings).map(|(s, area)| (ClaimValue::Shape(s), area))
        }
        _ => syntax::number_in(&cell.text, unit)
            .map(|n| (ClaimValue::Number(Box::new(n)), false))
            .map_err(|e| Box::new(unreadable(scope, cell, &e))),
    }
}

/// A size, and whether it says nothing of channels.
fn shape(cell: &Cell, scope: &Scope<'_>, settings: &Settings) -> Result<(Shape, bool), Box<Diagnostic>> {
    let read = settings.cells.size(&cell.text);
    let size = read.as_ref().as_ref().map_err(|e| {
        Box::new(if is_filter(cell, settings) {
            let message = format!("`{}` is a filter, and this cell is a size", cell.text);
            Diagnostic::new(Code::E0203, scope.at(cell.span), message)
                .help("write it in the filter column, and here the size that comes out: `57x57x96`")
        } else {
            unreadable(scope, cell, e)
        })
    })?;
    let value = |e: &Expr| {
        let v = e.eval(&|n| scope.get(n)).map_err(|e| unevaluated(&e, scope));
        match v {
            Ok(v) if v.fract() == 0.0 && (1.0..=f64::from(i32::MAX)).contains(&v) => Ok(v as u64),
            Ok(v) => Err((
                Code::E0205,
                format!("a size cannot be {v}"),
                "write a whole number from 1 to 2,147,483,647".into(),
            )),
            Err(e) => Err(e),
        }
    };
    let numbers: Result<Vec<u64>, (Code, String, String)> = size.factors.iter().map(value).collect();
    let place = scope.at(cell.span);
    let numbers = numbers
        .map_err(|(code, message, help)| Box::new(Diagnostic::new(code, place, message).help(help)))?;
    match (numbers.as_slice(), settings.chw && !size.maps) {
        ([c], _) => Ok((Shape::Flat(*c), false)),
        ([h, w], _) => Ok((Shape::map(*h, *w, 1), true)),
        ([c, h, w], true) | ([h, w, c], false) => Ok((Shape::map(*h, *w, *c), false)),
        _ => {
            let message = format!("`{}` has more than three factors", cell.text);
            Err(Box::new(
                Diagnostic::new(Code::E0203, place, message)
                    .help("write height, width and channels: `57x57x96`"),
            ))
        }
    }
}

/// True for a cell of a size that holds a filter: `3x3; K=8`, `2x2/2`.
pub(super) fn is_filter(cell: &Cell, settings: &Settings) -> bool {
    let told = |item: &Item| matches!(item.kind, ItemKind::Slash { .. } | ItemKind::Named { .. });
    settings.cells.causes(&cell.text).as_ref().as_ref().is_ok_and(|items| items.iter().any(told))
}

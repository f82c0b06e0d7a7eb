//! Filter shapes: `3x3x3x32` is a kernel, the channels it reads and K; `3x3x64` leaves one of the two out.

use super::bind::{Binder, give};
use super::{About, Claim, ClaimValue, Origin, Row};
use crate::layer::{Kind, Type, Value};
use crate::shape::Shape;
use crate::source::Span;
use crate::syntax::{Expr, NumberClaim, ValueExpr};
use std::ops::Range;

impl Binder<'_> {
    /// Binds a size of three or more factors.
    pub(super) fn shape(
        &mut self,
        row: &mut Row,
        kind: &'static Kind,
        parts: &[(Expr, Range<u32>)],
        span: Span,
        place: &dyn Fn(&Range<u32>) -> Span,
    ) {
        let values: Vec<Expr> = parts.iter().map(|(value, _)| value.clone()).collect();
        let spec = kind.positional.size.and_then(|p| kind.param(p));
        let window = spec.is_some_and(|s| matches!(s.ty, Type::Pair { .. })) && parts.len() <= 4;
        let (Some((channels, at)), true) = (parts.get(2), window) else {
            self.positional(row, kind, kind.positional.size, &ValueExpr::Size(values), span, "a size");
            return;
        };
        let area = Span { start: span.start, end: place(&parts[1].1).end };
        self.positional(
            row,
            kind,
            kind.positional.size,
            &ValueExpr::Size(values[..2].to_vec()),
            area,
            "a size",
        );
        if let Some((filters, at)) = parts.get(3) {
            let value = ValueExpr::One(filters.clone());
            self.positional(row, kind, kind.positional.int, &value, place(at), "a number");
        }
        match self.eval(channels) {
            Ok(v) => {
                let value = NumberClaim { low: v, high: v, value: v, thousands: 0, unit: None };
                let value = ClaimValue::Number(Box::new(value));
                row.claims.push(Claim::new(About::Channels, value, place(at), false));
            }
            Err((code, message, help)) => {
                self.found.push(crate::diag::Diagnostic::new(code, place(at), message).help(help));
                row.poisoned = true;
            }
        }
    }
}

/// The third factor of `3x3x64` is K where nothing else gives it, or where it is the declared channels or not those that
/// come in; else it claims what goes in.
pub(super) fn settle(row: &mut Row, declared: Option<(Shape, Span)>, above: impl FnOnce() -> Option<Shape>) {
    let Some(at) = row.claims.iter().position(|c| c.about == About::Channels) else { return };
    let spec = row.kind.and_then(|k| k.positional.int.and_then(|p| k.param(p)));
    let (Some(spec), ClaimValue::Number(number)) = (spec, &row.claims[at].value) else { return };
    let depthwise = row.args.flag("depthwise") == Some(true);
    let is_k = declared.is_none_or(|(shape, _)| number.holds(shape.channels()))
        || above().is_some_and(|shape| !number.holds(shape.channels()));
    if row.args.has(spec.name) || depthwise || !is_k || number.value < 1.0 || number.value.fract() != 0.0 {
        return;
    }
    let (value, span) = (Value::Int(number.value as i64), row.claims.remove(at).span);
    give(row, spec, value, Origin { param: spec.name, span, shared: false, stand_in: false, within: false });
}

//! SLICE: some of the channels.

use super::spec::{MOST, param};
use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, StandIn, Type, limits};
use crate::diag::Code;
use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "SLICE",
    aliases: &["CHANNEL SLICE"],
    implied: &[],
    key: "slice",
    summary: "K channels one behind the other, from `start` on: `start=32; K=32` is the second half of 64.",
    arity: Arity::One,
    params: &[
        param("K", Type::Int { min: 1, max: MOST }, "the declared channels", "How many channels.")
            .aliases(&["c", "channels", "out", "length"])
            .unit("channels")
            .required()
            .stand_in(StandIn::Channels),
        param("start", Type::Int { min: 0, max: MOST }, "0", "The first channel, counted from 0.")
            .aliases(&["begin", "offset"])
            .unit("channels"),
    ],
    positional: Positional { size: None, slash: None, int: Some("K"), words: &[] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Slice {
    start: u64,
    k: u64,
}

fn bind(args: &Args, _: &Conventions) -> Bound {
    let Some(k) = args.int("K") else {
        return Err(vec![
            Problem::new(Code::E0207, "SLICE does not say how many channels it takes")
                .help("write `K=64`, or declare the output size"),
        ]);
    };
    let start = args.int("start").unwrap_or(0).max(0).unsigned_abs();
    Ok(Arc::new(Slice { start, k: k.max(1).unsigned_abs() }))
}

impl Layer for Slice {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let [h, w, c] = inputs[0].hwc();
        let (start, k) = (self.start, self.k);
        if start.saturating_add(k) > c {
            let text = format!("{k} channels from {start} on are not among {c}");
            let problem = Problem::new(Code::E0205, text).note(format!("{start} + {k} = {}", start + k));
            return Err(match c.checked_sub(start).filter(|left| *left > 0) {
                Some(left) => problem.param("K").help(format!("write `K={left}` or less")),
                None => problem.param("start").help(format!("write a start below {c}")),
            });
        }
        let part = match inputs[0] {
            Shape::Flat(_) => Shape::Flat(k),
            Shape::Map { .. } => Shape::map(h, w, k),
        };
        limits::fits(part).map_err(|p| p.input(0))
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, _: &[Shape]) -> Vec<String> {
        vec![format!("K = {}", self.k)]
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        b.op(Prim::Slice { x: inputs[0], start: [0, 0, self.start as u32] }, output)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Blame;
    use super::*;

    #[test]
    fn channels_that_are_not_there_are_refused() {
        let input = [Shape::map(4, 4, 64)];
        assert_eq!(Slice { start: 32, k: 32 }.infer(&input), Ok(Shape::map(4, 4, 32)));
        assert_eq!(Slice { start: 32, k: 33 }.infer(&input).unwrap_err().blame, Blame::Param("K"));
        assert_eq!(Slice { start: 64, k: 1 }.infer(&input).unwrap_err().blame, Blame::Param("start"));
    }
}

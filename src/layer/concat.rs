//! CONCAT: channels one behind the other.

use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, limits};
use super::rank::{all_flat, alike};
use crate::diag::Code;
use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "CONCAT",
    aliases: &["CONCATENATE", "CONCATENATION", "DEPTHCONCAT", "DEPTH CONCAT", "FILTER CONCAT"],
    implied: &[],
    key: "concat",
    summary: "The channels of two or more maps of one height and width, in the order of `From`.",
    arity: Arity::Several,
    params: &[],
    positional: Positional { size: None, slash: None, int: None, words: &[] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Concat;

fn bind(_: &Args, _: &Conventions) -> Bound {
    Ok(Arc::new(Concat))
}

impl Layer for Concat {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let [h, w, _] = inputs[0].hwc();
        if let Some(index) = inputs.iter().position(|s| s.hwc()[..2] != [h, w]) {
            let text = format!("CONCAT cannot join {} and {}", inputs[0], inputs[index]);
            return Err(Problem::new(Code::E0304, text).input(index).help("give all inputs one height and width"));
        }
        let c = inputs.iter().fold(0u64, |sum, s| sum.saturating_add(s.channels()));
        limits::fits(if all_flat(inputs) { Shape::Flat(c) } else { Shape::map(h, w, c) })
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        let parts: Vec<String> = inputs.iter().map(|s| s.channels().to_string()).collect();
        let sum: u64 = inputs.iter().map(|s| s.channels()).fold(0, u64::saturating_add);
        vec![format!("{} = {sum} channels", parts.join(" + "))]
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let xs = alike(b, inputs);
        b.op(Prim::Concat { xs }, output)
    }
}

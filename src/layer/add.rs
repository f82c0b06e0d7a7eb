//! ADD: the sum of values of one shape.

use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem};
use super::rank::{all_flat, alike};
use crate::diag::Code;
use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "ADD",
    aliases: &["SUM", "ELTWISE", "ADDITION"],
    implied: &[],
    key: "add",
    summary: "The sum of two or more values of one shape, named in `From`.",
    arity: Arity::Several,
    params: &[],
    positional: Positional { size: None, slash: None, int: None, words: &[] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Add;

fn bind(_: &Args, _: &Conventions) -> Bound {
    Ok(Arc::new(Add))
}

impl Layer for Add {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        match inputs.iter().position(|s| !s.agrees(inputs[0])) {
            None if all_flat(inputs) => Ok(inputs[0]),
            None => {
                let [h, w, c] = inputs[0].hwc();
                Ok(Shape::map(h, w, c))
            }
            Some(index) => {
                let text = format!("ADD cannot join {} and {}", inputs[0], inputs[index]);
                Err(Problem::new(Code::E0304, text)
                    .input(index)
                    .help("make all inputs one shape, with a 1x1 CONV for instance"))
            }
        }
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, _: &[Shape]) -> Vec<String> {
        Vec::new()
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let xs = alike(b, inputs);
        b.op(Prim::Add { xs }, output)
    }
}

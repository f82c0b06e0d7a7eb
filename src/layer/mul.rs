//! MUL: the product of values; a gate is repeated over what it gates.

use super::rank::{all_flat, alike};
use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, limits};
use crate::diag::Code;
use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "MUL",
    aliases: &["MULTIPLY", "PRODUCT", "GATE"],
    implied: &[],
    key: "mul",
    summary: "The product of two or more values, named in `From`: of one shape, or a gate of 1x1xC (one number a \
              channel, as squeeze-and-excitation has it) or HxWx1 (one a place) that is repeated.",
    arity: Arity::Several,
    params: &[],
    positional: Positional { size: None, slash: None, int: None, words: &[] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Mul;

fn bind(_: &Args, _: &Conventions) -> Bound {
    Ok(Arc::new(Mul))
}

/// The longest side along each axis.
fn widest(inputs: &[Shape]) -> [u64; 3] {
    inputs.iter().fold([1; 3], |most, s| std::array::from_fn(|axis| most[axis].max(s.hwc()[axis])))
}

/// Whether a value is the whole shape or a gate of it.
fn gates(shape: Shape, [h, w, c]: [u64; 3]) -> bool {
    [[h, w, c], [1, 1, c], [h, w, 1]].contains(&shape.hwc())
}

impl Layer for Mul {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let [h, w, c] = widest(inputs);
        if let Some(index) = inputs.iter().position(|s| !gates(*s, [h, w, c])) {
            let other = inputs[usize::from(index == 0)];
            let text = format!("MUL cannot join {other} and {}", inputs[index]);
            return Err(Problem::new(Code::E0304, text)
                .input(index)
                .help(format!("make it {h}x{w}x{c}, or a gate of 1x1x{c} or {h}x{w}x1")));
        }
        limits::fits(if all_flat(inputs) { Shape::Flat(c) } else { Shape::map(h, w, c) })
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
        b.op(Prim::Mul { xs }, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_repeated_over_the_map() {
        let map = Shape::map(8, 6, 4);
        for gate in [map, Shape::Flat(4), Shape::map(1, 1, 4), Shape::map(8, 6, 1)] {
            assert_eq!(Mul.infer(&[map, gate]), Ok(map));
            assert_eq!(Mul.infer(&[gate, map]), Ok(map));
        }
        assert_eq!(Mul.infer(&[Shape::Flat(4), Shape::Flat(4)]), Ok(Shape::Flat(4)));
    }

    #[test]
    fn other_shapes_are_refused() {
        let map = Shape::map(8, 6, 4);
        for other in [Shape::Flat(3), Shape::map(8, 1, 4), Shape::map(7, 6, 4)] {
            assert_eq!(Mul.infer(&[map, other]).unwrap_err().blame, super::super::Blame::Input(1));
        }
    }
}

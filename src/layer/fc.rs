//! FC: every output is a weighted sum of all inputs.

use super::spec::{MOST, param};
use super::weights::{Weights, initialisers};
use super::{
    Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, StandIn, Type, flatten, limits,
};
use crate::diag::Code;
use crate::program::{Builder, Prim, Role, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "FC",
    aliases: &[
        "FULLY CONNECTED", "FULLY-CONNECTED", "FULL CONNECTION", "DENSE", "LINEAR", "INNER PRODUCT", "INNERPRODUCT",
        "AFFINE",
    ],
    implied: &[],
    key: "fc",
    summary: "Every output is a weighted sum of all inputs, and a bias. A map is flattened first, in the dialect's order.",
    arity: Arity::One,
    params: &[
        param("K", Type::Int { min: 1, max: MOST }, "the declared size", "How many outputs.")
            .aliases(&["units", "out", "n", "num_output"])
            .required()
            .stand_in(StandIn::Channels),
        param("bias", Type::Flag, "yes", "Adds a bias to each output."),
    ],
    positional: Positional { size: None, slash: None, int: Some("K"), words: &[] },
    window: None,
    keeps_shape: false,
    weighted: true,
    bind,
};

#[derive(Debug)]
struct Fc {
    units: u64,
    bias: bool,
    conventions: Conventions,
}

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    let Some(units) = args.int("K") else {
        return Err(vec![
            Problem::new(Code::E0207, "FC does not say how many outputs it has")
                .help("write `K=4096`, or declare the output size"),
        ]);
    };
    let bias = args.flag("bias").unwrap_or(true);
    Ok(Arc::new(Fc { units: units.max(1) as u64, bias, conventions: *conventions }))
}

impl Layer for Fc {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        limits::fits(Shape::Flat(inputs[0].elements())).map_err(|p| p.input(0))?;
        limits::kernel(inputs[0].elements().saturating_mul(self.units))?;
        Ok(Shape::Flat(self.units))
    }

    fn cost(&self, inputs: &[Shape], _: Shape) -> Cost {
        let weights = inputs[0].elements().saturating_mul(self.units);
        Cost { weights, biases: if self.bias { self.units } else { 0 }, macs: weights, ..Cost::default() }
    }

    fn arithmetic(&self, _: &[Shape]) -> Vec<String> {
        vec![format!("K = {}", self.units)]
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let mut x = inputs[0];
        let length = b.shape(x).elements();
        if let Shape::Map { .. } = b.shape(x) {
            let order = flatten::order(&self.conventions);
            x = b.op(Prim::Flatten { x, order }, Shape::Flat(length));
        }
        let (kernels, biases) = initialisers(&self.conventions, Weights::Linear, length, self.units);
        let kernel = b.param(Role::Kernel, &[self.units, length], kernels);
        let bias = self.bias.then(|| b.param(Role::Bias, &[self.units], biases));
        b.op(Prim::Linear { x, kernel, bias }, output)
    }
}

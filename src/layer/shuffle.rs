//! SHUFFLE: channels dealt out among groups.

use super::spec::{MOST, param};
use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, Type, groups, rank};
use crate::program::{Builder, FlattenOrder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "SHUFFLE",
    aliases: &["CHANNEL SHUFFLE", "CHANNELSHUFFLE"],
    implied: &[],
    key: "shuffle",
    summary: "Channel shuffle (ShuffleNet): the channels as a table with a row for each group, read column by column.",
    arity: Arity::One,
    params: &[
        param("groups", Type::Int { min: 1, max: MOST }, "", "How many groups the channels come from.")
            .aliases(&["g", "group"])
            .required(),
    ],
    positional: Positional { size: None, slash: None, int: Some("groups"), words: &[] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Shuffle(u64);

fn bind(args: &Args, _: &Conventions) -> Bound {
    Ok(Arc::new(Shuffle(args.int("groups").unwrap_or(1).max(1).unsigned_abs())))
}

impl Layer for Shuffle {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        groups::split(self.0, &[("channels", inputs[0].channels())])?;
        Ok(inputs[0])
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
        let x = rank::as_map(b, inputs[0]);
        let (map, groups) = (b.shape(x), self.0 as u32);
        let x = b.op(Prim::Shuffle { x, groups }, map);
        match output {
            Shape::Flat(_) => b.op(Prim::Flatten { x, order: FlattenOrder::Chw }, output),
            Shape::Map { .. } => x,
        }
    }
}

//! Between vectors, `[N, C]`, and 1x1 maps, `[N, C, 1, 1]`: one shape to an author, two to libtorch.

use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;

/// The value as a map, `[N, C, H, W]`.
pub(super) fn as_map(b: &mut Builder, x: ValueId) -> ValueId {
    match b.shape(x) {
        Shape::Flat(c) => b.op(Prim::Unflatten { x }, Shape::map(1, 1, c)),
        Shape::Map { .. } => x,
    }
}

/// The values as maps where one of them is a map: libtorch would broadcast a mixture.
pub(super) fn alike(b: &mut Builder, xs: &[ValueId]) -> Vec<ValueId> {
    let flat = |s: Shape| matches!(s, Shape::Flat(_));
    if xs.iter().all(|x| flat(b.shape(*x))) {
        return xs.to_vec();
    }
    xs.iter().map(|x| as_map(b, *x)).collect()
}

/// Whether the joined value is a vector: only where every part is.
pub(super) fn all_flat(inputs: &[Shape]) -> bool {
    inputs.iter().all(|s| matches!(s, Shape::Flat(_)))
}

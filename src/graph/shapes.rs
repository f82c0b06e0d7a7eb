//! Shapes while rows are expanded: what `in.c` of a block is, the channels of a size that names none.

use super::expand::{Expander, Source};
use crate::shape::Shape;

impl Expander<'_, '_> {
    /// What a value's shape is under the conventions assumed so far.
    pub(super) fn shape(&mut self, source: Source) -> Option<Shape> {
        let Source::At(at) = source else { return None };
        let at = at as usize;
        while self.shapes.len() <= at {
            let index = self.shapes.len();
            let shape = self.one_shape(index);
            self.shapes.push(shape);
        }
        self.shapes[at]
    }

    fn one_shape(&self, index: usize) -> Option<Shape> {
        let row = self.made(index);
        let kind = row.kind.filter(|_| !row.poisoned)?;
        let inputs: Option<Vec<Shape>> = self
            .edges_of(index)
            .iter()
            .map(|(from, ..)| match from {
                Source::At(at) => self.shapes.get(*at as usize).copied().flatten(),
                Source::Late(_) => None,
            })
            .collect();
        let inputs = inputs.filter(|i| super::wire::takes(kind.arity, i.len()))?;
        (kind.bind)(&row.args, &self.conventions).ok()?.infer(&inputs).ok()
    }
}

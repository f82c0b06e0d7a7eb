//! Claims of rows: to the expanded rows they speak of.

use super::expand::{Expander, Frame, Source};
use super::{About, Claim, ClaimValue, Use};
use crate::layer::{Kind, StandIn};
use crate::shape::Shape;
use smallvec::SmallVec;
use std::sync::Arc;

/// How far above a row its channels are looked for.
const ABOVE: usize = 64;

impl<'a> Expander<'_, 'a> {
    /// Claims go to the rows they speak of: an input to the first row that reads it, the rest to the last.
    pub(super) fn attach(
        &mut self,
        frame: &Frame<'_, 'a>,
        index: usize,
        said: &mut SmallVec<[Claim; 1]>,
        spans: &[(u32, u32)],
        entry: Option<usize>,
        last: bool,
    ) {
        if said.is_empty() {
            return;
        }
        let row = &frame.body.rows[index];
        let Some(&(start, end)) = spans.last().filter(|(s, e)| s < e) else { return };
        let plain = row.parts().len() == 1 && !row.is_bracket() && !self.is_of_block(start as usize, frame);
        let several = spans.len() > 1 || !plain;
        for mut claim in said.drain(..) {
            let at = match claim.about {
                About::Input => match entry {
                    Some(at) => self.reader(at),
                    None => continue,
                },
                _ if !last => continue,
                _ if plain => start as usize,
                _ => end as usize - 1,
            };
            if several && !matches!(claim.about, About::Input | About::Output) {
                claim.wider().rows = spans.to_vec();
            }
            if let Some(label) = row.parts().first().map(|p| &p.word).filter(|_| !plain) {
                claim.wider().of = Some(Arc::clone(label));
            }
            self.fill_area(&mut claim, at);
            self.made_mut(at).claims.insert(0, claim);
        }
    }

    /// A size of two factors claims height and width: the channels are the row's own.
    fn fill_area(&mut self, claim: &mut Claim, at: usize) {
        let ClaimValue::Shape(Shape::Map { h, w, .. }) = claim.value else { return };
        if !claim.area || self.made(at).kind.is_some_and(Kind::inputs_nothing) {
            return;
        }
        let of = if claim.about == About::Input { self.first_input(at) } else { Some(Source::At(at as u32)) };
        if let Some(channels) = of.and_then(|source| self.channels(source)) {
            claim.value = ClaimValue::Shape(Shape::map(h, w, channels));
        }
    }

    fn first_input(&self, at: usize) -> Option<Source> {
        self.edges_of(at).first().map(|(from, ..)| *from)
    }

    /// A value's channels; where its size does not come out, those that the rows above it say.
    fn channels(&mut self, source: Source) -> Option<u64> {
        let mut source = source;
        for _ in 0..ABOVE {
            if let Some(shape) = self.shape(source) {
                return Some(shape.channels());
            }
            let Source::At(at) = source else { return None };
            let at = at as usize;
            let row = self.made(at);
            let said = row.kind?.params.iter().find(|p| p.stand_in == StandIn::Channels);
            if let Some(k) = said.and_then(|p| row.args.int(p.name)) {
                return u64::try_from(k).ok();
            }
            source = self.first_input(at)?;
        }
        None
    }

    pub(super) fn is_of_block(&self, at: usize, frame: &Frame<'_, 'a>) -> bool {
        let depth = |u: Option<&Arc<Use>>| std::iter::successors(u, |u| u.within.as_ref()).count();
        depth(self.made(at).used.as_ref()) > depth(frame.scope.used.as_ref())
    }

    /// The first row from `at` on that reads one value.
    fn reader(&self, at: usize) -> usize {
        (at..self.drafts.len()).find(|i| self.edges_of(*i).len() == 1).unwrap_or(at)
    }
}

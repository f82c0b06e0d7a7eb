//! Which pictures train and which are held out.

use anyhow::{Result, ensure};

use super::random::{Purpose, Stream};
use super::{Dataset, Part};

/// Indices into a set, ascending, each in one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The pictures that train.
    pub train: Vec<usize>,
    /// The pictures that evaluation sees.
    pub held_out: Vec<usize>,
}

impl Dataset {
    /// The set's own division where it comes with one (`train/`, `val/`); else `holdout` (0 to below 1) of each
    /// class, rounded, chosen by `seed`. A class always keeps a picture to train on. Errors: a share outside that
    /// range.
    pub fn split(&self, holdout: f64, seed: u64) -> Result<Split> {
        if self.is_divided() {
            let of = |part| (0..self.len()).filter(|&i| self.samples[i].part == Some(part)).collect();
            return Ok(Split { train: of(Part::Train), held_out: of(Part::HeldOut) });
        }
        ensure!(
            (0.0..1.0).contains(&holdout),
            "the held-out share is {holdout}; it is at least 0 and below 1"
        );
        let mut held_out = Vec::new();
        for class in 0..self.classes.len() {
            let mut members: Vec<usize> = (0..self.len()).filter(|&i| self.label(i) == class).collect();
            Stream::new(Purpose::Split, seed, 0, class as u64).shuffle(&mut members);
            let share = (members.len() as f64 * holdout).round() as usize;
            members.truncate(share.min(members.len().saturating_sub(1)));
            held_out.extend(members);
        }
        held_out.sort_unstable();
        let train = (0..self.len()).filter(|i| held_out.binary_search(i).is_err()).collect();
        Ok(Split { train, held_out })
    }

    /// Whether the set comes with a division of its own, so that a held-out share is not used.
    #[must_use]
    pub fn is_divided(&self) -> bool {
        self.samples.iter().any(|s| s.part == Some(Part::HeldOut))
    }
}

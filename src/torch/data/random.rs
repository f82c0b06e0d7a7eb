//! Random streams named by what they decide, so that no result depends on which thread drew first.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The stream for one (seed, epoch, index): ChaCha with these three, and what it is for, as its key.
pub(crate) struct Stream(ChaCha8Rng);

/// What a stream decides.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Which samples are held out.
    Split = 1,
    /// The order of the samples in an epoch.
    Order = 2,
    /// Crop and mirror of one sample in an epoch.
    View = 3,
    /// Which samples the statistics are taken from.
    Statistics = 4,
    /// Changes of colour of one sample in an epoch.
    Colour = 5,
    /// What stands in for a sample that cannot be read.
    Substitute = 6,
}

impl Stream {
    /// The stream of `purpose` for this seed, epoch and sample.
    pub(crate) fn new(purpose: Purpose, seed: u64, epoch: u64, index: u64) -> Self {
        let mut key = [0u8; 32];
        for (part, value) in key.chunks_exact_mut(8).zip([purpose as u64, seed, epoch, index]) {
            part.copy_from_slice(&value.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number in `0..bound` (zero where `bound` is zero), by the high half of a product.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// True half of the time.
    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    /// A number in `[low, high)`, of 53 bits.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64)
    }

    /// A draw from N(0, 1), by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.between(0.0, 1.0), self.between(0.0, 1.0));
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// Fisher and Yates.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

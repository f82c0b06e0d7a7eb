//! Mean and deviation of the training pictures.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, anyhow};

use super::image::Scaler;
use super::{Dataset, Image, Normalisation, Preparation};

/// Smallest standard deviation divided by, in units of the full range: one grey level.
const LEAST_DEVIATION: f64 = 1.0 / 255.0;

/// Exact sums over bytes, so that their order does not matter.
#[derive(Default)]
pub(super) struct Sums {
    count: u64,
    sum: [u64; 3],
    squares: [u64; 3],
}

impl Sums {
    fn add(&mut self, image: &Image) {
        let channels = image.channels as usize;
        for pixel in image.pixels.chunks_exact(channels) {
            for channel in 0..3 {
                let value = u64::from(pixel[channel.min(channels - 1)]);
                self.sum[channel] += value;
                self.squares[channel] += value * value;
            }
        }
        self.count += u64::from(image.width) * u64::from(image.height);
    }

    fn merge(mut self, other: Self) -> Self {
        self.count += other.count;
        for channel in 0..3 {
            self.sum[channel] += other.sum[channel];
            self.squares[channel] += other.squares[channel];
        }
        self
    }

    /// Population mean and deviation of each of the first `channels` channels.
    pub(super) fn normalisation(&self, channels: usize) -> Normalisation {
        let count = self.count as f64;
        let mean = |c: usize| self.sum[c] as f64 / count;
        let deviation = |c: usize| (self.squares[c] as f64 / count - mean(c).powi(2)).max(0.0).sqrt() / 255.0;
        Normalisation {
            mean: (0..channels).map(|c| (mean(c) / 255.0) as f32).collect(),
            deviation: (0..channels).map(|c| deviation(c).max(LEAST_DEVIATION) as f32).collect(),
        }
    }
}

/// Sums over the pictures `chosen`, on as many threads as the machine runs at once.
pub(super) fn sum_all(preparation: &Preparation, dataset: &Dataset, chosen: &[usize]) -> Result<Sums> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Sums> {
        let (mut sums, mut scaler) = (Sums::default(), Scaler::default());
        while let Some(&index) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            let base = preparation.base(dataset.image(index)?, &mut scaler);
            sums.add(&base.with_context(|| dataset.sample_name(index).to_owned())?);
        }
        Ok(sums)
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(chosen.len());
    thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Sums::default();
        for thread in started {
            all = all.merge(thread.join().map_err(|_| anyhow!("a thread that reads pictures failed"))??);
        }
        Ok(all)
    })
}

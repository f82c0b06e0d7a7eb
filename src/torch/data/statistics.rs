//! Mean, deviation and covariance of the training pictures.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, anyhow, ensure};

use super::image::Scaler;
use super::{Dataset, Image, Preparation};

/// Smallest standard deviation divided by, in units of the full range: one grey level.
const LEAST_DEVIATION: f64 = 1.0 / 255.0;

/// Exact sums over bytes, so that their order does not matter.
#[derive(Default)]
pub(super) struct Sums {
    pictures: u64,
    count: u64,
    sum: [u64; 3],
    /// `products[a][b]`, of channels.
    products: [[u64; 3]; 3],
    /// Sums at each pixel and channel, `[H, W, C]`, where they were asked for.
    pixels: Vec<u32>,
}

impl Sums {
    fn add(&mut self, image: &Image, each_pixel: bool) {
        let channels = image.channels as usize;
        // Sums of a picture fit in 32 and 64 bits; products are taken at once.
        for pixel in image.pixels.chunks_exact(channels) {
            let values = [0, 1, 2].map(|c| u64::from(pixel[c.min(channels - 1)]));
            for (a, value) in values.iter().enumerate() {
                self.sum[a] += value;
                for (b, other) in values.iter().enumerate().skip(a) {
                    self.products[a][b] += value * other;
                }
            }
        }
        self.pictures += 1;
        self.count += u64::from(image.width) * u64::from(image.height);
        if each_pixel {
            let values = image.width as usize * image.height as usize * 3;
            self.pixels.resize(values, 0);
            for (sums, pixel) in self.pixels.chunks_exact_mut(3).zip(image.pixels.chunks_exact(channels)) {
                for (channel, sum) in sums.iter_mut().enumerate() {
                    *sum += u32::from(pixel[channel.min(channels - 1)]);
                }
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.pictures += other.pictures;
        self.count += other.count;
        for a in 0..3 {
            self.sum[a] += other.sum[a];
            for b in 0..3 {
                self.products[a][b] += other.products[a][b];
            }
        }
        if self.pixels.is_empty() {
            self.pixels = other.pixels;
        } else {
            self.pixels.iter_mut().zip(other.pixels).for_each(|(sum, more)| *sum += more);
        }
        self
    }

    /// Mean of each channel, 0 to 1.
    pub(super) fn mean(&self) -> [f64; 3] {
        self.sum.map(|sum| sum as f64 / self.count as f64 / 255.0)
    }

    /// Population covariance of the channels, on the scale 0 to 1.
    pub(super) fn covariance(&self) -> [[f64; 3]; 3] {
        let count = self.count as f64;
        let mean = self.sum.map(|s| s as f64 / count);
        let mut all = [[0.0; 3]; 3];
        for a in 0..3 {
            for b in 0..3 {
                let product = self.products[a.min(b)][a.max(b)] as f64 / count;
                all[a][b] = (product - mean[a] * mean[b]) / (255.0 * 255.0);
            }
        }
        all
    }

    /// Standard deviation of each channel, 0 to 1.
    pub(super) fn deviation(&self) -> [f64; 3] {
        let variance = self.covariance();
        [0, 1, 2].map(|c| variance[c][c].max(0.0).sqrt().max(LEAST_DEVIATION))
    }

    /// Mean at each pixel and of the first `channels` channels, `[H, W, C]`, 0 to 1.
    pub(super) fn mean_image(&self, channels: usize) -> Vec<f32> {
        let scale = 255.0 * self.pictures as f64;
        let of = |pixel: &[u32]| {
            pixel[..channels].iter().map(|s| (f64::from(*s) / scale) as f32).collect::<Vec<_>>()
        };
        self.pixels.chunks_exact(3).flat_map(of).collect()
    }
}

/// Sums over the pictures `chosen`, on as many threads as the machine runs at once.
pub(super) fn sum_all(
    preparation: &Preparation,
    dataset: &Dataset,
    chosen: &[usize],
    each_pixel: bool,
) -> Result<Sums> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Sums> {
        let (mut sums, mut scaler) = (Sums::default(), Scaler::default());
        while let Some(&index) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(base) = preparation.base_of(dataset, index, &mut scaler, false)? {
                sums.add(&base, each_pixel);
            }
        }
        Ok(sums)
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(chosen.len());
    let all = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Sums::default();
        for thread in started {
            all = all.merge(thread.join().map_err(|_| anyhow!("a thread that reads pictures failed"))??);
        }
        anyhow::Ok(all)
    })?;
    ensure!(all.pictures > 0, "none of {} pictures of {} can be read", chosen.len(), dataset.name());
    Ok(all)
}

//! Batches made by worker threads ahead of the step that uses them.
//!
//! Worker `w` of `n` makes batches `w`, `w + n`, ... and hands each over through a bounded channel of its own; the
//! consumer asks the channels in turn. So batches arrive in order, no worker runs far ahead, and since every draw
//! depends only on (seed, epoch, picture), the number of workers changes nothing but the speed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow, bail, ensure};
use tch::{Device, Tensor};

use super::image::Scaler;
use super::prepare::{Scratch, TEN};
use super::random::{Purpose, Stream};
use super::{Dataset, Image, Preparation};

/// Pictures that are tried in the place of one that cannot be read.
const SUBSTITUTES: usize = 64;

/// How batches are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoaderOptions {
    /// Pictures a batch.
    pub batch: usize,
    /// Threads that decode and augment.
    pub workers: usize,
    /// Batches that each worker may have finished and not yet handed over.
    pub ahead: usize,
    /// Decides order, crops and mirrors.
    pub seed: u64,
    /// Leave out an epoch's last training batch if it is short.
    pub drop_last: bool,
    /// Resized pictures are kept in memory if all of the set's fit in so many bytes: later epochs decode nothing.
    pub memory: u64,
    /// Where the batches go: for a GPU they are made in page-locked memory, from which copies need no waiting.
    pub device: Device,
}

impl Default for LoaderOptions {
    /// 32 pictures, a worker for each processor up to 8, 2 ahead, seed 0, every batch, 1 GiB.
    fn default() -> Self {
        let workers = thread::available_parallelism().map_or(1, usize::from).min(8);
        Self { batch: 32, workers, ahead: 2, seed: 0, drop_last: false, memory: 1 << 30, device: Device::Cpu }
    }
}

/// Which views a pass takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// One by chance, of this epoch.
    Random(u64),
    /// The centre.
    Centre,
    /// Ten.
    Ten,
}

/// What the network is fed.
#[derive(Debug)]
pub struct Batch {
    /// `[N * views, C, H, W]`, fp32, on the CPU, normalised.
    pub images: Tensor,
    /// `[N]`, int64, indices of classes.
    pub labels: Tensor,
    /// The pictures' indices in the set. A training picture that cannot be read is replaced by another one.
    pub indices: Vec<usize>,
    /// Views of each picture, one after the other in `images`: 1, or 10 of ten-crop evaluation.
    pub views: usize,
}

impl Batch {
    /// Images and labels on a device. From page-locked memory the copy runs beside what the processor does next; the
    /// device itself takes both in order.
    ///
    /// # Errors
    /// Any libtorch error, out of memory included.
    pub fn on(&self, device: Device) -> Result<(Tensor, Tensor)> {
        let copied = |t: &Tensor| t.f_to_dtype_layout((t.kind(), device), true, false);
        Ok((copied(&self.images)?, copied(&self.labels)?))
    }
}

/// Makes batches of a set.
#[derive(Debug)]
pub struct Loader {
    shared: Arc<Shared>,
    options: LoaderOptions,
}

#[derive(Debug)]
struct Shared {
    dataset: Arc<Dataset>,
    preparation: Preparation,
    /// One place a picture, or none where they would not fit.
    kept: Option<Vec<OnceLock<Arc<Image>>>>,
    seed: u64,
    device: Device,
}

impl Loader {
    /// Errors: a preparation whose parts do not fit each other, or a batch, worker or ahead count of zero.
    pub fn new(dataset: Arc<Dataset>, preparation: Preparation, options: LoaderOptions) -> Result<Self> {
        preparation.check()?;
        ensure!(options.batch > 0, "a batch holds at least one picture");
        ensure!(
            options.workers > 0 && options.ahead > 0,
            "data needs at least one worker and one batch ahead"
        );
        let total = preparation.base_bytes().and_then(|b| b.checked_mul(dataset.len() as u64));
        let kept = total.is_some_and(|t| t <= options.memory);
        let kept = kept.then(|| (0..dataset.len()).map(|_| OnceLock::new()).collect());
        let shared = Shared { dataset, preparation, kept, seed: options.seed, device: options.device };
        Ok(Self { shared: Arc::new(shared), options })
    }

    /// How pictures are prepared; goes into the checkpoint.
    #[must_use]
    pub fn preparation(&self) -> &Preparation {
        &self.shared.preparation
    }

    /// The set.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.shared.dataset
    }

    /// Training batches an epoch over so many pictures.
    #[must_use]
    pub fn train_batches(&self, pictures: usize) -> usize {
        if self.options.drop_last {
            pictures / self.options.batch
        } else {
            pictures.div_ceil(self.options.batch)
        }
    }

    /// An epoch over the pictures `indices`, in an order, with crops and mirrors, of (seed, epoch). Errors: no
    /// pictures, or an index outside the set.
    pub fn train(&self, indices: &[usize], epoch: u64) -> Result<Batches> {
        self.train_from(indices, epoch, 0)
    }

    /// As [`Loader::train`], without the epoch's first `done` batches, which are not decoded.
    pub fn train_from(&self, indices: &[usize], epoch: u64, done: usize) -> Result<Batches> {
        let all: Arc<[usize]> = indices.into();
        let mut order = indices.to_vec();
        Stream::new(Purpose::Order, self.options.seed, epoch, 0).shuffle(&mut order);
        order.truncate(self.train_batches(order.len()).saturating_mul(self.options.batch));
        order.drain(..done.saturating_mul(self.options.batch).min(order.len()));
        self.start(order, all, Wanted::Random(epoch))
    }

    /// The pictures `indices` in the order given, by their centre views. Errors as [`Loader::train`].
    pub fn evaluate(&self, indices: &[usize]) -> Result<Batches> {
        self.start(indices.to_vec(), indices.into(), Wanted::Centre)
    }

    /// As [`Loader::evaluate`], ten views a picture: the corners, the centre, and their mirror images. Their
    /// probabilities are to be averaged.
    pub fn evaluate_ten(&self, indices: &[usize]) -> Result<Batches> {
        self.start(indices.to_vec(), indices.into(), Wanted::Ten)
    }

    fn start(&self, order: Vec<usize>, all_pictures: Arc<[usize]>, wanted: Wanted) -> Result<Batches> {
        ensure!(
            !order.is_empty(),
            "there are not enough pictures in {} for a batch",
            self.shared.dataset.name()
        );
        let outside = order.iter().find(|&&i| i >= self.shared.dataset.len());
        ensure!(outside.is_none(), "{} has no picture {}", self.dataset().name(), outside.unwrap_or(&0));
        let order: Arc<[usize]> = order.into();
        let batches = order.len().div_ceil(self.options.batch);
        let workers = self.options.workers.min(batches);
        let stop = Arc::new(AtomicBool::new(false));
        let mut all = Batches { queues: vec![], threads: vec![], stop, handed: 0, batches };
        for first in 0..workers {
            let (sender, receiver) = sync_channel(self.options.ahead);
            all.queues.push(receiver);
            let worker = Worker {
                shared: Arc::clone(&self.shared),
                order: Arc::clone(&order),
                all: Arc::clone(&all_pictures),
                batch: self.options.batch,
                wanted,
                stop: Arc::clone(&all.stop),
            };
            let named = thread::Builder::new().name(format!("data {first}"));
            let started = named.spawn(move || worker.run(first, workers, &sender));
            all.threads.push(started.context("cannot start a thread that reads pictures")?);
        }
        Ok(all)
    }
}

/// The batches of one pass, in order. After an error, which names the picture's file, there are no more.
/// Dropping it ends the workers.
#[derive(Debug)]
pub struct Batches {
    queues: Vec<Receiver<Result<Batch>>>,
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    handed: usize,
    batches: usize,
}

impl Iterator for Batches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.handed == self.batches {
            return None;
        }
        let queue = &self.queues[self.handed % self.queues.len()];
        let made = queue.recv().unwrap_or_else(|_| Err(anyhow!("a thread that reads pictures failed")));
        self.handed = if made.is_ok() { self.handed + 1 } else { self.batches };
        // A batch none of whose pictures could be read is no batch.
        if made.as_ref().is_ok_and(|batch| batch.indices.is_empty()) { self.next() } else { Some(made) }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.batches - self.handed))
    }
}

impl Batches {
    /// Batches still to come, if none fails.
    #[must_use]
    pub fn left(&self) -> usize {
        self.batches - self.handed
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Without receivers, a worker that waits to hand over a batch wakes up and ends.
        self.queues.clear();
        for thread in self.threads.drain(..) {
            // A worker that panicked was reported by `next`.
            let _ = thread.join();
        }
    }
}

struct Worker {
    shared: Arc<Shared>,
    order: Arc<[usize]>,
    /// All pictures of the pass, those of batches that were left out too.
    all: Arc<[usize]>,
    batch: usize,
    wanted: Wanted,
    stop: Arc<AtomicBool>,
}

impl Worker {
    fn run(&self, first: usize, workers: usize, sender: &SyncSender<Result<Batch>>) {
        let (mut scratch, mut values) = (Scratch::default(), Vec::new());
        for indices in self.order.chunks(self.batch).skip(first).step_by(workers) {
            let made = self.make(indices, &mut values, &mut scratch);
            let failed = made.is_err();
            if self.stop.load(Ordering::Relaxed) || sender.send(made).is_err() || failed {
                return;
            }
        }
    }

    /// One batch; `values` is a buffer that is used again.
    fn make(&self, wanted: &[usize], values: &mut Vec<f32>, scratch: &mut Scratch) -> Result<Batch> {
        let preparation = &self.shared.preparation;
        let views = if self.wanted == Wanted::Ten { TEN } else { 1 };
        let size: usize = preparation.input.iter().product::<usize>() * views;
        values.resize(wanted.len() * size, 0.0);
        let mut indices = Vec::with_capacity(wanted.len());
        for &index in wanted {
            ensure!(!self.stop.load(Ordering::Relaxed), "stopped");
            let Some((index, base)) = self.readable(index, &mut scratch.scaler)? else { continue };
            let out = &mut values[indices.len() * size..][..size];
            self.write(&base, index, out, scratch)
                .with_context(|| self.shared.dataset.sample_name(index).to_owned())?;
            indices.push(index);
        }
        let [channels, height, width] = preparation.input.map(|d| d as i64);
        let shape = [(indices.len() * views) as i64, channels, height, width];
        let mut images = Tensor::f_from_slice(&values[..indices.len() * size])?.f_view(shape)?;
        if self.shared.device != Device::Cpu {
            images = images.f_pin_memory(self.shared.device)?;
        }
        let labels: Vec<i64> = indices.iter().map(|&i| self.shared.dataset.label(i) as i64).collect();
        Ok(Batch { images, labels: Tensor::f_from_slice(&labels)?, indices, views })
    }

    fn write(&self, base: &Image, index: usize, out: &mut [f32], scratch: &mut Scratch) -> Result<()> {
        let preparation = &self.shared.preparation;
        match self.wanted {
            Wanted::Random(epoch) => {
                let view = preparation.random(base, self.shared.seed, epoch, index);
                preparation.write(base, &view, scratch, out)
            }
            Wanted::Centre => preparation.write(base, &preparation.centre(base), scratch, out),
            Wanted::Ten => {
                let size = out.len() / TEN;
                let mut all = preparation.ten(base).into_iter().zip(out.chunks_exact_mut(size));
                all.try_for_each(|(view, out)| preparation.write(base, &view, scratch, out))
            }
        }
    }

    /// The picture's base. Where it cannot be read and is to be left out: in training that of another picture of this
    /// pass, chosen by (seed, epoch, picture); in evaluation nothing.
    fn readable(&self, index: usize, scaler: &mut Scaler) -> Result<Option<(usize, Arc<Image>)>> {
        let epoch = match self.wanted {
            Wanted::Random(epoch) => Some(epoch),
            _ => None,
        };
        if let Some(base) = self.shared.base(index, scaler, epoch.is_some())? {
            return Ok(Some((index, base)));
        }
        let Some(epoch) = epoch else { return Ok(None) };
        let mut stream = Stream::new(Purpose::Substitute, self.shared.seed, epoch, index as u64);
        for _ in 0..SUBSTITUTES {
            let other = self.all[stream.below(self.all.len())];
            if let Some(base) = self.shared.base(other, scaler, true)? {
                return Ok(Some((other, base)));
            }
        }
        bail!("{SUBSTITUTES} pictures in a row of {} cannot be read", self.shared.dataset.name())
    }
}

impl Shared {
    /// The picture that views are cut from, decoded once if it can be kept; nothing if it is to be left out.
    fn base(&self, index: usize, scaler: &mut Scaler, training: bool) -> Result<Option<Arc<Image>>> {
        let place = self.kept.as_ref().map(|all| &all[index]);
        if let Some(image) = place.and_then(OnceLock::get) {
            return Ok(Some(Arc::clone(image)));
        }
        let base = self.preparation.base_of(&self.dataset, index, scaler, training)?.map(Arc::new);
        Ok(base.map(|base| {
            place.map_or_else(|| Arc::clone(&base), |p| Arc::clone(p.get_or_init(|| Arc::clone(&base))))
        }))
    }
}

//! `netc-torch bench`: the training step's time, on one repeated batch and fed from data; the data's alone.

use super::{print, threads};
use crate::backend::{Executor, Optimiser, Store, keep_memory, pick_device, pick_products};
use crate::data::{Batch, Batches, Loader, LoaderOptions};
use crate::train::{Asked, Session, Stepper, compiled};
use anyhow::{Context, Result};
use netc::cli::{BenchArgs, Exit, RunFormat};
use netc::program::Program;
use netc::recipe::Recipe;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tch::{Device, Kind, Tensor};

/// Steps before the clock starts: the first ones fill caches and the allocator.
const WARM_UP: u64 = 3;

/// `bench`.
///
/// # Errors
/// A spec or data that cannot be read, and libtorch's errors.
pub fn run_bench(args: &BenchArgs) -> Result<Exit> {
    let device = pick_device(args.options.device)?;
    threads(args.options.threads);
    keep_memory();
    let (net, set) = (args.options.net.clone(), Asked::pairs(&args.options.set));
    let mut asked = Asked { net, set, recipe: Vec::new() }
        .key("data", args.data.as_ref())
        .key("seed", args.seed)
        .key("batch", args.batch);
    let session = args.data.is_some().then(|| Session::open(&args.file, &mut asked)).transpose()?;
    let (program, recipe) = match &session {
        Some(session) => (session.program.clone(), session.recipe.clone()),
        None => {
            let text = std::fs::read_to_string(&args.file)
                .with_context(|| format!("cannot read {}", args.file.display()))?;
            compiled(&args.file.display().to_string(), &text, &asked)?
        }
    };
    let store = Store::new(&program, device, recipe.seed)?;
    let optimiser = Optimiser::new(&recipe, &program, &store)?;
    let products = pick_products(args.options.precision.or(Some(recipe.precision)), device)?;
    let executor = Executor { program: &program, store: &store, products };
    let mut bench = Bench {
        stepper: Stepper::new(executor, optimiser, &recipe),
        device,
        rate: recipe.rate,
        steps: args.steps,
    };
    let repeated = bench.repeated(&program, &recipe)?;
    let workers = args.workers.map_or_else(|| LoaderOptions::default().workers, |w| w as usize);
    let fed = session.as_ref().map(|s| bench.fed(s, workers)).transpose()?;
    let ratio = fed.as_ref().map(|fed| repeated.total().as_secs_f64() / fed.total().as_secs_f64());
    let images = session.map(|s| bench.images(&s, workers)).transpose()?;
    let event = json!({
        "event": "bench", "net": program.name, "device": format!("{device:?}").to_lowercase(),
        "precision": products.word(), "threads": tch::get_num_threads(), "batch": recipe.batch,
        "steps": args.steps, "repeated": repeated.json(recipe.batch), "data": fed.as_ref().map(|f| f.json(recipe.batch)),
        "data_over_repeated": ratio, "workers": images.map(|_| workers), "images_alone_per_second": images,
        "images_alone_per_second_and_worker": images.map(|i| i / workers as f64), "peak_bytes": peak()
    });
    match args.options.format {
        RunFormat::Json => print(&event.to_string())?,
        RunFormat::Human => print(&words(&event))?,
    }
    Ok(Exit::Fine)
}

struct Bench<'a> {
    stepper: Stepper<'a>,
    device: Device,
    rate: f64,
    steps: u64,
}

/// Times of steps, and of waiting for their data.
struct Times {
    steps: Vec<Duration>,
    waited: Duration,
}

impl Times {
    fn total(&self) -> Duration {
        self.steps.iter().sum()
    }

    /// Median and least time in milliseconds, images a second, share of the time spent waiting.
    fn json(&self, batch: u64) -> Value {
        let mut sorted = self.steps.clone();
        sorted.sort();
        let ms = |t: Option<&Duration>| t.map_or(0.0, |t| t.as_secs_f64() * 1e3);
        let median = ms(sorted.get(sorted.len() / 2));
        json!({
            "median_ms": median, "min_ms": ms(sorted.first()), "images_per_second": batch as f64 / median * 1e3,
            "waiting": self.waited.as_secs_f64() / self.total().as_secs_f64()
        })
    }
}

impl Bench<'_> {
    /// One batch of noise, again and again.
    fn repeated(&mut self, program: &Program, recipe: &Recipe) -> Result<Times> {
        tch::manual_seed(i64::from_le_bytes(recipe.seed.to_le_bytes()));
        let [h, w, c] = program.input_shape().hwc().map(|v| v as i64);
        let batch = i64::try_from(recipe.batch)?;
        let images = Tensor::f_randn([batch, c, h, w], (Kind::Float, self.device))?;
        let labels =
            Tensor::f_randint(i64::try_from(program.classes())?, [batch], (Kind::Int64, self.device))?;
        let batches = [(images, labels)];
        let mut times = Times { steps: Vec::new(), waited: Duration::ZERO };
        for step in 0..WARM_UP + self.steps {
            let began = Instant::now();
            self.stepper.step(&batches, self.rate)?;
            if step >= WARM_UP {
                times.steps.push(began.elapsed());
            }
        }
        Ok(times)
    }

    /// Batches as training gets them.
    fn fed(&mut self, session: &Session, workers: usize) -> Result<Times> {
        let loader =
            loader(session, LoaderOptions { workers, device: self.device, ..LoaderOptions::default() })?;
        let mut times = Times { steps: Vec::new(), waited: Duration::ZERO };
        let mut batches = Endless::of(&loader, session);
        for step in 0..WARM_UP + self.steps {
            let began = Instant::now();
            let batch = batches.next()?;
            let waited = began.elapsed();
            let (images, labels) = batch.on(self.device)?;
            self.stepper.step(&[(images, labels)], self.rate)?;
            if step >= WARM_UP {
                times.steps.push(began.elapsed());
                times.waited += waited;
            }
        }
        Ok(times)
    }

    /// Images a second that the workers make where nothing else runs, decoding each anew.
    fn images(&self, session: &Session, workers: usize) -> Result<f64> {
        let loader = loader(session, LoaderOptions { workers, memory: 0, ..LoaderOptions::default() })?;
        let mut batches = Endless::of(&loader, session);
        // What the workers have made ahead must not count.
        for _ in 0..4 * workers {
            batches.next()?;
        }
        let began = Instant::now();
        let mut images = 0;
        for _ in 0..self.steps {
            images += batches.next()?.indices.len();
        }
        Ok(images as f64 / began.elapsed().as_secs_f64())
    }
}

fn loader(session: &Session, options: LoaderOptions) -> Result<Loader> {
    let (batch, seed) = (session.recipe.batch as usize, session.recipe.seed);
    let options = LoaderOptions { batch, seed, drop_last: true, ..options };
    Loader::new(Arc::clone(&session.dataset), session.preparation.clone(), options)
}

/// One epoch after the other, the next one's workers started before the last batch is taken.
struct Endless<'a> {
    loader: &'a Loader,
    pictures: &'a [usize],
    epoch: u64,
    now: Option<Batches>,
    next: Option<Batches>,
}

impl<'a> Endless<'a> {
    fn of(loader: &'a Loader, session: &'a Session) -> Self {
        Self { loader, pictures: &session.split.train, epoch: 0, now: None, next: None }
    }

    fn next(&mut self) -> Result<Batch> {
        loop {
            if let Some(batches) = &mut self.now {
                if batches.left() == 1 && self.next.is_none() {
                    self.next = Some(self.loader.train(self.pictures, self.epoch)?);
                    self.epoch += 1;
                }
                if let Some(batch) = batches.next() {
                    return batch;
                }
            }
            self.now = match self.next.take() {
                Some(next) => Some(next),
                None => {
                    self.epoch += 1;
                    Some(self.loader.train(self.pictures, self.epoch - 1)?)
                }
            };
        }
    }
}

/// The most memory the process has held, as Linux tells it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn words(event: &Value) -> String {
    let number = |part: &Value, key: &str| part[key].as_f64().unwrap_or(0.0);
    let line = |part: &Value| {
        format!(
            "{:.1} ms a step (median of {}; least {:.1}), {:.1} images/s",
            number(part, "median_ms"),
            event["steps"],
            number(part, "min_ms"),
            number(part, "images_per_second")
        )
    };
    let text = |key: &str| event[key].as_str().unwrap_or("").to_owned();
    let mut all = format!(
        "{} on {} in {}, {} threads, batches of {}\none repeated batch: {}",
        text("net"),
        text("device"),
        text("precision"),
        event["threads"],
        event["batch"],
        line(&event["repeated"])
    );
    if !event["data"].is_null() {
        let waiting = 100.0 * number(&event["data"], "waiting");
        all.push_str(&format!("\nfed from data: {}, {waiting:.1} % of it waiting", line(&event["data"])));
        all.push_str(&format!(
            "\ndata over repeated: {:.3} times its images/s",
            number(event, "data_over_repeated")
        ));
        all.push_str(&format!(
            "\nimages alone, each decoded anew: {:.1} images/s with {} workers, {:.1} each",
            number(event, "images_alone_per_second"),
            event["workers"],
            number(event, "images_alone_per_second_and_worker")
        ));
    }
    if let Some(bytes) = event["peak_bytes"].as_f64() {
        all.push_str(&format!("\npeak memory: {:.2} GB", bytes / 1e9));
    }
    all
}

//! The header's training half, validated before anything starts. Every key is a line of [`keys::KEYS`]; the
//! command line may give any of them anew.

mod augment;
pub(crate) mod elsewhere;
pub mod keys;
mod plateau;
mod print;
mod read;
mod rows;
mod schedule;
mod values;
mod wanted;

pub use augment::{Augment, Base, Views, WordsOrNumbers, check as check_views};
pub use plateau::{Monitor, Plateau, Watch};
pub use read::{Override, Reading, RowName, read};
pub use rows::{Factors, RowRule};
pub use schedule::{Clock, Schedule, Warmup};
pub use values::{Initial, Scaling, Stretch};

/// How a net is trained: the header's `train:`, defaults filled in. [`keys::KEYS`] says what each is.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Data set by name or path.
    pub data: Option<String>,
    /// Passes over the training set; none where steps or time alone end the run.
    pub epochs: Option<u64>,
    /// Steps of the optimiser, instead.
    pub steps: Option<u64>,
    /// Seconds after which the run ends.
    pub seconds: Option<u64>,
    /// Images of a forward and backward pass.
    pub batch: u64,
    /// Batches a step of the optimiser.
    pub accumulate: u64,
    /// Seed of everything random.
    pub seed: u64,
    /// Share of the images held out for evaluation where the data has no split of its own.
    pub holdout: f64,
    /// What turns gradients into steps.
    pub optimizer: Optimizer,
    /// Learning rate, before the schedule.
    pub rate: f64,
    /// Keras's L2: adds `l2 * sum(w^2)` over kernels to the loss.
    pub l2: f64,
    /// PyTorch's weight decay: adds `weight_decay * w` to the gradients of kernels; AdamW's is apart from them.
    pub weight_decay: f64,
    /// Factor of biases' rate.
    pub bias_rate: f64,
    /// Factor of biases' decay.
    pub bias_decay: f64,
    /// Factor of normalisations' rate.
    pub norm_rate: f64,
    /// Factor of normalisations' decay.
    pub norm_decay: f64,
    /// How kernels start, where not as the dialect has it.
    pub kernel_init: Option<Initial>,
    /// How biases start, where not as the dialect has it.
    pub bias_init: Option<Initial>,
    /// Settings for single rows.
    pub rows: Vec<RowRule>,
    /// How the rate changes.
    pub schedule: Schedule,
    /// How it rises at the start.
    pub warmup: Warmup,
    /// Largest norm of all gradients together.
    pub clip_norm: Option<f64>,
    /// Largest size of a number of the gradients.
    pub clip_value: Option<f64>,
    /// Share of each label that is spread over all classes.
    pub label_smoothing: f64,
    /// Share that stays of the weights' moving average at each step.
    pub ema: Option<f64>,
    /// Bits of convolutions and FC layers.
    pub precision: Precision,
    /// What of an evaluation is watched.
    pub monitor: Monitor,
    /// Evaluations without a better one after which the run ends.
    pub early_stopping: Option<u64>,
    /// Between two writes of the last checkpoint.
    pub save_every: Stretch,
    /// Between two checkpoints that are kept.
    pub keep_every: Option<Stretch>,
    /// Training batches over which batch norm's statistics are estimated anew before an evaluation.
    pub statistics_batches: u64,
    /// An image that cannot be read is left out, instead of ending the run.
    pub skip_bad_images: bool,
    /// How views of images are made.
    pub augment: Augment,
}

/// What turns gradients into steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// Stochastic gradient descent: `v = momentum v + g`, `w -= rate v`.
    Sgd {
        /// In `[0, 1)`.
        momentum: f64,
        /// Nesterov's form: `w -= rate (g + momentum v)`.
        nesterov: bool,
    },
    /// Adam (Kingma and Ba 2014), as PyTorch has it: decay joins the gradient.
    Adam {
        /// Of the mean.
        beta1: f64,
        /// Of the squares' mean.
        beta2: f64,
        /// Beside the root.
        eps: f64,
    },
    /// Adam with decay apart from the gradient (Loshchilov and Hutter 2017).
    AdamW {
        /// Of the mean.
        beta1: f64,
        /// Of the squares' mean.
        beta2: f64,
        /// Beside the root.
        eps: f64,
    },
    /// RMSProp (Hinton 2012), as PyTorch has it: eps stands outside the root.
    RmsProp {
        /// Of the squares' mean.
        alpha: f64,
        /// Beside the root.
        eps: f64,
        /// In `[0, 1)`.
        momentum: f64,
    },
    /// SGD with each kernel's gradient scaled to `trust |w| / (|g| + decay |w|)` of itself (You et al. 2017).
    Lars {
        /// In `[0, 1)`.
        momentum: f64,
        /// The share of a kernel's norm that a step of rate 1 changes.
        trust: f64,
    },
}

impl Optimizer {
    /// The rate where none is written: 0.001 of Adam's family, else 0.01.
    pub const fn rate(self) -> f64 {
        match self {
            Self::Adam { .. } | Self::AdamW { .. } => 0.001,
            _ => 0.01,
        }
    }

    /// Numbers kept for each parameter.
    pub fn slots(self) -> u64 {
        match self {
            Self::Sgd { momentum, .. } | Self::Lars { momentum, .. } => u64::from(momentum != 0.0),
            Self::Adam { .. } | Self::AdamW { .. } => 2,
            Self::RmsProp { momentum, .. } => 1 + u64::from(momentum != 0.0),
        }
    }
}

/// How numbers are held in convolutions and FC layers; parameters have 32 bits in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// 32 bits everywhere.
    Fp32,
    /// 32 bits, rounded to 19 in convolutions and FC layers; CUDA alone.
    Tf32,
    /// 16-bit bfloat in convolutions and FC layers, 32-bit parameters.
    Bf16,
    /// 16-bit float in convolutions and FC layers, 32-bit parameters, the loss scaled; CUDA alone.
    Fp16,
    /// bf16 where the device computes in it, else fp32.
    #[default]
    Auto,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            data: None,
            epochs: Some(10),
            steps: None,
            seconds: None,
            batch: 32,
            accumulate: 1,
            seed: 0,
            holdout: 0.2,
            optimizer: Optimizer::Sgd { momentum: 0.9, nesterov: false },
            rate: 0.01,
            l2: 0.0,
            weight_decay: 0.0,
            bias_rate: 1.0,
            bias_decay: 0.0,
            norm_rate: 1.0,
            norm_decay: 0.0,
            kernel_init: None,
            bias_init: None,
            rows: Vec::new(),
            schedule: Schedule::Constant,
            warmup: Warmup { length: Stretch::Steps(0), start: 0.1 },
            clip_norm: None,
            clip_value: None,
            label_smoothing: 0.0,
            ema: None,
            precision: Precision::Auto,
            monitor: Monitor::Top1,
            early_stopping: None,
            save_every: Stretch::Epochs(1.0),
            keep_every: None,
            statistics_batches: 0,
            skip_bad_images: false,
            augment: Augment::default(),
        }
    }
}

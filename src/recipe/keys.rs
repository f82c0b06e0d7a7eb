//! Every key of the recipe: what it takes, its default, what it is. The header's reader, the command line's flags
//! and the reference's table all follow this one.

use super::augment;

/// What a key's value must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// Any text.
    Text,
    /// A whole number of at least this.
    Whole(u64),
    /// A number of at least the first and below the second.
    Real(f64, f64),
    /// A number above zero.
    Positive,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A stretch of training: a number of epochs, or `500 steps`.
    Stretch,
    /// A list of such stretches, each beyond the one before.
    Stretches,
    /// A time: `90s`, `30m`, `2h`, `1d12h`.
    Time,
    /// An initialiser: `N(0, 0.01)`, `U(0.05)`, `he_normal`, a number.
    Initial,
    /// Settings for single rows.
    Rows,
    /// A list of so many numbers.
    Numbers(usize),
    /// One of these words, or a list of numbers, one a channel.
    WordOrNumbers(&'static [&'static str]),
}

/// A key of `train:`.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its path below `train`, parted by dots.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What stands in where it is not written, in words.
    pub default: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// The key whose values alone read it, and those values.
    pub only: Option<(&'static str, &'static [&'static str])>,
}

impl Key {
    const fn only(mut self, of: &'static str, values: &'static [&'static str]) -> Self {
        self.only = Some((of, values));
        self
    }

    /// Its flag on the command line, without the dashes: dots and underscores become dashes.
    pub fn flag(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }

    /// Its path below `train`.
    pub fn path(&self) -> Vec<&'static str> {
        self.name.split('.').collect()
    }
}

const fn key(name: &'static str, takes: Takes, default: &'static str, meaning: &'static str) -> Key {
    Key { name, takes, default, meaning, only: None }
}

/// The optimisers.
pub const OPTIMIZERS: &[&str] = &["sgd", "adam", "adamw", "rmsprop", "lars"];
/// The schedules.
pub const SCHEDULES: &[&str] =
    &["constant", "step", "multistep", "exponential", "poly", "cosine", "one_cycle", "plateau"];

const INFINITE: f64 = f64::INFINITY;
const ADAMS: &[&str] = &["adam", "adamw"];

/// All keys but those of views.
const OWN: [Key; OWN_KEYS] = [
    key("data", Takes::Text, "none", "`digits`, `elpv`, a folder of images a class, or an archive of one"),
    key("epochs", Takes::Whole(1), "10", "passes over the training images"),
    key("steps", Takes::Whole(1), "none", "optimiser steps, instead of epochs"),
    key("time", Takes::Time, "none", "ends the run after so long: `90s`, `30m`, `2h`, `1d12h`"),
    key(
        "batch",
        Takes::Whole(1),
        "32",
        "images of a forward and backward pass; an epoch's last batch is left out if it is short",
    ),
    key(
        "accumulate",
        Takes::Whole(1),
        "1",
        "batches whose gradients are averaged for one step of the optimiser",
    ),
    key("seed", Takes::Whole(0), "0", "of the split, the order, crops, mirrors, initial weights and dropout"),
    key(
        "holdout",
        Takes::Real(0.0, 1.0),
        "0.2",
        "share held out by seed, where the data has no split of its own",
    ),
    key("optimizer", Takes::Word(OPTIMIZERS), "sgd", "the optimiser"),
    key(
        "rate",
        Takes::Real(0.0, INFINITE),
        "0.01; 0.001 of adam and adamw",
        "learning rate, before the schedule",
    ),
    key("momentum", Takes::Real(0.0, 1.0), "0.9; 0 of rmsprop", "share of the velocity that stays")
        .only("optimizer", &["sgd", "rmsprop", "lars"]),
    key("nesterov", Takes::Flag, "false", "Nesterov's form of momentum").only("optimizer", &["sgd"]),
    key("beta1", Takes::Real(0.0, 1.0), "0.9", "share of the gradients' mean that stays")
        .only("optimizer", ADAMS),
    key("beta2", Takes::Real(0.0, 1.0), "0.999", "share of the squares' mean that stays")
        .only("optimizer", ADAMS),
    key("alpha", Takes::Real(0.0, 1.0), "0.99", "share of the squares' mean that stays")
        .only("optimizer", &["rmsprop"]),
    key("eps", Takes::Positive, "1e-8", "added to the root of the squares' mean")
        .only("optimizer", &["adam", "adamw", "rmsprop"]),
    key("trust", Takes::Positive, "0.001", "share of a kernel's norm that a step of rate 1 changes")
        .only("optimizer", &["lars"]),
    key("l2", Takes::Real(0.0, INFINITE), "0", "Keras's: adds `l2 * sum(w^2)` over the kernels to the loss"),
    key(
        "weight_decay",
        Takes::Real(0.0, INFINITE),
        "0",
        "PyTorch's: adds `weight_decay * w` to the kernels' gradients (adamw: takes `rate * weight_decay * w` off the kernels)",
    ),
    key("bias_rate", Takes::Real(0.0, INFINITE), "1", "biases' rate, in rates"),
    key(
        "bias_decay",
        Takes::Real(0.0, INFINITE),
        "0",
        "biases' `l2` and `weight_decay`, in those of kernels",
    ),
    key("norm_rate", Takes::Real(0.0, INFINITE), "1", "rate of normalisations' scales and shifts, in rates"),
    key("norm_decay", Takes::Real(0.0, INFINITE), "0", "their `l2` and `weight_decay`, in those of kernels"),
    key(
        "kernel_init",
        Takes::Initial,
        "the dialect's",
        "how kernels start: `N(0, 0.01)`, `U(0.05)`, `glorot_uniform`, `he_normal`, `lecun_normal` and the like, a number",
    ),
    key("bias_init", Takes::Initial, "the dialect's", "how biases start"),
    key(
        "rows",
        Takes::Rows,
        "none",
        "for rows by name or kind: `rate`, `decay` (factors), `bias_rate`, `bias_decay`, `kernel_init`, `bias_init`",
    ),
    key("schedule", Takes::Word(SCHEDULES), "constant", "how the rate changes"),
    key("every", Takes::Stretch, "30", "epochs (or `500 steps`) between two falls")
        .only("schedule", &["step", "exponential"]),
    key("milestones", Takes::Stretches, "[30, 60, 80]", "epochs (or `500 steps`) at which the rate falls")
        .only("schedule", &["multistep"]),
    key("factor", Takes::Real(0.0, 1.0), "0.1", "what a fall multiplies the rate by")
        .only("schedule", &["step", "multistep", "exponential", "plateau"]),
    key("power", Takes::Positive, "1", "of `(1 - progress)^power`").only("schedule", &["poly"]),
    key("floor", Takes::Real(0.0, 1.0), "0", "share of the rate below which it never falls")
        .only("schedule", &["poly", "cosine", "plateau"]),
    key("pct_start", Takes::Real(0.0, 1.0), "0.3", "share of the run in which the rate rises")
        .only("schedule", &["one_cycle"]),
    key("div_factor", Takes::Positive, "25", "the rate starts at `rate / div_factor`")
        .only("schedule", &["one_cycle"]),
    key("final_div_factor", Takes::Positive, "1e4", "and ends at that over `final_div_factor`")
        .only("schedule", &["one_cycle"]),
    key("patience", Takes::Whole(0), "10", "evaluations without a better one before a fall")
        .only("schedule", &["plateau"]),
    key("threshold", Takes::Real(0.0, 1.0), "1e-4", "how much better, as a share, counts")
        .only("schedule", &["plateau"]),
    key("cooldown", Takes::Whole(0), "0", "evaluations after a fall that do not count")
        .only("schedule", &["plateau"]),
    key("warmup", Takes::Stretch, "0", "epochs (or `500 steps`) in which the rate rises in a line"),
    key("warmup_start", Takes::Real(0.0, 1.0), "0.1", "share of the rate that the warm-up begins with"),
    key(
        "clip_norm",
        Takes::Positive,
        "none",
        "largest norm of all gradients together; above it they are scaled down",
    ),
    key("clip_value", Takes::Positive, "none", "largest size of a single number of the gradients"),
    key("label_smoothing", Takes::Real(0.0, 1.0), "0", "share of each label spread over all classes"),
    key(
        "ema",
        Takes::Real(0.0, 1.0),
        "none",
        "share that stays, a step, of a moving average of the weights, which is what is evaluated and saved as best",
    ),
    key(
        "precision",
        Takes::Word(&["fp32", "tf32", "bf16", "fp16", "auto"]),
        "auto",
        "bits of convolutions and FC layers",
    ),
    key(
        "monitor",
        Takes::Word(&["top1", "loss"]),
        "top1",
        "what of an evaluation makes a checkpoint the best, a plateau and an early stop",
    ),
    key(
        "early_stopping",
        Takes::Whole(1),
        "none",
        "ends the run after so many evaluations without a better one",
    ),
    key(
        "save_every",
        Takes::Stretch,
        "1",
        "epochs (or `500 steps`) between two writes of `last`; an epoch's end is always one",
    ),
    key(
        "keep_every",
        Takes::Stretch,
        "none",
        "epochs (or `500 steps`) between two checkpoints that are kept beside `last` and `best`",
    ),
    key(
        "statistics_batches",
        Takes::Whole(0),
        "0",
        "training batches over which batch norm's statistics are estimated anew before an evaluation",
    ),
    key(
        "on_bad_image",
        Takes::Word(&["fail", "skip"]),
        "fail",
        "whether an image that cannot be read ends the run, or is left out, named and counted",
    ),
];
const OWN_KEYS: usize = 51;

/// All keys, in the order the reference lists them.
pub const KEYS: &[Key] = &joined();

const fn joined() -> [Key; OWN_KEYS + augment::KEYS.len()] {
    let mut all = [OWN[0]; OWN_KEYS + augment::KEYS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < OWN_KEYS { OWN[at] } else { augment::KEYS[at - OWN_KEYS] };
        at += 1;
    }
    all
}

/// The key of this name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.name == name)
}

//! The header's training half, validated before anything starts.

use crate::diag::{Code, Diagnostic};
use crate::syntax::{Header, HeaderField, nearest};

/// How a net is trained: the header's `train:`, defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Data set by name or path.
    pub data: Option<String>,
    /// Passes over the training set.
    pub epochs: u64,
    /// Images a step.
    pub batch: u64,
    /// Seed of everything random.
    pub seed: u64,
    /// Momentum of SGD, in `[0, 1)`.
    pub momentum: f64,
    /// Nesterov's form of momentum.
    pub nesterov: bool,
    /// Learning rate at the start.
    pub rate: f64,
    /// How it falls.
    pub schedule: Schedule,
    /// Keras's L2: adds `l2 * sum(w^2)` over kernels to the loss.
    pub l2: f64,
    /// PyTorch's weight decay: adds `weight_decay * w` to the gradients of kernels.
    pub weight_decay: f64,
    /// Share of the images held out for evaluation where the data has no split of its own.
    pub holdout: f64,
    /// Training batches over which batch norm's statistics are estimated anew before an evaluation.
    pub statistics_batches: u64,
    /// Side that images are resized to before the crop; the input's where not given.
    pub resize: Option<u64>,
    /// Random mirrors in training.
    pub mirror: bool,
}

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// It stays.
    Constant,
    /// Multiplied by `factor` every so many epochs.
    Step {
        /// Epochs between two falls.
        every: u64,
        /// What it is multiplied by.
        factor: f64,
    },
    /// Half a cosine from the rate to zero over the whole run.
    Cosine,
}

impl Schedule {
    /// The rate's factor at a step of `steps`, with so many steps an epoch.
    pub fn factor(self, step: u64, steps: u64, an_epoch: u64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Step { every, factor } => {
                let falls = step / an_epoch.max(1) / every.max(1);
                factor.powi(i32::try_from(falls).unwrap_or(i32::MAX))
            }
            Self::Cosine => {
                let progress = step as f64 / steps.max(1) as f64;
                0.5 * (1.0 + (std::f64::consts::PI * progress.min(1.0)).cos())
            }
        }
    }
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            data: None,
            epochs: 10,
            batch: 32,
            seed: 0,
            momentum: 0.9,
            nesterov: false,
            rate: 0.01,
            schedule: Schedule::Constant,
            l2: 0.0,
            weight_decay: 0.0,
            holdout: 0.2,
            statistics_batches: 0,
            resize: None,
            mirror: false,
        }
    }
}

const KEYS: &[&str] = &[
    "data",
    "epochs",
    "batch",
    "seed",
    "optimizer",
    "momentum",
    "nesterov",
    "rate",
    "schedule",
    "every",
    "factor",
    "l2",
    "weight_decay",
    "holdout",
    "statistics_batches",
    "augment",
];
const AUGMENT: &[&str] = &["resize", "crop", "mirror"];

/// Reads `train:`; whatever is wrong is reported at its place and the default stands in.
pub fn read(header: &Header) -> (Recipe, Vec<Diagnostic>) {
    let mut reader = Reader { header, found: Vec::new() };
    let recipe = reader.recipe();
    (recipe, reader.found)
}

struct Reader<'a> {
    header: &'a Header,
    found: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn recipe(&mut self) -> Recipe {
        self.keys(&["train"], KEYS);
        self.keys(&["train", "augment"], AUGMENT);
        let plain = Recipe::default();
        if let Some(field) = self.field("optimizer")
            && field.value.as_str() != Some("sgd")
        {
            self.refuse(&field, "the optimizer is not one netc has", "write `sgd`");
        }
        let data = self.field("data").and_then(|f| f.value.as_str().map(str::to_owned));
        Recipe {
            data,
            epochs: self.whole("epochs", 1).unwrap_or(plain.epochs),
            batch: self.whole("batch", 1).unwrap_or(plain.batch),
            seed: self.whole("seed", 0).unwrap_or(plain.seed),
            momentum: self.real("momentum", 0.0, 1.0).unwrap_or(plain.momentum),
            nesterov: self.flag(&["train", "nesterov"]).unwrap_or(plain.nesterov),
            rate: self.real("rate", 0.0, f64::INFINITY).unwrap_or(plain.rate),
            schedule: self.schedule(),
            l2: self.real("l2", 0.0, f64::INFINITY).unwrap_or(plain.l2),
            weight_decay: self.real("weight_decay", 0.0, f64::INFINITY).unwrap_or(plain.weight_decay),
            holdout: self.real("holdout", 0.0, 1.0).unwrap_or(plain.holdout),
            statistics_batches: self.whole("statistics_batches", 0).unwrap_or(plain.statistics_batches),
            resize: self.whole_at(&["train", "augment", "resize"], 1),
            mirror: self.flag(&["train", "augment", "mirror"]).unwrap_or(plain.mirror),
        }
    }

    fn field(&self, key: &str) -> Option<HeaderField<'a>> {
        self.header.get(&["train", key])
    }

    fn keys(&mut self, path: &[&str], known: &[&str]) {
        for key in self.header.keys(path).into_iter().filter(|k| !known.contains(&k.as_str())) {
            let full: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            let Some(field) = self.header.get(&full) else { continue };
            let near = nearest(&key, known.iter().copied());
            self.found.push(
                Diagnostic::new(Code::E0501, field.key_span, format!("the recipe has no key `{key}`"))
                    .help(format!("did you mean `{near}`? It takes {}", known.join(", "))),
            );
        }
    }

    fn refuse(&mut self, field: &HeaderField<'_>, message: &str, help: &str) {
        self.found.push(Diagnostic::new(Code::E0502, field.span, message).help(help));
    }

    fn whole(&mut self, key: &str, least: u64) -> Option<u64> {
        self.whole_at(&["train", key], least)
    }

    fn whole_at(&mut self, path: &[&str], least: u64) -> Option<u64> {
        let field = self.header.get(path)?;
        match field.value.as_u64().filter(|v| *v >= least) {
            Some(value) => Some(value),
            None => {
                let name = path.last().copied().unwrap_or("");
                self.refuse(
                    &field,
                    &format!("`{name}` is a whole number of at least {least}"),
                    "write a whole number",
                );
                None
            }
        }
    }

    /// A number from `least` to below `below`.
    fn real(&mut self, key: &str, least: f64, below: f64) -> Option<f64> {
        let field = self.field(key)?;
        match field.value.as_f64().filter(|v| *v >= least && *v < below && v.is_finite()) {
            Some(value) => Some(value),
            None => {
                let upper = if below.is_finite() { format!(" and below {below}") } else { String::new() };
                self.refuse(
                    &field,
                    &format!("`{key}` is a number of at least {least}{upper}"),
                    "write such a number",
                );
                None
            }
        }
    }

    fn flag(&mut self, path: &[&str]) -> Option<bool> {
        let field = self.header.get(path)?;
        let value = field.value.as_bool();
        if value.is_none() {
            self.refuse(&field, "this is yes or no", "write `true` or `false`");
        }
        value
    }

    fn schedule(&mut self) -> Schedule {
        let every = self.whole("every", 1).unwrap_or(30);
        let factor = self.real("factor", 0.0, 1.0).unwrap_or(0.1);
        let Some(field) = self.field("schedule") else { return Schedule::Constant };
        match field.value.as_str() {
            Some("constant") => Schedule::Constant,
            Some("step") => Schedule::Step { every, factor },
            Some("cosine") => Schedule::Cosine,
            _ => {
                self.refuse(&field, "the schedule is not one netc has", "write constant, step or cosine");
                Schedule::Constant
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn found(train: &str) -> (Recipe, Vec<(Code, String)>) {
        let text =
            format!("---\ntrain: {{ {train} }}\n---\n\n| Layer | Output |\n|---|---|\n| INPUT | 4 |\n");
        let source = Source::new("recipe.spec", text);
        let compiled = crate::compile(&source, &crate::Options::default());
        let wrong = compiled.diagnostics.iter();
        let places = wrong.map(|d| (d.code, source.slice(d.primary.span).to_owned())).collect();
        (read(&compiled.document.header).0, places)
    }

    #[test]
    fn what_is_wrong_is_reported_at_its_place_by_the_check() {
        assert_eq!(found("momentun: 0.9").1, [(Code::E0501, "momentun".to_owned())]);
        assert_eq!(found("rate: -1").1, [(Code::E0502, "-1".to_owned())]);
        assert_eq!(found("momentum: 1").1, [(Code::E0502, "1".to_owned())]);
        let (recipe, wrong) = found("rate: 0.1, schedule: step, every: 2, factor: 0.5");
        assert!(wrong.is_empty());
        assert_eq!(recipe.schedule.factor(25, 100, 5), 0.25);
    }

    #[test]
    fn a_cosine_falls_from_the_rate_to_nothing() {
        let factor = |step| Schedule::Cosine.factor(step, 100, 10);
        assert_eq!(factor(0), 1.0);
        assert!((factor(50) - 0.5).abs() < 1e-12 && factor(100).abs() < 1e-12);
    }
}

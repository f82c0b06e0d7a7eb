//! A recipe as YAML, every key written out: what a run's folder keeps.

use super::{Monitor, Optimizer, Precision, Recipe, RowRule, Schedule};
use serde_yaml::{Mapping, Value};

impl Recipe {
    /// The keys and values of `train:`; reading them gives this recipe again.
    pub fn to_yaml(&self) -> String {
        let mut all = Mapping::new();
        let mut put = |key: &str, value: Value| {
            all.insert(key.into(), value);
        };
        let optional = |put: &mut dyn FnMut(&str, Value), key: &str, value: Option<Value>| {
            if let Some(value) = value {
                put(key, value);
            }
        };
        optional(&mut put, "data", self.data.clone().map(Value::from));
        optional(&mut put, "epochs", self.epochs.map(Value::from));
        optional(&mut put, "steps", self.steps.map(Value::from));
        optional(&mut put, "time", self.seconds.map(|s| format!("{s}s").into()));
        put("batch", self.batch.into());
        put("accumulate", self.accumulate.into());
        put("seed", self.seed.into());
        put("holdout", self.holdout.into());
        optimizer(self.optimizer, &mut put);
        for (key, value) in [
            ("rate", self.rate),
            ("l2", self.l2),
            ("weight_decay", self.weight_decay),
            ("bias_rate", self.bias_rate),
            ("bias_decay", self.bias_decay),
            ("norm_rate", self.norm_rate),
            ("norm_decay", self.norm_decay),
            ("label_smoothing", self.label_smoothing),
        ] {
            put(key, value.into());
        }
        optional(&mut put, "kernel_init", self.kernel_init.map(|i| i.to_string().into()));
        optional(&mut put, "bias_init", self.bias_init.map(|i| i.to_string().into()));
        if !self.rows.is_empty() {
            let rules = self.rows.iter().map(|r| (r.rows.join(", ").into(), Value::Mapping(rule(r))));
            put("rows", Value::Mapping(rules.collect()));
        }
        schedule(&self.schedule, &mut put);
        if !matches!(self.schedule, Schedule::OneCycle { .. }) {
            put("warmup", self.warmup.length.to_string().into());
            put("warmup_start", self.warmup.start.into());
        }
        optional(&mut put, "clip_norm", self.clip_norm.map(Value::from));
        optional(&mut put, "clip_value", self.clip_value.map(Value::from));
        optional(&mut put, "ema", self.ema.map(Value::from));
        put("precision", self.precision.word().into());
        put("monitor", Monitor::word(self.monitor).into());
        optional(&mut put, "early_stopping", self.early_stopping.map(Value::from));
        put("save_every", self.save_every.to_string().into());
        optional(&mut put, "keep_every", self.keep_every.map(|k| k.to_string().into()));
        put("statistics_batches", self.statistics_batches.into());
        if self.skip_bad_images {
            put("on_bad_image", "skip".into());
        }
        put("augment", self.augment.yaml().into());
        serde_yaml::to_string(&all).unwrap_or_default()
    }
}

impl Precision {
    /// How it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
            Self::Fp16 => "fp16",
            Self::Auto => "auto",
        }
    }
}

fn optimizer(optimizer: Optimizer, put: &mut dyn FnMut(&str, Value)) {
    let (name, numbers): (&str, Vec<(&str, f64)>) = match optimizer {
        Optimizer::Sgd { momentum, nesterov } => {
            if nesterov {
                put("nesterov", true.into());
            }
            ("sgd", vec![("momentum", momentum)])
        }
        Optimizer::Adam { beta1, beta2, eps } => {
            ("adam", vec![("beta1", beta1), ("beta2", beta2), ("eps", eps)])
        }
        Optimizer::AdamW { beta1, beta2, eps } => {
            ("adamw", vec![("beta1", beta1), ("beta2", beta2), ("eps", eps)])
        }
        Optimizer::RmsProp { alpha, eps, momentum } => {
            ("rmsprop", vec![("alpha", alpha), ("eps", eps), ("momentum", momentum)])
        }
        Optimizer::Lars { momentum, trust } => ("lars", vec![("momentum", momentum), ("trust", trust)]),
    };
    put("optimizer", name.into());
    numbers.into_iter().for_each(|(key, value)| put(key, value.into()));
}

fn schedule(schedule: &Schedule, put: &mut dyn FnMut(&str, Value)) {
    let mut named = |name: &str, numbers: &[(&str, Value)]| {
        put("schedule", name.into());
        numbers.iter().for_each(|(key, value)| put(key, value.clone()));
    };
    match schedule {
        Schedule::Constant => named("constant", &[]),
        Schedule::Step { every, factor } => {
            named("step", &[("every", every.to_string().into()), ("factor", (*factor).into())]);
        }
        Schedule::Exponential { every, factor } => {
            named("exponential", &[("every", every.to_string().into()), ("factor", (*factor).into())]);
        }
        Schedule::MultiStep { milestones, factor } => {
            let all: Vec<Value> = milestones.iter().map(|m| m.to_string().into()).collect();
            named("multistep", &[("milestones", all.into()), ("factor", (*factor).into())]);
        }
        Schedule::Poly { power, floor } => {
            named("poly", &[("power", (*power).into()), ("floor", (*floor).into())]);
        }
        Schedule::Cosine { floor } => named("cosine", &[("floor", (*floor).into())]),
        Schedule::OneCycle { rise, div, end } => named(
            "one_cycle",
            &[
                ("pct_start", (*rise).into()),
                ("div_factor", (*div).into()),
                ("final_div_factor", (*end).into()),
            ],
        ),
        Schedule::Plateau { factor, patience, threshold, cooldown, floor } => named(
            "plateau",
            &[
                ("factor", (*factor).into()),
                ("patience", (*patience).into()),
                ("threshold", (*threshold).into()),
                ("cooldown", (*cooldown).into()),
                ("floor", (*floor).into()),
            ],
        ),
    }
}

fn rule(rule: &RowRule) -> Mapping {
    let numbers = [
        ("rate", rule.rate),
        ("decay", rule.decay),
        ("bias_rate", rule.bias_rate),
        ("bias_decay", rule.bias_decay),
    ];
    let initials = [("kernel_init", rule.kernel_init), ("bias_init", rule.bias_init)];
    let numbers = numbers.into_iter().filter_map(|(k, v)| Some((k.into(), v?.into())));
    let initials = initials.into_iter().filter_map(|(k, v)| Some((k.into(), v?.to_string().into())));
    numbers.chain(initials).collect()
}

//! Reads `train:` and the command line's flags; whatever is wrong is reported at its place and the default stands in.

use super::augment::Augment;
use super::elsewhere;
use super::keys::{KEYS, Key, Takes, find};
use super::values::seconds;
use super::wanted::{takes as takes_of, wanted};
use super::{Initial, Monitor, Optimizer, Precision, Recipe, RowRule, Schedule, Stretch, Warmup};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{Header, meant};
use serde_yaml::Value;
use std::collections::HashMap;

/// A key of the recipe and the text that the command line gives it.
pub type Override = (String, String);

/// A row as rules may name it.
#[derive(Clone, Debug)]
pub struct RowName {
    /// Its unique name.
    pub name: String,
    /// Its kind's name.
    pub kind: String,
    /// Whether it holds anything that is trained.
    pub trained: bool,
}

/// A recipe that was read, and what is wrong with it.
#[derive(Debug)]
pub struct Reading {
    /// The recipe; defaults stand in for what could not be read.
    pub recipe: Recipe,
    /// What is wrong in the header.
    pub diagnostics: Vec<Diagnostic>,
    /// What is wrong on the command line, a message each.
    pub flags: Vec<String>,
    /// The rows that rules name, and where.
    named: Vec<(String, At)>,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
enum At {
    /// The spans of key and value.
    Header(Span, Span),
    /// `--rate -1`.
    Flag(String),
}

struct Entry {
    value: Value,
    at: At,
}

/// Reads the recipe of a header, some of its keys given on the command line.
pub fn read(header: &Header, overrides: &[Override]) -> Reading {
    let mut reader = Reader {
        header,
        overrides,
        values: HashMap::new(),
        diagnostics: Vec::new(),
        flags: Vec::new(),
        named: Vec::new(),
    };
    reader.unknown();
    reader.take();
    reader.contradictions();
    let recipe = reader.recipe();
    let Reader { diagnostics, flags, named, .. } = reader;
    Reading { recipe, diagnostics, flags, named }
}

impl Reading {
    /// Reports rules that name no row of any net, or only rows without anything to train. `rows` are all of
    /// them, asked for only where a rule names one.
    pub fn check_rows(&mut self, rows: impl FnOnce() -> Vec<RowName>) {
        if self.named.is_empty() {
            return;
        }
        let rows = rows();
        for (name, at) in std::mem::take(&mut self.named) {
            let same =
                |r: &&RowName| r.name.eq_ignore_ascii_case(&name) || r.kind.eq_ignore_ascii_case(&name);
            let mut found = rows.iter().filter(same).peekable();
            let trained = rows.iter().filter(|r| r.trained);
            let names = trained.flat_map(|r| [r.name.as_str(), r.kind.as_str()]);
            let (message, help) = if found.peek().is_none() {
                let help = meant(&name, names, "`netc show` lists the rows' names");
                (format!("no row is called `{name}`"), help)
            } else if found.any(|r| r.trained) {
                continue;
            } else {
                (format!("`{name}` has nothing that is trained"), "name a row with weights".to_owned())
            };
            say(&mut self.diagnostics, &mut self.flags, (Code::E0532, &at, true), &message, &help);
        }
    }
}

/// Files a problem: at its place in the header (the key's or the value's), or among those of the command line.
fn say(
    diagnostics: &mut Vec<Diagnostic>,
    flags: &mut Vec<String>,
    (code, at, on_key): (Code, &At, bool),
    message: &str,
    help: &str,
) {
    match at {
        At::Header(key, value) => {
            let span = if on_key { *key } else { *value };
            diagnostics.push(Diagnostic::new(code, span, message).help(help));
        }
        At::Flag(given) => flags.push(format!("{given}: {message}\nhelp: {help}")),
    }
}

struct Reader<'a> {
    header: &'a Header,
    overrides: &'a [Override],
    values: HashMap<&'static str, Entry>,
    diagnostics: Vec<Diagnostic>,
    flags: Vec<String>,
    named: Vec<(String, At)>,
}

impl Reader<'_> {
    fn refuse(&mut self, code: Code, at: &At, on_key: bool, message: &str, help: &str) {
        say(&mut self.diagnostics, &mut self.flags, (code, at, on_key), message, help);
    }

    fn at(&self, path: &[&str]) -> At {
        let full: Vec<&str> = std::iter::once("train").chain(path.iter().copied()).collect();
        let field = self.header.get(&full);
        let (key, value) = field.map_or((self.header.span, self.header.span), |f| (f.key_span, f.span));
        At::Header(key, value)
    }

    fn entry(&self, key: &Key) -> Option<Entry> {
        if let Some((_, text)) = self.overrides.iter().rev().find(|(name, _)| name == key.name) {
            let raw = || Value::String(text.clone());
            let parsed = |text: &str| serde_yaml::from_str(text).unwrap_or_else(|_| raw());
            let value = match key.takes {
                Takes::Text => raw(),
                // A shell wants no brackets: `--milestones 30,60`.
                Takes::Stretches | Takes::Numbers(_) if !text.contains('[') => parsed(&format!("[{text}]")),
                Takes::WordOrNumbers(_) if text.contains(',') && !text.contains('[') => {
                    parsed(&format!("[{text}]"))
                }
                _ => parsed(text),
            };
            return Some(Entry { value, at: At::Flag(format!("--{} {text}", key.flag())) });
        }
        let path: Vec<&str> = std::iter::once("train").chain(key.path()).collect();
        let field = self.header.get(&path)?;
        Some(Entry { value: field.value.clone(), at: At::Header(field.key_span, field.span) })
    }

    /// Keys that the recipe does not have.
    fn unknown(&mut self) {
        let below = |prefix: &[&str]| -> Vec<&'static str> {
            let paths =
                KEYS.iter().map(Key::path).filter(|p| p.starts_with(prefix) && p.len() > prefix.len());
            let mut names: Vec<&str> = paths.map(|p| p[prefix.len()]).collect();
            names.dedup();
            names
        };
        for prefix in [&[][..], &["augment"]] {
            let full: Vec<&str> = std::iter::once("train").chain(prefix.iter().copied()).collect();
            let Some(field) = self.header.get(&full) else { continue };
            let (value, at) = (field.value.clone(), At::Header(field.key_span, field.span));
            let Some(mapping) = value.as_mapping() else {
                if !value.is_null() {
                    let name = full.last().copied().unwrap_or_default();
                    let message = format!("`{name}` holds keys with values");
                    self.refuse(
                        Code::E0502,
                        &at,
                        false,
                        &message,
                        "write it like `train: { epochs: 5, rate: 0.01 }`",
                    );
                }
                continue;
            };
            let known = below(prefix);
            for key in mapping.keys() {
                let Some(name) = key.as_str() else {
                    self.refuse(Code::E0501, &at, false, "a key here is no word", &takes_of(&known));
                    continue;
                };
                if !known.contains(&name) {
                    let path: Vec<&str> = prefix.iter().copied().chain([name]).collect();
                    let help = elsewhere::meant(name, prefix, &known, &takes_of(&known));
                    let at = self.at(&path);
                    self.refuse(Code::E0501, &at, true, &format!("the recipe has no key `{name}`"), &help);
                }
            }
        }
    }

    /// Takes each value that is of its key's type and in range.
    fn take(&mut self) {
        for key in KEYS {
            let Some(entry) = self.entry(key) else { continue };
            match wanted(key.takes, &entry.value) {
                None => {
                    self.values.insert(key.name, entry);
                }
                Some((what, help)) => {
                    let message = format!("`{}` is {what}", key.path().last().copied().unwrap_or_default());
                    self.refuse(Code::E0502, &entry.at, false, &message, &help);
                }
            }
        }
    }

    fn word(&self, name: &'static str) -> &str {
        let default = find(name).map_or("", |k| k.default);
        self.values.get(name).and_then(|e| e.value.as_str()).unwrap_or(default)
    }

    fn whole(&self, name: &str) -> Option<u64> {
        self.values.get(name)?.value.as_u64()
    }

    fn real(&self, name: &str) -> Option<f64> {
        self.values.get(name)?.value.as_f64()
    }

    fn flag(&self, name: &str) -> bool {
        self.values.get(name).and_then(|e| e.value.as_bool()).unwrap_or(false)
    }

    fn stretch(&self, name: &str) -> Option<Stretch> {
        Stretch::read(&self.values.get(name)?.value)
    }

    fn initial(&self, name: &str) -> Option<Initial> {
        Initial::read(&self.values.get(name)?.value)
    }

    fn flagged(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|e| matches!(e.at, At::Flag(_)))
    }

    fn clash(&mut self, name: &str, message: &str, help: &str) {
        let Some(entry) = self.values.get(name) else { return };
        let at = entry.at.clone();
        self.refuse(Code::E0531, &at, true, message, help);
    }

    /// Keys that do nothing beside the others, and keys that contradict each other. A flag wins over the header.
    fn contradictions(&mut self) {
        for key in KEYS {
            let Some((of, values)) = key.only else { continue };
            let chosen = self.word(of).to_owned();
            if values.contains(&chosen.as_str()) {
                continue;
            }
            let Some(entry) = self.values.remove(key.name) else { continue };
            if self.flagged(of) && matches!(entry.at, At::Header(..)) {
                continue;
            }
            let message = format!("`{}` does nothing with {of} {chosen}", key.name);
            let help = format!("remove it; it belongs to {of} {}", values.join(", "));
            self.refuse(Code::E0530, &entry.at, true, &message, &help);
        }
        match (self.flagged("epochs"), self.flagged("steps")) {
            (true, false) => drop(self.values.remove("steps")),
            (false, true) => drop(self.values.remove("epochs")),
            _ => {}
        }
        let has = |name: &str| self.values.contains_key(name);
        if has("epochs") && has("steps") {
            self.clash("steps", "`epochs` and `steps` both say how long the run is", "leave one of them out");
        }
        let has = |name: &str| self.values.contains_key(name);
        let schedule = self.word("schedule").to_owned();
        if has("time") && !has("epochs") && !has("steps") && self.schedule().needs_end() {
            let message = format!("{schedule} needs to know its end, and only `time` is given");
            self.clash("time", &message, "write `epochs` or `steps` beside it");
        }
        let has = |name: &str| self.values.contains_key(name);
        if has("warmup") && schedule == "one_cycle" {
            self.clash(
                "warmup",
                "one_cycle has a rise of its own",
                "leave `warmup` out; `pct_start` says how long it rises",
            );
        }
        if self.values.contains_key("warmup_start") && !self.values.contains_key("warmup") {
            self.clash(
                "warmup_start",
                "`warmup_start` does nothing without `warmup`",
                "write `warmup`, or leave it out",
            );
        }
        if self.flag("nesterov") && self.real("momentum") == Some(0.0) {
            self.clash(
                "nesterov",
                "`nesterov` does nothing without momentum",
                "leave it out, or give `momentum`",
            );
        }
    }

    fn optimizer(&self) -> Optimizer {
        let real = |name: &str, default: f64| self.real(name).unwrap_or(default);
        let (beta1, beta2, eps) = (real("beta1", 0.9), real("beta2", 0.999), real("eps", 1e-8));
        match self.word("optimizer") {
            "adam" => Optimizer::Adam { beta1, beta2, eps },
            "adamw" => Optimizer::AdamW { beta1, beta2, eps },
            "rmsprop" => {
                Optimizer::RmsProp { alpha: real("alpha", 0.99), eps, momentum: real("momentum", 0.0) }
            }
            "lars" => Optimizer::Lars { momentum: real("momentum", 0.9), trust: real("trust", 0.001) },
            _ => Optimizer::Sgd { momentum: real("momentum", 0.9), nesterov: self.flag("nesterov") },
        }
    }

    fn schedule(&self) -> Schedule {
        let real = |name: &str, default: f64| self.real(name).unwrap_or(default);
        let (factor, floor) = (real("factor", 0.1), real("floor", 0.0));
        let every = self.stretch("every").unwrap_or(Stretch::Epochs(30.0));
        match self.word("schedule") {
            "step" => Schedule::Step { every, factor },
            "multistep" => Schedule::MultiStep { milestones: self.milestones(), factor },
            "exponential" => Schedule::Exponential { every, factor },
            "poly" => Schedule::Poly { power: real("power", 1.0), floor },
            "cosine" => Schedule::Cosine { floor },
            "one_cycle" => Schedule::OneCycle {
                rise: real("pct_start", 0.3),
                div: real("div_factor", 25.0),
                end: real("final_div_factor", 1e4),
            },
            "plateau" => Schedule::Plateau {
                factor,
                patience: self.whole("patience").unwrap_or(10),
                threshold: real("threshold", 1e-4),
                cooldown: self.whole("cooldown").unwrap_or(0),
                floor,
            },
            _ => Schedule::Constant,
        }
    }

    fn milestones(&self) -> Vec<Stretch> {
        let listed = self.values.get("milestones").and_then(|e| e.value.as_sequence());
        listed.map_or_else(
            || [30.0, 60.0, 80.0].map(Stretch::Epochs).to_vec(),
            |items| items.iter().filter_map(Stretch::read).collect(),
        )
    }

    fn recipe(&mut self) -> Recipe {
        let rows = self.rules();
        let plain = Recipe::default();
        let real = |name: &str, default: f64| self.real(name).unwrap_or(default);
        let optimizer = self.optimizer();
        let text = |name: &str| self.values.get(name).and_then(|e| e.value.as_str().map(str::to_owned));
        let (steps, seconds) = (self.whole("steps"), text("time").and_then(|t| seconds(&Value::String(t))));
        let endless = steps.is_none() && seconds.is_none();
        Recipe {
            data: text("data"),
            epochs: self.whole("epochs").or(endless.then_some(10)),
            steps,
            seconds,
            batch: self.whole("batch").unwrap_or(plain.batch),
            accumulate: self.whole("accumulate").unwrap_or(1),
            seed: self.whole("seed").unwrap_or(plain.seed),
            holdout: real("holdout", plain.holdout),
            rate: real("rate", optimizer.rate()),
            optimizer,
            l2: real("l2", 0.0),
            weight_decay: real("weight_decay", 0.0),
            bias_rate: real("bias_rate", 1.0),
            bias_decay: real("bias_decay", 0.0),
            norm_rate: real("norm_rate", 1.0),
            norm_decay: real("norm_decay", 0.0),
            kernel_init: self.initial("kernel_init"),
            bias_init: self.initial("bias_init"),
            rows,
            schedule: self.schedule(),
            warmup: Warmup {
                length: self.stretch("warmup").unwrap_or(plain.warmup.length),
                start: real("warmup_start", plain.warmup.start),
            },
            clip_norm: self.real("clip_norm"),
            clip_value: self.real("clip_value"),
            label_smoothing: real("label_smoothing", 0.0),
            ema: self.real("ema"),
            precision: match self.word("precision") {
                "fp32" => Precision::Fp32,
                "tf32" => Precision::Tf32,
                "bf16" => Precision::Bf16,
                "fp16" => Precision::Fp16,
                _ => Precision::Auto,
            },
            monitor: if self.word("monitor") == "loss" { Monitor::Loss } else { Monitor::Top1 },
            early_stopping: self.whole("early_stopping"),
            save_every: self.stretch("save_every").unwrap_or(plain.save_every),
            keep_every: self.stretch("keep_every"),
            statistics_batches: self.whole("statistics_batches").unwrap_or(0),
            skip_bad_images: self.word("on_bad_image") == "skip",
            augment: Augment::read(&|name| self.values.get(name).map(|e| e.value.clone())),
        }
    }

    /// The rules for single rows.
    fn rules(&mut self) -> Vec<RowRule> {
        let Some(entry) = self.values.remove("rows") else { return Vec::new() };
        let mut rules = Vec::new();
        let Some(mapping) = entry.value.as_mapping() else { return rules };
        for (rows, settings) in mapping {
            let Some(rows) = rows.as_str() else {
                self.refuse(
                    Code::E0502,
                    &entry.at,
                    false,
                    "a rule's key names rows",
                    "write it like `conv1: { rate: 2 }`",
                );
                continue;
            };
            let at = |reader: &Self, path: &[&str]| match &entry.at {
                At::Header(..) => reader.at(&["rows", rows].iter().chain(path).copied().collect::<Vec<_>>()),
                flag => flag.clone(),
            };
            let names: Vec<String> = rows.split(',').map(|n| n.trim().to_owned()).collect();
            let here = at(self, &[]);
            self.named.extend(names.iter().map(|n| (n.clone(), here.clone())));
            let mut rule = RowRule { rows: names, ..RowRule::default() };
            let Some(settings) = settings.as_mapping() else {
                self.refuse(
                    Code::E0502,
                    &here,
                    false,
                    "a rule holds settings",
                    "write it like `{ rate: 2, bias_init: 1 }`",
                );
                continue;
            };
            for (key, value) in settings {
                let name = key.as_str().unwrap_or_default();
                let there = at(self, &[name]);
                self.setting(&mut rule, name, value, &there);
            }
            rules.push(rule);
        }
        rules
    }

    /// One setting of a rule.
    fn setting(&mut self, rule: &mut RowRule, name: &str, value: &Value, at: &At) {
        const KNOWN: &[&str] = &["rate", "decay", "bias_rate", "bias_decay", "kernel_init", "bias_init"];
        let factor = Takes::Real(0.0, f64::INFINITY);
        let takes = if name.ends_with("_init") { Takes::Initial } else { factor };
        if !KNOWN.contains(&name) {
            let help = meant(name, KNOWN.iter().copied(), &takes_of(KNOWN));
            self.refuse(Code::E0501, at, true, &format!("a rule for rows has no `{name}`"), &help);
        } else if let Some((what, help)) = wanted(takes, value) {
            self.refuse(Code::E0502, at, false, &format!("`{name}` is {what}"), &help);
        } else {
            match name {
                "rate" => rule.rate = value.as_f64(),
                "decay" => rule.decay = value.as_f64(),
                "bias_rate" => rule.bias_rate = value.as_f64(),
                "bias_decay" => rule.bias_decay = value.as_f64(),
                "kernel_init" => rule.kernel_init = Initial::read(value),
                _ => rule.bias_init = Initial::read(value),
            }
        }
    }
}

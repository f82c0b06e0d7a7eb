//! Every kind over sampled parameters and every dialect: what the compiler infers and counts is what libtorch makes
//! and the store holds. The samples come from the kinds' own parameter tables, so a new kind is tested at once.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::layer::{Arity, Dialect, KINDS, Kind as LayerKind, ParamSpec, Type};
use netc::program::{Param, Prim, Program, ValueId};
use netc::shape::Shape;
use netc::source::Source;
use netc_torch::backend::{Executor, Mode, Products, Store};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tch::{Device, Kind, Tensor};

/// Nets tried for each kind; of these at least so many must be sound, or the sampler tests nothing.
const TRIED: usize = 60;
const SOUND: usize = 12;

struct Sampler(ChaCha8Rng);

impl Sampler {
    /// A whole number from `low` to `high`.
    fn whole(&mut self, low: i64, high: i64) -> i64 {
        low + i64::from(self.0.next_u32()) % (high - low + 1).max(1)
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.whole(0, all.len() as i64 - 1) as usize]
    }

    /// A value of a parameter's type, small where the type has no bound.
    fn value(&mut self, param: &ParamSpec) -> String {
        match param.ty {
            Type::Int { min, max } => self.whole(min.max(1), max.min(8)).to_string(),
            Type::Real { min, max, .. } => {
                let (low, high) = (min.max(0.0), max.min(1.0));
                format!("{:.2}", low + (high - low) * self.whole(5, 95) as f64 / 100.0)
            }
            Type::Pair { min, max } => {
                let mut side = || self.whole(min.max(1), max.min(4));
                format!("{}x{}", side(), side())
            }
            Type::Size => format!("{}x{}x{}", self.whole(5, 14), self.whole(5, 14), self.whole(1, 6)),
            Type::Padding => {
                self.one_of(&["valid", "same", "ceil", "k//2", "same-lower", "1", "2"]).to_owned()
            }
            Type::Word(words) => self.one_of(words).to_owned(),
            Type::Flag => self.one_of(&["yes", "no"]).to_owned(),
            Type::Links => String::new(),
        }
    }

    /// A document with one row of the kind, in a net small enough for a thousand of them.
    fn document(&mut self, kind: &LayerKind, dialect: Dialect) -> String {
        let mut cell = Vec::new();
        for param in kind.params {
            // A table of connections stands below a heading of its own: tests/connect.rs.
            let told = param.ty != Type::Links && self.whole(0, 1) == 1;
            if param.required || told {
                cell.push(format!("{}={}", param.name, self.value(param)));
            }
        }
        let channels = self.one_of(&["2", "4", "6", "12", "24"]);
        let input = format!("{}x{}x{channels}", self.whole(5, 14), self.whole(5, 14));
        let mut rows = vec![format!("| INPUT | x | | {input} |")];
        let from = match kind.arity {
            Arity::None => {
                return table(
                    dialect,
                    &[format!("| {} | x | | {} |", kind.name, self.value(&kind.params[0]))],
                );
            }
            Arity::One => {
                rows.push(format!("| CONV | a | x | 1x1; K={channels}; p=0 |"));
                "a"
            }
            Arity::Several => self.two(channels, &mut rows),
        };
        rows.push(format!("| {} | y | {from} | {} |", kind.name, cell.join("; ")));
        table(dialect, &rows)
    }

    /// Two inputs: mostly of one shape, now and then one that is larger or one that is 1x1.
    fn two(&mut self, channels: &str, rows: &mut Vec<String>) -> &'static str {
        let padding = if self.whole(0, 3) == 0 { 2 } else { 1 };
        rows.push(format!("| CONV | a | x | 3x3; K={channels}; p={padding} |"));
        if self.whole(0, 3) > 0 {
            return "a, x";
        }
        rows.push("| GLOBAL POOL | b | a | |".to_owned());
        "a, b"
    }
}

fn table(dialect: Dialect, rows: &[String]) -> String {
    format!(
        "---\ndialect: {dialect}\n---\n\n| Layer | Name | From | Filter |\n|---|---|---|---|\n{}\n",
        rows.join("\n")
    )
}

/// The program of a sound document and what the compiler counted: trained numbers and running statistics.
fn compile(text: &str) -> Option<(Program, u64, u64)> {
    let compiled = netc::compile(&Source::new("sample.spec", text), &netc::Options::default());
    let net = compiled.nets.first().filter(|_| compiled.is_sound())?;
    let totals = net.totals();
    Some((netc::lower(net)?, totals.cost.params(), totals.cost.buffers))
}

fn dims(shape: Shape) -> Vec<i64> {
    match shape {
        Shape::Map { h, w, c } => vec![2, c as i64, h as i64, w as i64],
        Shape::Flat(c) => vec![2, c as i64],
    }
}

/// Runs every value, forward and backward; what differs, as a sentence.
fn run(program: &Program, trained: u64, buffers: u64, keeps_empty_windows: bool) -> Result<(), String> {
    let store = Store::new(program, Device::Cpu, 1).map_err(|e| e.to_string())?;
    let count = |wanted: bool| -> u64 {
        store.iter().filter(|(.., t)| *t == wanted).map(|(_, tensor, _)| tensor.numel() as u64).sum()
    };
    if (count(true), count(false)) != (trained, buffers) {
        return Err(format!(
            "{} and {} are stored, {trained} and {buffers} counted",
            count(true),
            count(false)
        ));
    }
    let named: u64 = program.params.iter().map(Param::elements).sum();
    if named != trained + buffers {
        return Err(format!("the program names {named} numbers"));
    }
    let executor = Executor { program, store: &store, products: Products::Fp32 };
    let images = Tensor::rand(dims(program.input_shape()), (Kind::Float, Device::Cpu));
    for (index, op) in program.ops.iter().enumerate() {
        let value =
            executor.run(&images, ValueId(index as u32), Mode::Evaluate).map_err(|e| e.to_string())?;
        if value.size() != dims(op.shape) {
            return Err(format!("%{index} is {:?}, inferred {:?}", value.size(), dims(op.shape)));
        }
        // Caffe and cuda-convnet keep a last ceil window that begins beyond the input: the largest of no pixel.
        let empty =
            if matches!(op.prim, Prim::MaxPool2d { .. }) { value.isneginf() } else { value.isfinite() };
        let odd = value.isfinite().logical_or(&empty).logical_not().any().int64_value(&[]) != 0;
        if odd || (value.isneginf().any().int64_value(&[]) != 0 && !keeps_empty_windows) {
            return Err(format!("%{index} is not finite"));
        }
    }
    let last = executor.run(&images, program.output, Mode::Train).map_err(|e| e.to_string())?;
    if last.requires_grad() {
        last.sum(Kind::Float).f_backward().map_err(|e| e.to_string())?;
        if let Some((name, ..)) = store.iter().find(|(_, t, trained)| *trained && !t.grad().defined()) {
            return Err(format!("{name} has no gradient"));
        }
    }
    Ok(())
}

#[test]
fn what_is_inferred_and_counted_is_what_libtorch_makes() {
    tch::manual_seed(7);
    let mut wrong = Vec::new();
    for (index, kind) in KINDS.iter().enumerate() {
        let mut sampler = Sampler(ChaCha8Rng::seed_from_u64(index as u64));
        let mut sound = 0;
        for sample in 0..TRIED {
            let dialect = Dialect::ALL[sample % Dialect::ALL.len()];
            let text = sampler.document(kind, dialect);
            let Some((program, trained, buffers)) = compile(&text) else { continue };
            sound += 1;
            let keeps = matches!(dialect, Dialect::Caffe | Dialect::CudaConvnet);
            if let Err(why) = run(&program, trained, buffers, keeps) {
                wrong.push(format!("{why}\n{text}"));
            }
        }
        if sound < SOUND {
            let text = sampler.document(kind, Dialect::Pytorch);
            wrong.push(format!("{}: only {sound} of {TRIED} samples are sound, such as\n{text}", kind.name));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

//! The reference executor beside real Keras, real PyTorch and the formulas of frameworks that cannot be installed:
//! outputs, gradients and running statistics of small nets. The numbers and the specs are made by `fixtures/make.py`.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::program::Program;
use netc::source::Source;
use netc_torch::backend::{Executor, Mode, Products, Store};
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// Relative to the largest number of the tensor: fp32 beside float64.
const TOLERANCE: f64 = 2e-5;

type Numbers = BTreeMap<String, Tensor>;

/// Fixed numbers in `[-1, 1]`, as `document.py` has them.
fn mixed(shape: &[i64]) -> Tensor {
    let count: i64 = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|i| ((i * 7919 % 101) as f64 / 50.0 - 1.0) as f32).collect();
    Tensor::from_slice(&values).view(shape)
}

/// One net of a document with its numbers.
struct Case<'a> {
    name: &'a str,
    program: Program,
    numbers: &'a Numbers,
    problems: Vec<String>,
}

impl Case<'_> {
    fn number(&self, what: &str) -> Option<&Tensor> {
        self.numbers.get(&format!("{}/{what}", self.name))
    }

    fn compare(&mut self, what: &str, found: &Tensor) {
        let wanted = self.number(what).unwrap_or_else(|| panic!("{}/{what} is not stored", self.name));
        if wanted.size() != found.size() {
            let text = format!("{}/{what} is {:?}, not {:?}", self.name, found.size(), wanted.size());
            return self.problems.push(text);
        }
        let scale = wanted.abs().max().double_value(&[]).max(1e-3);
        let apart = (wanted - found).abs().max().double_value(&[]) / scale;
        if apart.is_nan() || apart > TOLERANCE {
            self.problems.push(format!("{}/{what} is {apart:.2e} apart", self.name));
        }
    }

    fn check(&mut self) {
        let store = Store::new(&self.program, Device::Cpu, 0).unwrap();
        for (name, tensor, _) in store.iter() {
            let stored = self.number(&format!("p.{name}")).unwrap_or_else(|| panic!("{}/{name}", self.name));
            tch::no_grad(|| tensor.shallow_clone().copy_(stored));
        }
        let training = self.number("x2").is_some();
        let mode = if training { Mode::Train } else { Mode::Evaluate };
        let x = self.number("x").unwrap().copy().set_requires_grad(true);
        let program = self.program.clone();
        let executor = Executor { program: &program, store: &store, products: Products::Fp32 };
        let run = |x: &Tensor| executor.run(x, program.output, mode).unwrap();
        let y = run(&x);
        self.compare("y", &y);
        if y.requires_grad() {
            (&y * mixed(&y.size())).sum(Kind::Float).backward();
            self.compare("grad.x", &x.grad());
        }
        for (name, tensor, trained) in store.iter() {
            if trained {
                self.compare(&format!("grad.{name}"), &tensor.grad());
            } else if training {
                self.compare(&format!("after1.{name}"), tensor);
            }
        }
        if training {
            let y = run(&self.number("x2").unwrap().copy());
            self.compare("y2", &y);
            for (name, tensor, _) in store.iter().filter(|(.., trained)| !trained) {
                self.compare(&format!("after2.{name}"), tensor);
            }
        }
    }
}

/// Runs every net of a document; returns how many there were.
fn compare(stem: &str) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let text = std::fs::read_to_string(folder.join(format!("{stem}.spec"))).unwrap();
    let read = Tensor::read_safetensors(folder.join(format!("{stem}.safetensors"))).unwrap();
    let numbers: Numbers = read.into_iter().collect();
    let compiled = netc::compile(&Source::new(stem, &text), &netc::Options::default());
    assert!(compiled.is_sound(), "{:?}", compiled.diagnostics);
    let mut problems = Vec::new();
    for net in &compiled.nets {
        let program = netc::lower(net).unwrap();
        let mut case = Case { name: &net.net.name, program, numbers: &numbers, problems: Vec::new() };
        shapes(&case);
        case.check();
        problems.extend(case.problems);
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    compiled.nets.len()
}

/// What the program promises of its output is what the framework returned.
fn shapes(case: &Case<'_>) {
    let shape = case.program.shape(case.program.output);
    let y = case.number("y").unwrap();
    assert_eq!(y.numel() as u64, shape.elements() * y.size()[0] as u64, "{}", case.name);
}

#[test]
fn keras() {
    assert!(compare("keras") >= 130);
}

#[test]
fn pytorch() {
    assert!(compare("pytorch") >= 130);
}

#[test]
fn formulas_of_caffe_cuda_convnet_darknet_and_onnx() {
    let count: usize = ["caffe", "cuda-convnet", "darknet", "onnx"].into_iter().map(compare).sum();
    assert!(count >= 30);
}

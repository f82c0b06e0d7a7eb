//! Ten steps of each optimiser beside real PyTorch: losses and weights. `fixtures/optimisers.py` made the numbers.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc_torch::backend::{Executor, Optimiser, Products, Store, read};
use netc_torch::train::{Asked, Stepped, Stepper, compiled};
use std::path::Path;
use tch::{Device, Tensor};

const SPEC: &str = "---\ndialect: pytorch\n---\n\n| Layer | Output |\n|---|---|\n| INPUT | 6 |\n| FC | 5 |\n| RELU | |\n| FC | 3 |\n";

/// Each case and the keys of the recipe that make it.
const CASES: &[(&str, &[(&str, &str)])] = &[
    ("sgd", &[("rate", "0.1"), ("weight_decay", "0.01")]),
    ("sgd_nesterov", &[("rate", "0.1"), ("nesterov", "true"), ("weight_decay", "0.01")]),
    ("adam", &[("optimizer", "adam"), ("rate", "0.01"), ("weight_decay", "0.01")]),
    (
        "adamw",
        &[
            ("optimizer", "adamw"),
            ("rate", "0.01"),
            ("beta1", "0.8"),
            ("beta2", "0.95"),
            ("weight_decay", "0.1"),
        ],
    ),
    ("rmsprop", &[("optimizer", "rmsprop"), ("l2", "0.005")]),
    (
        "rmsprop_momentum",
        &[("optimizer", "rmsprop"), ("momentum", "0.5"), ("alpha", "0.9"), ("weight_decay", "0.01")],
    ),
    ("lars", &[("optimizer", "lars"), ("rate", "0.5"), ("trust", "0.02"), ("weight_decay", "0.01")]),
    ("bias_rate", &[("rate", "0.1"), ("bias_rate", "2"), ("weight_decay", "0.01")]),
    ("clip_norm", &[("rate", "0.1"), ("clip_norm", "0.2"), ("weight_decay", "0.01")]),
    ("clip_value", &[("rate", "0.1"), ("clip_value", "0.05"), ("weight_decay", "0.01")]),
    ("label_smoothing", &[("rate", "0.1"), ("label_smoothing", "0.1"), ("l2", "0.005")]),
    ("accumulate", &[("rate", "0.1"), ("weight_decay", "0.01")]),
];

/// Fixed numbers in `[-1, 1]`, as the script has them.
fn mixed(shape: &[i64]) -> Tensor {
    let count: i64 = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|i| ((i * 7919 % 101) as f64 / 50.0 - 1.0) as f32).collect();
    Tensor::from_slice(&values).view(shape)
}

fn case(name: &str, keys: &[(&str, &str)], wanted: &[(String, Tensor)]) {
    let mut asked = Asked::default();
    for (key, value) in keys {
        asked = asked.key(key, Some(value));
    }
    let (program, recipe) = compiled("net.spec", SPEC, &asked).unwrap();
    let store = Store::new(&program, Device::Cpu, 0).unwrap();
    for (_, tensor, _) in store.iter() {
        tch::no_grad(|| tensor.shallow_clone().copy_(&mixed(&tensor.size())));
    }
    let optimiser = Optimiser::new(&recipe, &program, &store).unwrap();
    let executor = Executor { program: &program, store: &store, products: Products::Fp32 };
    let mut stepper = Stepper::new(executor, optimiser, &recipe);
    let (x, y) = (mixed(&[8, 6]), Tensor::from_slice(&[0i64, 1, 2, 0, 1, 2, 0, 1]));
    let batches = if name == "accumulate" {
        vec![(x.narrow(0, 0, 4), y.narrow(0, 0, 4)), (x.narrow(0, 4, 4), y.narrow(0, 4, 4))]
    } else {
        vec![(x, y)]
    };
    let number = |what: &str| &wanted.iter().find(|(n, _)| *n == format!("{name}/{what}")).unwrap().1;
    let losses = number("losses");
    for step in 0..10 {
        let Stepped::Done(loss) = stepper.step(&batches, recipe.rate).unwrap() else { panic!("{name}") };
        let theirs = losses.double_value(&[step]);
        assert!((loss - theirs).abs() < 1e-5 * theirs.max(1.0), "{name}, step {step}: {loss} {theirs}");
    }
    for (row, tensor, _) in store.iter() {
        let apart = (tensor - number(row)).abs().max().double_value(&[]);
        assert!(apart < 2e-5, "{name}: {row} is {apart} apart");
    }
}

#[test]
fn ten_steps_are_pytorchs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/optimisers.safetensors");
    let wanted = read(&path).unwrap();
    assert_eq!(wanted.len(), CASES.len() * 5);
    for (name, keys) in CASES {
        case(name, keys, &wanted);
    }
}

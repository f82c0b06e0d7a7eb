//! A small net trained ten steps beside real Keras and real PyTorch, loss by loss: the same initial weights, images
//! and labels, SGD with momentum, Keras's L2 in the loss, PyTorch's weight decay. Made by `fixtures/steps.py`.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::program::Role;
use netc_torch::backend::{Executor, Optimiser, Products, Store};
use netc_torch::train::{Stepped, Stepper};
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// fp32 beside float64, over ten steps.
const TOLERANCE: f64 = 2e-5;

fn close(what: &str, found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= TOLERANCE * wanted.abs().max(1.0), "{what}: {found}, not {wanted}");
}

fn ten_steps(stem: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let text = std::fs::read_to_string(folder.join(format!("{stem}.spec"))).unwrap();
    let read = Tensor::read_safetensors(folder.join(format!("{stem}.safetensors"))).unwrap();
    let numbers: BTreeMap<String, Tensor> = read.into_iter().collect();
    let number = |what: &str| numbers.get(&format!("steps/{what}"));
    let (program, recipe) = netc_torch::train::program(stem, &text, None, &[]).unwrap();
    let store = Store::new(&program, Device::Cpu, 0).unwrap();
    for (name, tensor, trained) in store.iter() {
        assert!(!trained || number(&format!("p.{name}")).is_some(), "{name} has no start");
        if let Some(start) = number(&format!("p.{name}")) {
            tch::no_grad(|| tensor.shallow_clone().copy_(start));
        }
    }
    let executor = Executor { program: &program, store: &store, products: Products::Fp32 };
    let optimiser = Optimiser::new(&recipe, &program, &store).unwrap();
    let mut stepper = Stepper::new(executor, optimiser, &recipe);
    let (images, labels) = (number("x").unwrap(), number("labels").unwrap().to_kind(Kind::Int64));
    for step in 0..10 {
        if let Some(wanted) = number("penalty") {
            let kernels = program.params.iter().zip(store.iter()).filter(|(p, _)| p.role == Role::Kernel);
            let squares: f64 =
                kernels.map(|(_, (_, t, _))| t.square().sum(Kind::Double).double_value(&[])).sum();
            close(&format!("penalty {step}"), recipe.l2 * squares, wanted.double_value(&[step]));
        }
        let batch = (images.get(step), labels.get(step));
        let Stepped::Done(loss) = stepper.step(&[batch], recipe.rate).unwrap() else {
            panic!("step {step} has no loss")
        };
        close(&format!("loss {step}"), loss, number("loss").unwrap().double_value(&[step]));
    }
    for (name, tensor, _) in store.iter() {
        let wanted = number(&format!("after.{name}")).unwrap_or_else(|| panic!("{name} has no end"));
        let apart = (tensor.detach() - wanted).abs().max().double_value(&[]);
        close(&format!("{name} is apart by"), apart, 0.0);
    }
}

#[test]
fn beside_keras() {
    ten_steps("steps-keras");
}

#[test]
fn beside_pytorch() {
    ten_steps("steps-pytorch");
}

//! torchvision's own AlexNet and VGG-16, with random weights, read by `--init`'s rules: the same logits.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]
#![allow(clippy::print_stderr, reason = "what was compared, and what was skipped, is to be seen")]

use netc_torch::backend::{Executor, Mode, Products, Store};
use netc_torch::train::{begin_with, program, use_weights};
use std::path::Path;
use std::process::Command;
use tch::{Device, Tensor};

/// Reads a net of torchvision's into a spec and compares their logits.
fn compare(python: &str, net: &str, spec: &str) {
    let folder = tempfile::tempdir().unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = here.join("tests/torchvision/make.py");
    let made = Command::new(python).arg(script).arg(net).arg(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let path = folder.path().join("weights.safetensors");
    let text = std::fs::read_to_string(here.join("../../specs").join(spec)).unwrap();
    let read = |set: &[(String, f64)]| {
        let (program, _) = program(spec, &text, None, set).unwrap();
        let store = Store::new(&program, Device::Cpu, 1).unwrap();
        (program, store)
    };
    let (program, mut store) = read(&[]);
    let said = begin_with(&mut store, &program, &path).unwrap();
    assert!(said.len() == 1 && said[0].contains("in their order"), "{said:?}");
    let data = Tensor::read_safetensors(folder.path().join("data.safetensors")).unwrap();
    let part = |name: &str| data.iter().find(|(n, _)| n == name).unwrap().1.shallow_clone();
    let executor = Executor { program: &program, store: &store, products: Products::Fp32 };
    let logits = tch::no_grad(|| executor.logits(&part("images"), Mode::Evaluate).unwrap());
    let largest = |t: Tensor| t.abs().max().double_value(&[]);
    let (scale, apart) = (largest(part("logits")), largest(logits - part("logits")));
    eprintln!("{net} into {spec}: logits of up to {scale:.3}, {apart:.1e} apart at most");
    assert!(scale > 0.01 && apart < 1e-4, "{net}: {scale} {apart}");
    // Ten classes: a new last layer to train, but nothing to use as it is.
    let (few, mut store) = read(&[("classes".to_owned(), 10.0)]);
    let said = begin_with(&mut store, &few, &path).unwrap();
    assert!(said[1].contains("the file tells 1000 classes apart, the net 10"), "{said:?}");
    assert!(use_weights(&mut store, &few, &path).unwrap_err().to_string().contains("1000 classes"));
}

#[test]
fn torchvisions_weights_give_torchvisions_logits() {
    let Ok(python) = std::env::var("NETC_TORCHVISION_PYTHON") else {
        eprintln!("skipped: there is no torchvision here; `make exports` fetches it and compares");
        return;
    };
    compare(&python, "alexnet", "alexnet-owt.spec");
    compare(&python, "vgg16", "vgg16.spec");
}

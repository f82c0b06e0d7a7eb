//! A spec trained on the built-in digits, end to end, in this process.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc_torch::backend::{Executor, Mode, Products, Store};
use netc_torch::train::{Asked, Ended, Plan, RunFolder, Session, train};
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

fn spec(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs").join(name)
}

fn plan(folder: &Path, resume: bool) -> Plan {
    Plan {
        device: Device::Cpu,
        products: Products::Fp32,
        folder: RunFolder::at(folder),
        init: None,
        freeze: Vec::new(),
        resume,
        format: netc::cli::RunFormat::Json,
    }
}

fn run(folder: &Path, steps: u64) -> (Session, Ended) {
    let mut asked = Asked::default().key("data", Some("digits")).key("steps", Some(steps));
    let session = Session::open(&spec("lenet.spec"), &mut asked).unwrap();
    let ended = train(&session, &asked, &plan(folder, false)).unwrap();
    (session, ended)
}

#[test]
fn the_same_seed_gives_the_same_weights_bit_for_bit() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(a.path(), 12);
    run(b.path(), 12);
    let read = |d: &Path| std::fs::read(d.join("last.safetensors")).unwrap();
    let (one, two) = (read(a.path()), read(b.path()));
    assert!(one.len() > 200_000 && one == two);
}

#[test]
fn digits_are_learned() {
    let folder = tempfile::tempdir().unwrap();
    let (_, ended) = run(folder.path(), 220);
    let Ended::Done(score) = ended else { panic!("{ended:?}") };
    assert_eq!(score.images, 359);
    assert!(score.top1 > 0.9, "{}", score.top1);
}

#[test]
fn a_checkpoint_of_another_spec_and_a_truncated_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (session, _) = run(folder.path(), 1);
    let path = folder.path().join("last.safetensors");
    let other = netc_torch::train::program(
        "forked.spec",
        &std::fs::read_to_string(spec("forked.spec")).unwrap(),
        None,
        &[],
    );
    let mut store = Store::new(&other.unwrap().0, Device::Cpu, 0).unwrap();
    assert!(format!("{:#}", store.load(&path).unwrap_err()).contains("another spec"));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let mut store = Store::new(&session.program, Device::Cpu, 0).unwrap();
    assert!(format!("{:#}", store.load(&path).unwrap_err()).contains("truncated"));
}

/// Every value of every small spec has the shape its program promises.
#[test]
fn inferred_shapes_are_the_tensors() {
    for name in ["lenet.spec", "forked.spec"] {
        let text = std::fs::read_to_string(spec(name)).unwrap();
        let (program, _) = netc_torch::train::program(name, &text, None, &[]).unwrap();
        let store = Store::new(&program, Device::Cpu, 0).unwrap();
        let executor = Executor { program: &program, store: &store, products: Products::Fp32 };
        let [h, w, c] = program.input_shape().hwc().map(|v| v as i64);
        let images = Tensor::randn([2, c, h, w], (Kind::Float, Device::Cpu));
        for index in 0..program.ops.len() as u32 {
            let id = netc::program::ValueId(index);
            let value = executor.run(&images, id, Mode::Evaluate).unwrap();
            let wanted: Vec<i64> = match program.shape(id) {
                netc::shape::Shape::Map { h, w, c } => vec![2, c as i64, h as i64, w as i64],
                netc::shape::Shape::Flat(c) => vec![2, c as i64],
            };
            assert_eq!(value.size(), wanted, "{name}: {:?}", program.ops[index as usize].prim);
        }
    }
}

/// After one estimate of weight 1 the running statistics are the batch's own: Keras keeps the biased variance,
/// PyTorch the unbiased one. And a net with batch norm has gradients.
#[test]
fn batch_norm_trains_and_remembers_each_dialects_variance() {
    for (dialect, unbiased) in [("keras", false), ("pytorch", true)] {
        let text = format!(
            "---\ndialect: {dialect}\n---\n\n| Layer | Output |\n|---|---|\n| INPUT | 4x4x3 |\n| BN | |\n| FC | 2 |\n"
        );
        let (program, _) = netc_torch::train::program("bn.spec", &text, None, &[]).unwrap();
        let store = Store::new(&program, Device::Cpu, 0).unwrap();
        let executor = Executor { program: &program, store: &store, products: Products::Fp32 };
        let images = Tensor::arange(5 * 48, (Kind::Float, Device::Cpu)).square().view([5, 3, 4, 4]) / 1e4;
        executor.logits(&images, Mode::Train).unwrap().sum(Kind::Float).backward();
        for (name, tensor, trained) in store.iter() {
            assert!(!trained || tensor.grad().defined(), "{dialect}: {name} has no gradient");
        }
        let _ = tch::no_grad(|| executor.logits(&images, Mode::Estimate { weight: 1.0 })).unwrap();
        let find = |end: &str| store.iter().find(|(n, ..)| n.ends_with(end)).unwrap().1;
        let axes: &[i64] = &[0, 2, 3];
        let variance = images.var_dim(axes, unbiased, false);
        let mean = images.mean_dim(axes, false, Kind::Float);
        assert!(find("running_var").allclose(&variance, 1e-4, 1e-6, false), "{dialect}");
        assert!(find("running_mean").allclose(&mean, 1e-4, 1e-6, false), "{dialect}");
    }
}

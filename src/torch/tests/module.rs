//! A spec as tch's own kind of module, and the benchmark's command.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc_torch::SpecModule;
use std::path::{Path, PathBuf};
use tch::nn::{ModuleT, OptimizerConfig};
use tch::{Device, Kind, Tensor, nn};

fn spec(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs").join(name)
}

#[test]
fn tchs_optimiser_moves_every_parameter_of_a_spec() {
    let variables = nn::VarStore::new(Device::Cpu);
    let net = SpecModule::open(&variables.root(), &spec("lenet.spec"), &[("classes", 7.0)], 3).unwrap();
    let mut names: Vec<String> = variables.variables().into_keys().collect();
    names.sort();
    assert_eq!(names.len(), 10);
    assert!(names.contains(&"conv1.kernel".to_owned()), "{names:?}");
    let before: Vec<Tensor> = variables.trainable_variables().iter().map(Tensor::copy).collect();
    let mut sgd = nn::Sgd::default().build(&variables, 0.1).unwrap();
    let images = Tensor::randn([4, 1, 28, 28], (Kind::Float, Device::Cpu));
    let logits = net.forward_t(&images, true);
    assert_eq!(logits.size(), [4, 7]);
    sgd.backward_step(&logits.cross_entropy_for_logits(&Tensor::from_slice(&[0i64, 1, 2, 3])));
    for (old, new) in before.iter().zip(variables.trainable_variables()) {
        assert!((old - new).abs().max().double_value(&[]) > 0.0);
    }
}

#[test]
fn a_variable_store_keeps_the_net() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.safetensors");
    let store = || nn::VarStore::new(Device::Cpu);
    let (one, mut two) = (store(), store());
    let first = SpecModule::open(&one.root(), &spec("forked.spec"), &[], 1).unwrap();
    let second = SpecModule::open(&two.root(), &spec("forked.spec"), &[], 2).unwrap();
    let [h, w, c] = first.program().input_shape().hwc().map(|v| v as i64);
    let images = Tensor::randn([2, c, h, w], (Kind::Float, Device::Cpu));
    let apart = || {
        let (a, b) = (first.forward_t(&images, false), second.forward_t(&images, false));
        (a - b).abs().max().double_value(&[])
    };
    assert!(apart() > 0.0);
    one.save(&path).unwrap();
    two.load(&path).unwrap();
    assert_eq!(apart(), 0.0);
}

#[test]
fn the_benchmark_reports_what_it_measured() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_netc-torch"))
        .arg("bench")
        .arg(spec("lenet.spec"))
        .args(["--data", "digits", "--steps", "2", "--batch", "16", "--format", "json", "--device", "cpu"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let event: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((event["net"].as_str(), event["batch"].as_u64()), (Some("LeNet"), Some(16)));
    for part in ["repeated", "data"] {
        assert!(event[part]["median_ms"].as_f64().unwrap() > 0.0, "{event}");
    }
    assert!((0.0..=1.0).contains(&event["data"]["waiting"].as_f64().unwrap()));
}

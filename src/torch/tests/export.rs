//! The exported programs run in real Keras and PyTorch on the exported weights and give netc's own outputs:
//! `make exports` sets the Python environment up; without it these tests have nothing to compare with and say so.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]
#![allow(clippy::print_stderr, reason = "what was compared, and what was skipped, is to be seen")]

use netc::export::{Framework, Settings, source};
use netc::program::{Program, Role};
use netc::shape::Shape;
use netc::source::Source;
use netc_torch::backend::{Executor, Mode, Products, Store};
use netc_torch::export::{weights, write_tensors, write_torchscript};
use std::path::{Path, PathBuf};
use std::process::Command;
use tch::{Device, Tensor};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Python of the set-up's environment that has Keras and PyTorch, where it was made.
fn python() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("NETC_FIXTURES_PYTHON") {
        return Some(named.into());
    }
    let folders = std::fs::read_dir(netc_torch::train::cache().join("python")).ok()?;
    let mut found: Vec<PathBuf> = folders
        .flatten()
        .filter(|f| f.file_name().to_string_lossy().starts_with("fixtures-"))
        .map(|f| f.path().join("bin/python"))
        .filter(|python| python.exists())
        .collect();
    found.sort();
    found.pop()
}

/// Every net of a document, with its name.
fn nets(path: &Path, set: &[(&str, f64)]) -> Vec<(String, Program)> {
    let text = std::fs::read_to_string(path).unwrap();
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
    let set = set.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect();
    let compiled = netc::compile(
        &Source::new(&stem, text),
        &netc::Options { set, stem: stem.clone(), ..netc::Options::default() },
    );
    assert!(compiled.is_sound(), "{:?}", compiled.diagnostics);
    compiled
        .nets
        .iter()
        .map(|net| (format!("{stem}-{}", net.net.name.replace(['/', ' '], "-")), netc::lower(net).unwrap()))
        .collect()
}

fn all() -> Vec<(String, Program)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut all = nets(&tests.join("export/nets.spec"), &[]);
    all.extend(nets(&tests.join("fixtures/keras.spec"), &[]));
    all.extend(nets(&root().join("specs/alexnet.spec"), &[("classes", 10.0)]));
    all.extend(nets(&root().join("specs/lenet.spec"), &[]));
    all.extend(nets(&root().join("specs/lenet5.spec"), &[]));
    all.extend(nets(&root().join("specs/forked.spec"), &[]));
    all
}

/// Weights of which no two are alike, statistics unlike those a net begins with.
fn filled(program: &Program) -> Store {
    let store = Store::new(program, Device::Cpu, 3).unwrap();
    for (param, (_, tensor, _)) in program.params.iter().zip(store.iter()) {
        let mut tensor = tensor.shallow_clone();
        let _ = tch::no_grad(|| match param.role {
            Role::Kernel => tensor.shallow_clone(),
            Role::RunningVar | Role::Scale => tensor.uniform_(0.5, 1.5),
            _ => tensor.uniform_(-0.5, 0.5),
        });
    }
    store
}

fn write(folder: &Path, program: &Program) {
    let store = filled(program);
    let size = match program.input_shape() {
        Shape::Map { h, w, c } => vec![2, c as i64, h as i64, w as i64],
        Shape::Flat(c) => vec![2, c as i64],
    };
    let x = Tensor::randn(size, (tch::Kind::Float, Device::Cpu));
    let executor = Executor { program, store: &store, products: Products::Fp32 };
    let y = tch::no_grad(|| executor.run(&x, program.output, Mode::Evaluate).unwrap().contiguous());
    for (word, framework) in [("keras", Framework::Keras), ("pytorch", Framework::Pytorch)] {
        let source = source(program, framework, Settings { origin: "a test", l2: 0.0002 });
        std::fs::create_dir_all(folder.join(word)).unwrap();
        std::fs::write(folder.join(word).join("model.py"), &source.text).unwrap();
        let tensors = weights(&source, &store).unwrap();
        write_tensors(&folder.join(word).join("weights.safetensors"), &tensors).unwrap();
    }
    write_tensors(&folder.join("data.safetensors"), &[("x".to_owned(), x), ("y".to_owned(), y)]).unwrap();
    std::fs::create_dir_all(folder.join("torchscript")).unwrap();
    write_torchscript(&folder.join("torchscript/model.pt"), program, &store).unwrap();
}

#[test]
fn exported_nets_give_netcs_outputs() {
    let Some(python) = python() else {
        eprintln!("skipped: there is no Keras and no PyTorch here; `make exports` fetches and compares");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let all = all();
    for (name, program) in &all {
        write(&folder.path().join(name), program);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/compare.py");
    let mut wrong = Vec::new();
    for framework in ["pytorch", "torchscript", "keras"] {
        let out = Command::new(&python).arg(&script).arg(framework).arg(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        eprintln!("{said}");
        if !out.status.success() {
            wrong.push(format!("{said}{}", String::from_utf8_lossy(&out.stderr)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every tensor of a net is exported, each once, under a name of its own.
#[test]
fn every_tensor_is_exported_once() {
    for (name, program) in all() {
        for framework in [Framework::Keras, Framework::Pytorch] {
            let source = source(&program, framework, Settings::default());
            let mut held: Vec<u32> = source
                .weights
                .iter()
                .filter_map(|w| match w.value {
                    netc::export::Value::Stored(id, _) => Some(id.0),
                    netc::export::Value::Same { .. } => None,
                })
                .collect();
            held.sort_unstable();
            assert_eq!(held, (0..program.params.len() as u32).collect::<Vec<_>>(), "{name}");
            let mut names: Vec<&str> = source.weights.iter().map(|w| w.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), source.weights.len(), "{name}");
        }
    }
}

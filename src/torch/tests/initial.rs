//! Weights that a run begins with: manners of naming, what does not fit, a new last layer, rows that are left alone.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::export::{Framework, Settings, source};
use netc::program::Program;
use netc_torch::backend::Store;
use netc_torch::export::{weights, write_tensors};
use netc_torch::train::{begin_with, program};
use std::path::{Path, PathBuf};
use tch::{Device, Tensor};

fn lenet(classes: f64) -> Program {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/lenet.spec");
    let text = std::fs::read_to_string(path).unwrap();
    program("lenet.spec", &text, None, &[("classes".to_owned(), classes)]).unwrap().0
}

fn store(program: &Program, seed: u64) -> Store {
    Store::new(program, Device::Cpu, seed).unwrap()
}

fn file(folder: &Path, tensors: &[(String, Tensor)]) -> PathBuf {
    let path = folder.join("weights.safetensors");
    write_tensors(&path, tensors).unwrap();
    path
}

/// A store's tensors as torchvision would name them.
fn counted(store: &Store) -> Vec<(String, Tensor)> {
    let modules = ["features.0", "features.10", "classifier.1", "classifier.4", "classifier.16"];
    let named = store.iter().enumerate().map(|(index, (name, tensor, _))| {
        let word = if name.ends_with("kernel") { "weight" } else { "bias" };
        (format!("{}.{word}", modules[index / 2]), tensor.detach())
    });
    named.collect()
}

fn same(a: &Store, b: &Store) -> bool {
    a.iter().zip(b.iter()).all(|((_, x, _), (_, y, _))| x.equal(y))
}

#[test]
fn all_manners_of_naming_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let net = lenet(10.0);
    let other = store(&net, 1);
    let words = weights(&source(&net, Framework::Pytorch, Settings::default()), &other).unwrap();
    let own = other.iter().map(|(name, tensor, _)| (name.to_owned(), tensor.detach())).collect();
    for (tensors, manner) in
        [(own, "netc's names"), (words, "PyTorch's names"), (counted(&other), "in their order")]
    {
        let mut mine = store(&net, 2);
        let said = begin_with(&mut mine, &net, &file(folder.path(), &tensors)).unwrap();
        assert!(said.len() == 1 && said[0].contains(manner), "{said:?}");
        assert!(same(&mine, &other), "{manner}");
    }
}

#[test]
fn another_number_of_classes_makes_a_new_last_layer() {
    let folder = tempfile::tempdir().unwrap();
    let (net, few) = (lenet(10.0), lenet(3.0));
    let other = store(&net, 1);
    let mut mine = store(&few, 2);
    let said = begin_with(&mut mine, &few, &file(folder.path(), &counted(&other))).unwrap();
    assert_eq!(said[1], "the last layer `fc3` is new: the file tells 10 classes apart, the net 3");
    let drawn = store(&few, 2);
    for (((name, tensor, _), (_, before, _)), (_, theirs, _)) in
        mine.iter().zip(drawn.iter()).zip(other.iter())
    {
        assert!(if name.starts_with("fc3") { tensor.equal(before) } else { tensor.equal(theirs) }, "{name}");
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let net = lenet(10.0);
    let mut tensors = counted(&store(&net, 1));
    let refused = |tensors: &[(String, Tensor)]| {
        let error = begin_with(&mut store(&net, 2), &net, &file(folder.path(), tensors)).unwrap_err();
        error.to_string().replace(&folder.path().display().to_string(), "")
    };
    tensors[0].1 = tensors[0].1.flip([0]).tile([2, 1, 1, 1]);
    assert_eq!(
        refused(&tensors),
        "/weights.safetensors does not fit the spec:\n  `conv1.kernel` is [12, 1, 5, 5] in the file but [6, 1, 5, 5] in \
         the spec"
    );
    tensors.truncate(8);
    assert_eq!(
        refused(&tensors),
        "/weights.safetensors does not fit the spec:\n  it has 4 layers with weights, the spec 5"
    );
    let mut own: Vec<(String, Tensor)> =
        store(&net, 1).iter().map(|(name, tensor, _)| (name.to_owned(), tensor.detach())).collect();
    own[3].0 = "conv2.offset".to_owned();
    assert_eq!(
        refused(&own),
        "/weights.safetensors does not fit the spec:\n  the file has no `conv2.bias`\n  the spec has no `conv2.offset`"
    );
    std::fs::write(folder.path().join("weights.safetensors"), b"PK not weights").unwrap();
    let error =
        begin_with(&mut store(&net, 2), &net, &folder.path().join("weights.safetensors")).unwrap_err();
    assert!(error.to_string().contains("is no whole checkpoint"), "{error}");
}

#[test]
fn frozen_rows_are_not_trained() {
    let net = lenet(10.0);
    let mut mine = store(&net, 1);
    let left = mine.freeze(&net, &["conv*".to_owned(), "fc1".to_owned()]).unwrap();
    assert_eq!(left, 10_164 + 850);
    let trained: Vec<&str> = mine.iter().filter(|(.., trained)| *trained).map(|(name, ..)| name).collect();
    assert_eq!(trained, ["fc2.kernel", "fc2.bias", "fc3.kernel", "fc3.bias"]);
    assert!(mine.iter().all(|(_, tensor, trained)| tensor.requires_grad() == trained));
    let unknown = mine.freeze(&net, &["conv9".to_owned()]).unwrap_err().to_string();
    assert!(
        unknown.contains("no row with weights is called `conv9`: there are conv1, conv2, fc1"),
        "{unknown}"
    );
    assert!(
        mine.freeze(&net, &["*".to_owned()]).unwrap_err().to_string().contains("leaves nothing to train")
    );
}

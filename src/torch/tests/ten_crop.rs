//! Ten-crop evaluation, by the command, beside the average of ten views taken one picture at a time.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc_torch::backend::{Executor, Mode, Products, Store};
use netc_torch::train::{RunFolder, load_weights, program};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tch::{Device, Kind, Tensor};

const SPEC: &str = "---
name: Small
dialect: pytorch
train: { epochs: 2, batch: 8, rate: 0.05, augment: { resize: 16, crop: 12, mirror: true } }
---

| Layer | Output | Filter |
|---|---|---|
| INPUT | 12x12x3 | |
| CONV | 4x4x4 | 3x3/3; K=4 |
| FC | 2 | |
";

fn pictures(root: &Path) {
    for (class, slant) in [("left", 1u32), ("right", 3)] {
        for n in 0..20u32 {
            let picture = image::RgbImage::from_fn(24, 20 + n, |x, y| {
                image::Rgb([(x * 9 * slant + n) as u8, (y * 11) as u8, (x * y * slant) as u8])
            });
            std::fs::create_dir_all(root.join(class)).unwrap();
            picture.save(root.join(class).join(format!("{n:02}.png"))).unwrap();
        }
    }
}

fn event(at: &Path, line: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc-torch"));
    let out = command.args(line.split_whitespace()).current_dir(at).output().unwrap();
    assert!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_str(String::from_utf8(out.stdout).unwrap().lines().last().unwrap()).unwrap()
}

#[test]
fn ten_views_are_averaged_as_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    pictures(&at.join("slants"));
    std::fs::write(at.join("small.spec"), SPEC).unwrap();
    event(at, "train small.spec --data slants --run run --format json --threads 1 --precision fp32");
    let one = event(at, "eval --run run --format json --precision fp32");
    let ten = event(at, "eval --run run --format json --ten-crop --batch 3 --precision fp32");
    assert_eq!((&one["images"], &ten["images"]), (&8.into(), &8.into()));

    let (text, kept) = RunFolder::at(at.join("run")).kept().unwrap();
    let (program, _) = program("small.spec", &text, None, &[]).unwrap();
    let mut store = Store::new(&program, Device::Cpu, 0).unwrap();
    assert_eq!(load_weights(&at.join("run/last.safetensors"), &mut store).unwrap(), Some(8));
    let executor = Executor { program: &program, store: &store, products: Products::Fp32 };
    let dataset = netc_torch::data::open(at.join("slants").to_str().unwrap(), at).unwrap();
    let held_out = dataset.split(kept.holdout, kept.seed).unwrap().held_out;
    let (mut loss, mut right) = (0.0, 0);
    for &index in &held_out {
        let views = kept.preparation.ten_views(Path::new(dataset.sample_name(index))).unwrap();
        assert_eq!(views.size(), [10, 3, 12, 12]);
        let each: Tensor = executor.logits(&views, Mode::Evaluate).unwrap().softmax(-1, Kind::Double);
        let mean = Vec::<f64>::try_from(each.mean_dim(&[0_i64][..], false, Kind::Double)).unwrap();
        let truth = dataset.label(index);
        loss -= mean[truth].ln() / held_out.len() as f64;
        right += usize::from(mean[truth] > mean[1 - truth]);
    }
    let number = |event: &Value, key: &str| event[key].as_f64().unwrap();
    assert!((number(&ten, "loss") - loss).abs() < 1e-5, "{} {loss}", number(&ten, "loss"));
    assert_eq!(number(&ten, "top1"), right as f64 / held_out.len() as f64);
    assert!((number(&one, "loss") - loss).abs() > 1e-4, "ten views are not the centre alone");
}

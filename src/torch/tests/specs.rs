//! Every net of every spec that is shipped trains: one step, a finite loss, and no parameter is where it was.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]
#![allow(clippy::print_stdout, reason = "how long each net takes")]

use netc::program::{Init, Prim, Program};
use netc::recipe::Recipe;
use netc::source::Source;
use netc_torch::backend::{Executor, Optimiser, Products, Store};
use netc_torch::train::{Stepped, Stepper};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tch::{Device, Kind, Tensor};

fn specs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

/// So many numbers are drawn for a large tensor; they repeat in it. A prime, so that rows differ.
const DRAWN: i64 = 65_521;

/// A store of few random numbers by the program's own initialisers: to draw each would take most of the time.
fn drawn(program: &Program) -> Store {
    let mut empty = program.clone();
    for param in empty.params.iter_mut().filter(|p| !matches!(p.init, Init::Constant(_))) {
        param.init = Init::Constant(0.0);
    }
    let store = Store::new(&empty, Device::Cpu, 0).unwrap();
    for (param, (_, tensor, _)) in program.params.iter().zip(store.iter()) {
        let count = tensor.numel() as i64;
        let few = Tensor::empty([count.min(DRAWN)], (Kind::Float, Device::Cpu));
        let few = match param.init {
            Init::Constant(_) => continue,
            Init::Uniform { bound } => few.uniform(-bound, bound),
            Init::Normal { std } => few.normal_functional(0.0, std),
        };
        let all = few.repeat([count / DRAWN + 1]).narrow(0, 0, count).view_as(tensor);
        tch::no_grad(|| tensor.shallow_clone().copy_(&all));
    }
    store
}

/// One picture, or two where batch norm would see one number a channel; half as high and wide as printed where the net
/// takes the mean over whatever map comes of it. (A slice has its size from the print.)
fn images(program: &Program) -> Tensor {
    let mut n = 1;
    let [mut h, mut w, c] = program.input_shape().hwc().map(|v| v as i64);
    let sliced = program.ops.iter().any(|op| matches!(op.prim, Prim::Slice { .. }));
    for op in &program.ops {
        let [rows, columns, _] = op.shape.hwc();
        match op.prim {
            Prim::BatchNorm { .. } if rows * columns == 1 => n = 2,
            Prim::AdaptiveAvgPool2d { size: [1, 1], .. } if h > 100 && !sliced => (h, w) = (h / 2, w / 2),
            _ => {}
        }
    }
    Tensor::randn([n, c, h, w], (Kind::Float, Device::Cpu))
}

/// One step. Only gradients move parameters: nothing decays.
fn step(name: &str, program: &Program, recipe: &Recipe) {
    let store = drawn(program);
    let before: Vec<Tensor> = store.iter().map(|(_, tensor, _)| tensor.detach().copy()).collect();
    let executor = Executor { program, store: &store, products: Products::Fp32 };
    let optimiser = Optimiser::new(recipe, program, &store).unwrap();
    let images = images(program);
    let labels = Tensor::zeros([images.size()[0]], (Kind::Int64, Device::Cpu));
    // So large that no update is lost to rounding; no second step would come to anything.
    let stepped = Stepper::new(executor, optimiser, recipe).step(&[(images, labels)], 1.0).unwrap();
    assert!(matches!(stepped, Stepped::Done(loss) if loss.is_finite()), "{name}: {stepped:?}");
    for ((parameter, tensor, trained), before) in store.iter().zip(before) {
        assert!(!trained || !tensor.equal(&before), "{name}: {parameter} has not moved");
    }
}

#[test]
fn every_net_of_every_spec_trains() {
    tch::manual_seed(0);
    // Beside other tests, threads that wait for each other would take many times as long as one.
    tch::set_num_threads(1);
    let still = ["momentum", "l2", "weight_decay"].map(|key| (key.to_owned(), "0".to_owned()));
    let mut count = 0;
    for path in specs() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = Source::new(name.clone(), fs::read_to_string(&path).unwrap());
        let compiled = netc::compile(&source, &netc::Options::default());
        for net in &compiled.nets {
            let start = Instant::now();
            let recipe = netc::recipe::read(&compiled.document.header, &still).recipe;
            let mut program = netc::lower(net).unwrap();
            recipe.initialise(&mut program);
            step(&format!("{name}, {}", net.net.name), &program, &recipe);
            println!("{name}, {}: {:.1?}", net.net.name, start.elapsed());
            count += 1;
        }
    }
    assert!(count >= 35, "only {count} nets");
}

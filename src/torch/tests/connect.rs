//! A convolution whose maps are partly connected is a dense one with zeros where its table marks nothing.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::source::Source;
use netc_torch::backend::{Executor, Mode, Products, Store};
use std::collections::HashMap;
use tch::{Device, Kind, Tensor};

const SPEC: &str = "---\ndialect: pytorch\n---\n
## Marks

|   | 0 | 1 | 2 | 3 | 4 | 5 | 6 |
|---|---|---|---|---|---|---|---|
| 0 | X | X |   | X | X |   | X |
| 1 |   |   | X | X |   | X | X |
| 2 | X | X |   |   | X | X |   |
| 3 |   |   | X |   | X | X |   |

# Net

| Name | Layer | Filter                      |
|------|-------|-----------------------------|
| in   | INPUT | 9x11x4                      |
| c    | CONV  | 3x3/2; p=1; connect=Marks   |
";

/// The rows that each column marks, and the tensor of [`SPEC`]'s program that holds each filter: its part and place.
const COLUMNS: [(&[i64], &str, i64); 7] = [
    (&[0, 2], "c.0", 0),
    (&[0, 2], "c.0", 1),
    (&[1, 3], "c.1", 0),
    (&[0, 1], "c.1", 1),
    (&[0, 2, 3], "c.2", 0),
    (&[1, 2, 3], "c.2", 1),
    (&[0, 1], "c.3", 0),
];

#[test]
fn only_what_is_marked_is_read_and_trained() {
    tch::manual_seed(5);
    let compiled = netc::compile(&Source::new("marks.spec", SPEC), &netc::Options::default());
    assert!(compiled.is_sound(), "{:?}", compiled.diagnostics);
    let program = netc::lower(&compiled.nets[0]).unwrap();
    let store = Store::new(&program, Device::Cpu, 3).unwrap();
    let stored: HashMap<String, Tensor> =
        store.iter().map(|(name, tensor, _)| (name.to_string(), tensor.shallow_clone())).collect();
    let numbers: usize = stored.values().map(Tensor::numel).sum();
    assert_eq!(numbers, 16 * 9 + 7);
    assert_eq!(compiled.nets[0].totals().cost.params(), 16 * 9 + 7);

    let (kernel, bias) = (Tensor::zeros([7, 4, 3, 3], (Kind::Float, Device::Cpu)), Vec::from_iter(COLUMNS));
    let mut biases = Vec::new();
    for (column, (rows, part, place)) in bias.into_iter().enumerate() {
        let own = &stored[&format!("{part}.kernel")].get(place).detach();
        for (index, row) in rows.iter().enumerate() {
            kernel.get(column as i64).get(*row).copy_(&own.get(index as i64));
        }
        biases.push(stored[&format!("{part}.bias")].double_value(&[place]) as f32);
    }
    let images = Tensor::randn([2, 4, 9, 11], (Kind::Float, Device::Cpu));
    let executor = Executor { program: &program, store: &store, products: Products::Fp32 };
    let given = executor.run(&images, program.output, Mode::Train).unwrap();
    let dense = images.conv2d(&kernel, Some(&Tensor::from_slice(&biases)), [2, 2], [1, 1], [1, 1], 1);
    assert_eq!(given.size(), dense.size());
    assert!((&given - &dense).abs().max().double_value(&[]) < 1e-5);

    given.sum(Kind::Float).backward();
    assert!(stored.values().all(|t| t.grad().abs().max().double_value(&[]) > 0.0));
}

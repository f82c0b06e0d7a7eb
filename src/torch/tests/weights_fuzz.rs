//! Damaged files of weights: an error each, never a panic and never numbers of another shape.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc_torch::backend::Store;
use netc_torch::train::{begin_with, load_weights, program, use_weights};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::path::Path;
use tch::{Device, Tensor};

const SPEC: &str = "---
dialect: pytorch
---

| Layer | Output | Filter |
|---|---|---|
| INPUT | 4x4x1 | |
| CONV | 4x4x2 | 3x3; K=2; p=1 |
| BN | | |
| FC | 3 | |
";

struct Damage(ChaCha8Rng);

impl Damage {
    fn below(&mut self, most: usize) -> usize {
        self.0.next_u64() as usize % most.max(1)
    }

    /// Most of it in the header, where the lengths, shapes and kinds are.
    fn of(&mut self, whole: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
        for _ in 0..1 + self.below(3) {
            let reach = if self.below(4) == 0 { bytes.len() } else { header.min(bytes.len()) };
            let at = self.below(reach);
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes.iter_mut().take(8).for_each(|b| *b ^= (self.0.next_u64() & 0x81) as u8),
                2 => bytes.insert(at, b'9'),
                3 => drop(bytes.drain(at..(at + 3).min(reach))),
                4 => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = b"0123456789[]{}:,\"F-"[at % 19]),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|b| *b ^= 1 << (at % 8)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        bytes
    }
}

#[test]
fn no_damaged_weights_make_a_panic_or_another_shape() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let (net, _) = program("small.spec", SPEC, None, &[]).unwrap();
    let first = Store::new(&net, Device::Cpu, 1).unwrap();
    first.save(&path, &[("@state".to_owned(), Tensor::from_slice(&[7.0f64; 9]))]).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let sizes = |store: &Store| store.iter().map(|(_, tensor, _)| tensor.size()).collect::<Vec<_>>();
    let mut damage = Damage(ChaCha8Rng::seed_from_u64(11));
    let read = |path: &Path| {
        let mut store = Store::new(&net, Device::Cpu, 2).unwrap();
        let results = [
            load_weights(path, &mut store).map(drop),
            begin_with(&mut store, &net, path).map(drop),
            use_weights(&mut store, &net, path).map(drop),
        ];
        assert_eq!(sizes(&store), sizes(&first));
        results.into_iter().filter(Result::is_err).count()
    };
    assert_eq!(read(&path), 0);
    let mut refused = 0;
    for _ in 0..1500 {
        std::fs::write(&path, damage.of(&whole)).unwrap();
        refused += usize::from(read(&path) > 0);
    }
    assert!(refused > 700, "only {refused} of 1500 were refused: the damage is too slight");
}

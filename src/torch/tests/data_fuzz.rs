//! Readers under damaged files: from small files of every format, thousands of mutations by a seeded generator. A
//! reader may refuse them or read them; it never panics, writes nothing, and what it opens can be asked for.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

mod data_support;

use data_support::{files_below, grey_png, gz, idx, png, tar, write, zip};
use netc_torch::data::{self, Image};
use std::fs;
use std::path::Path;

/// xorshift64*: the same mutations on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides.max(1)
    }

    /// One to four of: a bit flipped, a byte set to an extreme, a length made huge, a stretch removed, repeated or
    /// cut off.
    fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..1 + self.roll(4) {
            let at = self.roll(bytes.len());
            let span = 1 + self.roll(16);
            match self.roll(6) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.roll(8),
                1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.roll(5)],
                2 => bytes.iter_mut().skip(at).take(4).for_each(|b| *b = 0xff),
                3 => drop(bytes.drain(at..(at + span).min(bytes.len()))),
                4 => {
                    let copy: Vec<u8> = bytes.iter().skip(at).take(span).copied().collect();
                    bytes.splice(at..at, copy);
                }
                _ => bytes.truncate(at),
            }
        }
        bytes
    }
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let picture = png(5, 4, [1, 2, 3]);
    let shard = tar(&[
        ("a.png", picture.clone()),
        ("a.cls", b"1".to_vec()),
        ("b.png", picture.clone()),
        ("b.json", b"{\"label\":0}".to_vec()),
    ]);
    let folders = [("cat/1.png", picture.clone()), ("dog/1.png", picture.clone())];
    let elpv = [
        ("labels.csv", b"a.png 1.0 mono\nb.png 0.0 poly\n".to_vec()),
        ("a.png", picture.clone()),
        ("b.png", picture),
    ];
    let kit = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/meta.mat")).unwrap();
    vec![
        ("mnist/train-images-idx3-ubyte", idx(&[2, 2, 2], &[7; 8])),
        ("mnist/train-labels-idx1-ubyte", idx(&[2], &[0, 1])),
        ("packed/train-images-idx3-ubyte.gz", gz(&idx(&[2, 2, 2], &[7; 8]))),
        ("cifar/data_batch_1.bin", [vec![0; 3073], vec![1; 3073]].concat()),
        ("set.csv", b"path,label\nmnist/a.png,1\n".to_vec()),
        ("shard.tar", shard.clone()),
        ("shard.tar.gz", gz(&shard)),
        ("folders.tar", tar(&folders)),
        ("folders.zip", zip(&folders)),
        ("elpv.zip", zip(&elpv)),
        ("imagenet/meta.mat", kit),
        ("imagenet/ILSVRC2012_img_train.tar", tar(&[("n01.tar", shard.clone()), ("n02.tar", shard)])),
    ]
}

/// What a mutated file is opened by: its folder where the reader takes folders.
fn opened_by(path: &str) -> &str {
    path.split_once('/').map_or(path, |(folder, _)| folder)
}

#[test]
fn no_damaged_file_makes_a_reader_panic_or_write() {
    let root = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    for (name, bytes) in seeds() {
        write(at(name), bytes);
    }
    write(at("packed/train-labels-idx1-ubyte"), idx(&[2], &[0, 1]));
    for name in ["data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"] {
        write(at(&format!("cifar/{name}.bin")), vec![0; 3073]);
    }
    write(at("cifar/batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
    write(at("imagenet/ILSVRC2012_validation_ground_truth.txt"), "1\n");
    write(at("imagenet/ILSVRC2012_img_val.tar"), tar(&[("ILSVRC2012_val_00000001.JPEG", png(4, 4, [0; 3]))]));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut read, mut refused) = (0, 0);
    for (name, whole) in seeds() {
        for _ in 0..300 {
            let damaged = dice.mutate(&whole);
            fs::write(at(name), &damaged).unwrap();
            let Ok(set) = data::open(at(opened_by(name)).to_str().unwrap(), cache.path()) else {
                refused += 1;
                continue;
            };
            for index in 0..set.len() {
                read += usize::from(set.image(index).is_ok());
            }
        }
        fs::write(at(name), whole).unwrap();
    }
    assert!(read > 100 && refused > 500, "{read} read, {refused} refused: the mutations reach nothing");
    let expected = seeds().len() + 9;
    assert_eq!(files_below(root.path()).len(), expected, "a reader wrote something");
}

#[test]
fn no_damaged_picture_makes_the_decoder_panic_or_take_much_memory() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures");
    let mut seeds: Vec<Vec<u8>> = files_below(&fixtures).into_iter().map(|(_, bytes)| bytes).collect();
    seeds.push(grey_png(9, 7, |x, y| (x * y) as u8));
    assert!(seeds.len() > 8);
    let mut dice = Dice(42);
    let mut decoded = 0;
    for seed in &seeds {
        for _ in 0..150 {
            decoded += usize::from(Image::decode(&dice.mutate(seed)).is_ok());
        }
    }
    assert!(decoded > 50, "{decoded}");
}

/// Headers that promise more than a picture may have are refused before their pixels are asked for.
#[test]
fn image_bombs_are_refused() {
    let bomb = |width: u32, height: u32| {
        let mut png = grey_png(1, 1, |_, _| 0);
        png[16..20].copy_from_slice(&width.to_be_bytes());
        png[20..24].copy_from_slice(&height.to_be_bytes());
        let mut sum = flate2::Crc::new();
        sum.update(&png[12..29]);
        png[29..33].copy_from_slice(&sum.sum().to_be_bytes());
        format!("{:#}", Image::decode(&png).unwrap_err())
    };
    for (width, height) in [(40_000, 10), (10, 40_000), (30_000, 30_000), (1 << 30, 1 << 30)] {
        let told = bomb(width, height);
        assert!(told.contains("at most 32768 a side") || told.contains("cannot decode"), "{told}");
    }
    assert!(bomb(30_000, 30_000).contains("the picture is 30000x30000"));
}

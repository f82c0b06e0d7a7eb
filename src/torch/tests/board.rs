//! TensorBoard's events: every frame whole, its checksums right, the messages readable by their field numbers.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc_torch::report::Board;
use netc_torch::train::program;
use std::path::Path;
use tch::Tensor;

/// The frames of a file of events.
fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let masked = |part: &[u8]| crc32c::crc32c(part).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let length = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        assert_eq!(bytes[at + 8..at + 12], masked(&bytes[at..at + 8]));
        let frame = bytes[at + 12..at + 12 + length].to_vec();
        assert_eq!(bytes[at + 12 + length..at + 16 + length], masked(&frame));
        found.push(frame);
        at += 16 + length;
    }
    found
}

fn holds(frame: &[u8], part: &[u8]) -> bool {
    frame.windows(part.len()).any(|window| window == part)
}

#[test]
fn events_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/forked.spec");
    let net = program("forked.spec", &std::fs::read_to_string(spec).unwrap(), None, &[]).unwrap().0;
    let mut board = Board::create(folder.path(), 7).unwrap();
    board.graph(&net).unwrap();
    board.text("recipe", "# Forked").unwrap();
    board.scalar(8, "train/loss", 0.5).unwrap();
    board.histogram(8, "weights/a", &Tensor::from_slice(&[0.0f32, 1.0, f32::NAN, 1.0])).unwrap();
    board.histogram(8, "weights/none", &Tensor::from_slice(&[f32::NAN])).unwrap();
    board.flush().unwrap();
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
    assert!(file.file_name().to_string_lossy().starts_with("events.out.tfevents."));
    let frames = frames(&std::fs::read(file.path()).unwrap());
    assert_eq!(frames.len(), 6, "a histogram of nothing is left out");
    assert!(holds(&frames[0], b"brain.Event:2"));
    // Field 2 (step) is 7, field 7 (session log) says START: earlier events from there on are not shown.
    assert!(holds(&frames[1], &[0x10, 7]) && holds(&frames[1], &[0x3a, 2, 8, 1]));
    for name in ["stem/conv2d", "stem/kernel", "add1", "concat1", "_output_shapes"] {
        assert!(holds(&frames[2], name.as_bytes()), "{name}");
    }
    assert!(holds(&frames[3], b"text") && holds(&frames[3], b"# Forked"));
    // A scalar is field 2 of a value, a float.
    assert!(holds(&frames[4], &[&[0x15][..], &0.5f32.to_le_bytes()].concat()));
    // Of three finite numbers: field 3 of a histogram.
    assert!(holds(&frames[5], &[&[0x19][..], &3.0f64.to_le_bytes()].concat()));
}

//! The built-in digits: 1,797 pictures of 8x8 (see README.md beside this file).

use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;

use super::{Dataset, Image, Picture, Sample};

const FILE: &[u8] = include_bytes!("digits.csv.gz");
const SIDE: u32 = 8;

/// Reads the digits that are part of the binary; grey levels 0 to 16 become 0 to 255.
pub(super) fn open() -> Result<Dataset> {
    let mut text = String::new();
    GzDecoder::new(FILE).read_to_string(&mut text).context("the built-in digits are damaged")?;
    let samples = text.lines().enumerate().map(|(i, l)| sample(i, l)).collect::<Result<_>>()?;
    let classes = (0..10).map(|d| d.to_string()).collect();
    Dataset::new("digits", classes, samples)
}

fn sample(index: usize, line: &str) -> Result<Sample> {
    let values = line.split(',').map(|v| v.trim().parse::<u32>()).collect::<Result<Vec<_>, _>>();
    let values = values.with_context(|| format!("line {} of the built-in digits", index + 1))?;
    let well_formed = values.len() == 65 && values[..64].iter().all(|&v| v <= 16) && values[64] <= 9;
    ensure!(well_formed, "line {} of the built-in digits is damaged", index + 1);
    let pixels = values[..64].iter().map(|&v| ((v * 255 + 8) / 16) as u8).collect();
    let image = Image { width: SIDE, height: SIDE, channels: 1, pixels };
    Ok(Sample {
        label: values[64] as usize,
        name: format!("digit {}", index + 1),
        part: None,
        picture: Picture::Memory(Arc::new(image)),
    })
}

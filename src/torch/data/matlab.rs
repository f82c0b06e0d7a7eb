//! Just enough of MATLAB's level 5 MAT-files to read the table of classes in ImageNet's development kit: a struct
//! array of numbers and texts (MathWorks, "MAT-File Format", 2019).
//!
//! A file is a header of 128 bytes and elements; an element is a type, a length and so many bytes, padded to 8. A
//! length of up to 4 may share the first word with the type. An element of type 15 is another one, packed by zlib.

use std::collections::HashMap;
use std::io::Read;

use anyhow::{Context, Result, bail, ensure};
use flate2::read::ZlibDecoder;

/// Most bytes that an element may unpack to.
const MOST_UNPACKED: u64 = 64 << 20;
const MATRIX: u32 = 14;
const PACKED: u32 = 15;

/// One struct of the array: field name to value.
pub(super) type Record = HashMap<String, Value>;

/// A field's value; others than these are `Other`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    Other,
}

/// The first struct array in the file.
pub(super) fn structs(bytes: &[u8]) -> Result<Vec<Record>> {
    ensure!(bytes.len() > 128 && bytes.starts_with(b"MATLAB 5.0"), "no MAT-file of level 5");
    ensure!(&bytes[126..128] == b"IM", "a big-endian MAT-file, which is not read");
    let mut rest = &bytes[128..];
    while !rest.is_empty() {
        let (kind, data, after) = element(rest)?;
        // Packed elements are not padded.
        let unpacked;
        let (kind, data) = if kind == PACKED {
            let mut all = Vec::new();
            let read = ZlibDecoder::new(data).take(MOST_UNPACKED + 1).read_to_end(&mut all);
            read.context("the packed data is damaged")?;
            ensure!(all.len() as u64 <= MOST_UNPACKED, "it unpacks to more than 64 MiB");
            unpacked = all;
            let (kind, data, _) = element(&unpacked)?;
            (kind, data)
        } else {
            (kind, data)
        };
        if kind == MATRIX
            && let Some(records) = matrix_of_structs(data)?
        {
            return Ok(records);
        }
        rest = after;
    }
    bail!("there is no struct array in it")
}

fn word(bytes: &[u8], at: usize) -> Result<u32> {
    let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).context("it is cut short")?;
    Ok(u32::from_le_bytes(four))
}

/// Type, bytes and what comes after.
fn element(bytes: &[u8]) -> Result<(u32, &[u8], &[u8])> {
    let first = word(bytes, 0)?;
    if first >> 16 != 0 {
        let length = (first >> 16) as usize;
        ensure!(length <= 4, "an element claims {length} bytes in 4");
        let data = bytes.get(4..4 + length).context("it is cut short")?;
        return Ok((first & 0xffff, data, bytes.get(8..).unwrap_or_default()));
    }
    let length = word(bytes, 4)? as usize;
    let data = bytes[8..].get(..length).context("an element claims more bytes than there are")?;
    let padded = if first == PACKED { length } else { length.next_multiple_of(8) };
    Ok((first, data, bytes.get(8 + padded..).unwrap_or_default()))
}

/// A matrix's class, number of elements, and what comes after its name.
fn matrix(data: &[u8]) -> Result<(u8, usize, &[u8])> {
    let (_, flags, rest) = element(data)?;
    let class = *flags.first().context("it is cut short")?;
    let (_, sizes, rest) = element(rest)?;
    let mut count = 1usize;
    for size in sizes.chunks_exact(4) {
        count = count.checked_mul(word(size, 0)? as usize).context("the matrix is too large")?;
    }
    let (_, _, rest) = element(rest)?;
    Ok((class, count, rest))
}

fn matrix_of_structs(data: &[u8]) -> Result<Option<Vec<Record>>> {
    const STRUCT: u8 = 2;
    let (class, count, rest) = matrix(data)?;
    if class != STRUCT {
        return Ok(None);
    }
    let (_, length, rest) = element(rest)?;
    let length = word(length, 0)? as usize;
    let (_, names, mut rest) = element(rest)?;
    ensure!((1..=64).contains(&length), "field names of {length} bytes");
    let names: Vec<String> = names
        .chunks_exact(length)
        .map(|n| n.iter().take_while(|b| **b != 0).map(|b| char::from(*b)).collect())
        .collect();
    let fields = count.checked_mul(names.len()).filter(|n| n.saturating_mul(8) <= rest.len());
    ensure!(fields.is_some(), "it claims {count} structs, more than there are bytes for");
    let mut records = Vec::with_capacity(count);
    for _ in 0..count {
        let mut record = Record::new();
        for name in &names {
            let (kind, data, after) = element(rest)?;
            record.insert(
                name.clone(),
                if kind == MATRIX && !data.is_empty() { value(data)? } else { Value::Other },
            );
            rest = after;
        }
        records.push(record);
    }
    Ok(Some(records))
}

/// A scalar or a text.
fn value(data: &[u8]) -> Result<Value> {
    const TEXT: u8 = 4;
    let (class, count, rest) = matrix(data)?;
    if class != TEXT && (!(6..=15).contains(&class) || count != 1) {
        return Ok(Value::Other);
    }
    let (kind, bytes, _) = element(rest)?;
    let number = |size: usize, read: fn(&[u8]) -> f64| bytes.get(..size).map(read);
    if class == TEXT {
        return Ok(match kind {
            1 | 2 | 16 => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
            4 | 17 => {
                let units = bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
                Value::Text(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect())
            }
            _ => Value::Other,
        });
    }
    let number = match kind {
        1 => number(1, |b| f64::from(i8::from_le_bytes([b[0]]))),
        2 => number(1, |b| f64::from(b[0])),
        3 => number(2, |b| f64::from(i16::from_le_bytes([b[0], b[1]]))),
        4 => number(2, |b| f64::from(u16::from_le_bytes([b[0], b[1]]))),
        5 => number(4, |b| f64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
        6 => number(4, |b| f64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
        9 => number(8, |b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])),
        _ => None,
    };
    Ok(number.map_or(Value::Other, Value::Number))
}

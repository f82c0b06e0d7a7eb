//! Small data sets on disk.
#![allow(dead_code, reason = "each test file uses its own part of it")]

use netc_torch::data::Dataset;
use std::fs;
use std::io::Write;
use std::path::Path;

/// A PNG of one colour, 8 bits.
pub(crate) fn png(width: u32, height: u32, rgb: [u8; 3]) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb(rgb));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A grey PNG whose value at (x, y) is `value(x, y)`.
pub(crate) fn grey_png(width: u32, height: u32, value: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let picture = image::GrayImage::from_fn(width, height, |x, y| image::Luma([value(x, y)]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Writes a file and the folders above it.
pub(crate) fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    let path = path.as_ref();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Opens a set whose cache is a folder beside it.
pub(crate) fn open(path: impl AsRef<Path>) -> anyhow::Result<Dataset> {
    let path = path.as_ref();
    netc_torch::data::open(path.to_str().unwrap(), &path.with_file_name("cache"))
}

/// What opening it complains of.
pub(crate) fn refused(path: impl AsRef<Path>) -> String {
    match open(path) {
        Ok(dataset) => panic!("{} was opened", dataset.name()),
        Err(error) => format!("{error:#}"),
    }
}

/// Asserts that a message says each of these.
#[track_caller]
pub(crate) fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

/// A tar of files.
pub(crate) fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A zip of files.
pub(crate) fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Packed by gzip.
pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// An IDX file of bytes.
pub(crate) fn idx(dimensions: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut all = vec![0, 0, 8, dimensions.len() as u8];
    all.extend(dimensions.iter().flat_map(|d| d.to_be_bytes()));
    all.extend(bytes);
    all
}

/// Every file below a folder, with its bytes.
pub(crate) fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

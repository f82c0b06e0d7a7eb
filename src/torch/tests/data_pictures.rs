//! Decoding and resizing beside Pillow, whose results `fixtures/picture_files.py` keeps.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc_torch::data::Image;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::Tensor;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn expected() -> BTreeMap<String, Image> {
    let all = Tensor::read_safetensors(fixtures().join("pictures.safetensors")).unwrap();
    let image = |(name, tensor): (String, Tensor)| {
        let [height, width, channels] = tensor.size()[..] else { panic!("{name}") };
        let pixels = Vec::try_from(tensor.flatten(0, -1)).unwrap();
        (name, Image { width: width as u32, height: height as u32, channels: channels as u32, pixels })
    };
    all.into_iter().map(image).collect()
}

/// Largest difference of two pictures' values; their sizes must agree.
#[track_caller]
fn difference(name: &str, one: &Image, other: &Image) -> u8 {
    let size = |i: &Image| (i.width, i.height, i.channels);
    assert_eq!(size(one), size(other), "{name}");
    one.pixels.iter().zip(&other.pixels).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

/// JPEG allows its decoders a level or two; of PNG each value is exact. Chroma at half the size is spread by filters
/// that differ from decoder to decoder at an edge.
#[test]
fn pictures_decode_as_pillow_decodes_them() {
    let mut seen = 0;
    for (name, wanted) in expected().iter().filter(|(name, _)| !name.starts_with("resize.")) {
        let bytes = std::fs::read(fixtures().join("pictures").join(name)).unwrap();
        let most = match name.as_str() {
            "sampled420.jpg" => 12,
            "cmyk.jpg" => 4,
            _ if name.ends_with(".jpg") => 3,
            _ => 0,
        };
        let found = difference(name, &Image::decode(&bytes).unwrap(), wanted);
        assert!(found <= most, "{name} differs by {found}");
        seen += 1;
    }
    assert_eq!(seen, std::fs::read_dir(fixtures().join("pictures")).unwrap().count());
}

/// All eight orientations of EXIF show the same scene.
#[test]
fn every_orientation_is_turned_upright() {
    let wanted = &expected()["exif1.jpg"];
    assert_eq!((wanted.width, wanted.height), (24, 16));
    let orientations = [(1, "exif1"), (3, "exif3"), (6, "exif6"), (8, "exif8"), (2, "exif2"), (5, "exif5")];
    let corner = |image: &Image| image.pixels[..3].to_vec();
    let mut corners = Vec::new();
    for (number, name) in orientations {
        let image =
            Image::decode(&std::fs::read(fixtures().join(format!("pictures/{name}.jpg"))).unwrap()).unwrap();
        let turned = number >= 5;
        assert_eq!((image.width, image.height), if turned { (16, 24) } else { (24, 16) }, "{name}");
        corners.push(corner(&image));
    }
    corners.sort();
    corners.dedup();
    assert_eq!(corners.len(), 4, "the corner at the top left is each of the four: {corners:?}");
}

/// Antialiased as Pillow's BILINEAR (and torchvision's `antialias=True`) is.
#[test]
fn pictures_are_resized_as_pillow_resizes_them() {
    let all = expected();
    let source = &all["resize.source"];
    let grey =
        Image { channels: 1, pixels: source.pixels.iter().step_by(3).copied().collect(), ..source.clone() };
    let mut seen = 0;
    for (name, wanted) in
        all.iter().filter(|(name, _)| name.matches('.').count() == 2 && name.starts_with("resize."))
    {
        let from = if name.contains("grey") { &grey } else { source };
        let made = from.resized(wanted.width, wanted.height).unwrap();
        let found = difference(name, &made, wanted);
        assert!(found <= 1, "{name} differs by {found}");
        seen += 1;
    }
    assert_eq!(seen, 10);
}

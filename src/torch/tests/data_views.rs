//! Views: what augmentation makes of pictures, ten-crop evaluation, means of each pixel, pictures that are left out.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

mod data_support;

use data_support::{grey_png, open, png, says, write};
use netc_torch::data::{
    Augment, Base, Dataset, Jitter, Loader, LoaderOptions, Mean, OnBad, Pca, Preparation, ResizedCrop, Scale,
    contact_sheet,
};
use std::path::Path;
use std::sync::Arc;
use tch::{Kind, Tensor};

/// Two classes of ramps, 16x12.
fn ramps(root: &Path, each: u8) -> Dataset {
    let set = root.join("ramps");
    for n in 0..each {
        write(set.join(format!("a/{n}.png")), grey_png(16, 12, |x, y| (x * 3 + y * 5) as u8 + n));
        write(set.join(format!("b/{n}.png")), grey_png(16, 12, |x, y| 250 - (x * 4 + y * 2) as u8 - n));
    }
    open(&set).unwrap()
}

fn loader(set: Dataset, augment: Augment, input: [usize; 3], workers: usize) -> Loader {
    let all: Vec<usize> = (0..set.len()).collect();
    let prepared = Preparation::measure(&set, &all, input, augment, 0).unwrap();
    let options = LoaderOptions { batch: 4, workers, seed: 9, ..LoaderOptions::default() };
    Loader::new(Arc::new(set), prepared, options).unwrap()
}

fn values(batches: netc_torch::data::Batches) -> Vec<f32> {
    batches.flat_map(|b| Vec::<f32>::try_from(b.unwrap().images.flatten(0, -1)).unwrap()).collect()
}

fn everything() -> Augment {
    Augment {
        mirror: true,
        resized_crop: Some(ResizedCrop { area: [0.3, 1.0], ratio: [0.75, 1.33] }),
        jitter: Jitter { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 },
        pca: Some(Pca { sigma: 0.1, values: None, vectors: None }),
        ..Augment::default()
    }
}

#[test]
fn every_augmentation_is_the_same_for_any_number_of_workers_and_differs_from_epoch_to_epoch() {
    let root = tempfile::tempdir().unwrap();
    let all: Vec<usize> = (0..10).collect();
    let epoch = |workers, epoch| {
        let loader = loader(ramps(root.path(), 5), everything(), [3, 8, 8], workers);
        values(loader.train(&all, epoch).unwrap())
    };
    let one = epoch(1, 0);
    assert_eq!(one.len(), 10 * 3 * 8 * 8);
    assert_eq!(one, epoch(3, 0));
    assert_ne!(one, epoch(1, 1));
    assert!(one.iter().all(|v| v.is_finite()));
}

#[test]
fn ten_crops_are_the_corners_the_centre_and_their_mirror_images() {
    let root = tempfile::tempdir().unwrap();
    let augment =
        Augment { base: Base::Original, mean: Mean::None, scale: Scale::Byte, ..Augment::default() };
    let loader = loader(ramps(root.path(), 2), augment, [1, 8, 10], 1);
    let batch = loader.evaluate_ten(&[0]).unwrap().next().unwrap().unwrap();
    assert_eq!((batch.images.size(), batch.views, batch.labels.size()), (vec![10, 1, 8, 10], 10, vec![1]));
    let corner = |view: i64, x: i64| batch.images.double_value(&[view, 0, 0, x]);
    // The value at (x, y) is 3 x + 5 y; there is room for 6 columns and 4 rows.
    let places = [(0, 0), (6, 0), (0, 4), (6, 4), (3, 2)].map(|(x, y)| f64::from(3 * x + 5 * y));
    for (view, value) in places.into_iter().enumerate() {
        assert!((corner(view as i64, 0) - value).abs() < 1e-3, "{view}");
        assert!((corner(view as i64 + 5, 9) - value).abs() < 1e-3, "mirrored {view}");
    }
    let centre = values(loader.evaluate(&[0]).unwrap());
    assert_eq!(centre, Vec::<f32>::try_from(batch.images.get(4).flatten(0, -1)).unwrap());
}

/// With the mean of each pixel taken off, the mean over the training pictures is nothing anywhere, in any view.
#[test]
fn the_mean_of_each_pixel_goes_with_the_crop() {
    let root = tempfile::tempdir().unwrap();
    let augment = Augment { resize: Some(12), mean: Mean::Pixel, scale: Scale::Byte, ..Augment::default() };
    let loader = loader(ramps(root.path(), 1), augment, [3, 8, 8], 1);
    let ten = loader.evaluate_ten(&[0, 1]).unwrap().next().unwrap().unwrap().images.view([2, 10, 3, 8, 8]);
    let mean = ten.mean_dim(&[0i64][..], false, Kind::Float);
    assert!(mean.abs().max().double_value(&[]) < 1e-3);
    assert!(ten.abs().max().double_value(&[]) > 20.0);
}

#[test]
fn given_means_and_scales_are_torchvisions_normalise() {
    let root = tempfile::tempdir().unwrap();
    let (mean, scale) = (vec![0.485, 0.456, 0.406], vec![0.229, 0.224, 0.225]);
    let augment =
        Augment { mean: Mean::Given(mean.clone()), scale: Scale::Given(scale.clone()), ..Augment::default() };
    let loader = loader(ramps(root.path(), 1), augment, [3, 12, 16], 1);
    let batch = loader.evaluate(&[0]).unwrap().next().unwrap().unwrap();
    for c in 0..3 {
        let wanted = (f64::from(7 * 3 + 2 * 5) / 255.0 - f64::from(mean[c])) / f64::from(scale[c]);
        assert!((batch.images.double_value(&[0, c as i64, 2, 7]) - wanted).abs() < 1e-5);
    }
}

/// Noise along the components moves all pixels of a picture by one amount a channel, in proportion to the colours'
/// own variation: pictures whose red alone varies get red noise alone.
#[test]
fn colour_noise_follows_the_colours_of_the_training_pictures() {
    let root = tempfile::tempdir().unwrap();
    let set = root.path().join("reds");
    for n in 0..4u8 {
        write(set.join(format!("a/{n}.png")), png(6, 6, [60 * n, 100, 100]));
        write(set.join(format!("b/{n}.png")), png(6, 6, [250 - 50 * n, 100, 100]));
    }
    let pca = Pca { sigma: 1.0, values: None, vectors: None };
    let augment = Augment { pca: Some(pca), mean: Mean::None, scale: Scale::Unit, ..Augment::default() };
    let loader = loader(open(&set).unwrap(), augment, [3, 6, 6], 1);
    let mut moved = Vec::new();
    for epoch in 0..20 {
        let batch = loader.train(&[0, 0, 0, 0], epoch).unwrap().next().unwrap().unwrap().images;
        let of = |c| Vec::<f32>::try_from(batch.select(1, c).flatten(0, -1)).unwrap();
        assert!(of(1).iter().chain(&of(2)).all(|v| (v - 100.0 / 255.0).abs() < 1e-5));
        let red = of(0);
        assert!(red[..36].iter().all(|v| *v == red[0]), "one amount a picture");
        moved.push(red[0]);
    }
    let spread = moved.iter().map(|v| v * v).sum::<f32>() / 20.0;
    // The variance of red is about 0.09; the noise is N(0, 1) times that.
    assert!((0.05..0.16).contains(&spread.sqrt()), "{}", spread.sqrt());
}

#[test]
fn pictures_that_cannot_be_read_are_replaced_in_training_and_left_out_of_evaluation() {
    let root = tempfile::tempdir().unwrap();
    drop(ramps(root.path(), 4));
    let set = root.path().join("ramps");
    write(set.join("a/2.png"), "no picture");
    write(set.join("b/1.png"), "");
    let all: Vec<usize> = (0..8).collect();
    let failing = open(&set).unwrap();
    let told = Preparation::measure(&failing, &all, [1, 8, 8], Augment::default(), 0).unwrap_err();
    says(&format!("{told:#}"), &["not a PNG or JPEG file", ".png"]);
    let indices = |workers| {
        let skipping = open(&set).unwrap().on_bad_image(OnBad::Skip);
        let loader = loader(skipping, Augment::default(), [1, 8, 8], workers);
        let train: Vec<usize> = loader.train(&all, 1).unwrap().flat_map(|b| b.unwrap().indices).collect();
        let held_out: Vec<usize> = loader.evaluate(&all).unwrap().flat_map(|b| b.unwrap().indices).collect();
        let mut bad = loader.dataset().bad_images();
        bad.sort();
        (train, held_out, bad)
    };
    let (train, held_out, bad) = indices(1);
    assert_eq!((train.len(), held_out), (8, vec![0, 1, 3, 4, 6, 7]));
    assert!(train.iter().all(|i| ![2, 5].contains(i)));
    assert_eq!(bad.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [2, 5]);
    says(&bad[0].1, &["a/2.png", "not a PNG or JPEG file"]);
    assert_eq!(indices(3).0, train);
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let whole = Augment { resize: Some(16), base: Base::Whole, ..Augment::default() };
    let pca = Some(Pca { sigma: 0.1, values: None, vectors: None });
    for (augment, input, what) in [
        (Augment { mean: Mean::Pixel, ..whole.clone() }, [3, 8, 8], "`base: square`"),
        (
            Augment { resize: Some(7), ..Augment::default() },
            [3, 8, 8],
            "cut from pictures that are resized to 7",
        ),
        (Augment { pca: pca.clone(), ..Augment::default() }, [1, 8, 8], "three channels"),
        (Augment { pca, ..Augment::default() }, [3, 8, 8], "needs training pictures"),
        (
            Augment { mean: Mean::Given(vec![0.5]), ..Augment::default() },
            [3, 8, 8],
            "1 numbers for 3 channels",
        ),
        (whole, [2, 8, 8], "2 channels"),
    ] {
        says(&format!("{:#}", Preparation::without_data(input, augment).unwrap_err()), &[what]);
    }
}

#[test]
fn a_contact_sheet_shows_the_view_of_evaluation_first() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("green.png");
    write(&path, png(40, 30, [0, 200, 0]));
    let augment = Augment { resize: Some(20), mirror: true, ..Augment::default() };
    let prepared = Preparation::without_data([3, 16, 16], augment).unwrap();
    let sheet = contact_sheet(&prepared, &path, 8, 0).unwrap();
    // Views of 64, six a row, 6 pixels apart.
    assert_eq!((sheet.width, sheet.height), (6 * 70 + 6, 2 * 70 + 6));
    let at = |x: usize, y: usize| sheet.pixels[(y * sheet.width as usize + x) * 3..][..3].to_vec();
    assert_eq!((at(0, 0), at(4, 4), at(40, 40)), (vec![255; 3], vec![0, 90, 200], vec![0, 200, 0]));
    assert_eq!(Tensor::from_slice(&sheet.to_png().unwrap()[1..4]), Tensor::from_slice(b"PNG"));
    says(
        &format!("{:#}", contact_sheet(&prepared, &root.path().join("no.png"), 8, 0).unwrap_err()),
        &["no.png"],
    );
}

//! Data sets as they lie on disk: what is read, what is refused and in which words; batches.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

mod data_support;

use data_support::{files_below, grey_png, open, png, refused, says, tar, write, zip};
use netc_torch::data::{self, Augment, Loader, LoaderOptions, Preparation};
use std::path::Path;
use std::sync::Arc;

/// `cat` in dark, `dog` in light pictures, ten of each.
fn pets(root: &Path, size: u32) {
    for n in 0..10u8 {
        write(root.join(format!("cat/{n}.png")), png(size, size, [n, 20 + n, 40]));
        write(root.join(format!("dog/{n}.PNG")), png(size, size, [200 + n, 220, 240]));
    }
}

#[test]
fn the_digits_are_those_of_the_published_set() {
    let digits = data::open("digits", Path::new("nowhere")).unwrap();
    assert_eq!(digits.len(), 1797);
    assert_eq!(digits.classes(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let mut counts = [0; 10];
    (0..digits.len()).for_each(|i| counts[digits.label(i)] += 1);
    // scikit-learn's counts.
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    // The first picture's first row is 0 0 5 13 9 1 0 0 of 16.
    assert_eq!(digits.image(0).unwrap().pixels[..8], [0, 0, 80, 207, 143, 16, 0, 0]);
}

#[test]
fn class_folders_are_split_by_seed_a_fifth_of_each_class() {
    let root = tempfile::tempdir().unwrap();
    let set = root.path().join("pets");
    pets(&set, 8);
    let pets = open(&set).unwrap();
    assert_eq!((pets.classes(), pets.len()), (&["cat".to_owned(), "dog".to_owned()][..], 20));
    assert!(!pets.is_divided());
    let split = pets.split(0.2, 3).unwrap();
    let of = |indices: &[usize], class| indices.iter().filter(|&&i| pets.label(i) == class).count();
    assert_eq!([of(&split.held_out, 0), of(&split.held_out, 1)], [2, 2]);
    assert_eq!([of(&split.train, 0), of(&split.train, 1)], [8, 8]);
    assert_eq!(split, pets.split(0.2, 3).unwrap());
    assert_ne!(split, pets.split(0.2, 4).unwrap());
}

#[test]
fn train_and_val_folders_are_the_split() {
    let root = tempfile::tempdir().unwrap();
    let set = root.path().join("pets");
    pets(&set.join("train"), 8);
    pets(&set.join("val"), 8);
    let both = open(&set).unwrap();
    let split = both.split(0.5, 0).unwrap();
    assert!(both.is_divided() && both.len() == 40);
    assert!(split.train.iter().all(|&i| both.sample_name(i).contains("train")));
    assert!(split.held_out.iter().all(|&i| both.sample_name(i).contains("val")));
    write(set.join("val/mouse/1.png"), png(8, 8, [0; 3]));
    says(&refused(&set), &["class `mouse` is in val/ but not in train/"]);
}

#[test]
fn missing_data_says_what_was_looked_for_and_what_was_found() {
    let root = tempfile::tempdir().unwrap();
    let set = root.path().join("set");
    says(&refused(&set), &["no data set is called", "digits", "elpv"]);
    let cache = data::open("elpv", root.path()).unwrap_err().to_string();
    says(&cache, &["looked for elpv_dataset/data/labels.csv", "there is no such folder", "make data"]);
    std::fs::create_dir(&set).unwrap();
    says(&refused(&set), &["holds no class folders", "looked for CLASS/*.png|jpg|jpeg", "found nothing"]);
    write(set.join("a.png"), png(8, 8, [0; 3]));
    write(set.join("notes.txt"), "");
    says(&refused(&set), &["found 1 picture and 1 other file"]);
    pets(&set, 8);
    write(set.join("empty/notes.txt"), "");
    says(&refused(&set), &["class folder", "empty holds no png or jpg: found 1 other file"]);
    std::fs::remove_dir_all(&set).unwrap();
    write(set.join("val/cat/1.png"), png(8, 8, [0; 3]));
    says(&refused(&set), &["found val/ but no train/"]);
    std::fs::remove_dir_all(&set).unwrap();
    write(set.join("cat/1.png"), png(8, 8, [0; 3]));
    says(&refused(&set), &["holds one class only, `cat`"]);
}

#[test]
fn what_is_odd_about_a_folder_is_said() {
    let root = tempfile::tempdir().unwrap();
    let set = root.path().join("pets");
    pets(&set, 8);
    assert!(open(&set).unwrap().remarks().is_empty());
    write(set.join("cat/3.jpg"), png(8, 8, [0; 3]));
    write(set.join("dog/Thumbs.db"), "x");
    write(set.join("dog/.hidden"), "x");
    let remarks = open(&set).unwrap().remarks().join("\n");
    says(&remarks, &["1 pair of pictures", "cat/3.jpg and 3.png", "is 1 file or folder", "not read", "dog"]);
}

fn elpv() -> Vec<(&'static str, Vec<u8>)> {
    let labels =
        "images/cell0001.png  1.0  mono\nimages/cell0002.png  0.0   poly\nimages/cell0003.png 0.333 mono\n";
    vec![
        ("elpv/data/labels.csv", labels.into()),
        ("elpv/data/images/cell0001.png", grey_png(30, 30, |_, _| 10)),
        ("elpv/data/images/cell0002.png", grey_png(30, 30, |_, _| 20)),
        ("elpv/data/images/cell0003.png", grey_png(30, 30, |_, _| 30)),
    ]
}

#[test]
fn the_elpv_zip_is_read_where_it_lies() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("elpv.zip");
    write(&path, zip(&elpv()));
    let before = files_below(root.path());
    let set = open(&path).unwrap();
    assert_eq!(set.classes(), ["mono", "poly"]);
    assert_eq!((0..3).map(|i| set.label(i)).collect::<Vec<_>>(), [0, 1, 0]);
    let picture = set.image(1).unwrap();
    assert_eq!((picture.width, picture.channels, picture.pixels[0]), (30, 1, 20));
    assert_eq!(files_below(root.path()), before, "something was unpacked");

    let mut wrong = elpv();
    for (line, what) in [
        ("images/cell0009.png 1.0 mono", "cell0009.png is missing"),
        ("../../etc/passwd 1.0 mono", "leaves the data set's folder"),
        ("images/cell0001.png 2.0 mono", "the defect probability is 2"),
        ("images/cell0001.png 1.0 duo", "the kind of cell is `duo`"),
        ("images/cell0001.png 1.0", "found 2 fields"),
    ] {
        wrong[0].1 = format!("images/cell0001.png 1.0 mono\n{line}\n").into_bytes();
        write(&path, zip(&wrong));
        says(&refused(&path), &["labels.csv:2", what]);
    }
}

#[test]
fn class_folders_may_lie_in_a_zip_or_tar_and_nothing_leaves_it() {
    let root = tempfile::tempdir().unwrap();
    let dark = png(8, 8, [1; 3]);
    let files = [
        ("pets/cat/1.png", dark.clone()),
        ("pets/dog/1.png", png(8, 8, [9; 3])),
        ("pets/dog/2.png", dark.clone()),
    ];
    for (name, bytes) in [
        ("pets.zip", zip(&files)),
        ("pets.tar", tar(&files)),
        ("pets.tar.gz", data_support::gz(&tar(&files))),
    ] {
        let path = root.path().join(name);
        write(&path, bytes);
        let set = open(&path).unwrap();
        assert_eq!((set.classes(), set.len()), (&["cat".to_owned(), "dog".to_owned()][..], 3), "{name}");
        assert_eq!(set.image(1).unwrap().pixels[0], 9, "{name}");
        assert!(set.sample_name(1).ends_with("pets/dog/1.png"), "{}", set.sample_name(1));
    }
    let path = root.path().join("evil.zip");
    write(&path, zip(&[("cat/1.png", dark.clone()), ("../dog/1.png", dark.clone())]));
    says(&refused(&path), &["`../dog/1.png` leaves the archive"]);
    let path = root.path().join("twice.tar");
    write(&path, tar(&[("cat/1.png", dark.clone()), ("cat/1.png", dark.clone()), ("dog/1.png", dark)]));
    says(&refused(&path), &["two files named `cat/1.png`"]);
    let path = root.path().join("no.zip");
    write(&path, "PK\x03\x04 no zip");
    says(&refused(&path), &["neither a folder nor a zip"]);
}

fn preparation(set: &data::Dataset, resize: u32, crop: u32) -> anyhow::Result<Preparation> {
    let augment = Augment { resize: Some(resize), mirror: true, ..Augment::default() };
    let all: Vec<usize> = (0..set.len()).collect();
    Preparation::measure(set, &all, [3, crop as usize, crop as usize], augment, 0)
}

/// Pictures of an epoch: indices and the bytes of every tensor.
fn epoch(loader: &Loader, indices: &[usize], epoch: u64, done: usize) -> Vec<(Vec<usize>, Vec<f32>)> {
    let all = loader.train_from(indices, epoch, done).unwrap().map(|batch| {
        let batch = batch.unwrap();
        (batch.indices, Vec::try_from(batch.images.flatten(0, -1)).unwrap())
    });
    all.collect()
}

#[test]
fn any_number_of_workers_makes_the_same_batches_and_an_epoch_can_be_entered_in_the_middle() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("pets");
    pets(&path, 20);
    write(path.join("cat/ramp.png"), grey_png(24, 20, |x, y| (x * 7 + y * 3) as u8));
    let set = Arc::new(open(&path).unwrap());
    let prepared = preparation(&set, 18, 12).unwrap();
    let all: Vec<usize> = (0..set.len()).collect();
    let loader = |workers, memory| {
        let options = LoaderOptions { batch: 4, workers, memory, seed: 5, ..LoaderOptions::default() };
        Loader::new(Arc::clone(&set), prepared.clone(), options).unwrap()
    };
    let one = epoch(&loader(1, 1 << 30), &all, 2, 0);
    assert_eq!(one.len(), 6);
    assert_eq!(one, epoch(&loader(3, 0), &all, 2, 0), "three workers and no memory");
    assert_eq!(one[2..], epoch(&loader(2, 0), &all, 2, 2), "from the third batch on");
    let mut seen: Vec<usize> = one.iter().flat_map(|(indices, _)| indices.clone()).collect();
    assert_ne!(seen, all, "the order is shuffled");
    seen.sort_unstable();
    assert_eq!(seen, all, "each picture once");
    let next = epoch(&loader(1, 0), &all, 3, 0);
    assert_ne!(one[0].0, next[0].0, "another epoch, another order");
}

#[test]
fn grey_pictures_fill_three_channels_alike() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("grey");
    write(path.join("a/1.png"), grey_png(8, 8, |x, _| x as u8 * 30));
    write(path.join("b/1.png"), grey_png(8, 8, |_, y| y as u8 * 30));
    let set = Arc::new(open(&path).unwrap());
    let loader =
        Loader::new(Arc::clone(&set), preparation(&set, 8, 8).unwrap(), LoaderOptions::default()).unwrap();
    let batch = loader.evaluate(&[0, 1]).unwrap().next().unwrap().unwrap();
    assert_eq!(batch.images.size(), [2, 3, 8, 8]);
    let [r, g, b] =
        [0, 1, 2].map(|c| Vec::<f32>::try_from(batch.images.select(1, c).flatten(0, -1)).unwrap());
    assert!(r == g && g == b && r[0] != r[1]);
}

#[test]
fn a_broken_picture_is_named() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("pets");
    pets(&path, 20);
    let whole = png(20, 20, [7, 8, 9]);
    write(path.join("cat/bad.png"), &whole[..whole.len() / 2]);
    write(path.join("dog/text.jpg"), "this is no picture");
    let set = open(&path).unwrap();
    let at = |end: &str| (0..set.len()).find(|&i| set.sample_name(i).ends_with(end)).unwrap();
    says(&format!("{:#}", set.image(at("bad.png")).unwrap_err()), &["cat/bad.png", "cannot decode"]);
    says(
        &format!("{:#}", set.image(at("text.jpg")).unwrap_err()),
        &["dog/text.jpg", "not a PNG or JPEG file"],
    );
}

#[test]
fn a_picture_smaller_than_the_crop_is_said_before_training() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("pets");
    pets(&path, 8);
    let set = open(&path).unwrap();
    says(
        &format!("{:#}", preparation(&set, 10, 12).unwrap_err()),
        &["a crop of 12x12 cannot be cut from pictures that are resized to 10"],
    );
}

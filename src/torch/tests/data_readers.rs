//! Each reader of a published format: what it reads, and each length field that lies.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

mod data_support;

use data_support::{files_below, grey_png, gz, idx, open, png, refused, says, tar, write};
use netc_torch::data::{self, Dataset};
use std::fs;
use std::path::Path;

/// Names and bytes.
type Files<'a> = &'a [(&'a str, Vec<u8>)];

fn labels(set: &Dataset) -> Vec<usize> {
    (0..set.len()).map(|i| set.label(i)).collect()
}

/// Two training and one test picture of 2x3.
fn mnist(folder: &Path, pack: bool) {
    let put = |name: &str, bytes: Vec<u8>| {
        let (name, bytes) = if pack { (format!("{name}.gz"), gz(&bytes)) } else { (name.to_owned(), bytes) };
        write(folder.join(name), bytes);
    };
    put("train-images-idx3-ubyte", idx(&[2, 2, 3], &[1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60]));
    put("train-labels-idx1-ubyte", idx(&[2], &[0, 2]));
    put("t10k-images-idx3-ubyte", idx(&[1, 2, 3], &[9, 8, 7, 6, 5, 4]));
    put("t10k-labels-idx1-ubyte", idx(&[1], &[1]));
}

#[test]
fn idx_files_plain_and_packed() {
    let root = tempfile::tempdir().unwrap();
    for pack in [false, true] {
        let folder = root.path().join(format!("mnist{pack}"));
        mnist(&folder, pack);
        let set = open(&folder).unwrap();
        assert_eq!((labels(&set), set.classes()), (vec![0, 2, 1], &["0", "1", "2"].map(String::from)[..]));
        let picture = set.image(1).unwrap();
        assert_eq!((picture.width, picture.height, picture.channels), (3, 2, 1));
        assert_eq!(picture.pixels, [10, 20, 30, 40, 50, 60]);
        let split = set.split(0.2, 0).unwrap();
        assert_eq!((split.train, split.held_out), (vec![0, 1], vec![2]));
        write(folder.join("classes.txt"), "shirt\ncoat\nbag\n");
        assert_eq!(open(&folder).unwrap().classes(), ["shirt", "coat", "bag"]);
    }
}

#[test]
fn idx_headers_that_lie_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("mnist");
    let images = folder.join("train-images-idx3-ubyte");
    let cases: [(Vec<u8>, &str); 8] = [
        (idx(&[2, 2, 3], &[0; 11]), "claims 2x2x3 but is 27 bytes long, not 28"),
        (idx(&[3, 2, 3], &[0; 12]), "claims 3x2x3"),
        (idx(&[u32::MAX, u32::MAX, u32::MAX], &[0; 12]), "which cannot be"),
        (idx(&[12], &[0; 12]), "IDX data of 1 dimensions where 3 are expected"),
        (idx(&[0, 40_000, 40_000], &[]), "images of 40000x40000"),
        (
            idx(&[2, 2, 3], &[0; 12])
                .into_iter()
                .enumerate()
                .map(|(i, b)| if i == 2 { 13 } else { b })
                .collect(),
            "type 0x0d",
        ),
        (b"PNG!".to_vec(), "no IDX file: it begins with"),
        (vec![0, 0], "too short"),
    ];
    for (bytes, what) in cases {
        mnist(&folder, false);
        write(&images, bytes);
        says(&refused(&folder), &["train-images-idx3-ubyte", what]);
    }
    mnist(&folder, false);
    write(folder.join("train-labels-idx1-ubyte"), idx(&[3], &[0, 1, 2]));
    says(&refused(&folder), &["holds 2 images but", "3 labels"]);
    fs::remove_file(folder.join("train-labels-idx1-ubyte")).unwrap();
    says(&refused(&folder), &["but no labels for it"]);
    mnist(&folder, true);
    fs::remove_file(&images).unwrap();
    let packed = folder.join("train-images-idx3-ubyte.gz");
    let whole = fs::read(&packed).unwrap();
    write(&packed, &whole[..whole.len() - 9]);
    says(&refused(&folder), &["train-images-idx3-ubyte.gz", "damaged or cut short"]);
}

/// `pictures` records a batch; pixel p of channel c in record r is `r + 50 c`, p ignored.
fn cifar10(folder: &Path, pictures: u8) {
    let record = |label: u8| {
        let pixels = (0..3u8).flat_map(move |c| std::iter::repeat_n(label + 50 * c, 1024));
        std::iter::once(label).chain(pixels)
    };
    for name in ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"]
    {
        write(folder.join(format!("{name}.bin")), (0..pictures).flat_map(record).collect::<Vec<u8>>());
    }
    let names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
    write(folder.join("batches.meta.txt"), names.join("\n") + "\n\n");
}

#[test]
fn cifar10_unpacked_and_as_it_comes() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("cifar");
    cifar10(&folder.join("cifar-10-batches-bin"), 4);
    let files = files_below(&folder).into_iter().map(|(name, bytes)| {
        (name.strip_prefix(&format!("{}/", folder.display())).unwrap().to_owned(), bytes)
    });
    let files: Vec<(String, Vec<u8>)> = files.collect();
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    let packed = root.path().join("cifar-10-binary.tar.gz");
    write(&packed, gz(&tar(&files)));
    for path in [folder.clone(), folder.join("cifar-10-batches-bin"), packed] {
        let set = open(&path).unwrap();
        assert_eq!((set.len(), set.classes()[3].as_str(), set.classes().len()), (24, "cat", 10));
        let split = set.split(0.2, 0).unwrap();
        assert_eq!((split.train.len(), split.held_out.len()), (20, 4));
        let picture = set.image(2).unwrap();
        assert_eq!((picture.width, picture.height, picture.channels, set.label(2)), (32, 32, 3, 2));
        assert_eq!(picture.pixels[..6], [2, 52, 102, 2, 52, 102]);
    }
    let batch = folder.join("cifar-10-batches-bin/data_batch_3.bin");
    let whole = fs::read(&batch).unwrap();
    write(&batch, &whole[..whole.len() - 1]);
    says(&refused(&folder), &["data_batch_3.bin", "no number of records of 3073", "cut short"]);
    let mut wrong = whole.clone();
    wrong[3073] = 10;
    write(&batch, wrong);
    says(&refused(&folder), &["record 1 has the label 10 of 10"]);
    fs::remove_file(&batch).unwrap();
    says(&refused(&folder), &["data_batch_3.bin is missing: looked for"]);
}

#[test]
fn cifar100_takes_the_fine_labels() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("cifar-100-binary");
    let record = |fine: u8| [vec![19, fine], vec![fine; 3072]].concat();
    write(folder.join("train.bin"), [record(99), record(5)].concat());
    write(folder.join("test.bin"), record(0));
    write(folder.join("fine_label_names.txt"), (0..100).map(|n| format!("fine{n}\n")).collect::<String>());
    let set = open(&folder).unwrap();
    assert_eq!((labels(&set), set.classes().len()), (vec![99, 5, 0], 100));
    assert_eq!(set.image(0).unwrap().pixels[0], 99);
    write(folder.join("fine_label_names.txt"), "one\ntwo\n");
    says(&refused(&folder), &["names 2 classes, not 100"]);
}

#[test]
fn manifests_name_their_columns() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    for n in 0..4u8 {
        write(folder.join(format!("img/a b {n}.png")), png(4, 4, [n; 3]));
    }
    let path = folder.join("set.csv");
    write(
        &path,
        "label,split,path\n10,train,\"img/a b 0.png\"\n2,train,img/a b 1.png\n10,val,img/a b 2.png\n",
    );
    let set = open(&path).unwrap();
    // Numbers are sorted as numbers.
    assert_eq!((set.classes(), labels(&set)), (&["2", "10"].map(String::from)[..], vec![1, 0, 1]));
    assert_eq!(set.split(0.2, 0).unwrap().held_out, [2]);
    assert_eq!(set.image(1).unwrap().pixels[0], 1);
    write(folder.join("set.tsv"), "image\tclass\nimg/a b 0.png\tcat\nimg/a b 1.png\tdog\n");
    assert_eq!(open(folder.join("set.tsv")).unwrap().classes(), ["cat", "dog"]);
    for (text, what) in [
        ("img/a b 0.png,cat\nimg/a b 1.png,dog\n", "the first line names no column of paths"),
        ("path,kind\nimg/a b 0.png,cat\n", "no column of labels (label, class): it is `path`, `kind`"),
        ("path,label\nimg/a b 0.png,cat\nimg/none.png,dog\n", "set.csv:3: "),
        ("path,label\nimg/a b 0.png,cat\nimg/a b 0.png,dog\n", "is listed twice, first in line 2"),
        ("path,label\nimg/a b 0.png\n", "set.csv"),
        ("path,label\nimg/a b 0.png,\n", "set.csv:2: there is no label"),
        ("path,label,split\nimg/a b 0.png,cat,dev\n", "the split is `dev`"),
        ("path,label,split\nimg/a b 0.png,cat,train\nimg/a b 1.png,dog,\n", "1 lines have no split"),
        ("path,label\n", "holds no pictures"),
    ] {
        write(&path, text);
        says(&refused(&path), &[what]);
    }
}

/// Shards with the pictures numbered by class.
fn shard(first: u8, count: u8) -> Vec<u8> {
    let mut files = Vec::new();
    for n in first..first + count {
        files.push((format!("{n:04}.png"), png(4, 4, [n; 3])));
        files.push((format!("{n:04}.cls"), format!("{}\n", n % 3).into_bytes()));
    }
    tar(&files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect::<Vec<_>>())
}

#[test]
fn webdataset_shards_are_looked_through_once() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("shards");
    write(folder.join("train-000.tar"), shard(0, 5));
    write(folder.join("train-001.tar"), shard(5, 5));
    write(folder.join("val-000.tar"), shard(10, 2));
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    for name in ["train-000.tar", "train-001.tar", "val-000.tar"] {
        fs::File::options().write(true).open(folder.join(name)).unwrap().set_modified(old).unwrap();
    }
    let set = open(&folder).unwrap();
    assert_eq!((set.len(), set.classes().len()), (12, 3));
    assert_eq!(labels(&set), (0..12).map(|n| n % 3).collect::<Vec<_>>());
    assert_eq!(set.split(0.2, 0).unwrap().held_out, [10, 11]);
    assert_eq!(set.image(7).unwrap().pixels[0], 7);
    assert!(set.sample_name(7).ends_with("train-001.tar:0007.png"));
    // The index is used while the shards are as they were: a label changed in it shows.
    let cache = root.path().join("cache/index");
    let index = fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replacen("\"label\":0", "\"label\":1", 1)).unwrap();
    assert_eq!(open(&folder).unwrap().label(0), 1);
    fs::write(&index, "{ damaged").unwrap();
    assert_eq!(open(&folder).unwrap().label(0), 0);
    write(folder.join("train-001.tar"), shard(5, 4));
    assert_eq!(open(&folder).unwrap().len(), 11);
    let pattern = folder.join("train-{000..001}.tar");
    assert_eq!(open(&pattern).unwrap().len(), 9);
    says(&refused(folder.join("train-{000..002}.tar")), &["train-002.tar is missing"]);
    says(&refused(folder.join("train-{5..2}.tar")), &["is no range"]);
}

#[test]
fn shards_that_do_not_fit_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("one.tar");
    let picture = png(4, 4, [0; 3]);
    let json = |text: &str| text.as_bytes().to_vec();
    write(
        &path,
        tar(&[
            ("a.jpg", picture.clone()),
            ("a.json", json("{\"label\": 1}")),
            ("b.png", picture.clone()),
            ("b.json", json("{\"cls\": 0}")),
        ]),
    );
    assert_eq!(labels(&open(&path).unwrap()), [1, 0]);
    let cases: [(Files<'_>, &str); 6] = [
        (&[("a.png", picture.clone()), ("a.cls", json("1")), ("b.png", picture.clone())], "`b` has no label"),
        (
            &[("a.png", picture.clone()), ("a.jpg", picture.clone()), ("a.cls", json("1"))],
            "two pictures named `a`",
        ),
        (&[("a.png", picture.clone()), ("a.cls", json("1")), ("a.cls", json("2"))], "two labels for `a`"),
        (&[("a.png", picture.clone()), ("a.cls", json("cat"))], "a.cls: `cat` is no class number"),
        (&[("a.png", picture.clone()), ("a.cls", json("99999999999"))], "the class number is 99999999999"),
        (&[("a.txt", json("1")), ("a.cls", json("1"))], "no png or jpg with a label"),
    ];
    for (files, what) in cases {
        write(&path, tar(files));
        says(&refused(&path), &["one.tar", what]);
    }
    let mut bytes = shard(0, 3);
    bytes.truncate(512 + 40);
    write(&path, bytes);
    says(&refused(&path), &["one.tar", "cut short"]);
}

#[test]
fn links_in_a_tar_are_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("link.tar");
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "cat/1.png", "/etc/passwd").unwrap();
    write(&path, builder.into_inner().unwrap());
    says(&refused(&path), &["`cat/1.png` is a link", "not followed"]);
}

const TRUTH: &str = "ILSVRC2012_validation_ground_truth.txt";

/// Three classes; `meta.mat` (made by SciPy, see fixtures/picture_files.py) numbers them 1 to 3 as n03, n01, n02.
fn imagenet(folder: &Path) -> Vec<u8> {
    let class = |n: u8| {
        let files =
            [(format!("n0{n}_1.JPEG"), png(6, 6, [n; 3])), (format!("n0{n}_2.JPEG"), png(6, 6, [10 + n; 3]))];
        tar(&files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect::<Vec<_>>())
    };
    write(
        folder.join("ILSVRC2012_img_train.tar"),
        tar(&[("n02.tar", class(2)), ("n01.tar", class(1)), ("n03.tar", class(3))]),
    );
    let val =
        |n: usize| (format!("ILSVRC2012_val_0000000{n}.JPEG"), grey_png(6, 6, move |_, _| n as u8 * 40));
    let val = [val(2), val(1), val(3)];
    write(
        folder.join("ILSVRC2012_img_val.tar"),
        tar(&val.iter().map(|(n, b)| (n.as_str(), b.clone())).collect::<Vec<_>>()),
    );
    let meta = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/meta.mat");
    fs::read(meta).unwrap()
}

#[test]
fn ilsvrc2012_as_it_is_distributed() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("imagenet");
    let meta = imagenet(&folder);
    says(
        &refused(&folder),
        &["3 validation pictures but not what they show", "ILSVRC2012_devkit_t12.tar.gz", TRUTH, "meta.mat"],
    );
    let kit = "ILSVRC2012_devkit_t12/data";
    let files =
        [(format!("{kit}/{TRUTH}"), b"1\n3\n2\n".to_vec()), (format!("{kit}/meta.mat"), meta.clone())];
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    write(folder.join("ILSVRC2012_devkit_t12.tar.gz"), gz(&tar(&files)));
    for _ in ["looked through", "by the index"] {
        let set = open(&folder).unwrap();
        assert_eq!(set.classes(), ["n01 tench", "n02 goldfish", "n03 great white shark"]);
        assert_eq!(labels(&set), [0, 0, 1, 1, 2, 2, 2, 1, 0]);
        assert_eq!(set.split(0.2, 0).unwrap().held_out, [6, 7, 8]);
        assert_eq!((set.image(4).unwrap().pixels[0], set.image(7).unwrap().pixels[0]), (3, 80));
        assert!(set.sample_name(4).ends_with("ILSVRC2012_img_train.tar:n03_1.JPEG"));
    }
    fs::remove_file(folder.join("ILSVRC2012_devkit_t12.tar.gz")).unwrap();
    write(folder.join(TRUTH), "1\n3\n2\n");
    says(&refused(&folder), &[TRUTH, "numbers the classes", "meta.mat"]);
    write(folder.join("meta.mat"), &meta[..meta.len() - 40]);
    says(&refused(&folder), &["meta.mat"]);
    write(folder.join("meta.mat"), &meta);
    assert_eq!(open(&folder).unwrap().len(), 9);
    write(folder.join(TRUTH), "1\n3\n");
    says(&refused(&folder), &["ILSVRC2012_val_00000003.JPEG", "among the 2 of the ground truth"]);
    write(folder.join(TRUTH), "n01\nn02\nn09\n");
    says(&refused(&folder), &["shows `n09`, a class without training pictures"]);
}

#[test]
fn ilsvrc2012_unpacked() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("imagenet");
    for n in 1..3u8 {
        write(folder.join(format!("train/n0{n}/n0{n}_7.JPEG")), png(6, 6, [n; 3]));
        write(folder.join(format!("val/ILSVRC2012_val_0000000{n}.JPEG")), png(6, 6, [100 + n; 3]));
    }
    write(folder.join(TRUTH), "n02\nn01\n");
    let set = open(&folder).unwrap();
    assert_eq!((set.classes(), labels(&set)), (&["n01", "n02"].map(String::from)[..], vec![0, 1, 1, 0]));
    assert_eq!(set.image(3).unwrap().pixels[0], 102);
    fs::remove_dir_all(folder.join("val")).unwrap();
    write(folder.join("val/n01/1.JPEG"), png(6, 6, [0; 3]));
    write(folder.join("val/n02/1.JPEG"), png(6, 6, [0; 3]));
    assert_eq!(
        data::open(folder.to_str().unwrap(), root.path()).unwrap().len(),
        4,
        "sorted: a folder as any"
    );
}

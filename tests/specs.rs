//! The specs that are shipped: sizes and programs as snapshots, totals against what was published.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn netc(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_netc"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .expect("netc starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "netc {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("netc writes UTF-8")
}

/// `specs/name.spec`, wherever the checkout lies.
fn name(path: &Path) -> String {
    format!("specs/{}", path.file_name().expect("a file").to_string_lossy())
}

#[test]
fn sizes_of_each_spec() {
    insta::glob!("..", "specs/*.spec", |path| insta::assert_snapshot!(netc(&["show", &name(path)])));
}

#[test]
fn program_of_each_spec() {
    insta::glob!("..", "specs/*.spec", |path| {
        insta::assert_snapshot!(netc(&["show", "--format", "program", &name(path)]));
    });
}

/// No spec has anything to report: not even a warning.
#[test]
fn each_spec_is_sound() {
    insta::glob!("..", "specs/*.spec", |path| {
        netc(&["check", "--deny", "warnings", &name(path)]);
    });
}

/// Parameters, buffers and multiplications, where somebody published or counted them independently.
#[test]
fn totals_are_the_published_ones() {
    let totals = |spec: &str| -> Value {
        let json = netc(&["show", "--format", "json", &format!("specs/{spec}.spec")]);
        serde_json::from_str::<Value>(&json).expect("JSON")["totals"].clone()
    };
    for (spec, parameters, buffers, macs) in [
        // Keras 3 counts 62,397,480 trainable parameters and 19,136 others.
        ("alexnet", 62_397_480, 19_136, Some(1_176_854_048u64)),
        ("alexnet-2012", 60_965_224, 0, None),
        // torchvision's models.
        ("alexnet-owt", 61_100_840, 0, Some(714_188_480)),
        ("vgg16", 138_357_544, 0, None),
        // Caffe's bvlc_alexnet.
        ("caffe-alexnet", 60_965_224, 0, Some(724_406_816)),
        ("lenet", 61_706, 0, None),
    ] {
        let found = totals(spec);
        assert_eq!(found["params"], parameters, "{spec}");
        assert_eq!(found["buffers"], buffers, "{spec}");
        if let Some(macs) = macs {
            assert_eq!(found["macs"], macs, "{spec}");
        }
    }
}

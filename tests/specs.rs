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

/// The names of a spec's nets.
fn nets(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("the spec is there");
    let compiled = netc::compile(&netc::source::Source::new("spec", text), &netc::Options::default());
    compiled.nets.iter().map(|n| n.net.name.clone()).collect()
}

/// What `netc show` prints of a spec: of several nets, of the first.
fn shown(path: &Path, format: &str) -> String {
    match nets(path).as_slice() {
        [_] => netc(&["show", "--format", format, &name(path)]),
        [first, ..] => netc(&["show", "--format", format, "--net", first, &name(path)]),
        [] => panic!("{} holds no net", path.display()),
    }
}

#[test]
fn sizes_of_each_spec() {
    insta::glob!("..", "specs/*.spec", |path| insta::assert_snapshot!(shown(path, "table")));
}

#[test]
fn program_of_each_spec() {
    insta::glob!("..", "specs/*.spec", |path| insta::assert_snapshot!(shown(path, "program")));
}

/// No spec has anything to report: not even a warning.
#[test]
fn each_spec_is_sound() {
    insta::glob!("..", "specs/*.spec", |path| {
        netc(&["check", "--deny", "warnings", &name(path)]);
    });
}

/// Spec, net, parameters, buffers, multiplications.
type Published = (&'static str, &'static str, u64, Option<u64>, Option<u64>);

const PUBLISHED: &[Published] = &[
    // Keras 3 counts 62,397,480 trainable parameters and 19,136 others.
    ("alexnet", "", 62_397_480, Some(19_136), Some(1_176_854_048)),
    ("alexnet-2012", "", 60_965_224, Some(0), None),
    // torchvision's models, counted by src/torch/tests/fixtures/totals.py.
    ("alexnet-owt", "", 61_100_840, Some(0), Some(714_188_480)),
    ("vgg16", "", 138_357_544, Some(0), Some(15_470_264_320)),
    ("densenet", "DenseNet-121", 7_978_856, Some(83_648), Some(2_834_161_664)),
    ("densenet", "DenseNet-169", 14_149_480, Some(158_400), Some(3_359_843_328)),
    ("densenet", "DenseNet-201", 20_013_928, Some(229_056), Some(4_291_365_888)),
    ("efficientnet-b0", "", 5_288_548, Some(42_016), Some(385_814_752)),
    ("inception-v3", "", 23_834_568, Some(34_432), Some(5_713_216_096)),
    ("resnext50", "ResNeXt-50 (32x4d)", 25_028_904, Some(68_224), Some(4_230_479_872)),
    ("shufflenet-v2", "", 2_278_604, Some(16_180), Some(144_907_992)),
    // The published tables written down in PyTorch once more, by the same script.
    ("unet", "", 31_030_658, Some(0), Some(150_428_424_448)),
    ("darknet19", "", 20_842_376, Some(14_400), Some(2_790_989_824)),
    // Caffe's bvlc_alexnet.
    ("caffe-alexnet", "", 60_965_224, Some(0), Some(724_406_816)),
    ("lenet", "", 61_706, Some(0), None),
    // The papers' own tables, counted from their rows.
    ("vgg", "A", 132_863_336, Some(0), Some(7_609_090_048)),
    ("vgg", "A-LRN", 132_863_336, Some(0), Some(7_609_090_048)),
    ("vgg", "B", 133_047_848, Some(0), Some(11_308_466_176)),
    ("vgg", "C", 133_638_952, Some(0), Some(11_770_888_192)),
    ("vgg", "D", 138_357_544, Some(0), Some(15_470_264_320)),
    ("vgg", "E", 143_667_240, Some(0), Some(19_632_062_464)),
    // 6,990,272 weights and 8,280 biases.
    ("googlenet", "", 6_998_552, Some(0), Some(1_582_671_872)),
    ("resnet", "18-layer", 11_689_512, Some(9_600), Some(1_814_073_344)),
    ("resnet", "34-layer", 21_797_672, Some(17_024), Some(3_663_761_408)),
    ("resnet", "50-layer", 25_557_032, Some(53_120), Some(3_857_973_248)),
    ("resnet", "101-layer", 44_549_160, Some(105_344), Some(7_570_194_432)),
    ("resnet", "152-layer", 60_192_808, Some(151_424), Some(11_282_415_616)),
    ("resnext50", "ResNet-50", 25_557_032, Some(53_120), Some(4_089_184_256)),
    ("squeezenet", "", 1_248_424, Some(0), None),
    ("lenet5", "", 60_000, Some(0), None),
    ("mobilenet-v1", "", 4_231_976, None, Some(568_740_352)),
    ("mobilenet-v1-printed", "", 4_231_976, None, Some(568_740_352)),
    ("mobilenet-v2", "", 3_504_872, Some(34_112), Some(300_774_272)),
    ("mobilenet-v2-first", "", 3_504_872, Some(34_112), Some(416_266_880)),
];

/// Parameters, buffers and multiplications, where somebody published or counted them independently.
#[test]
fn totals_are_the_published_ones() {
    for (spec, net, parameters, buffers, macs) in PUBLISHED {
        let spec = &format!("specs/{spec}.spec");
        let mut arguments = vec!["show", "--format", "json", spec];
        if !net.is_empty() {
            arguments.extend(["--net", net]);
        }
        let json = netc(&arguments);
        let found = &serde_json::from_str::<Value>(&json).expect("JSON")["totals"];
        assert_eq!(found["params"], *parameters, "{spec} {net}");
        for (key, number) in [("buffers", buffers), ("macs", macs)] {
            if let Some(number) = number {
                assert_eq!(found[key], *number, "{key} of {spec} {net}");
            }
        }
    }
}

/// The strides of the five nets where most implementations put them (v1.5).
#[test]
fn a_symbol_moves_the_strides_of_resnet() {
    for (net, macs) in
        [("50-layer", 4_089_184_256u64), ("101-layer", 7_801_405_440), ("152-layer", 11_513_626_624)]
    {
        let json = netc(&["show", "--format", "json", "--net", net, "--set", "v1=0", "specs/resnet.spec"]);
        let found: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(found["totals"]["macs"], macs, "{net}");
    }
}

/// GoogLeNet's table row by row: weights without biases, and multiplications.
#[test]
fn rows_of_googlenet() {
    let json = netc(&["show", "--format", "json", "specs/googlenet.spec"]);
    let found: Value = serde_json::from_str(&json).expect("JSON");
    let mut rows: std::collections::BTreeMap<u64, (u64, u64)> = std::collections::BTreeMap::new();
    for layer in found["layers"].as_array().expect("layers") {
        let line = layer["use_line"].as_u64().or(layer["line"].as_u64()).expect("a line");
        let macs = layer["macs"].as_u64().unwrap_or(0);
        let biases = if macs > 0 {
            layer["output"].as_array().and_then(|o| o.last()?.as_u64()).unwrap_or(0)
        } else {
            0
        };
        let row = rows.entry(line).or_default();
        *row = (row.0 + layer["params"].as_u64().unwrap_or(0) - biases, row.1 + macs);
    }
    let weights: Vec<u64> = rows.values().map(|r| r.0).filter(|w| *w > 0).collect();
    let published = [
        9_408, 114_688, 163_328, 388_096, 375_552, 448_512, 509_440, 604_672, 867_328, 1_042_432, 1_442_816,
        1_024_000,
    ];
    assert_eq!(weights, published);
    assert_eq!(weights.iter().sum::<u64>(), 6_990_272);
    // In tenths of a million.
    let macs: Vec<u64> = rows.values().map(|r| (r.1 + 50_000) / 100_000).filter(|m| *m > 0).collect();
    assert_eq!(macs, [1_180, 3_597, 1_280, 3_043, 736, 879, 999, 1_185, 1_700, 511, 707, 10]);
}

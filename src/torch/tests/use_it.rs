//! A trained net put to use: `eval`, `predict`, `export`, `report` and `plot` on one short run, as a user types them.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn netc(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netc-torch"))
        .args(line.split_whitespace())
        .current_dir(folder)
        .env("OMP_NUM_THREADS", "1")
        .output()
        .unwrap()
}

/// Standard output of a command that went well.
fn fine(folder: &Path, line: &str) -> String {
    let out = netc(folder, line);
    assert!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// Standard error of a command that ends with status 2.
fn refused(folder: &Path, line: &str) -> String {
    let out = netc(folder, line);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(2), "{line}: {said}");
    said
}

fn run(folder: &Path) {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
    for name in ["lenet.spec", "forked.spec"] {
        std::fs::copy(specs.join(name), folder.join(name)).unwrap();
    }
    let lines = fine(folder, "train lenet.spec --data digits --steps 20 --run run --format json --threads 1");
    std::fs::write(folder.join("lines.jsonl"), lines).unwrap();
}

fn eval_and_predict(at: &Path) {
    let line = fine(at, "eval --run run --format json --confusion out/confusion.csv");
    let event: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["images"], 359);
    assert!(event["top5"].as_f64() > event["top1"].as_f64());
    let classes = event["classes"].as_array().unwrap();
    let images: u64 = classes.iter().map(|c| c["images"].as_u64().unwrap()).sum();
    assert_eq!((classes.len(), images), (10, 359));
    let csv = std::fs::read_to_string(at.join("out/confusion.csv")).unwrap();
    assert_eq!(csv.lines().count(), 11);
    assert!(csv.starts_with("truth,0,1,2,3,4,5,6,7,8,9\n0,"));

    std::fs::create_dir_all(at.join("pictures/inside")).unwrap();
    let picture = image::GrayImage::from_fn(20, 30, |x, y| image::Luma([(x * 9 + y) as u8]));
    picture.save(at.join("pictures/inside/b.png")).unwrap();
    picture.save(at.join("pictures/c.JPG")).unwrap();
    std::fs::write(at.join("pictures/a.jpg"), b"no picture").unwrap();
    let out = netc(at, "predict pictures --run run --top 3 --format json");
    assert_eq!(out.status.code(), Some(2), "one picture cannot be read");
    let lines: Vec<Value> =
        String::from_utf8(out.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0]["image"] == "pictures/a.jpg" && lines[0]["error"].is_string());
    assert_eq!(lines[2]["classes"].as_array().unwrap().len(), 3);
    assert!(fine(at, "predict pictures/inside/b.png --run run").starts_with("pictures/inside/b.png: "));
}

/// A spec and a file of weights do what the run does whose they are.
fn without_a_run(at: &Path) {
    let event = |line: &str| serde_json::from_str::<Value>(&fine(at, line)).unwrap();
    let own = event("eval --run run --format json");
    let last = "--checkpoint run/last.safetensors";
    assert_eq!(event(&format!("eval lenet.spec {last} --data digits --format json")), own);
    let said = |line: &str, words: &str| {
        let said = refused(at, line);
        assert!(said.contains(words), "{line}: {said}");
    };
    said(
        "eval lenet.spec --data digits",
        "lenet.spec is a spec without weights\nhelp: write --checkpoint FILE",
    );
    said(&format!("eval lenet.spec --run run {last}"), "a run has its own spec");
    said("eval --run run --set classes=10", "a run has its own net");
    said(&format!("eval lenet.spec {last} --data digits --set classes=7"), "E0503");
    said("predict pictures/c.JPG --run run --data digits", "a run has its own net");
    let line = format!("predict pictures/c.JPG --format json {last} --spec");
    assert_eq!(event(&format!("{line} lenet.spec")), event("predict pictures/c.JPG --format json --run run"));
    // Without data the numbers must be the recipe's.
    let text = std::fs::read_to_string(at.join("lenet.spec")).unwrap();
    std::fs::write(at.join("bare.spec"), text.replace("  data: digits\n", "")).unwrap();
    said(&format!("{line} bare.spec"), "takes the images' mean and deviation from training images");
    let numbers = "  augment: { mean: [0.5], scale: [0.25] }\n";
    std::fs::write(at.join("bare.spec"), text.replace("  data: digits\n", numbers)).unwrap();
    let classes = event(&format!("{line} bare.spec"))["classes"].clone();
    assert_eq!(classes.as_array().unwrap().len(), 5);
}

fn bad_checkpoints(at: &Path) {
    let whole = std::fs::read(at.join("run/last.safetensors")).unwrap();
    std::fs::write(at.join("cut.safetensors"), &whole[..whole.len() / 2]).unwrap();
    let said = refused(at, "eval --run run --checkpoint cut.safetensors");
    assert!(said.contains("cut.safetensors is no whole checkpoint (truncated, or another format)"), "{said}");
    fine(at, "train forked.spec --data digits --steps 1 --run other --threads 1");
    let said = refused(at, "predict pictures/c.JPG --run run --checkpoint other/last.safetensors");
    assert!(said.contains("belongs to another spec"), "{said}");
    let said = refused(at, "eval --run nowhere");
    assert!(said.contains("nowhere is no run's folder"), "{said}");
}

fn exports(at: &Path) {
    for (format, file) in [("keras", "model.py"), ("pytorch", "model.py"), ("torchscript", "model.pt")] {
        let listed = fine(at, &format!("export --run run --to {format}"));
        assert!(listed.contains(&format!("run/export/{format}/{file}")), "{listed}");
        let card = std::fs::read_to_string(at.join(format!("run/export/{format}/README.md"))).unwrap();
        for part in ["# LeNet", "28x28, grey", "| CONV", "of 359 images held out, after step 20.", "top-5 "] {
            assert!(card.contains(part), "{part}: {card}");
        }
    }
    // What was exported as safetensors is a checkpoint, and weights to begin with.
    fine(at, "export --run run --to safetensors -o weights");
    let measured = |line: &str| fine(at, line).lines().next().map(str::to_owned);
    let own = measured("eval --run run");
    assert_eq!(measured("eval --run run --checkpoint weights/weights.safetensors"), own);
    let lines = "--data digits --steps 2 --threads 1";
    for from in
        ["weights/weights.safetensors", "run/export/pytorch/weights.safetensors", "run/last.safetensors"]
    {
        let run = from.replace(['/', '.'], "-");
        let out = netc(at, &format!("train lenet.spec {lines} --init {from} --freeze conv*,fc1 --run {run}"));
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success() && said.contains("begins with the weights of"), "{said}");
        let kept = std::fs::read(at.join(&run).join("run.json")).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&kept).unwrap()["init"], from);
        assert!(said.contains("conv*, fc1 are not trained; 11,014 parameters are"), "{said}");
        let conv = |path: &Path| {
            let tensors = tch::Tensor::read_safetensors(path).unwrap();
            tensors.into_iter().find(|(name, _)| name == "conv1.kernel").unwrap().1
        };
        assert!(conv(&at.join(&run).join("last.safetensors")).equal(&conv(&at.join("run/last.safetensors"))));
    }
    let said = refused(at, &format!("train forked.spec {lines} --init run/last.safetensors --run never"));
    assert!(said.contains("does not fit the spec") && said.contains("the file has no `bn1.scale`"), "{said}");
}

fn pages_and_curves(at: &Path) {
    fine(at, "report run -o page.html --threads 1");
    let page = std::fs::read_to_string(at.join("page.html")).unwrap();
    for part in [
        "<h2>The net</h2>",
        "class=\"netc-graph\"",
        "28×28×6",
        "<h2>Confusion</h2>",
        "<h2>Worst classified</h2>",
        "<h2>First-layer filters</h2>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("src=\"http") && !page.contains("<script") && !page.contains("<link"));
    fine(at, "plot lines.jsonl lines.jsonl -o curves.svg");
    assert!(std::fs::read_to_string(at.join("curves.svg")).unwrap().contains("lines.jsonl, training"));
    fine(at, "plot lines.jsonl -o curves.png --width 600");
    assert_eq!(image::image_dimensions(at.join("curves.png")).unwrap(), (600, 375));
    assert!(refused(at, "plot lines.jsonl -o curves.gif").contains("ends in .svg or .png"));
    assert!(
        refused(at, "plot nowhere -o curves.svg")
            .contains("cannot read nowhere\nhelp: name the folder of a run")
    );
}

#[test]
fn a_run_is_put_to_use() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    run(at);
    eval_and_predict(at);
    without_a_run(at);
    bad_checkpoints(at);
    exports(at);
    pages_and_curves(at);
}

//! What `netc export` writes for Keras and PyTorch; the engine's tests run such programs in both.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::export::{Framework, Settings, source};
use netc::source::Source;

fn exported(spec: &str, framework: Framework) -> String {
    let path = format!("{}/specs/{spec}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let compiled = netc::compile(&Source::new(spec, text), &netc::Options::default());
    let program = netc::lower(&compiled.nets[0]).unwrap();
    let recipe = netc::recipe::read(&compiled.document.header, &[]).recipe;
    source(&program, framework, Settings { origin: spec, l2: recipe.l2 }).text
}

#[test]
fn the_articles_program_comes_back() {
    insta::assert_snapshot!("alexnet_keras", exported("alexnet.spec", Framework::Keras));
    insta::assert_snapshot!("alexnet_pytorch", exported("alexnet.spec", Framework::Pytorch));
}

#[test]
fn forks_are_wired() {
    insta::assert_snapshot!("forked_keras", exported("forked.spec", Framework::Keras));
    insta::assert_snapshot!("forked_pytorch", exported("forked.spec", Framework::Pytorch));
}

#[test]
fn what_the_frameworks_lack_is_written_out() {
    insta::assert_snapshot!("alexnet_2012_keras", exported("alexnet-2012.spec", Framework::Keras));
    insta::assert_snapshot!("alexnet_2012_pytorch", exported("alexnet-2012.spec", Framework::Pytorch));
}

/// Layers that the Keras program defines itself begin and decay as the recipe says, too.
#[test]
fn own_layers_begin_and_decay_as_the_recipe_says() {
    let text = "---\nname: Own\ndialect: pytorch\ntrain: { kernel_init: he_normal, bias_init: 1, l2: 0.0002 }\n---\n\n\
                | Layer | Output | Filter |\n|---|---|---|\n| INPUT | 4x4x4 | |\n| DECONV | | 3x2/2; K=6; groups=2; p=0,2,1,0 |\n\
                | SCALE | | shift |\n";
    let compiled = netc::compile(&Source::new("own.spec", text), &netc::Options::default());
    let mut program = netc::lower(&compiled.nets[0]).unwrap();
    let recipe = netc::recipe::read(&compiled.document.header, &[]).recipe;
    recipe.initialise(&mut program);
    let text = source(&program, Framework::Keras, Settings { origin: "own.spec", l2: recipe.l2 }).text;
    let statements: Vec<&str> = text.lines().filter(|l| l.contains("model.add(")).collect();
    insta::assert_snapshot!("own_layers_keras", statements.join("\n"));
}

/// Names of a document never become code.
#[test]
fn names_and_files_cannot_break_out() {
    let text = "---\nname: 'A\"\"\" + evil()'\n---\n\n| Name | Layer | Output | Filter |\n|---|---|---|---|\n\
                | a | INPUT | 4x4x1 | |\n| x\"); b | CONV | 4x4x2 | 3x3; K=2; p=1 |\n";
    let compiled = netc::compile(&Source::new("a.spec", text), &netc::Options::default());
    let program = netc::lower(&compiled.nets[0]).unwrap();
    for framework in [Framework::Keras, Framework::Pytorch] {
        let text = source(&program, framework, Settings { origin: "\"\"\"\n\\", l2: 0.0 }).text;
        assert_eq!(text.matches("\"\"\"").count() % 2, 0, "{text}");
        assert!(!text.contains("x\")") && !text.contains('\\'), "{text}");
    }
}

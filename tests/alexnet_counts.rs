//! AlexNet's parameters by its input and its padding: the same weights for 55 and 57, fewer where it ends in 5x5.

use netc::source::Source;

/// Trained numbers of AlexNet over an input of this side, `groups` in its second, fourth and fifth convolution.
fn parameters(side: u32, padding: &str, groups: u32) -> u64 {
    let last = if padding == "same" { ["same"; 2] } else { ["p=2", "p=1"] };
    let conv = |k, kernels, p: &str, g| format!("| CONV | {k}; K={kernels}; {p}; groups={g} |\n");
    let pool = "| POOL | 3x3/2; valid |\n";
    let rows = [
        format!("| INPUT | {side}x{side}x3 |\n"),
        conv("11x11/4", 96, padding, 1),
        pool.to_owned(),
        conv("5x5", 256, last[0], groups),
        pool.to_owned(),
        conv("3x3", 384, last[1], 1),
        conv("3x3", 384, last[1], groups),
        conv("3x3", 256, last[1], groups),
        pool.to_owned(),
        "| FC | 4096 |\n| FC | 4096 |\n| FC | 1000 |\n".to_owned(),
    ];
    let text = format!("---\ndialect: pytorch\n---\n\n| Layer | Filter |\n|---|---|\n{}", rows.concat());
    let compiled = netc::compile(&Source::new("alexnet.spec", text), &netc::Options::default());
    assert!(compiled.is_sound(), "{:?}", compiled.diagnostics);
    compiled.nets[0].totals().cost.params()
}

#[test]
fn valid_and_same_store_the_same() {
    assert_eq!(parameters(227, "valid", 1), 62_378_344);
    assert_eq!(parameters(227, "same", 1), 62_378_344);
}

#[test]
fn an_input_of_224_stores_less() {
    assert_eq!(parameters(224, "valid", 1), 50_844_008);
    assert_eq!(parameters(224, "valid", 2), 49_430_888);
}

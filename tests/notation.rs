//! Every notation that print has, one table each: what a row written so comes to.

use netc::source::Source;

/// The last row's size and trained parameters in a net of the input and this row, and the codes netc says.
fn row(input: &str, cells: &str) -> String {
    let text = format!(
        "---\ndialect: pytorch\nlet: {{ c: 8, wide: 1 }}\n---\n\n| Layer | Output Size | Filter Size / Stride |\n|---|---|---|\n\
         | INPUT | {input} | |\n{cells}\n"
    );
    told(&text)
}

fn told(text: &str) -> String {
    let compiled = netc::compile(&Source::new("x", text), &netc::Options::default());
    let last = compiled.nets.first().and_then(|net| {
        let row = net.row(net.net.output?)?;
        Some(format!("{} {}", row.output, row.cost.params()))
    });
    let codes = compiled.diagnostics.iter().map(|d| format!(" {}", d.code));
    last.unwrap_or("nothing".to_owned()) + &codes.collect::<String>()
}

/// A stride for each copy, in the row's own cell, behind brackets and in a cell beside them.
#[test]
fn strides_of_copies() {
    for (cells, wanted) in [
        ("| CONV | | 3x3/2,1; K=8; p=1 x 3 |", "8x8x8 584"),
        ("| CONV | | 3x3; K=8; p=1; /2,1 x 3 |", "8x8x8 584"),
        ("| [3x3, 8, p=1] x 3 | | /2,1 |", "8x8x8 584"),
        ("| [3x3, 8, p=1]/2,1 x 3 | | |", "8x8x8 584"),
        ("| [1x1, 8; 3x3, 8, p=1; 1x1, 4] x 2 | | /2,1 |", "8x8x4 36"),
        ("| [1x1, 8; 3x3, 8, p=1; 1x1, 4] x 2 | | s=2,1 |", "8x8x4 36"),
    ] {
        assert_eq!(row("16x16x3", cells), wanted, "{cells}");
    }
}

/// Behind a word and before a symbol a cross is a repeat, too.
#[test]
fn repeats() {
    for (cells, wanted) in [
        ("| CONV | | 3x3; K=8; same x 3 |", "8x8x8 584"),
        ("| CONV | | 3x3; K=8; padding=same x 3 |", "8x8x8 584"),
        ("| CONV | | 3x3; K=8; p=1 x 3 |", "8x8x8 584"),
        ("| CONV | | 3x3; K=8; valid x c |", "nothing E0303"),
        ("| CONV | | 1x1; K=8; valid x c |", "8x8x8 72"),
        ("| [3x3, 8, p=1; 1x1, 4] x c | | |", "8x8x4 36"),
        ("| [3x3, 8, p=1; 1x1, 4] ×c | | |", "8x8x4 36"),
        ("| [3x3, 8, p=1; 1x1, 4] x d | | |", "8x8x4 36 E0208"),
    ] {
        assert_eq!(row("8x8x3", cells), wanted, "{cells}");
    }
}

/// A word behind a filter is its layer, unless a convolution knows it; classes of programs name kinds.
#[test]
fn layers_behind_filters_and_of_programs() {
    for (cells, wanted) in [
        ("| 3x3 mean pooling, stride 2, pad 1 | | |", "4x4x3 0"),
        ("| 2x2 max-pooling, stride 2 | | |", "4x4x3 0"),
        ("| 3x3 maxout, 16 | | |", "nothing E0201"),
        ("| 3x3 same, 16 | | |", "8x8x16 448"),
        ("| 3x3 stride 2, 16 | | |", "3x3x16 448"),
        ("| 3x3 filters, 16 | | |", "6x6x16 448 W0202"),
        ("| AveragePooling2D | | 2x2 |", "4x4x3 0"),
        ("| BatchNorm2d | | |", "8x8x3 6"),
        ("| GlobalAveragePooling2D | | |", "1x1x3 0"),
    ] {
        assert_eq!(row("8x8x3", cells), wanted, "{cells}");
    }
}

/// A pool of which nothing is said but that it leaves one pixel takes the whole map; one of which more is said does not.
#[test]
fn pools_of_the_whole_map() {
    for (cells, wanted) in [
        ("| average pool | 1x1x3 | |", "1x1x3 0"),
        ("| max pool | 3 | |", "1x1x3 0"),
        ("| average pool, 10-d fc, softmax | 1x1 | |", "10 0"),
        ("| average pool | 2x2x3 | |", "nothing E0207"),
        ("| average pool | | |", "nothing E0207"),
        ("| average pool | 1x1x3 | /2 |", "nothing E0207"),
        ("| average pool, conv3-8 | 1x1x8 | |", "nothing E0207"),
        ("| average pool | 1x1x4 | |", "1x1x3 0 E0301"),
    ] {
        assert_eq!(row("16x16x3", cells), wanted, "{cells}");
    }
}

/// A parameter in braces is a part of an expression, too; a repeat behind it is a repeat.
#[test]
fn parameters_in_braces() {
    let used = |filter: &str| {
        told(&format!(
            "---\ndialect: pytorch\n---\n## block wide(#up=2)\n\n| Layer | Filter |\n|---|---|\n| CONV | {filter} |\n\n\
             | Layer | Filter |\n|---|---|\n| INPUT 8x8x4 | |\n| wide | |\n"
        ))
    };
    for (filter, wanted) in [
        ("1x1; K={#up}*in.c", "8x8x8 40"),
        ("1x1; K=2 + {#up}", "8x8x4 20"),
        ("1x1; K=in.c/{#up}", "8x8x2 10"),
        ("1x1; K={#up}", "8x8x2 10"),
        ("1x1; K={#up} x {#up}", "8x8x2 6"),
        ("{#up}x{#up}/{#up}; K={#up}", "4x4x2 34"),
    ] {
        assert_eq!(used(filter), wanted, "{filter}");
    }
}

/// Cause cells.
#[test]
fn filters_strides_and_widths() {
    for (cell, wanted) in [
        ("11x11/4x4; K=96", "55x55x96 34944"),
        ("11×11/4×4, K = 96", "55x55x96 34944"),
        ("11x11=4x4;K = 96", "55x55x96 34944 W0201"),
        ("3x3/2; K=8", "113x113x8 224"),
        ("3 x 3 / 2 x 2; K=8", "113x113x8 224"),
        ("11 × 11 / 4 × 4, K = 8", "55x55x8 2912"),
        ("2x2/2x1; K=3", "113x226x3 39"),
        ("3×3 / s2; K=8", "113x113x8 224"),
        ("3x3, stride 2, 8", "113x113x8 224"),
        ("7x7, 64, stride 2", "111x111x64 9472"),
        ("7x7, 64, stride 2, pad 3", "114x114x64 9472"),
        ("7x7, stride=2, 64", "111x111x64 9472"),
        ("7x7; stride=2, 1; 64", "111x221x64 9472"),
        ("7x7 kernel, 64 filters, 2x2 stride", "nothing E0206 W0202"),
        ("3 by 3; K=8", "225x225x8 224"),
        ("3x3; K=8 (see)", "225x225x8 224 W0202"),
        ("3x3, 8 filters, same padding", "227x227x8 224"),
        ("3x3; K=8; p=1", "227x227x8 224"),
        ("3x3, 8, same, no bias", "227x227x8 216"),
        ("3x3 without biases; K=8; p=1", "227x227x8 216"),
        ("3x3; K=8; pad 2", "229x229x8 224"),
        ("3x3; K=8; same", "227x227x8 224"),
        ("3x3/2; K=8; valid", "113x113x8 224"),
        ("4x4/4; K=8; ceil", "57x57x8 392"),
        ("3x3; K=9; groups=3", "225x225x9 90"),
        ("3x3; K=8; dilation=2", "223x223x8 224"),
        ("(3, 3); strides=(2, 2); filters=8", "113x113x8 224"),
        ("kernel=3*3; K=4*c", "225x225x32 896"),
        ("3x3; K=(c+1)*2", "225x225x18 504"),
        ("3x3; K=4 * (c + 1)", "225x225x36 1008"),
        ("3x3; K=(c + 1) * 4, same", "227x227x36 1008"),
        ("3x3; K = 4 * c; p = 1", "227x227x32 896"),
        ("3x3; K={c}", "225x225x8 224"),
        ("3x3, {2*c}", "225x225x16 448"),
        ("3x3, c", "225x225x8 224"),
        ("3x3/(if(wide == 1, 2, 1)); K=min(c, 4)", "113x113x4 112"),
        ("3x3; K=if(c < 9, max(c, 2) % 3 + 1, 1)", "225x225x3 84"),
        ("3 3/2; K=8", "113x113x8 224 W0210"),
        ("3&times;3; K=8", "225x225x8 224"),
        ("$3\\times3$; K=8", "225x225x8 224"),
        ("３×３；Ｋ＝８", "225x225x8 224"),
        ("3\u{a0}x\u{a0}3; K = 8", "225x225x8 224"),
        ("“3x3”; padding=‘same’; K=8", "227x227x8 224"),
        ("<b>3x3</b>; `K=8`", "225x225x8 224"),
        ("**3x3**; K=8[^1]", "225x225x8 224"),
        ("[3x3; K=8](https://example.org/conv)", "225x225x8 224"),
        ("3x3<br>K=8", "225x225x8 224"),
        ("3x3; K=8; overlapping", "225x225x8 224 W0202"),
    ] {
        assert_eq!(row("227x227x3", &format!("| CONV | | {cell} |")), wanted, "{cell}");
    }
}

/// Layer cells.
#[test]
fn kinds_names_and_what_stands_behind_them() {
    for (cell, wanted) in [
        ("CONV | | 3x3; K=8", "6x6x8 296"),
        ("conv1 | | 3x3; K=8", "6x6x8 296"),
        ("Conv_1a | | 3x3; K=8", "6x6x8 296"),
        ("conv (3a) | | 3x3; K=8", "6x6x8 296"),
        ("conv3-64 | |", "6x6x64 2368"),
        ("conv1-32, p=1 | |", "10x10x32 160"),
        ("CONV | 6x6x16 | 3x3x4x16", "6x6x16 592"),
        ("CONV | 6x6x16 | 3x3x4", "6x6x16 592"),
        ("CONV | 6x6x16 | 3x3x16", "6x6x16 592"),
        ("CONV | | 3x3x16", "6x6x16 592"),
        ("CONV | | 3x3x4; K=16", "6x6x16 592"),
        ("CONV | | 3x3x2; K=16; groups=2", "6x6x16 304"),
        ("CONV | | 3x3x8; K=16", "6x6x16 592 E0210"),
        ("Conv dw / s2 | | 3x3x4 dw", "3x3x4 40"),
        ("Conv dw / s2 | | 3x3x8 dw", "3x3x4 40 E0210"),
        ("FC-4096 | |", "4096 1052672"),
        ("FC | 10 |", "10 2570"),
        ("Conv dw / s2 | | 3x3", "3x3x4 40"),
        ("Conv / s2 | | 3x3; K=8", "3x3x8 296"),
        ("maxpool | | 2x2/2", "4x4x4 0"),
        ("Pool 7 × 7 | |", "1x1x4 0"),
        ("pool 2 x 2 / 2 | |", "4x4x4 0"),
        ("pool2 x 2 | | 2x2/2", "2x2x4 0"),
        ("maxpool | | 2x2/2 x 2", "2x2x4 0"),
        ("Conv, BN, ReLU | 6x6x8 | 3x3", "6x6x8 0"),
        ("BN, ReLU, Conv | | 3x3; K=8", "6x6x8 296"),
        ("average pool, 10-d fc | | 8x8", "10 50"),
        ("conv, maxpool | | 3x3/2", "nothing E0463"),
        ("MaxPool2 | | 2x2/2", "4x4x4 0"),
        ("average pool | | 2x2/2", "4x4x4 0"),
        ("<i>ReLU</i> | |", "8x8x4 0"),
        ("DROPOUT | | p=0.5", "8x8x4 0"),
    ] {
        assert_eq!(row("8x8x4", &format!("| {cell} |")), wanted, "{cell}");
    }
}

/// Size cells.
#[test]
fn sizes() {
    for (size, wanted) in [
        ("28x28x6", "28x28x6 0"),
        ("6@28x28", "28x28x6 0"),
        ("28²×6", "28x28x6 0"),
        ("28<sup>2</sup>×6", "28x28x6 0"),
        ("28 × 28 × 6", "28x28x6 0"),
        ("28X28X6", "28x28x6 0"),
        ("28*28*6", "28x28x6 0"),
        ("28 by 28 by 6", "28x28x6 0"),
        ("28x28x6<sup>a</sup>", "28x28x6 0"),
        ("28x28x6 [3]", "28x28x6 0"),
        ("28 28 6", "28x28x6 0 W0210"),
        ("(28, 28, 6)", "28x28x6 0"),
        ("(None, 28, 28, 6)", "28x28x6 0"),
        ("[-1, 28, 28, 6]", "28x28x6 0"),
        ("(c+20)x28x(c-2)", "28x28x6 0"),
        ("２８×２８×６", "28x28x6 0"),
        ("1x1x6", "6 0"),
    ] {
        assert_eq!(row(size, ""), wanted, "{size}");
    }
    let chw = "---\nlayout: chw\n---\n\n| Layer | Output |\n|---|---|\n| INPUT | 3x32x16 |\n| RELU | (None, 3, 32, 16) |\n";
    assert_eq!(told(chw), "32x16x3 0");
}

/// A cause that is not written and that claims determine.
#[test]
fn claims_stand_in() {
    let stood_in = |rows: &str| -> Vec<String> {
        let head = "| Layer | Input | Output | Filter |\n|---|---|---|---|\n";
        let compiled = netc::compile(&Source::new("x", format!("{head}{rows}")), &netc::Options::default());
        let net = &compiled.nets[0].net;
        let origins = net.order.iter().flat_map(|n| {
            let row = &net.graph[*n];
            row.origins.iter().filter(|o| o.stand_in).map(move |o| format!("{} {}", row.name, o.param))
        });
        origins.chain(compiled.diagnostics.iter().map(|d| d.code.to_string())).collect()
    };
    let input = "| INPUT | | 56x56x64 | |\n";
    for (rows, wanted) in [
        // The K of a convolution, the units of an FC layer, the first row's input.
        (
            format!("{input}| CONV | | 54x54x8 | 3x3/1; valid |\n| FC | | 10 | |\n"),
            "input1 size conv1 K fc1 K",
        ),
        ("| CONV | 56x56x3 | 54x54x8 | 3x3/1; valid |\n".to_owned(), "input1 size conv1 K"),
        // A stride of 2, under any padding word.
        (format!("{input}| CONV | | 28x28x64 | 3x3 |\n"), "input1 size conv1 K conv1 stride N0301"),
        (
            format!("{input}| CONV | | 28x28x64 | 3x3; p=1 |\n| BN | | 28x28x64 | |\n"),
            "input1 size conv1 K conv1 stride",
        ),
        (format!("{input}| POOL | | 27x27x64 | 3x3; valid |\n"), "input1 size pool1 stride"),
        // None where the next row contradicts the claim, or the row writes its stride.
        (
            format!("{input}| CONV | | 28x28x64 | 3x3; p=1; K=64 |\n| BN | | 56x56x64 | |\n"),
            "input1 size E0301",
        ),
        (
            format!("{input}| CONV | | 28x28x64 | 3x3/1; p=1; K=64 |\n| BN | | 28x28x64 | |\n"),
            // The stride or the input: two cells explain it alike.
            "input1 size E0308",
        ),
    ] {
        assert_eq!(stood_in(&rows).join(" "), wanted, "{rows}");
    }
}

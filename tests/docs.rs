//! The documents say what the program does: every example in `docs/` and the README is run.
//!
//! A fence ` ```spec ` holds a document that `netc check` finds nothing wrong with (notes aside);
//! ` ```spec E0201 ` one in which it finds that code and no other (`strict` adds `--strict`).
//! `NETC_BLESS=1 cargo test --test docs` rewrites what is generated.

use netc::diag::{ALL, Code, Format, Report, Severity};
use netc::source::Source;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn pages(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "md"));
    paths.sort();
    paths
}

/// A fenced example: what stands behind ` ```spec `, the text, its line.
struct Example {
    words: Vec<String>,
    text: String,
    line: usize,
}

fn examples(page: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut open: Option<Example> = None;
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(rest)) => {
                if rest == "spec" || rest.starts_with("spec ") {
                    let words = rest.split_whitespace().skip(1).map(str::to_owned).collect();
                    open = Some(Example { words, text: String::new(), line: index + 1 });
                }
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(example), None) => {
                example.text.push_str(line);
                example.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "an example that is never closed");
    found
}

fn check(example: &Example) -> (Vec<Code>, String) {
    let source = Source::new("example.spec", example.text.clone());
    let strict = example.words.iter().any(|w| w == "strict");
    let compiled = netc::compile(&source, &netc::Options { strict, ..netc::Options::default() });
    let report = Report { source: &source, diagnostics: &compiled.diagnostics };
    let mut codes: Vec<Code> = compiled.diagnostics.iter().map(|d| d.code).collect();
    codes.dedup();
    (codes, Format::Human.render(&[report], false))
}

#[test]
fn every_example_is_what_it_says() {
    let mut run = 0;
    let all = ["docs", "docs/diagnostics"].map(pages).concat();
    for path in all.iter().chain([&root().join("README.md")]) {
        for example in examples(&read(path)) {
            let at = format!("{}:{}", path.display(), example.line);
            let (codes, shown) = check(&example);
            let wanted = example.words.iter().find(|w| *w != "strict");
            let loud: Vec<&str> = codes
                .iter()
                .filter(|c| c.severity() != Severity::Note || wanted.is_some_and(|w| c.name() == w))
                .map(|c| c.name())
                .collect();
            let expected: Vec<&str> = wanted.iter().map(|w| w.as_str()).collect();
            assert_eq!(loud, expected, "{at}\n{shown}");
            run += 1;
        }
    }
    assert!(run > 80, "only {run} examples were found");
}

/// What each page's failing example is told, to be read with an author's eyes.
#[test]
fn what_an_author_reads() {
    for path in pages("docs/diagnostics") {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for example in examples(&read(&path)).iter().filter(|e| !e.words.is_empty()) {
            let (_, shown) = check(example);
            insta::with_settings!({ snapshot_path => "snapshots/diagnostics", prepend_module_to_snapshot => false, description => example.text.clone(), omit_expression => true }, {
                insta::assert_snapshot!(name.clone(), shown);
            });
        }
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: Vec<String> = pages("docs/diagnostics")
        .iter()
        .map(|p| {
            let first = read(p).lines().next().unwrap_or_default().to_owned();
            let name = p.file_stem().expect("a name").to_string_lossy().into_owned();
            assert!(first.starts_with(&format!("# {name}: ")), "{name}: {first}");
            name
        })
        .collect();
    let mut codes: Vec<String> = ALL.iter().map(|c| c.name().to_owned()).collect();
    codes.sort();
    assert_eq!(pages, codes);
    for code in ALL {
        let page = read(&root().join(format!("docs/diagnostics/{}.md", code.name())));
        assert_eq!(page.lines().next(), Some(&*format!("# {code}: {}", code.summary())));
        let shown = examples(&page).iter().any(|e| e.words.iter().any(|w| w == code.name()));
        // What no text can show is shown as a command.
        assert!(shown || page.contains("```console"), "{code} has no example");
    }
}

fn netc(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_netc"))
        .current_dir(root())
        .args(arguments)
        .output()
        .expect("netc starts");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Compares a file with what it is generated from, or writes it.
fn generated(path: &str, text: &str) {
    let path = root().join(path);
    if std::env::var_os("NETC_BLESS").is_some() {
        fs::write(&path, text).expect("the file can be written");
    }
    let now = fs::read_to_string(&path).unwrap_or_default();
    assert!(now == text, "{} is stale: NETC_BLESS=1 cargo test --test docs", path.display());
}

#[test]
fn the_layers_page_is_the_parameter_tables() {
    let mut text = "# Layers\n\nGenerated from the kinds' own tables (`netc explain KIND` prints one). A parameter may stand in the filter\ncell (`K=96`), in a column of its own, or under `defaults:` in the header.\n".to_owned();
    for kind in netc::layer::KINDS {
        text.push('\n');
        text.push_str(&netc(&["explain", kind.name]).replacen("# ", "## ", 1));
    }
    generated("docs/layers.md", &text);
}

#[test]
fn the_library_page_is_the_library() {
    let shown = netc::syntax::LIBRARY.replacen("# ", "# The library: ", 1);
    let text = format!("{}\n{LIBRARY_USE}", shown.trim_end());
    generated("docs/library.md", &text);
}

/// The recipe page's table is the key table.
#[test]
fn the_recipe_page_is_the_keys() {
    use netc::recipe::keys::{KEYS, Takes};
    let head = "| key | default | is |\n|---|---|---|\n";
    let mut table = head.to_owned();
    for key in KEYS {
        let words = match key.takes {
            Takes::Word(words) | Takes::WordOrNumbers(words) => format!(": `{}`", words.join("`, `")),
            _ => String::new(),
        };
        let only =
            key.only.map_or_else(String::new, |(of, values)| format!(" ({of} {} only)", values.join(", ")));
        let (name, default, meaning) = (key.name, key.default, key.meaning);
        table.push_str(&format!("| `{name}` | {default} | {meaning}{words}{only} |\n"));
    }
    let page = read(&root().join("docs/recipe.md"));
    let (before, rest) = page.split_once(head).expect("the page has the table");
    let (_, after) = rest.split_once("\n\n").expect("the table ends");
    generated("docs/recipe.md", &format!("{before}{table}\n{after}"));
}

/// How the blocks are used; the example is run like every other.
const LIBRARY_USE: &str = "
## In a document

A row names a block, a column or a filter cell fills its parameters. A block of the document with the same name goes first.

```spec
---
dialect: pytorch
---

| Layer           | Output   | Filter               |
|-----------------|----------|----------------------|
| INPUT           | 32x32x3  |                      |
| CONV            | 32x32x16 | 3x3; p=1             |
| basic           | 32x32x16 | c=16 x 2             |
| bottleneck      | 16x16x64 | c=16; s=2,1 x 2      |
| squeeze-excite  | 16x16x64 | r=4                  |
| separable conv  | 8x8x96   | K=96; stride=2       |
| inverted residual | 8x8x96 | t=6; c=96            |
| fire2           | 8x8x64   | s1x1=8; e1x1=32; e3x3=32 |
| dense layer     | 8x8x96   | growth=8 x 4         |
| transition      | 4x4x48   |                      |
```
";

/// The dialects page names the padding words that the program takes.
#[test]
fn the_dialects_page_is_right_about_padding() {
    use netc::layer::{Conventions, Dialect, PadWord};
    let page = read(&root().join("docs/dialects.md"));
    let row = |name: &str| -> Vec<String> {
        let line = page.lines().find(|l| l.starts_with(&format!("| {name}"))).expect("the row is there");
        line.split('|').skip(2).map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect()
    };
    let words = |word: fn(Conventions) -> PadWord| -> Vec<String> {
        Dialect::ALL.iter().map(|d| word(Conventions::of(*d)).name().to_owned()).collect()
    };
    assert_eq!(row("convolution that says"), words(|c| c.conv));
    assert_eq!(row("pool that says"), words(|c| c.pool));
}

/// The README's picture is the command's own colours.
#[test]
fn the_picture_is_real() {
    let table = "tests/tables/two-wrong-pools.md";
    let shown = netc(&["--color", "always", "check", table]);
    let prompt = format!("$ netc check {table}\n");
    let svg = anstyle_svg::Term::new().render_svg(&format!("{prompt}{shown}"));
    generated("docs/check.svg", &svg);
}

/// The README's transcript is what the command prints.
#[test]
fn the_readmes_transcript_is_real() {
    let path = root().join("README.md");
    let readme = read(&path);
    let command = "$ netc check tests/tables/article.md\n";
    let (before, rest) = readme.split_once(command).expect("the README shows the check");
    let (_, after) = rest.split_once("```").expect("the transcript ends");
    let shown = netc(&["check", "tests/tables/article.md"]);
    generated("README.md", &format!("{before}{command}{}\n```{after}", shown.trim_end()));
}

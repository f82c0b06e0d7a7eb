//! `netc show --format`: each format as a snapshot, and what must hold of them for every spec.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use netc::show::{Format, Training, View};
use netc::source::Source;
use netc::{Compiled, Options, compile};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

const FORMATS: &[(&str, Format)] = &[
    ("markdown", Format::Markdown),
    ("latex", Format::Latex),
    ("csv", Format::Csv),
    ("svg", Format::Svg),
    ("dot", Format::Dot),
    ("mermaid", Format::Mermaid),
    ("html", Format::Html),
];

fn compiled(text: &str) -> Compiled {
    compile(&Source::new("net.spec", text), &Options { stem: "net".to_owned(), ..Options::default() })
}

fn specs() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut found: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "spec"))
        .map(|p| (p.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&p).unwrap()))
        .collect();
    found.sort();
    found
}

/// Each net of a document in a format.
fn shown(compiled: &Compiled, format: Format) -> Vec<String> {
    let view = |net| View { checked: net, training: Training::default(), remarks: &[], written: None };
    compiled.nets.iter().map(|net| view(net).render(format).unwrap()).collect()
}

/// Each net of a document as its author wrote it, claims filled in.
fn written(compiled: &Compiled, format: Format) -> Vec<String> {
    let view = |net| View {
        checked: net,
        training: Training::default(),
        remarks: &[],
        written: Some(&compiled.document),
    };
    compiled.nets.iter().map(|net| view(net).render(format).unwrap()).collect()
}

/// A paper prints one row for a block, for copies, and for a net among several columns.
#[test]
fn the_authors_own_rows_are_filled_in() {
    let specs: HashMap<String, String> = specs().into_iter().collect();
    let all: String = ["googlenet", "resnet", "mobilenet-v1", "lenet5"]
        .iter()
        .map(|name| written(&compiled(&specs[*name]), Format::Markdown).join("\n") + "\n")
        .collect();
    insta::assert_snapshot!("written", all);
    insta::assert_snapshot!("written_latex", written(&compiled(&specs["googlenet"]), Format::Latex)[0]);
}

/// The rows' parameters and multiplications add up to those of the net, so that no row is lost or told twice.
#[test]
fn filled_in_rows_add_up() {
    for (name, text) in specs() {
        let own = compiled(&text);
        for (net, markdown) in own.nets.iter().zip(written(&own, Format::Markdown)) {
            let table: Vec<Vec<&str>> = markdown
                .lines()
                .skip_while(|l| !l.starts_with("# "))
                .filter(|l| l.starts_with('|'))
                .map(|l| l.trim_matches('|').split(" | ").map(str::trim).collect())
                .collect();
            let cost = net.totals().cost;
            let names =
                [("param", cost.params()), ("macs", cost.macs), ("ops", cost.macs), ("mult", cost.macs)];
            let mut seen = 0;
            for (index, head) in table[0].iter().enumerate() {
                let folded = head.to_lowercase();
                let Some((_, total)) =
                    names.iter().find(|(n, _)| folded.trim_start_matches('#').starts_with(n))
                else {
                    continue;
                };
                let number =
                    |row: &Vec<&str>| row.get(index).map_or(0, |c| c.replace(',', "").parse().unwrap_or(0));
                assert_eq!(table[2..].iter().map(number).sum::<u64>(), *total, "{name} {head}\n{markdown}");
                seen += 1;
            }
            assert!(seen >= 2, "{name}\n{markdown}");
        }
    }
}

#[test]
fn each_format_of_a_net_with_forks() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/forked.spec")).unwrap();
    let net = compiled(&text);
    for (name, format) in FORMATS {
        insta::assert_snapshot!(*name, shown(&net, *format)[0]);
    }
}

/// Texts that a format could take for its own signs.
#[test]
fn names_are_escaped() {
    let text = "---\nname: \"a_b & <c> \\\"d\\\" 50% $e\"\n---\n| Name | Layer | Output | Filter |\n|---|---|---|---|\n\
                | in#1 | INPUT | 8x8x3 | |\n| x_<y> | CONV | | 3x3; K=4 |\n| | FC | 10 | |\n";
    let net = compiled(text);
    for (name, format) in FORMATS {
        let out = &shown(&net, *format)[0];
        match format {
            Format::Latex => assert!(out.contains("a\\_b \\& ") && out.contains("50\\% \\$e"), "{out}"),
            Format::Svg | Format::Html => {
                assert!(out.contains("a_b &amp; &lt;c&gt;") && out.contains("x_&lt;y&gt;"), "{name}: {out}");
            }
            Format::Dot => assert!(out.contains("\\\"d\\\""), "{out}"),
            Format::Mermaid => assert!(out.contains("in#35;1") && !out.contains("<y>"), "{out}"),
            _ => {}
        }
    }
}

/// The Markdown is a table that netc reads, with the sizes, parameters and multiplications it came from.
#[test]
fn the_markdown_is_a_spec() {
    // A spec with mistakes that it expects would be read with them and without the comments.
    for (name, text) in specs().into_iter().filter(|(_, t)| !t.contains("<!-- expect")) {
        let own = compiled(&text);
        for (net, markdown) in own.nets.iter().zip(shown(&own, Format::Markdown)) {
            let dialect = net.conventions.dialect;
            let again = compiled(&format!("---\ndialect: {dialect}\n---\n{markdown}"));
            assert!(again.is_sound(), "{name}: {:#?}\n{markdown}", again.diagnostics);
            let totals = |net: &netc::check::Checked| (net.totals().cost.params(), net.totals().cost.macs);
            assert_eq!(totals(&again.nets[0]), totals(net), "{name}\n{markdown}");
        }
    }
}

/// The same bytes on every run; drawings hold every row and name no size that is not there.
#[test]
fn formats_are_deterministic() {
    for (name, text) in specs() {
        let (one, other) = (compiled(&text), compiled(&text));
        for (format_name, format) in FORMATS {
            let (a, b) = (shown(&one, *format), shown(&other, *format));
            assert_eq!(a, b, "{name} {format_name}");
            assert!(a.iter().all(|t| t.ends_with('\n') && !t.contains("NaN")), "{name} {format_name}");
        }
    }
}

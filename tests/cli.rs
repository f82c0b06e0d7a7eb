//! The `netc` command as a script sees it: status, standard output, standard error.
//! A new case is five lines: arguments in, a snapshot out.

#![allow(clippy::unwrap_used)]

use netc::layer::{Conventions, Dialect};
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const NETC: &str = env!("CARGO_BIN_EXE_netc");

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn start(binary: &Path, folder: &Path, args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(binary)
        .args(args)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env("PATH", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A process that fails at once may not read it.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let status = output.status.code().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    format!("status {status}\n--- stdout\n{out}--- stderr\n{err}")
}

fn netc_in(folder: &Path, args: &[&str], stdin: &[u8]) -> String {
    told(&start(Path::new(NETC), folder, args, stdin))
}

/// Runs netc in the repository's root.
fn netc(args: &[&str]) -> String {
    netc_in(Path::new(env!("CARGO_MANIFEST_DIR")), args, b"")
}

/// The binary alone in a folder, so that no netc-torch stands beside it.
fn alone(name: &str) -> (PathBuf, PathBuf) {
    let folder = folder(name);
    let binary = folder.join(Path::new(NETC).file_name().unwrap_or(OsStr::new("netc")));
    fs::copy(NETC, &binary).unwrap();
    (folder, binary)
}

#[test]
fn specs_lists_what_is_shipped() {
    insta::assert_snapshot!(netc(&["specs"]));
}

#[test]
fn new_writes_once() {
    let folder = folder("new");
    insta::assert_snapshot!("new_first", netc_in(&folder, &["new", "alexnet"], b""));
    insta::assert_snapshot!("new_again", netc_in(&folder, &["new", "alexnet"], b""));
    insta::assert_snapshot!("new_unknown", netc_in(&folder, &["new", "alexnett"], b""));
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/alexnet.spec");
    assert_eq!(fs::read(folder.join("alexnet.spec")).unwrap(), fs::read(shipped).unwrap());
}

#[test]
fn explain_a_kind_a_dialect_and_what_is_not_there() {
    insta::assert_snapshot!("explain_kind", netc(&["explain", "input"]));
    insta::assert_snapshot!("explain_dialect", netc(&["explain", "caffe"]));
    insta::assert_snapshot!("explain_unknown", netc(&["explain", "pythorch"]));
    assert!(netc(&["explain", "e0301"]).starts_with("status 0\n--- stdout\n# E0301"));
    for dialect in Dialect::ALL.iter() {
        let (page, fixed) = (netc(&["explain", dialect.name()]), Conventions::of(*dialect));
        for (kind, word) in [("convolution", fixed.conv), ("pool", fixed.pool)] {
            assert!(page.contains(&format!("| {kind} that says no padding | {word} |")), "{page}");
        }
    }
}

/// The arithmetic of a row: in a table, in a block that several rows use, of a row that uses one.
#[test]
fn explain_a_row() {
    for (name, place) in [
        ("row", "tests/tables/article.md:12:8"),
        ("normalised", "specs/alexnet.spec:32"),
        ("in_a_block", "specs/mobilenet-v2.spec:20"),
        ("of_a_block", "specs/mobilenet-v2.spec:29"),
        ("in_a_column", "specs/vgg.spec:27"),
        ("no_row", "specs/alexnet.spec:2"),
    ] {
        insta::assert_snapshot!(format!("explain_{name}"), netc(&["explain", place]));
    }
    assert!(netc(&["explain", "specs/vgg.spec:27", "--net", "D"]).contains("MACs      1,849,688,064"));
    assert!(netc(&["explain", "specs/alexnett.spec:3"]).contains("the nearest file is specs/alexnet.spec"));
    assert!(
        netc_in(&folder("explain"), &["explain", "--", "-:6"], &article())
            .contains("57x57x96 = ceil(227 / 4) = 57")
    );
}

/// 0 the same, 1 differing, 2 usage.
#[test]
fn diff_sets_two_nets_side_by_side() {
    for (name, args) in [
        ("variants", &["specs/alexnet.spec", "specs/alexnet-owt.spec"][..]),
        ("printed", &["specs/mobilenet-v1.spec", "specs/mobilenet-v1-printed.spec"]),
        ("json", &["specs/lenet.spec", "specs/lenet5.spec", "--format", "json"]),
        ("which", &["specs/vgg.spec", "specs/alexnet.spec"]),
        ("one_name", &["specs/vgg.spec", "--net", "D"]),
    ] {
        insta::assert_snapshot!(format!("diff_{name}"), netc(&[&["diff"][..], args].concat()));
    }
    let same = netc(&["diff", "specs/alexnet.spec", "specs/alexnet.spec"]);
    assert!(same.starts_with("status 0\n") && same.contains("rows: 32 the same, 0 differing"), "{same}");
    let columns = netc(&["diff", "specs/vgg.spec", "--net", "C", "--net", "D"]);
    assert!(
        columns.starts_with("status 1\n") && columns.contains("rows: 37 the same, 3 differing"),
        "{columns}"
    );
    assert!(netc(&["diff", "specs/vgg.spec", "specs/vgg.spec", "--net", "E"]).starts_with("status 0\n"));
}

#[test]
fn train_without_netc_torch_says_how_to_get_it() {
    let (folder, binary) = alone("no-engine");
    for args in [&["train", "x.spec"][..], &["eval", "x.spec"], &["bench", "x.spec"]] {
        insta::assert_snapshot!("no_engine", told(&start(&binary, &folder, args, b"")));
    }
    let doctor = told(&start(&binary, &folder, &["doctor"], b""));
    assert!(doctor.starts_with("status 0\n--- stdout\nnetc "), "{doctor}");
    assert!(doctor.contains("netc-torch  not found beside netc or on PATH"), "{doctor}");
}

#[test]
#[cfg(unix)]
fn train_hands_its_arguments_to_netc_torch() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, binary) = alone("engine");
    let engine = folder.join("netc-torch");
    fs::write(&engine, "#!/bin/sh\necho \"$@\"\nexit 3\n").unwrap();
    fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).unwrap();
    let args = ["train", "a.spec", "--seed", "3", "--device", "cuda:1", "--set", "classes=10"];
    insta::assert_snapshot!(told(&start(&binary, &folder, &args, b"")));
}

/// Wrong arguments never reach the engine.
#[test]
fn usage_is_status_2() {
    for args in [
        &[][..],
        &["train"],
        &["train", "a.spec", "--device", "gpu"],
        &["train", "a.spec", "--epochs", "0"],
        &["train", "a.spec", "--set", "classes"],
        &["predict", "a.png"],
        &["frobnicate"],
    ] {
        let said = netc(args);
        assert!(said.starts_with("status 2\n--- stdout\n--- stderr\n"), "{args:?}: {said}");
    }
    let said = netc(&["check", "specs/vgg.spec", "--net", "A"]);
    assert!(
        said.starts_with("status 2\n") && said.contains("`netc show FILE --net NAME` shows one"),
        "{said}"
    );
    assert!(netc(&["--version"]).starts_with("status 0\n--- stdout\nnetc "));
}

const ARTICLE: &str = "tests/tables/article.md";

fn article() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(ARTICLE)).unwrap()
}

#[test]
fn check_finds_the_wrong_cells() {
    insta::assert_snapshot!("check_human", netc(&["check", ARTICLE]));
    insta::assert_snapshot!("check_concise", netc(&["check", ARTICLE, "--format", "concise"]));
    insta::assert_snapshot!("check_json", netc(&["check", ARTICLE, "--format", "json"]));
}

#[test]
fn a_text_that_is_no_table_is_not_read_whole() {
    let folder = folder("big");
    let file = fs::File::create(folder.join("big.spec")).unwrap();
    file.set_len(netc::source::Source::MAX_BYTES as u64 + 1).unwrap();
    insta::assert_snapshot!("too_big", netc_in(&folder, &["check", "big.spec"], b""));
}

#[test]
fn check_is_quiet_about_what_is_fine() {
    insta::assert_snapshot!(netc(&["check", "specs/alexnet.spec", "specs/lenet.spec"]));
}

/// A file that cannot be read does not keep the others from being checked.
#[test]
fn check_names_the_nearest_file() {
    insta::assert_snapshot!(netc(&["check", "alexnet.spec", ARTICLE, "--format", "concise"]));
}

#[test]
fn check_takes_standard_input() {
    let folder = folder("stdin");
    let concise = ["check", "-", "--format", "concise"];
    let mended = start(Path::new(NETC), &folder, &["check", "-", "--fix"], &article());
    assert!(mended.status.success(), "{}", told(&mended));
    insta::assert_snapshot!("stdin_mended", netc_in(&folder, &concise, &mended.stdout));
    insta::assert_snapshot!(
        "stdin_not_utf8",
        netc_in(&folder, &["check", "-"], b"CONV | 3x3\nFC\xff | 10\n")
    );
    insta::assert_snapshot!("stdin_empty", netc_in(&folder, &concise, b""));
}

#[test]
fn fix_mends_the_file_and_the_dry_run_does_not() {
    let folder = folder("fix");
    let path = folder.join("a.md");
    fs::write(&path, article()).unwrap();
    insta::assert_snapshot!("fix_dry_run", netc_in(&folder, &["check", "a.md", "--fix", "--dry-run"], b""));
    assert_eq!(fs::read(&path).unwrap(), article());
    insta::assert_snapshot!(
        "fix_done",
        netc_in(&folder, &["check", "a.md", "--fix", "--format", "concise"], b"")
    );
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["a.md"], "nothing else is left behind");
    assert!(netc_in(&folder, &["check", "a.md"], b"").starts_with("status 0"));
}

#[test]
#[cfg(unix)]
fn fix_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder("fix-link");
    let (path, link) = (folder.join("a.md"), folder.join("link.md"));
    fs::write(&path, article()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("a.md", &link).unwrap();
    assert!(netc_in(&folder, &["check", "link.md", "--fix"], b"").starts_with("status 0"));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_ne!(fs::read(&path).unwrap(), article());
}

/// A stride behind a slash is replaced, not the slash.
#[test]
fn a_mended_stride_stands_behind_its_slash() {
    let table = "| Layer | Output | Filter |\n|---|---|---|\n| INPUT | 32x32x3 | |\n\
                 | CONV | 32x32x8 | 3x3; p=1 |\n| CONV | 16x16x8 | 3x3/1; p=1 |\n| BN | 16x16x8 | |\n| RELU | 16x16x8 | |\n";
    let mended = start(Path::new(NETC), &folder("stride"), &["check", "-", "--fix"], table.as_bytes());
    let text = String::from_utf8(mended.stdout).unwrap();
    assert!(text.contains("| 3x3/2; p=1 |"), "{text}");
}

/// Columns are characters, whatever the bytes: a BOM, a cross, a CRLF.
#[test]
fn places_are_in_characters() {
    let table = "\u{feff}| Layer | Output | Filter |\r\n|---|---|---|\r\n| INPUT | 57×57×3 | |\r\n\
                 | CONV | 55×55×9 | 3×3; K=8; p=0 |\r\n| BN | 55×55×8 | |\r\n";
    let args = ["check", "-", "--format", "json"];
    let told = start(Path::new(NETC), &folder("characters"), &args, table.as_bytes());
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let found = &json["files"][0]["diagnostics"][0];
    let at = |key: &str| found[key].as_u64().unwrap();
    assert_eq!(["line", "column", "end_line", "end_column"].map(at), [4, 10, 4, 17], "{json}");
    assert_eq!(found["fix"]["edits"][0]["text"], "55×55×8");
}

#[test]
fn fmt_rewrites_files_and_prints_standard_input() {
    let folder = folder("fmt");
    let path = folder.join("a.md");
    fs::write(&path, article()).unwrap();
    assert!(
        netc_in(&folder, &["fmt", "a.md", "--check"], b"").starts_with("status 1\n--- stdout\n--- a/a.md")
    );
    assert_eq!(fs::read(&path).unwrap(), article());
    assert_eq!(
        netc_in(&folder, &["fmt", "a.md"], b""),
        "status 0\n--- stdout\n--- stderr\na.md: formatted\n"
    );
    let printed = start(Path::new(NETC), &folder, &["fmt", "-"], &article());
    assert_eq!(fs::read(&path).unwrap(), printed.stdout);
    for args in [&["fmt", "a.md"][..], &["fmt", "a.md", "--check"]] {
        assert_eq!(netc_in(&folder, args, b""), "status 0\n--- stdout\n--- stderr\n");
    }
    insta::assert_snapshot!("fmt_no_table", netc_in(&folder, &["fmt", "-"], b"prose\n"));
    assert!(netc_in(&folder, &["fmt", "b.md", "a.md"], b"").starts_with("status 2"));
}

#[test]
fn warnings_can_be_denied() {
    let folder = folder("deny");
    let table = String::from_utf8(article()).unwrap().replace("16x16x96", "28x28x96");
    let table = table.replacen(
        "POOL | 13x13x256 | 3x3=2x2 |\n\nDROPOUT | 6x6",
        "POOL | 6x6x256 | 3x3=2x2 |\n\nDROPOUT | 6x6",
        1,
    );
    fs::write(folder.join("a.md"), table).unwrap();
    assert!(netc_in(&folder, &["check", "a.md"], b"").starts_with("status 0"));
    assert!(netc_in(&folder, &["check", "a.md", "--deny", "warnings"], b"").starts_with("status 1"));
}

#[test]
fn show_prints_sizes_and_totals() {
    insta::assert_snapshot!("show_table", netc(&["show", "specs/alexnet.spec"]));
    insta::assert_snapshot!("show_json", netc(&["show", "specs/lenet.spec", "--format", "json"]));
    insta::assert_snapshot!("show_program", netc(&["show", "specs/lenet.spec", "--format", "program"]));
    insta::assert_snapshot!("show_set", netc(&["show", "specs/alexnet.spec", "--set", "classes=10"]));
}

/// Claims speak of the document's own values, so other values break none of them.
#[test]
fn set_changes_the_net_and_not_its_claims() {
    let said = netc(&["check", "specs/alexnet.spec", "--set", "classes=10"]);
    assert!(said.starts_with("status 0"), "{said}");
    insta::assert_snapshot!("set_unknown", netc(&["check", "specs/alexnet.spec", "--set", "clases=10"]));
    let unbuildable = netc(&["check", "specs/alexnet.spec", "--set", "classes=0", "--format", "concise"]);
    assert!(unbuildable.starts_with("status 1"), "{unbuildable}");
}

#[test]
fn colour_is_asked_for() {
    assert!(netc(&["check", ARTICLE, "--color", "always"]).contains('\x1b'));
    assert!(!netc(&["check", ARTICLE]).contains('\x1b'));
}

/// A reader that leaves, as `head` does, is no error.
#[test]
fn a_closed_pipe_is_quiet() {
    let mut child = Command::new(NETC)
        .args(["show", "specs/vgg16.spec", "--format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

/// Scripts name every command; the shells that are here read theirs.
#[test]
fn completions_are_scripts() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = start(Path::new(NETC), &folder("completions"), &["completions", shell], b"");
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for word in ["check", "completions", "strict"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        let path = folder("completions").join("script");
        fs::write(&path, script).unwrap();
        if let Ok(status) = Command::new(shell).arg("-n").arg(&path).stderr(Stdio::null()).status() {
            assert!(status.success() || shell == "elvish" || shell == "powershell", "{shell}");
        }
    }
}

/// A page for netc and for each command, which `man` reads without a warning where it is there.
#[test]
fn manual_pages_are_read_by_man() {
    let names = ["", "check", "train", "completions", "man"];
    for name in names {
        let args: Vec<&str> = ["man", name].into_iter().filter(|a| !a.is_empty()).collect();
        let output = start(Path::new(NETC), &folder("man"), &args, b"");
        assert_eq!(output.status.code(), Some(0), "{name}");
        let page = String::from_utf8(output.stdout).unwrap();
        let title = if name.is_empty() { ".TH netc 1".to_owned() } else { format!(".TH netc-{name} 1") };
        assert!(page.contains(&title) && page.contains("EXIT STATUS"), "{page}");
        let path = folder("man").join("page.1");
        fs::write(&path, page).unwrap();
        if let Ok(read) = Command::new("man").args(["--warnings", "-l"]).arg(&path).output() {
            assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");
        }
    }
    let unknown = netc(&["man", "chek"]);
    assert!(unknown.starts_with("status 2") && unknown.contains("the commands are check, fmt"), "{unknown}");
}

/// The hooks for pre-commit call commands that there are, and docs/ci.md names them.
#[test]
fn hooks_are_commands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap();
    let hooks: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    let page = fs::read_to_string(root.join("docs/ci.md")).unwrap();
    for hook in hooks.as_sequence().unwrap() {
        let word = |key: &str| hook[key].as_str().unwrap();
        assert!(page.contains(&format!("- id: {}", word("id"))), "{}", word("id"));
        let command: Vec<&str> = word("entry").split(' ').collect();
        assert_eq!(command[0], "netc");
        let place = folder("hooks");
        fs::copy(root.join("specs/lenet.spec"), place.join("lenet.spec")).unwrap();
        let output = start(Path::new(NETC), &place, &[command[1], "lenet.spec"], b"");
        assert_eq!(output.status.code(), Some(0), "{}", word("entry"));
    }
}

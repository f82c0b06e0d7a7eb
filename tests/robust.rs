//! Any bytes end in bounded time and memory, without a panic: mutated specs and wrong tables, for
//! `NETC_FUZZ_SECONDS` (10 where it is not set; continuous integration takes a minute).
//!
//! A case that fails is left in `target/tmp/robust-case`, and its number is told: `NETC_FUZZ_FIRST=number` begins there.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]
#![allow(clippy::print_stdout, reason = "how much was tried")]

#[path = "fuzz/bodies.rs"]
mod bodies;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The longest that one case may take.
const SLOWEST: Duration = Duration::from_secs(20);
/// The most memory that all may take, in MB.
const MOST: u64 = 3_000;

/// The fuzzers' dictionary: a quoted word a line, bytes that are no plain character as `\xHH`.
fn words() -> Vec<Vec<u8>> {
    let quoted =
        include_str!("fuzz/words.dict").lines().filter_map(|l| l.strip_prefix('"')?.strip_suffix('"'));
    let bytes = |word: &str| {
        let mut parts = word.split("\\x");
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            let (code, rest) = part.split_at(2);
            bytes.push(u8::from_str_radix(code, 16).unwrap());
            bytes.extend_from_slice(rest.as_bytes());
        }
        bytes
    };
    quoted.map(bytes).collect()
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> =
        ["specs", "tests/tables", "tests/ui"].iter().map(|f| root.join(f)).collect();
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "spec" || e == "md") {
                texts.push(fs::read(path).unwrap());
            }
        }
    }
    assert!(texts.len() > 40, "the corpus is missing");
    texts
}

/// A text of the corpus with a few things changed.
fn mutated(corpus: &[Vec<u8>], words: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut text = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(text.len() + 1);
        match random.below(9) {
            0 if !text.is_empty() => {
                let at = at.min(text.len() - 1);
                text[at] = random.next() as u8;
            }
            1 | 2 => {
                let word = &words[random.below(words.len())];
                text.splice(at..at, word.iter().copied());
            }
            3 => {
                let end = (at + random.below(12)).min(text.len());
                text.drain(at..end);
            }
            4 => replace_number(&mut text, at, random),
            5 => lines(&mut text, random),
            6 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len() + 1);
                let end = (from + random.below(200)).min(other.len());
                text.splice(at..at, other[from..end].iter().copied());
            }
            7 => text.truncate(at),
            _ => {
                let word = words[random.below(words.len())].repeat(1 + random.below(300));
                text.splice(at..at, word);
            }
        }
        text.truncate(1 << 17);
    }
    text
}

/// The number at or after a place becomes another.
fn replace_number(text: &mut Vec<u8>, at: usize, random: &mut Random) {
    let Some(start) = text[at..].iter().position(u8::is_ascii_digit).map(|i| at + i) else { return };
    let end = text[start..].iter().position(|b| !b.is_ascii_digit()).map_or(text.len(), |i| start + i);
    let numbers = ["0", "1", "2", "3", "7", "13", "224", "4096", "99999", "4294967296", "1000000000000"];
    text.splice(start..end, numbers[random.below(numbers.len())].bytes());
}

/// A line is doubled, dropped or moved.
fn lines(text: &mut Vec<u8>, random: &mut Random) {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    if lines.is_empty() {
        return;
    }
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(4) {
        0 => lines.insert(b, lines[a]),
        1 => {
            lines.remove(a);
        }
        2 => lines.swap(a, b),
        _ => {
            let line = lines[a];
            lines.splice(b..b, std::iter::repeat_n(line, random.below(60)));
        }
    }
    *text = lines.concat();
}

/// The most memory the process has held, in MB; none where the system does not say.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1000)
}

fn number(name: &str, without: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(without)
}

#[test]
fn any_bytes_end_without_a_panic() {
    let (corpus, words) = (corpus(), words());
    let case = Path::new(env!("CARGO_TARGET_TMPDIR")).join("robust-case");
    let (start, limit) = (Instant::now(), Duration::from_secs(number("NETC_FUZZ_SECONDS", 10)));
    let first = number("NETC_FUZZ_FIRST", 0);
    let mut tried = 0;
    while start.elapsed() < limit {
        let bytes =
            mutated(&corpus, &words, &mut Random((first + tried).wrapping_mul(0x2545_f491_4f6c_dd1d)));
        fs::write(&case, &bytes).unwrap();
        let began = Instant::now();
        let ended = catch_unwind(|| bodies::all(&bytes));
        assert!(ended.is_ok(), "case {} panics: {}", first + tried, case.display());
        let took = began.elapsed();
        assert!(took < SLOWEST, "case {} takes {took:?}: {}", first + tried, case.display());
        assert!(peak().is_none_or(|m| m < MOST), "case {} takes {:?} MB", first + tried, peak());
        tried += 1;
    }
    println!("{tried} cases in {:.0?}, {:?} MB at most", start.elapsed(), peak());
    assert!(tried > 10, "only {tried} cases");
}

/// Line ends, a byte order mark and tabs change nothing that is said, but for the places.
#[test]
fn line_ends_marks_and_tabs_are_read_through() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = |text: &str| -> Vec<String> {
        let found = netc::compile(&netc::source::Source::new("x", text), &netc::Options::default());
        let source = netc::source::Source::new("x", text);
        let line = |d: &netc::diag::Diagnostic| source.line_of(d.primary.span.start);
        found.diagnostics.iter().map(|d| format!("{} {} {}", line(d), d.code, d.message)).collect()
    };
    for name in [
        "tests/tables/article.md",
        "tests/tables/two-wrong-pools.md",
        "specs/alexnet.spec",
        "specs/forked.spec",
    ] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        let plain = said(&text);
        assert_eq!(said(&text.replace('\n', "\r\n")), plain, "{name} with CRLF");
        assert_eq!(said(&format!("\u{feff}{text}")), plain, "{name} with a byte order mark");
        assert_eq!(said(&text.replace(" | ", "\t|\t")), plain, "{name} with tabs");
    }
}

/// The command says the same twice, byte for byte, in every format.
#[test]
fn the_command_is_deterministic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for format in ["human", "concise", "json", "sarif", "github"] {
        let run = || {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_netc"));
            command.args(["check", "--format", format, "tests/tables/article.md", "specs/forked.spec"]);
            command.arg("tests/ui/conventions/inferred.spec").current_dir(root);
            command.output().unwrap()
        };
        let (first, again) = (run(), run());
        assert!(!first.stdout.is_empty());
        assert_eq!((first.stdout, first.stderr), (again.stdout, again.stderr), "{format}");
    }
}

//! Is the wrong cell found? One cell of a sound document is corrupted at random (seeded), and what netc
//! says is judged. Figures: `NETC_SAMPLES=3 cargo test --test blame -- --nocapture`, kept in
//! `docs/blame.md`.
#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]
#![allow(clippy::print_stdout, reason = "the figures are what it prints")]

mod corrupt;
mod figures;
mod judge;

use corrupt::{Document, Random, Role, documents, with_params};
use figures::Figures;
use judge::{Verdict, judge};

/// Corruptions of a role in a document by each seed, where `NETC_SAMPLES` does not say another number.
const SAMPLES: usize = 1;
const SEEDS: [u64; 3] = [20, 7, 31];

/// A build that is not optimised draws with the first of them alone, unless it is asked for figures; `NETC_SEEDS`
/// says how many are drawn.
fn seeds() -> Vec<u64> {
    let all = !cfg!(debug_assertions) || std::env::var_os("NETC_SAMPLES").is_some();
    let count = number("NETC_SEEDS").unwrap_or(if all { SEEDS.len() } else { 1 });
    SEEDS.into_iter().chain(100..).take(count).collect()
}

fn samples() -> usize {
    number("NETC_SAMPLES").unwrap_or(SAMPLES)
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Corrupts cells of one role in every document.
fn sampled(documents: &[Document], role: Role) -> Figures {
    let mut figures = Figures::default();
    for (document, seed) in documents.iter().flat_map(|d| seeds().into_iter().map(move |s| (d, s))) {
        let mut random = Random::new(seed ^ corrupt::hash(&document.name));
        let spots = document.spots(role);
        if spots.is_empty() {
            continue;
        }
        for _ in 0..samples() {
            let spot = &spots[random.below(spots.len())];
            let Some(wrong) = document.corrupted(&[spot], &mut random) else { continue };
            let verdict = judge(&wrong, document.convention_is_open);
            if std::env::var_os("NETC_SHOW").is_some() && !verdict.is_good() {
                let said = judge::lines(&wrong.compile());
                println!("{} {role:?} {}: {verdict:?}{said}", document.name, wrong.told());
            }
            figures.add(verdict);
        }
    }
    figures
}

/// Five claims of a document at once.
fn fives(documents: &[Document]) -> (usize, usize) {
    let (mut exact, mut all) = (0, 0);
    for (document, seed) in documents.iter().flat_map(|d| seeds().into_iter().map(move |s| (d, s))) {
        let mut random = Random::new(seed ^ corrupt::hash(&document.name));
        let spots = document.spots(Role::Claim);
        if spots.len() < 10 {
            continue;
        }
        for _ in 0..samples() {
            let chosen = random.several(&spots, 5);
            let Some(wrong) = document.corrupted(&chosen, &mut random) else { continue };
            all += 1;
            let found = wrong.compile();
            let right = judge::blames_exactly(&found, &wrong);
            assert_eq!(
                judge::told_twice(&found),
                0,
                "{} {}{}",
                document.name,
                wrong.told(),
                judge::lines(&found)
            );
            if std::env::var_os("NETC_SHOW").is_some() && !right {
                println!("{} five {}: {}", document.name, wrong.told(), judge::lines(&found));
            }
            exact += usize::from(right);
        }
    }
    (exact, all)
}

#[test]
fn the_wrong_cell_is_found() {
    let documents = documents();
    assert!(documents.len() >= 7, "specs are missing");
    let counted: Vec<Document> = documents.iter().filter_map(with_params).collect();
    println!("{}", figures::HEAD);
    let mut bad = Vec::new();
    for (role, least) in [(Role::Claim, 0.95), (Role::Cause, 0.90), (Role::Shared, 0.90)] {
        for (what, set) in [("", &documents), (" and a params column", &counted)] {
            let figures = sampled(set, role);
            println!("{}", figures.line(&format!("{}{what}", role.title())));
            if figures.found() < least {
                bad.push(format!("{}{what}: found {:.3}, at least {least}", role.title(), figures.found()));
            }
            if figures.several > 0 {
                bad.push(format!("{}{what}: {} told more than once", role.title(), figures.several));
            }
        }
    }
    let (exact, all) = fives(&documents);
    println!("\nfive wrong claims at once: exactly those cells in {exact} of {all}");
    if (exact as f64) < 0.8 * all as f64 {
        bad.push(format!("five wrong claims: {exact} of {all}, at least 80 %"));
    }
    assert!(bad.is_empty(), "\n{}", bad.join("\n"));
}

/// Whatever netc says is wrong of a document, a document whose one cell is mended as it says is sound.
#[test]
fn certain_fixes_mend_the_document() {
    for document in documents() {
        let mut random = Random::new(SEEDS[0]);
        for role in [Role::Claim, Role::Cause] {
            let spots = document.spots(role);
            for _ in 0..samples().div_ceil(3) {
                let Some(spot) = spots.get(random.below(spots.len().max(1))) else { break };
                let Some(wrong) = document.corrupted(&[spot], &mut random) else { continue };
                let found = wrong.compile();
                let Some(mended) = judge::mended(&found, &wrong.text, true) else { continue };
                let after = corrupt::compile(&mended);
                assert!(after.is_sound(), "{} {}\n{}", document.name, wrong.told(), judge::lines(&after));
            }
        }
    }
}

/// The judge itself: what it calls unseen, right, explained and a chain.
#[test]
fn verdicts_are_what_they_say() {
    let table = |claim: &str, stride: &str| {
        format!(
            "---\ndialect: pytorch\n---\n| Layer | Output | Filter |\n|---|---|---|\n| INPUT | 32x32x3 | |\n\
             | CONV | {claim} | 3x3/{stride}; K=8; p=1 |\n| BN | 16x16x8 | |\n| FC | 10 | |\n"
        )
    };
    let wrong = |text: String, at: &str| corrupt::Wrong::new(text, at);
    assert_eq!(judge(&wrong(table("16x16x8", "2"), "16x16x8"), false), Verdict::Unseen);
    assert_eq!(judge(&wrong(table("17x17x8", "2"), "17x17x8"), false), Verdict::There);
    assert_eq!(judge(&wrong(table("16x16x8", "3"), "3; K"), false), Verdict::There);
    assert_eq!(judge(&wrong(table("17x17x8", "2"), "10 |"), false), Verdict::Explained);
    let two = table("17x17x8", "2").replace("| FC | 10", "| BN | 9x9x8 | |\n| BN | 16x16x8 | |\n| FC | 10");
    assert_eq!(judge(&wrong(two, "17x17x8"), false), Verdict::Several(2));
}

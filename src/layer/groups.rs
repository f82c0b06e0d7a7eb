//! Channels that split into groups of one size.

use super::Problem;
use crate::diag::Code;

/// Whether channels named `what` split into `groups`; blamed on the parameter `groups`.
pub(super) fn split(groups: u64, counts: &[(&str, u64)]) -> Result<(), Problem> {
    let Some((what, channels)) = counts.iter().find(|(_, n)| n % groups.max(1) != 0) else { return Ok(()) };
    let best = common(counts, groups);
    let of: Vec<String> = counts.iter().map(|(_, n)| n.to_string()).collect();
    let both = if of.len() > 1 { "both " } else { "" };
    Err(uneven(what, *channels, groups)
        .param("groups")
        .help(format!("write a number that divides {both}{}, such as `groups={best}`", of.join(" and "))))
}

/// The problem without its help.
pub(super) fn uneven(what: &str, channels: u64, groups: u64) -> Problem {
    let text = format!("{channels} {what} do not split into {groups} groups");
    Problem::new(Code::E0304, text).note(format!("{channels} / {groups} leaves {}", channels % groups.max(1)))
}

/// The largest number up to `most` that divides all of them.
fn common(counts: &[(&str, u64)], most: u64) -> u64 {
    (1..=most.min(4096)).rev().find(|g| counts.iter().all(|(_, n)| n.is_multiple_of(*g))).unwrap_or(1)
}

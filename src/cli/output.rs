//! Standard output and error: colour, pipes that close early.

use super::ColorChoice;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Writes the result.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Two texts of one file as a unified diff.
pub(super) fn diff(name: &str, before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    let below = name.trim_start_matches('/');
    let mut text = diff.unified_diff().header(&format!("a/{below}"), &format!("b/{below}")).to_string();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Writes progress and messages; a closed standard error is no reason to stop.
pub(super) fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// True where the reader of a pipe has gone, as `head` does.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|e| e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe))
}

/// Whether to colour what goes to this stream (<https://no-color.org>).
pub fn colored(choice: ColorChoice, stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
            !set("NO_COLOR") && !dumb && stream.is_terminal()
        }
    }
}

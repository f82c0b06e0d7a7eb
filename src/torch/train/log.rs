//! `log.jsonl`: a run's events, one JSON object a line.

use crate::backend::replace;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The events of a run, on disk.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    failed: bool,
}

impl Log {
    /// Goes on with the log of a run of which so many steps are kept: what came after them is left out, since it
    /// will come again.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub(super) fn open(path: &Path, steps: u64) -> Result<Self> {
        if path.exists() {
            let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let text = String::from_utf8_lossy(&text);
            let kept: String = text.lines().filter(|l| belongs(l, steps)).flat_map(|l| [l, "\n"]).collect();
            if kept.len() != text.len() {
                replace(path, |partial| Ok(std::fs::write(partial, kept.as_bytes())?))?;
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { file, failed: false })
    }

    /// Appends an event, with the time. What cannot be written is said once: a checkpoint that cannot be is what
    /// ends a run.
    pub(super) fn write(&mut self, event: &Value) -> Option<String> {
        let mut event = event.clone();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
        if let Some(fields) = event.as_object_mut() {
            fields.insert("time".to_owned(), json!(now));
        }
        let wrote = self.file.write_all(format!("{event}\n").as_bytes());
        let error = wrote.err().filter(|_| !self.failed)?;
        self.failed = true;
        Some(format!("the log is not whole: {error}"))
    }
}

/// Whether an event belongs to a run's first steps. A line that a crash cut short does not.
fn belongs(line: &str, steps: u64) -> bool {
    let Ok(event) = serde_json::from_str::<Value>(line) else { return false };
    let step = event["step"].as_u64();
    match event["event"].as_str() {
        // The step with this index is the first that is not done; whatever else has a step counts those done.
        Some("step") => step.is_some_and(|s| s < steps),
        Some("start") => event["done_steps"].as_u64().is_none_or(|s| s <= steps),
        _ => step.is_none_or(|s| s <= steps),
    }
}

#[cfg(test)]
mod tests {
    use super::belongs;

    #[test]
    fn what_will_come_again_is_left_out() {
        assert!(belongs(r#"{"event": "step", "step": 4}"#, 5));
        assert!(!belongs(r#"{"event": "step", "step": 5}"#, 5));
        assert!(belongs(r#"{"event": "eval", "step": 5}"#, 5));
        assert!(!belongs(r#"{"event": "checkpoint", "step": 6}"#, 5));
        assert!(!belongs(r#"{"event": "step", "st"#, 5));
    }
}

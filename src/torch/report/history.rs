//! A run's history, read from its `log.jsonl`: the events that `netc train --format json` prints.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;

/// Points of a curve: step and value.
pub type Points = Vec<(f64, f64)>;

/// What a run's events say over its steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The run's name: its folder's.
    pub name: String,
    /// The data term of the loss, a step each.
    pub loss: Points,
    /// Learning rate, a step each.
    pub rate: Points,
    /// Images a second, a step each.
    pub speed: Points,
    /// Loss on held-out images.
    pub held_out_loss: Points,
    /// Share of held-out images classified right, in percent.
    pub top1: Points,
    /// Share with the right class among five, in percent.
    pub top5: Points,
    /// Held-out images.
    pub images: Option<u64>,
    /// The first event, `start`; null where there is none.
    pub start: Value,
}

impl History {
    /// Reads the log of a run's folder, or a log by its own path.
    ///
    /// # Errors
    /// Where there is none, or it holds no step and no evaluation.
    pub fn open(path: &Path) -> Result<Self> {
        let file = if path.is_dir() { path.join("log.jsonl") } else { path.to_owned() };
        let text = std::fs::read_to_string(&file).with_context(|| {
            format!(
                "cannot read {}\nhelp: name the folder of a run, or a file of the lines that `netc train --format json` \
                 prints\ncause",
                file.display()
            )
        })?;
        let folder =
            if path.is_dir() { Some(path) } else { path.parent().filter(|f| f.join("run.json").exists()) };
        let shown = folder.unwrap_or(path);
        let absolute = shown.canonicalize().unwrap_or_else(|_| shown.to_owned());
        let name = absolute.file_name().map_or_else(|| "run".into(), |n| n.to_string_lossy());
        let history = Self::of(&name, &text);
        ensure!(
            !(history.loss.is_empty() && history.held_out_loss.is_empty()),
            "{} holds no step and no evaluation",
            file.display()
        );
        Ok(history)
    }

    /// Of the lines of a log. A line that a crash cut short is left out.
    pub fn of(name: &str, text: &str) -> Self {
        let mut history = Self { name: name.to_owned(), ..Self::default() };
        for event in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            history.add(event);
        }
        for points in [&mut history.loss, &mut history.rate, &mut history.speed] {
            in_order(points);
        }
        for points in [&mut history.held_out_loss, &mut history.top1, &mut history.top5] {
            in_order(points);
        }
        history
    }

    /// What was measured of the weights after so many steps, or of the newest before: `top-1 95.54 %, top-5 99.72 % of
    /// 359 images held out, after step 900`.
    pub fn measured(&self, steps: u64) -> Option<String> {
        let (step, top1) = self.top1.iter().rfind(|(step, _)| *step <= steps as f64)?;
        let top5 = self.top5.iter().find(|(s, _)| s == step);
        let top5 = top5.map_or_else(String::new, |(_, top5)| format!(", top-5 {top5:.2} %"));
        let images = self.images.map_or_else(String::new, |images| format!(" of {images} images held out"));
        let later = steps as f64 - step;
        let rest = if later > 0.0 {
            format!("; these weights are those of {later} steps later")
        } else {
            String::new()
        };
        Some(format!("top-1 {top1:.2} %{top5}{images}, after step {step}{rest}"))
    }

    fn add(&mut self, event: Value) {
        let step = event["step"].as_f64();
        let put = |points: &mut Points, key: &str, factor: f64| {
            if let (Some(step), Some(value)) = (step, event[key].as_f64().filter(|v| v.is_finite())) {
                points.push((step, factor * value));
            }
        };
        match event["event"].as_str() {
            Some("start") if self.start.is_null() => self.start = event,
            Some("step") => {
                put(&mut self.loss, "loss", 1.0);
                put(&mut self.rate, "lr", 1.0);
                put(&mut self.speed, "images_per_second", 1.0);
            }
            Some("eval") => {
                put(&mut self.held_out_loss, "loss", 1.0);
                put(&mut self.top1, "top1", 100.0);
                put(&mut self.top5, "top5", 100.0);
                self.images = event["images"].as_u64().or(self.images);
            }
            _ => {}
        }
    }
}

/// Steps that were done again after a crash stand once, as they were done last.
fn in_order(points: &mut Points) {
    points.reverse();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by_key(|p| p.0);
}

/// At most `most` points, each the mean of its neighbours.
pub(super) fn thinned(points: &[(f64, f64)], most: usize) -> Points {
    let each = points.len().div_ceil(most.max(1)).max(1);
    let mean = |chunk: &[(f64, f64)]| {
        let count = chunk.len() as f64;
        let sum = chunk.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        (sum.0 / count, sum.1 / count)
    };
    points.chunks(each).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_become_curves() {
        let history = History::of(
            "a",
            r#"{"event": "start", "net": "LeNet"}
{"event": "step", "step": 0, "epoch": 0, "loss": 2.0, "penalty": null, "lr": 0.1, "images_per_second": 50.0}
{"event": "step", "step": 1, "epoch": 0, "loss": null, "lr": 0.1, "images_per_second": 50.0}
{"event": "step", "step": 0, "epoch": 0, "loss": 3.0, "lr": 0.1, "images_per_second": 60.0}
{"event": "eval", "step": 2, "epoch": 0, "loss": 1.5, "top1": 0.5, "top5": null, "images": 40}
{"event": "step", "st"#,
        );
        assert_eq!(history.loss, [(0.0, 3.0)]);
        assert_eq!(history.rate, [(0.0, 0.1), (1.0, 0.1)]);
        assert_eq!((history.top1, history.top5), (vec![(2.0, 50.0)], vec![]));
        assert_eq!(history.images, Some(40));
        assert_eq!(history.start["net"], "LeNet");
    }

    #[test]
    fn many_points_are_averaged() {
        let points: Points = (0..10).map(|i| (f64::from(i), f64::from(i))).collect();
        assert_eq!(thinned(&points, 5), [(0.5, 0.5), (2.5, 2.5), (4.5, 4.5), (6.5, 6.5), (8.5, 8.5)]);
        assert_eq!(thinned(&points, 100), points);
    }
}

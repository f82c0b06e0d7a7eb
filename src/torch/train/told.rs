//! What is told of single pictures while a run goes on.

use super::report::Reporter;
use super::setup::Session;
use serde_json::json;

/// How much was told already.
#[derive(Default)]
pub(super) struct Told {
    bad: usize,
    enlarged: usize,
}

impl Told {
    /// Names the images that were left out because they cannot be read, once each, and counts them.
    pub(super) fn bad(&mut self, session: &Session, reporter: &Reporter) {
        let bad = session.dataset.bad_images();
        for (_, reason) in bad.iter().skip(self.bad) {
            reporter.say(&format!("warning: left out: {reason}"));
            reporter.event(&json!({"event": "bad_image", "reason": reason, "count": bad.len()}));
        }
        self.bad = bad.len();
    }

    /// Says how many pictures are smaller than the crop, where more were found.
    pub(super) fn enlarged(&mut self, session: &Session, reporter: &Reporter) {
        let small = session.dataset.enlarged();
        if let Some((index, [h, w])) = small.first_key_value().filter(|_| small.len() > self.enlarged) {
            let (crop, name) = (session.program.input_shape(), session.dataset.sample_name(*index));
            let count = small.len();
            reporter.say(&format!(
                "note: pictures smaller than the crop ({crop}) are enlarged: {count} so far; first {name}, {h}x{w}"
            ));
            reporter.event(&json!({"event": "enlarged", "first": name, "count": count}));
        }
        self.enlarged = small.len();
    }
}

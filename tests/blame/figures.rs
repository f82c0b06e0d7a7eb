//! Counts of verdicts, as a line of the table in `docs/blame.md`.

use crate::judge::Verdict;

/// The table's head.
pub(crate) const HEAD: &str = "| corrupted | tried | cannot be seen | one report | at the cell | or at one that explains it | worse |\n\
                        |---|---|---|---|---|---|---|";

#[derive(Default)]
pub(crate) struct Figures {
    tried: usize,
    unseen: usize,
    there: usize,
    explained: usize,
    elsewhere: usize,
    pub(crate) several: usize,
}

impl Figures {
    pub(crate) fn add(&mut self, verdict: Verdict) {
        self.tried += 1;
        match verdict {
            Verdict::Unseen => self.unseen += 1,
            Verdict::There => self.there += 1,
            Verdict::Explained => self.explained += 1,
            Verdict::Elsewhere => self.elsewhere += 1,
            Verdict::Several(_) => self.several += 1,
        }
    }

    fn seen(&self) -> f64 {
        (self.tried - self.unseen).max(1) as f64
    }

    /// The share of those that can be seen with one report, at the cell or at one that explains it.
    pub(crate) fn found(&self) -> f64 {
        (self.there + self.explained) as f64 / self.seen()
    }

    pub(crate) fn line(&self, title: &str) -> String {
        let share = |n: usize| format!("{:.1} %", 100.0 * n as f64 / self.seen());
        format!(
            "| {title} | {} | {:.1} % | {} | {} | {} | {} |",
            self.tried,
            100.0 * self.unseen as f64 / self.tried.max(1) as f64,
            share(self.there + self.explained + self.elsewhere),
            share(self.there),
            share(self.there + self.explained),
            share(self.elsewhere + self.several),
        )
    }
}

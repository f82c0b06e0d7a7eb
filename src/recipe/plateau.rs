//! What evaluations decide: whether one is the best, whether the rate falls, whether the run ends early.

use super::Schedule;

/// What of an evaluation is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Monitor {
    /// The share classified right; more is better.
    #[default]
    Top1,
    /// The mean cross-entropy; less is better.
    Loss,
}

impl Monitor {
    /// How it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Top1 => "top1",
            Self::Loss => "loss",
        }
    }

    /// Which of an evaluation's numbers it watches.
    pub const fn of(self, loss: f64, top1: f64) -> f64 {
        match self {
            Self::Top1 => top1,
            Self::Loss => loss,
        }
    }

    /// Whether a number is better than the best so far, by more than a share of that.
    pub fn is_better(self, new: f64, best: f64, threshold: f64) -> bool {
        match self {
            Self::Top1 => new > best * (1.0 + threshold),
            Self::Loss => new < best * (1.0 - threshold),
        }
    }
}

/// The evaluations so far, as far as decisions need them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Watch {
    /// The best one so far.
    pub best: Option<f64>,
    /// Evaluations since it.
    pub stale: u64,
    /// Where the rate stands on a plateau schedule.
    pub plateau: Plateau,
}

/// PyTorch's `ReduceLROnPlateau` with a relative threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    /// What the rate is multiplied by now.
    pub scale: f64,
    /// The best evaluation, by the threshold.
    pub best: Option<f64>,
    /// Evaluations that were no better, since the best or the last fall.
    pub bad: u64,
    /// Evaluations left that do not count.
    pub cooling: u64,
}

impl Default for Plateau {
    fn default() -> Self {
        Self { scale: 1.0, best: None, bad: 0, cooling: 0 }
    }
}

impl Watch {
    /// Takes an evaluation; true where it is the best so far.
    pub fn see(&mut self, schedule: &Schedule, monitor: Monitor, value: f64) -> bool {
        self.plateau.see(schedule, monitor, value);
        let better = self.best.is_none_or(|best| monitor.is_better(value, best, 0.0));
        if better {
            self.best = Some(value);
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        better
    }
}

impl Plateau {
    fn see(&mut self, schedule: &Schedule, monitor: Monitor, value: f64) {
        let Schedule::Plateau { factor, patience, threshold, cooldown, floor } = schedule else { return };
        if self.best.is_none_or(|best| monitor.is_better(value, best, *threshold)) {
            self.best = Some(value);
            self.bad = 0;
        } else {
            self.bad += 1;
        }
        if self.cooling > 0 {
            self.cooling -= 1;
            self.bad = 0;
        }
        if self.bad > *patience {
            self.scale = (self.scale * factor).max(*floor);
            self.cooling = *cooldown;
            self.bad = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rates after each evaluation of `ReduceLROnPlateau(mode="min", patience=1, cooldown=1, factor=0.5,
    /// min_lr=0.1)` of PyTorch 2.13 from a rate of 1, for these losses.
    #[test]
    fn a_plateau_is_pytorchs() {
        let schedule =
            Schedule::Plateau { factor: 0.5, patience: 1, threshold: 1e-4, cooldown: 1, floor: 0.1 };
        let losses = [1.0, 0.9, 0.9, 0.89999, 0.95, 0.96, 0.97, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9];
        let wanted =
            [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.1, 0.1, 0.1, 0.1];
        let mut watch = Watch::default();
        for (loss, rate) in losses.iter().zip(wanted) {
            watch.see(&schedule, Monitor::Loss, *loss);
            assert_eq!(watch.plateau.scale, rate, "{watch:?}");
        }
    }

    #[test]
    fn the_best_is_kept_and_staleness_counted() {
        let mut watch = Watch::default();
        let seen: Vec<(bool, u64)> = [0.5, 0.6, 0.6, 0.4, 0.7]
            .iter()
            .map(|top1| (watch.see(&Schedule::Constant, Monitor::Top1, *top1), watch.stale))
            .collect();
        assert_eq!(seen, [(true, 0), (true, 0), (false, 1), (false, 2), (true, 0)]);
    }
}

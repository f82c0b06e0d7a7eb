//! How the learning rate changes: plain formulas of the step.

use super::Stretch;

/// How the learning rate changes over a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// It stays.
    Constant,
    /// Times `factor` every so often: `factor^floor(step / every)`.
    Step {
        /// Between two falls.
        every: Stretch,
        /// What a fall multiplies by.
        factor: f64,
    },
    /// Times `factor` at each of these.
    MultiStep {
        /// Where the rate falls, counted from the run's start.
        milestones: Vec<Stretch>,
        /// What a fall multiplies by.
        factor: f64,
    },
    /// The fall of [`Schedule::Step`] spread evenly: `factor^(step / every)`.
    Exponential {
        /// In which it falls by `factor`.
        every: Stretch,
        /// What it is multiplied by.
        factor: f64,
    },
    /// `floor + (1 - floor) (1 - progress)^power`.
    Poly {
        /// The exponent.
        power: f64,
        /// Share of the rate at the end.
        floor: f64,
    },
    /// `floor + (1 - floor) (1 + cos(pi progress)) / 2` (Loshchilov and Hutter 2016, without restarts).
    Cosine {
        /// Share of the rate at the end.
        floor: f64,
    },
    /// Smith's one cycle, as PyTorch's `OneCycleLR` has it with cosines: from `1 / div` up to 1, down to
    /// `1 / (div * end)`.
    OneCycle {
        /// Share of the run in which the rate rises.
        rise: f64,
        /// The start's divisor.
        div: f64,
        /// The end's divisor, of the start.
        end: f64,
    },
    /// Times `factor` when evaluations stop improving; [`super::Plateau`] keeps count.
    Plateau {
        /// What a fall multiplies by.
        factor: f64,
        /// Evaluations without a better one that are borne.
        patience: u64,
        /// How much better, as a share, counts.
        threshold: f64,
        /// Evaluations after a fall that do not count.
        cooldown: u64,
        /// Share of the rate below which it never falls.
        floor: f64,
    },
}

/// The rate's rise at the start of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warmup {
    /// How long it takes.
    pub length: Stretch,
    /// Share of the rate that it begins with.
    pub start: f64,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Steps done.
    pub step: u64,
    /// Steps of the whole run; none where only time ends it.
    pub steps: Option<u64>,
    /// Steps an epoch.
    pub an_epoch: u64,
}

impl Schedule {
    /// True where the formula needs the run's length.
    pub const fn needs_end(&self) -> bool {
        matches!(self, Self::Poly { .. } | Self::Cosine { .. } | Self::OneCycle { .. })
    }

    /// The rate's factor for the next step: a line from `start` to 1 over the warm-up
    /// (`start + (1 - start) step / length`), then the schedule's own. Progress runs from the warm-up's end to
    /// the run's; falls are counted from the run's start.
    pub fn factor(&self, warmup: Warmup, at: Clock) -> f64 {
        let rising = warmup.length.steps(at.an_epoch);
        if at.step < rising {
            return warmup.start + (1.0 - warmup.start) * at.step as f64 / rising as f64;
        }
        let (done, all) = (at.step - rising, at.steps.unwrap_or(at.step).saturating_sub(rising));
        let progress = (done as f64 / all.max(1) as f64).min(1.0);
        let falls = |every: Stretch| at.step as f64 / every.steps(at.an_epoch).max(1) as f64;
        match self {
            Self::Constant | Self::Plateau { .. } => 1.0,
            Self::Step { every, factor } => factor.powf(falls(*every).floor()),
            Self::Exponential { every, factor } => factor.powf(falls(*every)),
            Self::MultiStep { milestones, factor } => {
                let passed = milestones.iter().filter(|m| m.steps(at.an_epoch) <= at.step).count();
                factor.powi(i32::try_from(passed).unwrap_or(i32::MAX))
            }
            Self::Poly { power, floor } => floor + (1.0 - floor) * (1.0 - progress).powf(*power),
            Self::Cosine { floor } => floor + (1.0 - floor) * falling(progress),
            Self::OneCycle { rise, div, end } => {
                let (low, least) = (div.recip(), (div * end).recip());
                let last = all.max(1) as f64 - 1.0;
                let peak = rise * all as f64 - 1.0;
                let step = (done as f64).min(last);
                if step <= peak {
                    let way = step / peak.max(f64::MIN_POSITIVE);
                    return 1.0 - (1.0 - low) * falling(way.min(1.0));
                }
                let way = (step - peak) / (last - peak).max(f64::MIN_POSITIVE);
                least + (1.0 - least) * falling(way.min(1.0))
            }
        }
    }
}

/// Half a cosine: 1 at 0, 0 at 1.
fn falling(way: f64) -> f64 {
    0.5 * (1.0 + (std::f64::consts::PI * way).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Warmup = Warmup { length: Stretch::Steps(0), start: 0.0 };

    fn at(step: u64) -> Clock {
        Clock { step, steps: Some(100), an_epoch: 10 }
    }

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }

    #[test]
    fn falls_come_where_they_are_written() {
        let step = Schedule::Step { every: Stretch::Epochs(3.0), factor: 0.1 };
        let multi =
            Schedule::MultiStep { milestones: vec![Stretch::Epochs(3.0), Stretch::Steps(65)], factor: 0.5 };
        for n in 0..100 {
            near(step.factor(NONE, at(n)), 0.1f64.powi((n / 30) as i32));
            near(multi.factor(NONE, at(n)), [1.0, 0.5, 0.25][usize::from(n >= 30) + usize::from(n >= 65)]);
        }
    }

    #[test]
    fn smooth_falls_are_their_formulas() {
        let exponential = Schedule::Exponential { every: Stretch::Epochs(2.0), factor: 0.5 };
        let poly = Schedule::Poly { power: 2.0, floor: 0.1 };
        let cosine = Schedule::Cosine { floor: 0.0 };
        for n in 0..=100u64 {
            let t = n as f64 / 100.0;
            near(exponential.factor(NONE, at(n)), 0.5f64.powf(n as f64 / 20.0));
            near(poly.factor(NONE, at(n)), 0.1 + 0.9 * (1.0 - t) * (1.0 - t));
            near(cosine.factor(NONE, at(n)), (t * std::f64::consts::FRAC_PI_2).cos().powi(2));
        }
    }

    #[test]
    fn a_warm_up_is_a_line_and_shortens_what_follows() {
        let warmup = Warmup { length: Stretch::Epochs(2.0), start: 0.2 };
        let cosine = Schedule::Cosine { floor: 0.0 };
        for n in 0..20u64 {
            near(cosine.factor(warmup, at(n)), 0.2 + 0.8 * n as f64 / 20.0);
        }
        near(cosine.factor(warmup, at(20)), 1.0);
        near(cosine.factor(warmup, at(60)), 0.5);
        near(cosine.factor(warmup, at(100)), 0.0);
        // Falls are counted from the run's start.
        let step = Schedule::Step { every: Stretch::Epochs(3.0), factor: 0.1 };
        near(step.factor(warmup, at(29)), 1.0);
        near(step.factor(warmup, at(30)), 0.1);
    }

    /// The rates of `torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=10)` of PyTorch 2.13.
    #[test]
    fn one_cycle_is_pytorchs() {
        let cycle = Schedule::OneCycle { rise: 0.3, div: 25.0, end: 1e4 };
        let wanted = [
            0.04,
            0.52,
            1.0,
            0.9504846320134738,
            0.8117456539497631,
            0.6112620219362893,
            0.3887419780637107,
            0.18825834605023698,
            0.0495193679865263,
            4e-6,
        ];
        for (step, rate) in wanted.iter().enumerate() {
            let at = Clock { step: step as u64, steps: Some(10), an_epoch: 5 };
            let own = cycle.factor(NONE, at);
            assert!((own - rate).abs() < 1e-9, "{step}: {own} {rate}");
        }
    }
}

//! A run's state in one file: weights, the optimiser's and the average's tensors, how far it came and what its
//! evaluations decided. One file, renamed whole, so that no moment of a crash leaves parts of two states.

use super::average::{self, Average};
use super::step::Scaling;
use crate::backend::{Optimiser, Store, read, replace};
use anyhow::{Context, Result, ensure};
use netc::recipe::{Plateau, Watch};
use std::path::Path;
use tch::Tensor;

/// The numbers of [`State`], in 64-bit floats: whole ones are exact up to 2^53.
const STATE: &str = "@state";

/// How far a run came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Steps done.
    pub(super) step: u64,
    /// The last step ended an epoch whose evaluation was done too.
    pub(super) evaluated: bool,
}

impl Position {
    /// The epoch that goes on, and how many of its steps are done (all of them: its evaluation is left).
    pub(super) fn epoch(self, an_epoch: u64) -> (u64, u64) {
        match (self.step / an_epoch, self.step % an_epoch) {
            (epoch, 0) if epoch > 0 && !self.evaluated => (epoch - 1, an_epoch),
            place => place,
        }
    }
}

/// All of a run that is no tensor of the net's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct State {
    /// How far it came.
    pub(super) position: Position,
    /// Seconds that it ran.
    pub(super) seconds: f64,
    /// What its evaluations decided.
    pub(super) watch: Watch,
    /// How the loss is scaled.
    pub(super) scaling: Scaling,
}

impl State {
    /// A number that is none is written as NaN.
    fn numbers(&self) -> [f64; 11] {
        let (position, watch, plateau) = (self.position, self.watch, self.watch.plateau);
        let optional = |value: Option<f64>| value.unwrap_or(f64::NAN);
        [
            position.step as f64,
            f64::from(u8::from(position.evaluated)),
            self.seconds,
            optional(watch.best),
            watch.stale as f64,
            plateau.scale,
            optional(plateau.best),
            plateau.bad as f64,
            plateau.cooling as f64,
            self.scaling.scale,
            self.scaling.good as f64,
        ]
    }

    fn of(numbers: [f64; 11]) -> Self {
        let [step, evaluated, seconds, best, stale, scale, plateau_best, bad, cooling, loss, good] = numbers;
        let optional = |value: f64| (!value.is_nan()).then_some(value);
        let plateau =
            Plateau { scale, best: optional(plateau_best), bad: bad as u64, cooling: cooling as u64 };
        Self {
            position: Position { step: step as u64, evaluated: evaluated != 0.0 },
            seconds,
            watch: Watch { best: optional(best), stale: stale as u64, plateau },
            scaling: Scaling { scale: loss, good: good as u64 },
        }
    }
}

/// What a checkpoint holds of.
pub(super) struct Parts<'a> {
    /// The weights.
    pub(super) store: &'a Store,
    /// What trains them.
    pub(super) optimiser: &'a Optimiser,
    /// Their average.
    pub(super) average: Option<&'a Average>,
}

/// Writes the state; the one before it stays if that fails.
///
/// # Errors
/// Where the file cannot be written.
pub(super) fn save(path: &Path, parts: &Parts<'_>, state: &State) -> Result<()> {
    let slots = parts.optimiser.state().into_iter().map(|(n, t)| (n, t.shallow_clone()));
    let averages = parts.average.map_or_else(Vec::new, |a| a.state(parts.store));
    let numbers = (STATE.to_owned(), Tensor::f_from_slice(&state.numbers())?);
    parts.store.save(path, &slots.chain(averages).chain([numbers]).collect::<Vec<_>>())
}

/// Gives a written checkpoint a second name, replacing what had it: a link where the file system has them, a copy
/// elsewhere.
///
/// # Errors
/// Where that cannot be written; what had the name stays.
pub(super) fn name_too(from: &Path, to: &Path) -> Result<()> {
    replace(to, |partial| {
        // A link is not made over what a crash left.
        let _ = std::fs::remove_file(partial);
        match std::fs::hard_link(from, partial) {
            Ok(()) => Ok(()),
            Err(_) => Ok(std::fs::copy(from, partial).map(|_| ())?),
        }
    })
}

/// Takes up the state that [`save`] wrote.
///
/// # Errors
/// Where the file is damaged, belongs to another spec, or holds weights alone.
pub(super) fn restore(
    path: &Path,
    store: &mut Store,
    optimiser: &mut Optimiser,
    average: Option<&mut Average>,
) -> Result<State> {
    let all = read(path)?;
    store.fill(&all, path)?;
    let (_, numbers) = all
        .iter()
        .find(|(n, _)| n == STATE)
        .with_context(|| format!("{} holds weights but no run to go on with", path.display()))?;
    let numbers: Option<[f64; 11]> = Vec::<f64>::try_from(numbers).ok().and_then(|n| n.try_into().ok());
    let numbers = numbers.with_context(|| format!("{} is damaged: its state is none", path.display()))?;
    let state = State::of(numbers);
    let whole = |n: f64| n.is_finite() && n >= 0.0;
    ensure!(whole(numbers[0]) && whole(state.seconds), "{} is damaged: its state is none", path.display());
    optimiser.restore(&all, state.position.step)?;
    if let Some(average) = average {
        average.restore(&all, store)?;
    }
    Ok(state)
}

/// The weights of a checkpoint as evaluations saw them: their average where it holds one. Returns the steps that it
/// says were done; none where it holds weights alone.
///
/// # Errors
/// Where the file is damaged or belongs to another spec.
pub fn load_weights(path: &Path, store: &mut Store) -> Result<Option<u64>> {
    let all = read(path)?;
    store.fill(&all, path)?;
    average::apply(&all, store)?;
    let state = all.iter().find(|(n, _)| n == STATE).map(|(_, numbers)| numbers.f_double_value(&[0]));
    Ok(state.transpose()?.filter(|steps| steps.is_finite() && *steps >= 0.0).map(|steps| steps as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_where_it_stopped() {
        let at = |step, evaluated| Position { step, evaluated }.epoch(10);
        assert_eq!(at(0, false), (0, 0));
        assert_eq!(at(7, false), (0, 7));
        assert_eq!(at(10, false), (0, 10));
        assert_eq!(at(10, true), (1, 0));
        assert_eq!(at(23, false), (2, 3));
    }

    #[test]
    fn the_state_is_kept_whole() {
        let plateau = Plateau { scale: 0.01, best: None, bad: 3, cooling: 1 };
        let watch = Watch { best: Some(0.1 + 0.2), stale: 7, plateau };
        let state = State {
            position: Position { step: 123_456, evaluated: true },
            seconds: 0.1,
            watch,
            scaling: Scaling { scale: 4096.0, good: 17 },
        };
        assert_eq!(State::of(state.numbers()), state);
        assert_eq!(State::of(State::default().numbers()), State::default());
    }
}

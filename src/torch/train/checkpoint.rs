//! A run's state in one file: weights, the optimiser's velocities and how far it came. One file, renamed whole, so
//! that no moment of a crash leaves parts of two states.

use crate::backend::{Sgd, Store, read};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use tch::Tensor;

/// Prefix of velocities: `@velocity.conv1.kernel`.
const VELOCITY: &str = "@velocity.";
/// Steps done and whether the evaluation that ends their epoch was.
const POSITION: &str = "@position";

/// How far a run came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Steps done.
    pub(super) step: u64,
    /// The last step ended an epoch whose evaluation was done too.
    pub(super) evaluated: bool,
}

impl Position {
    /// The epoch that goes on, and how many of its batches are done (all of them: its evaluation is left).
    pub(super) fn epoch(self, an_epoch: u64) -> (u64, u64) {
        match (self.step / an_epoch, self.step % an_epoch) {
            (epoch, 0) if epoch > 0 && !self.evaluated => (epoch - 1, an_epoch),
            place => place,
        }
    }
}

/// Writes the state; the one before it stays if that fails.
///
/// # Errors
/// Where the file cannot be written.
pub(super) fn save(path: &Path, store: &Store, sgd: &Sgd, position: Position) -> Result<()> {
    let velocities = sgd.state().into_iter().map(|(n, t)| (format!("{VELOCITY}{n}"), t.shallow_clone()));
    let numbers = [i64::try_from(position.step)?, i64::from(position.evaluated)];
    let position = (POSITION.to_owned(), Tensor::f_from_slice(&numbers)?);
    store.save(path, &velocities.chain([position]).collect::<Vec<_>>())
}

/// Takes up the state that [`save`] wrote.
///
/// # Errors
/// Where the file is damaged, belongs to another spec, or holds weights alone.
pub(super) fn restore(path: &Path, store: &mut Store, sgd: &mut Sgd) -> Result<Position> {
    let all = read(path)?;
    store.fill(&all, path)?;
    let (_, position) = all
        .iter()
        .find(|(n, _)| n == POSITION)
        .with_context(|| format!("{} holds weights but no run to go on with", path.display()))?;
    ensure!(position.size() == [2], "{} is damaged: its position is no position", path.display());
    let step = u64::try_from(position.f_int64_value(&[0])?).context("a position is not negative")?;
    let evaluated = position.f_int64_value(&[1])? != 0;
    let velocities: Vec<(String, Tensor)> =
        all.into_iter().filter_map(|(n, t)| Some((n.strip_prefix(VELOCITY)?.to_owned(), t))).collect();
    sgd.restore(&velocities)?;
    Ok(Position { step, evaluated })
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn a_run_goes_on_where_it_stopped() {
        let at = |step, evaluated| Position { step, evaluated }.epoch(10);
        assert_eq!(at(0, false), (0, 0));
        assert_eq!(at(7, false), (0, 7));
        assert_eq!(at(10, false), (0, 10));
        assert_eq!(at(10, true), (1, 0));
        assert_eq!(at(23, false), (2, 3));
    }
}

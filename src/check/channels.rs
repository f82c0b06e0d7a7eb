//! The K with which wrong totals of the net would hold.

use super::claims::Totals;
use super::regions::mismatches;
use super::roundest;
use super::units::Unit;
use super::whole;
use super::world::{Forward, World, forward};
use crate::graph::Net;
use crate::layer::Value;

/// Steps towards it: a total is linear in the K of one row, and less so in one of several rows.
const STEPS: usize = 4;
/// The most channels that are proposed.
const MOST: f64 = 65_536.0;

/// How much a net claims and has, in one number, and between which numbers all the claims hold.
struct Told {
    count: f64,
    low: f64,
    high: f64,
}

/// A K with which these of the net's claims hold and no size is contradicted, by the line through the totals of
/// two others. None where a row of the cell claims its channels.
pub(super) fn needed(
    net: &Net,
    (world, pass): (&World, &Forward),
    unit: &Unit,
    open: &[usize],
    passes: &mut usize,
) -> Option<Value> {
    let row = &net.graph[unit.nodes[0]];
    let Some(Value::Int(now)) = row.args.get(unit.param).filter(|_| unit.param == "K") else { return None };
    if unit.claims_channels(net) {
        return None;
    }
    let mut last = (*now, told(net, pass, open));
    let mut next = now.saturating_mul(2);
    for _ in 0..STEPS {
        *passes = passes.checked_sub(1)?;
        let value = Value::Int(next);
        let pass = forward(net, &unit.worlds(world, &value).swap_remove(0));
        let contradicted = mismatches(net, &pass).into_iter().any(|at| !unit.stands_in(net, net.order[at]));
        if contradicted || pass.rows.iter().any(Option::is_none) {
            return None;
        }
        let here = told(net, &pass, open);
        if here.iter().all(|t| t.low <= t.count && t.count <= t.high) {
            return Some(value);
        }
        let step = towards(&last, &(next, &here))?;
        last = (next, here);
        next = step;
    }
    None
}

/// Where the line through two points meets every claim.
fn towards(last: &(i64, Vec<Told>), here: &(i64, &Vec<Told>)) -> Option<i64> {
    let (mut low, mut high) = (1.0f64, MOST);
    for (before, now) in last.1.iter().zip(here.1) {
        let slope = (now.count - before.count) / (here.0 - last.0) as f64;
        let [one, other] = [now.low, now.high].map(|total| here.0 as f64 + (total - now.count) / slope);
        if !one.is_finite() || !other.is_finite() {
            return None;
        }
        low = low.max(one.min(other));
        high = high.min(one.max(other));
    }
    // Filters are counted in powers of two.
    let round = roundest(2.0, low, high).map(|v| v as i64);
    let step = round.unwrap_or(f64::midpoint(low, high).round() as i64);
    ((1..=MOST as i64).contains(&step) && step != here.0).then_some(step)
}

/// These claims of the net, and what it has.
fn told(net: &Net, pass: &Forward, open: &[usize]) -> Vec<Told> {
    let totals = Totals::of(net, &pass.rows);
    let one = |at: &usize| {
        let (value, count) = whole::told(net, &totals, &net.claims[*at]);
        Told { count: count as f64, low: value.low, high: value.high }
    };
    open.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::roundest;

    #[test]
    fn filters_are_counted_in_powers_of_two() {
        assert_eq!(roundest(2.0, 94.2, 99.1), Some(96));
        assert_eq!(roundest(2.0, 31.9, 32.1), Some(32));
        assert_eq!(roundest(2.0, 9.0, 9.0), Some(9));
        assert_eq!(roundest(2.0, 9.1, 9.9), None);
    }
}

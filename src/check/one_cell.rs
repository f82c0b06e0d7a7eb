//! The single K or kernel with which a wrong total of the net would be right. The total is blamed, since it is one
//! cell as well and speaks against every other; such a cell is named beside it.

use super::channels;
use super::claims::Totals;
use super::counts::Chosen;
use super::regions::mismatches;
use super::report::written;
use super::second;
use super::settle::open_counts;
use super::shared::Cells;
use super::units::{Doubts, Unit, VALUES, units};
use super::whole;
use super::world::{Forward, World, forward};
use crate::diag::{Diagnostic, Edit};
use crate::graph::Net;
use crate::layer::Value;
use crate::source::{Source, Span};
use std::collections::HashSet;

/// Rows evaluated in all, so that a large net ends in time.
const BUDGET: usize = 400_000;
/// Cells that are named.
const NAMED: usize = 3;

/// A sound net but for one total.
struct Total<'a> {
    source: &'a Source,
    net: &'a Net,
    world: &'a World,
    pass: &'a Forward,
    columns: &'a [Chosen; 2],
    /// Its place among the net's claims.
    claim: usize,
}

impl Total<'_> {
    /// The report of the total with the cells that would make it right.
    fn tell(&self, mut d: Diagnostic, cells: &[(Unit, Span, Value)]) -> Diagnostic {
        for (unit, span, value) in cells.iter().take(NAMED) {
            let text = written(value, self.source.slice(*span));
            d = d.also(*span, format!("with {} {text} here the total holds", unit.param));
        }
        match cells.len().saturating_sub(NAMED) {
            0 => d,
            1 => d.note("one more kernel or K would do as well"),
            more => d.note(format!("{more} more kernels and Ks would each do as well")),
        }
    }

    /// Each such cell and what it would be.
    fn cells(&self) -> Vec<(Unit, Span, Value)> {
        let length = self.net.order.len().max(1);
        let mut left = BUDGET / length;
        let sized =
            if length * length <= BUDGET { self.net.order.iter().copied().collect() } else { HashSet::new() };
        let doubts = Doubts::new(self.net, self.pass, self.columns, HashSet::new(), sized);
        let mut found = Vec::new();
        for unit in units(self.net, &Cells::of(self.net)) {
            let Some(span) = unit.place(self.net) else { continue };
            let value = match unit.param {
                "kernel" => self.kernel(&unit, &doubts, &mut left),
                "K" => self.channels(&unit, &mut left),
                _ => None,
            };
            found.extend(value.map(|v| (unit, span, v)));
        }
        found.sort_by_key(|(unit, _, value)| unit.unusual(self.net, value));
        found
    }

    /// The first kernel with which everything holds.
    fn kernel(&self, unit: &Unit, doubts: &Doubts<'_>, left: &mut usize) -> Option<Value> {
        unit.values(self.net, self.world, self.pass).into_iter().find(|value| {
            let world = unit.worlds(self.world, value).swap_remove(0);
            doubts.promises(unit, &world)
                && left.checked_sub(1).map(|l| *left = l).is_some()
                && self.holds(&forward(self.net, &world))
        })
    }

    /// The K with which everything holds.
    fn channels(&self, unit: &Unit, left: &mut usize) -> Option<Value> {
        let value = channels::needed(self.net, (self.world, self.pass), unit, &[self.claim], left)?;
        let world = unit.worlds(self.world, &value).swap_remove(0);
        self.holds(&forward(self.net, &world)).then_some(value)
    }

    /// True where every size, count and total holds.
    fn holds(&self, pass: &Forward) -> bool {
        pass.rows.iter().all(Option::is_some)
            && mismatches(self.net, pass).is_empty()
            && whole::open(self.net, &Totals::of(self.net, &pass.rows), self.columns).is_empty()
            && second::claims(self.source, self.net, pass).is_empty()
            && open_counts(self.source, self.net, pass) == 0
    }
}

/// The reports of wrong totals of a net that is sound but for them: of a single one, with such cells, and what is to be
/// written there.
pub(super) fn beside(
    source: &Source,
    net: &Net,
    (world, pass): (&World, &Forward),
    columns: &[Chosen; 2],
    reports: Vec<Diagnostic>,
) -> (Vec<Diagnostic>, Vec<Edit>) {
    let known = !reports.is_empty() && pass.rows.iter().all(Option::is_some);
    let open = if known { whole::open(net, &Totals::of(net, &pass.rows), columns) } else { Vec::new() };
    let [only] = open.as_slice() else { return (reports, Vec::new()) };
    if net.order.len() * VALUES > BUDGET {
        return (reports, Vec::new());
    }
    let total = Total { source, net, world, pass, columns, claim: *only };
    let cells = total.cells();
    let edit = |(_, span, value): &(Unit, Span, Value)| Edit {
        span: *span,
        text: written(value, source.slice(*span)),
    };
    let edits = cells.iter().map(edit).collect();
    (reports.into_iter().map(|d| total.tell(d, &cells)).collect(), edits)
}

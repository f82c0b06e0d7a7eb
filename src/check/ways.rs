//! Ways to count: what a printed number of parameters or operations holds.

use crate::graph::{About, Counting, NetAbout, ParamCount};
use crate::layer::Cost;
use crate::syntax::NumberClaim;

/// One way to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub params: ParamCount,
    /// What K stands for in a parameter count.
    pub k: u32,
    /// Operations that a multiplication counts as.
    pub flops: u64,
}

/// What is counted and has more than one way to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Params,
    Operations,
}

impl Counted {
    /// Of a row's claim.
    pub(super) const fn of_row(about: About) -> Option<Self> {
        match about {
            About::Params => Some(Self::Params),
            About::Macs => Some(Self::Operations),
            _ => None,
        }
    }

    /// Of a claim about the whole net.
    pub(super) const fn of_net(about: NetAbout) -> Option<Self> {
        match about {
            NetAbout::Parameters => Some(Self::Params),
            NetAbout::Macs => Some(Self::Operations),
            _ => None,
        }
    }

    /// The ways that the header leaves open, the likelier first.
    pub(super) fn ways(self, fixed: &Counting) -> Vec<Way> {
        let params: Vec<ParamCount> = fixed.params.map_or(ParamCount::ALL.to_vec(), |p| vec![p]);
        let ks = fixed.k.map_or(vec![1000, 1024], |k| vec![k]);
        let flops = fixed.flops.map_or(vec![1, 2], |f| vec![f]);
        let base = Way { params: params[0], k: ks[0], flops: flops[0] };
        match self {
            Self::Params => ks
                .iter()
                .flat_map(|k| params.iter().map(move |p| Way { params: *p, k: *k, ..base }))
                .collect(),
            Self::Operations => flops.into_iter().map(|flops| Way { flops, ..base }).collect(),
        }
    }

    /// How it is called in a message.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Params => "parameters",
            Self::Operations => "multiplications",
        }
    }
}

impl Way {
    /// What a cost comes to.
    pub(super) const fn count(self, what: Counted, cost: &Cost) -> u64 {
        match (what, self.params) {
            (Counted::Operations, _) => cost.macs.saturating_mul(self.flops),
            (_, ParamCount::All) => cost.params(),
            (_, ParamCount::Stored) => cost.params().saturating_add(cost.buffers),
            (_, ParamCount::Biases) => cost.weights.saturating_add(cost.biases),
            (_, ParamCount::Weights) => cost.weights,
        }
    }

    /// True where the claim holds of a cost.
    pub(super) fn holds(self, what: Counted, claim: &NumberClaim, cost: &Cost) -> bool {
        let count = self.count(what, cost);
        match what {
            Counted::Params => claim.at(self.k).holds(count),
            Counted::Operations => claim.holds(count),
        }
    }

    /// In words, for a note.
    pub(super) fn words(self, what: Counted) -> String {
        let (held, k) = match (what, self.params) {
            (Counted::Operations, _) if self.flops == 2 => {
                return "multiplications and additions".to_owned();
            }
            (Counted::Operations, _) => return "multiplications".to_owned(),
            (_, ParamCount::All) => ("every trained number", self.k),
            (_, ParamCount::Stored) => ("trained numbers and running statistics", self.k),
            (_, ParamCount::Biases) => ("kernels and biases", self.k),
            (_, ParamCount::Weights) => ("kernels alone", self.k),
        };
        if k == 1024 { format!("{held}, K = 1024") } else { held.to_owned() }
    }

    /// As the header would fix it.
    pub(super) fn header(self, what: Counted) -> String {
        match what {
            Counted::Operations if self.flops == 2 => "flops: 2 macs".to_owned(),
            Counted::Operations => "flops: macs".to_owned(),
            Counted::Params if self.k == 1024 => format!("params: {}, K: 1024", self.params.name()),
            Counted::Params => format!("params: {}", self.params.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_header_fixes_is_not_open() {
        let open = Counted::Params.ways(&Counting::default());
        assert_eq!((open.len(), open[0].params, open[0].k), (8, ParamCount::All, 1000));
        let fixed = Counting { params: Some(ParamCount::Weights), k: Some(1024), flops: Some(2) };
        assert_eq!(Counted::Params.ways(&fixed).len(), 1);
        assert_eq!(Counted::Operations.ways(&fixed)[0].flops, 2);
    }
}

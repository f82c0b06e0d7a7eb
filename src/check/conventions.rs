//! Which padding words a document's author meant: scored by local checks, so that one wrong cell
//! spoils at most two of them.

use super::hints::{declared_into, hints};
use super::world::takes_word;
use crate::graph::Net;
use crate::layer::{Conventions, Dialect, PadWord, WindowKind};
use crate::shape::Shape;

/// Votes by which a word may trail the best and still be weighed.
const MARGIN: usize = 2;

/// The two kinds of windows.
pub(super) const WINDOWS: [WindowKind; 2] = [WindowKind::Conv, WindowKind::Pool];

/// The conventions before any is inferred: the header's dialect, or PyTorch's.
pub(super) fn base(net: &Net) -> Conventions {
    Conventions::of(net.dialect.map_or(Dialect::Pytorch, |(d, _)| d))
}

/// The words worth weighing for each kind of window, best first. One word where nothing asks.
pub(super) fn candidates(net: &Net, kind: WindowKind) -> Vec<PadWord> {
    let rows = net.order.iter().filter(|n| takes_word(&net.graph[**n], kind)).count();
    if net.dialect.is_some() || rows == 0 {
        return vec![base(net).word(kind)];
    }
    let mut scored: Vec<(usize, PadWord)> =
        PadWord::ALL.iter().map(|word| (score(net, kind, *word), *word)).collect();
    scored.sort_by_key(|(votes, word)| (std::cmp::Reverse(*votes), *word));
    let best = scored[0].0;
    scored.retain(|(votes, _)| votes + MARGIN >= best);
    scored.into_iter().map(|(_, word)| word).collect()
}

/// In how many rows the declared input gives the declared output under this word.
fn score(net: &Net, kind: WindowKind, word: PadWord) -> usize {
    let conventions = base(net).with(kind, word);
    let votes = |node: &&petgraph::graph::NodeIndex| {
        let row = &net.graph[**node];
        if !takes_word(row, kind) {
            return false;
        }
        let inputs: Option<Vec<Shape>> = declared_into(net, **node).into_iter().collect();
        let (Some((declared, _)), Some(inputs), Some(kind)) = (row.declared(), inputs, row.kind) else {
            return false;
        };
        (kind.bind)(&row.args, &conventions)
            .is_ok_and(|layer| layer.infer(&inputs).is_ok_and(|out| out.agrees(declared)))
    };
    net.order.iter().filter(votes).count()
}

/// The dialect for what sizes cannot show: Keras where `same` was inferred, else PyTorch.
pub(super) fn settle(net: &Net, mut chosen: Conventions) -> Conventions {
    if net.dialect.is_none() {
        let same = WINDOWS.iter().any(|k| chosen.word(*k) == PadWord::Same);
        let written = net
            .graph
            .node_weights()
            .any(|r| matches!(r.args.get("padding"), Some(crate::layer::Value::PadWord(PadWord::Same))));
        chosen.dialect = if same || written { Dialect::Keras } else { Dialect::Pytorch };
    }
    chosen
}

/// For one kind: rows that take the word and have a claim, and how many of those agree with `shape`.
pub(super) fn tally(
    net: &Net,
    kind: WindowKind,
    shape: &dyn Fn(petgraph::graph::NodeIndex) -> Option<Shape>,
) -> (usize, usize) {
    let mut agree = 0;
    let mut claimed = 0;
    for &node in net.order.iter().filter(|n| takes_word(&net.graph[**n], kind)) {
        let said = hints(net, node);
        if said.is_empty() {
            continue;
        }
        claimed += 1;
        agree += usize::from(shape(node).is_some_and(|s| said.iter().any(|h| h.shape.agrees(s))));
    }
    (agree, claimed)
}

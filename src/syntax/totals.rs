//! Words of rows that claim for the whole net: `FLOPs`, `# params`, `Total`.

use super::columns::fold;
use super::document::ColumnRole;
use super::unit::{self, Unit};

/// What a row of totals speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Total {
    /// Of one count: a column role that counts.
    Of(ColumnRole),
    /// Of the outputs of convolutions and FC layers.
    Neurons,
    /// Of what each column counts.
    Columns,
}

/// What the layer cell of a row of totals speaks of and the unit it states (`Params (M)`); none for a layer.
pub fn total(text: &str) -> Option<(Total, Option<Unit>)> {
    let bare = |text: &str| match word(text) {
        Some(Total::Of(role)) if role.is_count() => Some(Total::Of(role)),
        _ => None,
    };
    match unit::split(text).and_then(|(head, unit)| Some((bare(&head)?, Some(unit)))) {
        Some(found) => Some(found),
        None => word(text).map(|total| (total, None)),
    }
}

fn word(text: &str) -> Option<Total> {
    if crate::layer::find(text.trim()).is_some() {
        return None;
    }
    let folded = fold(text);
    let word = ["numberof", "totalnumberof", "total", "trainable"]
        .iter()
        .filter_map(|p| folded.strip_prefix(p))
        .find(|rest| !rest.is_empty())
        .unwrap_or(&folded);
    Some(match word {
        "flops" | "macs" | "ops" | "madds" | "multadds" | "multiplyadds" | "operations" => {
            Total::Of(ColumnRole::Macs)
        }
        "params" | "parameters" | "weights" => Total::Of(ColumnRole::Params),
        "depth" => Total::Of(ColumnRole::Depth),
        "connections" => Total::Of(ColumnRole::Connections),
        "neurons" => Total::Neurons,
        "total" | "totals" | "sum" | "wholenet" => Total::Columns,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_totals() {
        for (text, about) in [
            ("FLOPs", Total::Of(ColumnRole::Macs)),
            ("# params", Total::Of(ColumnRole::Params)),
            ("Total params", Total::Of(ColumnRole::Params)),
            ("Number of parameters", Total::Of(ColumnRole::Params)),
            ("Total", Total::Columns),
        ] {
            assert_eq!(total(text), Some((about, None)), "{text}");
        }
        for text in ["CONV", "fire2", "totally", ""] {
            assert_eq!(total(text), None, "{text}");
        }
    }
}

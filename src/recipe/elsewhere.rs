//! Keys as other tools call them, and keys that stand elsewhere in the recipe.

use super::keys::{KEYS, Key};
use crate::syntax::meant as near;

/// What others call a key, and its name here; none where netc has no such setting, with the reason.
const OTHERS: &[(&str, Result<&str, &str>)] = &[
    ("lr", Ok("rate")),
    ("learning_rate", Ok("rate")),
    ("base_lr", Ok("rate")),
    ("optim", Ok("optimizer")),
    ("optimiser", Ok("optimizer")),
    ("solver", Ok("optimizer")),
    ("wd", Ok("weight_decay")),
    ("decay", Ok("weight_decay")),
    ("batch_size", Ok("batch")),
    ("batchsize", Ok("batch")),
    ("iterations", Ok("steps")),
    ("max_iter", Ok("steps")),
    ("lr_schedule", Ok("schedule")),
    ("scheduler", Ok("schedule")),
    ("gamma", Ok("factor")),
    ("step_size", Ok("every")),
    ("dataset", Ok("data")),
    ("val_split", Ok("holdout")),
    ("validation", Ok("holdout")),
    ("flip", Ok("augment.mirror")),
    ("horizontal_flip", Ok("augment.mirror")),
    ("loss", Err("the loss is the cross entropy of the last layer; remove the key")),
    ("dropout", Err("dropout is a row of the table: `| DROPOUT | | p=0.5 |`")),
    ("classes", Err("classes are a symbol: `let: { classes: 10 }`, or `--set classes=10`")),
];

/// The flag that another tool's stands for, or why there is none.
pub(crate) fn flag(name: &str) -> Option<Result<String, &'static str>> {
    let flag = |name: &str| name.replace(['.', '_'], "-");
    let (_, here) = OTHERS.iter().find(|(other, _)| flag(other) == name)?;
    Some(here.map(|key| format!("--{}", flag(key))))
}

/// Help for a key that is not known below `prefix`, where `known` are; `listed` says which those are.
pub(super) fn meant(name: &str, prefix: &[&str], known: &[&str], listed: &str) -> String {
    let folded = name.to_lowercase().replace('-', "_");
    let whole = |path: &str| prefix.iter().copied().chain([path]).collect::<Vec<_>>().join(".");
    // A key that stands one level up or down.
    let moved = KEYS
        .iter()
        .map(Key::path)
        .find(|p| p.last() == Some(&folded.as_str()) && p.join(".") != whole(&folded));
    match (OTHERS.iter().find(|(other, _)| *other == folded), moved) {
        (Some((_, Ok(key))), _) => format!("write `{}`; {listed}", nested(key)),
        (Some((_, Err(why))), _) => (*why).to_owned(),
        (None, Some(path)) => format!("write `{}`; {listed}", nested(&path.join("."))),
        (None, None) => near(name, known.iter().copied(), listed),
    }
}

/// `augment.crop` as the header has it.
fn nested(key: &str) -> String {
    match key.split_once('.') {
        Some((outer, inner)) => format!("train: {{ {outer}: {{ {inner}: ... }} }}"),
        None => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_here_are_keys() {
        for (other, key) in OTHERS {
            assert!(KEYS.iter().all(|k| k.name != *other), "{other} is a key");
            if let Ok(key) = key {
                assert!(KEYS.iter().any(|k| k.name == *key), "{other}: {key}");
            }
        }
        assert!(meant("crop", &[], &["rows"], "").contains("augment: { crop"));
        assert!(meant("epochs", &["augment"], &["crop"], "").contains("`epochs`"));
    }
}

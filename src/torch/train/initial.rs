//! Weights that a run begins with: a file of tensors fitted to a net, name by name and shape by shape.
//!
//! Three manners of naming are known: netc's own (`conv1.kernel`), PyTorch's words on netc's rows (`conv1.weight`), and
//! PyTorch modules that only count (`features.0.weight`, as torchvision's AlexNet and VGG have them), which are taken
//! in their order.

use super::checkpoint::load_weights;
use crate::backend::{Store, read};
use anyhow::{Result, bail, ensure};
use netc::export::{Framework, Settings, Value, source};
use netc::program::{Param, ParamId, Program, Role};
use std::collections::BTreeMap;
use std::path::Path;
use tch::Tensor;

/// Problems that are written out.
const MOST: usize = 8;

/// Fills a store from a file. Where its last layer tells another number of classes apart, the net's own stays as it
/// was drawn. Returns what is to be said aloud.
///
/// # Errors
/// Where the file cannot be read, or a tensor is missing, left over or of another shape.
pub fn begin_with(store: &mut Store, program: &Program, path: &Path) -> Result<Vec<String>> {
    let (manner, new) = fill(store, program, read(path)?, path)?;
    let mut said = vec![format!("begins with the weights of {} ({manner})", path.display())];
    said.extend(new.map(|new| format!("the last layer {new}")));
    Ok(said)
}

/// Fills a store with all the weights of a file, to be used as they are: of a checkpoint its averages where it has
/// them, or any manner of naming that [`begin_with`] knows, which is returned to be said aloud.
///
/// # Errors
/// As [`begin_with`], and where the last layer does not fit.
pub fn use_weights(store: &mut Store, program: &Program, path: &Path) -> Result<Option<String>> {
    let held = read(path)?;
    if store.iter().any(|(name, ..)| held.iter().any(|(n, _)| n == name)) {
        load_weights(path, store)?;
        return Ok(None);
    }
    match fill(store, program, held, path)? {
        (manner, None) => Ok(Some(format!("the weights of {} ({manner})", path.display()))),
        (_, Some(new)) => bail!("{}", refusal(path, &[format!("the last layer {new}")])),
    }
}

/// Takes what fits; how the tensors are named, and what is new about the last layer.
fn fill(
    store: &mut Store,
    program: &Program,
    mut tensors: Vec<(String, Tensor)>,
    path: &Path,
) -> Result<(&'static str, Option<String>)> {
    // A checkpoint's optimiser, and PyTorch's count of batches, are no weights.
    tensors.retain(|(name, _)| !name.starts_with('@') && !name.ends_with("num_batches_tracked"));
    let fitted = fit(program, &tensors, path)?;
    let (mut wrong, mut new) = (Vec::new(), Vec::new());
    for (id, tensor) in &fitted.tensors {
        let param = program.param(*id);
        let held: Vec<u64> = tensor.size().iter().map(|s| *s as u64).collect();
        if held == param.dims {
            store.put(*id, tensor)?;
        } else if of_the_last_layer(program, param) && held.get(1..) == param.dims.get(1..) {
            new.push((param, held));
        } else {
            wrong.push(format!("`{}` is {held:?} in the file but {:?} in the spec", param.name, param.dims));
        }
    }
    ensure!(wrong.is_empty(), "{}", refusal(path, &wrong));
    let Some((param, held)) = new.first() else { return Ok((fitted.manner, None)) };
    // A bias alone may have the right length by chance, but not its meaning.
    let whole = held[0] != param.dims[0];
    ensure!(whole, "{}", refusal(path, &[format!("`{}` has another shape", param.name)]));
    let row = &program.rows[param.row.0 as usize].name;
    let new = format!("`{row}` is new: the file tells {} classes apart, the net {}", held[0], param.dims[0]);
    Ok((fitted.manner, Some(new)))
}

/// A file's tensors by the parameters that they are for.
struct Fitted {
    tensors: Vec<(ParamId, Tensor)>,
    manner: &'static str,
}

fn fit(program: &Program, tensors: &[(String, Tensor)], path: &Path) -> Result<Fitted> {
    let own: BTreeMap<String, ParamId> =
        program.params.iter().enumerate().map(|(i, p)| (p.name.clone(), ParamId(i as u32))).collect();
    let words: BTreeMap<String, ParamId> = source(program, Framework::Pytorch, Settings::default())
        .weights
        .into_iter()
        .filter_map(|weight| match weight.value {
            Value::Stored(id, _) => Some((weight.name, id)),
            Value::Same { .. } => None,
        })
        .collect();
    let fits =
        |names: &BTreeMap<String, ParamId>| tensors.iter().filter(|(n, _)| names.contains_key(n)).count();
    let (by_own, by_words) = (fits(&own), fits(&words));
    if by_own.max(by_words) == 0 && tensors.iter().all(|(name, _)| counts(name)) {
        return in_order(program, tensors, path);
    }
    let (names, manner) = if by_own >= by_words { (own, "netc's names") } else { (words, "PyTorch's names") };
    by_name(&names, tensors, path, manner)
}

/// Tensors under known names: none may be missing, none left over.
fn by_name(
    names: &BTreeMap<String, ParamId>,
    tensors: &[(String, Tensor)],
    path: &Path,
    manner: &'static str,
) -> Result<Fitted> {
    let missing = names.keys().filter(|name| !tensors.iter().any(|(n, _)| n == *name));
    let left = tensors.iter().filter(|(name, _)| !names.contains_key(name));
    let wrong: Vec<String> = missing
        .map(|name| format!("the file has no `{name}`"))
        .chain(left.map(|(name, _)| format!("the spec has no `{name}`")))
        .collect();
    ensure!(wrong.is_empty(), "{}", refusal(path, &wrong));
    let fitted = tensors.iter().filter_map(|(name, t)| Some((*names.get(name)?, t.shallow_clone())));
    Ok(Fitted { tensors: fitted.collect(), manner })
}

/// `features.10.weight`: a module that is only counted.
fn counts(name: &str) -> bool {
    let mut parts: Vec<&str> = name.split('.').collect();
    let word = parts.pop().unwrap_or_default();
    let known = ["weight", "bias", "running_mean", "running_var"].contains(&word);
    known && parts.iter().any(|part| part.parse::<u64>().is_ok())
}

/// Modules in their order onto the rows that store something, in theirs.
fn in_order(program: &Program, tensors: &[(String, Tensor)], path: &Path) -> Result<Fitted> {
    let mut modules: BTreeMap<Place<'_>, Vec<(&str, &Tensor)>> = BTreeMap::new();
    for (name, tensor) in tensors {
        let (module, word) = name.rsplit_once('.').unwrap_or(("", name));
        modules.entry(order(module)).or_default().push((word, tensor));
    }
    let mut rows: Vec<u32> = program.params.iter().map(|p| p.row.0).collect();
    rows.dedup();
    if modules.len() != rows.len() {
        bail!(refusal(
            path,
            &[format!("it has {} layers with weights, the spec {}", modules.len(), rows.len())]
        ));
    }
    let (mut fitted, mut wrong) = (Vec::new(), Vec::new());
    for (row, held) in rows.iter().zip(modules.values()) {
        let params = program.params.iter().enumerate().filter(|(_, p)| p.row.0 == *row);
        for (index, param) in params {
            match held.iter().find(|(word, _)| *word == pytorch(param.role)) {
                Some((_, tensor)) => fitted.push((ParamId(index as u32), tensor.shallow_clone())),
                None => wrong.push(format!("the layer for `{}` has no {}", param.name, pytorch(param.role))),
            }
        }
        let own = program.params.iter().filter(|p| p.row.0 == *row).count();
        if held.len() > own {
            let name = &program.rows[*row as usize].name;
            wrong.push(format!("the layer for `{name}` has {} tensors, the row {own}", held.len()));
        }
    }
    ensure!(wrong.is_empty(), "{}", refusal(path, &wrong));
    Ok(Fitted { tensors: fitted, manner: "PyTorch's layers in their order" })
}

/// What modules are put in order by.
type Place<'a> = Vec<(u8, u64, &'a str)>;

/// A module's place: its numbers as numbers, `features` before what classifies.
fn order(module: &str) -> Place<'_> {
    let rank = |part: &str| match part {
        "features" | "backbone" | "body" => 0,
        "classifier" | "fc" | "head" => 2,
        _ => 1,
    };
    module
        .split('.')
        .map(|part| part.parse().map_or_else(|_| (rank(part), 0, part), |number| (1, number, "")))
        .collect()
}

const fn pytorch(role: Role) -> &'static str {
    match role {
        Role::Kernel | Role::Scale | Role::Slope => "weight",
        Role::Bias | Role::Shift => "bias",
        Role::RunningMean => "running_mean",
        Role::RunningVar => "running_var",
    }
}

/// Whether a tensor belongs to the row of the last kernel.
fn of_the_last_layer(program: &Program, param: &Param) -> bool {
    let last = program.params.iter().rfind(|p| p.role == Role::Kernel);
    last.is_some_and(|last| last.row == param.row)
}

fn refusal(path: &Path, wrong: &[String]) -> String {
    let mut text = format!("{} does not fit the spec:", path.display());
    for problem in wrong.iter().take(MOST) {
        text.push_str(&format!("\n  {problem}"));
    }
    if wrong.len() > MOST {
        text.push_str(&format!("\n  and {} more", wrong.len() - MOST));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_counted_by_number() {
        assert!(order("features.10") > order("features.8"));
        assert!(order("classifier.1") > order("features.28"));
        assert!(counts("features.0.weight") && !counts("conv1.weight") && !counts("features.0.kernel"));
    }
}

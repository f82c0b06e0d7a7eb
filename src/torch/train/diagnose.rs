//! Where numbers went bad first, when a run has to stop.

use crate::backend::{Executor, Mode, Optimiser};
use anyhow::Result;
use netc::program::Program;
use tch::Tensor;

fn is_bad(tensor: &Tensor) -> Result<bool> {
    Ok(tensor.is_floating_point() && tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0)
}

fn row(program: &Program, index: u32) -> String {
    let row = &program.rows[index as usize];
    format!("{} (line {})", row.name, row.line)
}

/// The rows of tensors by name, each once, in this order.
fn rows<'a>(program: &Program, names: impl Iterator<Item = &'a str>) -> String {
    let mut said: Vec<String> = Vec::new();
    for name in names {
        let row = program.params.iter().find(|p| p.name == name).map(|p| row(program, p.row.0));
        said.extend(row.filter(|r| !said.contains(r)));
    }
    let more = said.len().saturating_sub(5);
    said.truncate(5);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", said.join(", "))
}

/// Why a loss is no number: bad pictures, bad weights, or the first row whose activations are bad. The pass is run again
/// with the same seed.
///
/// # Errors
/// Any libtorch error.
pub(super) fn bad_loss(executor: &Executor<'_>, batches: &[(Tensor, Tensor)], seed: i64) -> Result<String> {
    let program = executor.program;
    // Running statistics are left out: the pass that failed has changed them already.
    let mut bad = Vec::new();
    for (name, tensor, _) in executor.store.iter().filter(|(.., trained)| *trained) {
        if is_bad(tensor)? {
            bad.push(name);
        }
    }
    if !bad.is_empty() {
        let rows = rows(program, bad.into_iter());
        return Ok(format!("the step before left weights that are no numbers in rows {rows}"));
    }
    tch::manual_seed(seed);
    let mut found = None;
    for (images, _) in batches {
        let mut see = |index: usize, value: &Tensor| {
            if found.is_none() && is_bad(value)? {
                found = Some(index);
            }
            Ok(())
        };
        let _ = tch::no_grad(|| executor.watch(images, program.logits, Mode::Train, &mut see))?;
    }
    Ok(match found {
        Some(0) => "the images hold numbers that are none".to_owned(),
        Some(index) => {
            format!("activations went bad first in row {}", row(program, program.ops[index].row.0))
        }
        None => "all activations are numbers; the logits are too far apart for the loss".to_owned(),
    })
}

/// The rows whose gradients are no numbers.
///
/// # Errors
/// Any libtorch error.
pub(super) fn bad_gradients(executor: &Executor<'_>, optimiser: &Optimiser) -> Result<String> {
    let names = optimiser.bad_gradients(executor.store)?;
    let rows = rows(executor.program, names.iter().map(String::as_str));
    Ok(format!("gradients went bad in rows {rows}, the nearest to the loss first"))
}

//! Trains a spec with tch's own Adam: `cargo run -p netc-torch --example tch_module -- specs/lenet.spec`
//!
//! The net comes from the table; the loop, the optimiser and the variable store are tch's.

#![allow(clippy::print_stdout, reason = "an example prints")]

use anyhow::{Context, Result};
use netc_torch::SpecModule;
use netc_torch::data::{Augment, Loader, LoaderOptions, Preparation, open};
use std::path::Path;
use std::sync::Arc;
use tch::nn::{ModuleT, OptimizerConfig};
use tch::{Device, nn};

fn main() -> Result<()> {
    let spec = std::env::args().nth(1).context("which spec? try specs/lenet.spec")?;
    let variables = nn::VarStore::new(Device::Cpu);
    let net = SpecModule::open(&variables.root(), Path::new(&spec), &[], 0)?;
    let mut adam = nn::Adam::default().build(&variables, 1e-3)?;

    let digits = Arc::new(open("digits", Path::new(""))?);
    let split = digits.split(0.2, 0)?;
    let [h, w, c] = net.program().input_shape().hwc().map(|v| v as usize);
    let preparation = Preparation::measure(&digits, &split.train, [c, h, w], Augment::default(), 0)?;
    let loader = Loader::new(digits, preparation, LoaderOptions::default())?;
    for epoch in 0..5 {
        for batch in loader.train(&split.train, epoch)? {
            let batch = batch?;
            let loss = net.forward_t(&batch.images, true).cross_entropy_for_logits(&batch.labels);
            adam.backward_step(&loss);
        }
    }
    let (mut right, mut all) = (0.0, 0.0);
    for batch in loader.evaluate(&split.held_out)? {
        let batch = batch?;
        let count = batch.indices.len() as f64;
        right += count * net.batch_accuracy_for_logits(&batch.images, &batch.labels, Device::Cpu, 32);
        all += count;
    }
    println!("{}: {} variables, top-1 {:.1} % of {all} digits", spec, variables.len(), 100.0 * right / all);
    Ok(())
}

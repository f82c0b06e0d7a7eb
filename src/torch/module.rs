//! A spec as a module of tch, for Rust programs that train in their own way.

use crate::backend::{Executor, Mode, Products, Store};
use anyhow::{Context, Result};
use netc::program::Program;
use std::path::Path;
use tch::{Tensor, nn};

/// A net whose parameters lie in a [`nn::VarStore`], so that tch's own optimisers train it and its own `save` and
/// `load` keep it. Parameters are named as in netc's checkpoints: `conv1.kernel`.
#[derive(Debug)]
pub struct SpecModule {
    program: Program,
    store: Store,
}

impl SpecModule {
    /// Puts fresh parameters of a program under a path of a variable store, drawn by this seed.
    ///
    /// # Errors
    /// Where the device has no room for them.
    pub fn new(path: &nn::Path<'_>, program: Program, seed: u64) -> Result<Self> {
        let store = Store::in_path(&program, path, seed)?;
        Ok(Self { program, store })
    }

    /// Reads, checks and lowers a spec that holds one net; `set` gives symbols other values.
    ///
    /// # Errors
    /// Where the spec cannot be read or has errors; they are in the message with their places.
    pub fn open(path: &nn::Path<'_>, spec: &Path, set: &[(&str, f64)], seed: u64) -> Result<Self> {
        let text =
            std::fs::read_to_string(spec).with_context(|| format!("cannot read {}", spec.display()))?;
        let set: Vec<(String, f64)> = set.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect();
        let (program, _) = crate::train::program(&spec.display().to_string(), &text, None, &set)?;
        Self::new(path, program, seed)
    }

    /// The net that is run.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Logits `[N, classes]` of images `[N, C, H, W]`.
    ///
    /// # Errors
    /// Any libtorch error.
    pub fn f_forward_t(&self, xs: &Tensor, train: bool) -> Result<Tensor> {
        let executor = Executor { program: &self.program, store: &self.store, products: Products::Fp32 };
        executor.logits(xs, if train { Mode::Train } else { Mode::Evaluate })
    }
}

impl nn::ModuleT for SpecModule {
    /// As [`SpecModule::f_forward_t`].
    ///
    /// # Panics
    /// On any libtorch error, as tch's own modules do.
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        match self.f_forward_t(xs, train) {
            Ok(logits) => logits,
            Err(error) => panic!("{}: {error:#}", self.program.name),
        }
    }
}

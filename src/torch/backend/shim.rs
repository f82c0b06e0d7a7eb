//! The calls into libtorch that tch does not bind; the only unsafe code of this crate.
//!
//! Why it is sound: tensors are passed as `Tensor::as_ptr` gives them, `at::Tensor*` of the same libtorch that
//! tch links, and are borrowed for the call; the C++ side keeps none of them and lets no exception out. A message
//! is a string that `strdup` made, read and freed once here.
#![allow(unsafe_code, reason = "a foreign call is unsafe; this file is the only place of them")]

use anyhow::{Result, ensure};
use std::ffi::{CStr, c_char, c_void};
use tch::Tensor;

unsafe extern "C" {
    fn netc_free(text: *mut c_char);
    fn netc_fused_sgd(
        parameters: *const *mut c_void,
        velocities: *const *mut c_void,
        count: usize,
        decay: f64,
        momentum: f64,
        rate: f64,
        nesterov: bool,
    ) -> *mut c_char;
    fn netc_load_cuda() -> *mut c_char;
    fn netc_keep_memory();
}

fn done(text: *mut c_char) -> Result<()> {
    if text.is_null() {
        return Ok(());
    }
    // SAFETY: a non-null answer is a string of `strdup`, ours to read and to free once.
    let owned = unsafe {
        let owned = CStr::from_ptr(text).to_string_lossy().into_owned();
        netc_free(text);
        owned
    };
    Err(anyhow::anyhow!(owned))
}

/// What one pass of SGD does to a group of parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct SgdStep {
    /// Added to the gradient, times the parameter.
    pub(super) decay: f64,
    /// Share of the old velocity.
    pub(super) momentum: f64,
    /// Learning rate.
    pub(super) rate: f64,
    /// Nesterov's form.
    pub(super) nesterov: bool,
}

/// One step of SGD in one pass over memory; gradients are released. Velocities are changed in place.
pub(super) fn fused_sgd(parameters: &[&Tensor], velocities: &[&Tensor], step: SgdStep) -> Result<()> {
    ensure!(parameters.len() == velocities.len(), "each parameter has one velocity");
    let pointers =
        |all: &[&Tensor]| all.iter().map(|t| t.as_ptr().cast_mut().cast()).collect::<Vec<*mut c_void>>();
    let (parameters, velocities) = (pointers(parameters), pointers(velocities));
    // SAFETY: both arrays hold `count` pointers to live tensors, which outlive the call.
    done(unsafe {
        netc_fused_sgd(
            parameters.as_ptr(),
            velocities.as_ptr(),
            parameters.len(),
            step.decay,
            step.momentum,
            step.rate,
            step.nesterov,
        )
    })
}

/// Loads libtorch's CUDA half: nothing in a release binary names a symbol of it, so the linker leaves it out.
/// It must run before anything asks libtorch about devices.
///
/// # Errors
/// The dynamic linker's reason.
pub fn load_cuda() -> Result<()> {
    // SAFETY: takes nothing; loading runs the library's own initialisers, as linking it would.
    done(unsafe { netc_load_cuda() })
}

/// Has the allocator keep what large tensors give back to it.
pub fn keep_memory() {
    // SAFETY: sets two options of malloc, which any thread may do.
    unsafe { netc_keep_memory() }
}

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
    fn netc_fused_adam(
        parameters: *const *mut c_void,
        means: *const *mut c_void,
        squares: *const *mut c_void,
        count: usize,
        step: f64,
        rate: f64,
        beta1: f64,
        beta2: f64,
        eps: f64,
        decay: f64,
        coupled: f64,
        apart: bool,
    ) -> *mut c_char;
    fn netc_rmsprop(
        parameters: *const *mut c_void,
        squares: *const *mut c_void,
        velocities: *const *mut c_void,
        count: usize,
        rate: f64,
        alpha: f64,
        eps: f64,
        decay: f64,
        momentum: f64,
    ) -> *mut c_char;
    fn netc_lars(parameters: *const *mut c_void, count: usize, trust: f64, decay: f64) -> *mut c_char;
    fn netc_load_cuda() -> *mut c_char;
    fn netc_keep_memory();
    fn netc_allow_tf32(allowed: bool);
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

fn pointers(all: &[Tensor]) -> Vec<*mut c_void> {
    all.iter().map(|t| t.as_ptr().cast_mut().cast()).collect()
}

/// One step of SGD in one pass over memory; gradients are released. Velocities are changed in place, and neither
/// read nor needed without momentum.
pub(super) fn fused_sgd(parameters: &[Tensor], velocities: &[Tensor], step: SgdStep) -> Result<()> {
    ensure!(step.momentum == 0.0 || parameters.len() == velocities.len(), "each parameter has one velocity");
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

/// What one pass of Adam or AdamW does to a group of parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct AdamStep {
    /// Which step it is, from 1.
    pub(super) step: u64,
    /// Learning rate.
    pub(super) rate: f64,
    /// Shares of the mean and of the squares' mean that stay.
    pub(super) betas: [f64; 2],
    /// Added to the root.
    pub(super) eps: f64,
    /// Weight decay: in the gradient, or apart from it.
    pub(super) decay: f64,
    /// Added to the gradient, times the parameter, whatever `apart` says.
    pub(super) coupled: f64,
    /// AdamW.
    pub(super) apart: bool,
}

/// One step of Adam or AdamW in one pass over memory; gradients are released.
pub(super) fn fused_adam(
    parameters: &[Tensor],
    means: &[Tensor],
    squares: &[Tensor],
    step: AdamStep,
) -> Result<()> {
    let count = parameters.len();
    ensure!(means.len() == count && squares.len() == count, "each parameter has a mean and a square");
    let (parameters, means, squares) = (pointers(parameters), pointers(means), pointers(squares));
    let [beta1, beta2] = step.betas;
    // SAFETY: all three arrays hold `count` pointers to live tensors, which outlive the call.
    done(unsafe {
        netc_fused_adam(
            parameters.as_ptr(),
            means.as_ptr(),
            squares.as_ptr(),
            count,
            step.step as f64,
            step.rate,
            beta1,
            beta2,
            step.eps,
            step.decay,
            step.coupled,
            step.apart,
        )
    })
}

/// What one step of RMSProp does to a group of parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct RmsPropStep {
    /// Learning rate.
    pub(super) rate: f64,
    /// Share of the squares' mean that stays.
    pub(super) alpha: f64,
    /// Added to the root.
    pub(super) eps: f64,
    /// Added to the gradient, times the parameter.
    pub(super) decay: f64,
    /// Share of the old velocity.
    pub(super) momentum: f64,
}

/// One step of RMSProp; gradients are released. Velocities are neither read nor needed without momentum.
pub(super) fn rmsprop(
    parameters: &[Tensor],
    squares: &[Tensor],
    velocities: &[Tensor],
    step: RmsPropStep,
) -> Result<()> {
    let count = parameters.len();
    ensure!(squares.len() == count, "each parameter has a square");
    ensure!(step.momentum == 0.0 || velocities.len() == count, "each parameter has one velocity");
    let (parameters, squares, velocities) = (pointers(parameters), pointers(squares), pointers(velocities));
    // SAFETY: the arrays that are read hold `count` pointers to live tensors, which outlive the call.
    done(unsafe {
        netc_rmsprop(
            parameters.as_ptr(),
            squares.as_ptr(),
            velocities.as_ptr(),
            count,
            step.rate,
            step.alpha,
            step.eps,
            step.decay,
            step.momentum,
        )
    })
}

/// Scales each gradient, decay joined to it, by LARS's share; SGD without decay follows.
pub(super) fn lars(parameters: &[Tensor], trust: f64, decay: f64) -> Result<()> {
    let parameters = pointers(parameters);
    // SAFETY: the array holds as many pointers to live tensors as is said; they outlive the call.
    done(unsafe { netc_lars(parameters.as_ptr(), parameters.len(), trust, decay) })
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

/// Whether a GPU may round 32-bit products to tf32.
pub(super) fn allow_tf32(allowed: bool) {
    // SAFETY: sets flags of libtorch's context, before any work is given to it.
    unsafe { netc_allow_tf32(allowed) }
}

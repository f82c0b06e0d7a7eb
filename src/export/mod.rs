//! A program as source text of another framework, and where its weights go there.
//!
//! The sources are programs that a reader of that framework would have written: a layer a row, named after the row,
//! with the framework's own layers wherever they compute the same, and a few lines of plain arithmetic where they do
//! not. Both match on [`Prim`](crate::program::Prim) exhaustively: a new primitive does not compile before both know it.

mod keras;
mod names;
mod padding;
mod pytorch;
mod writer;

use crate::program::{ParamId, Program};

/// What a program is exported to as source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    /// Keras 3, channels last.
    Keras,
    /// PyTorch, channels first.
    Pytorch,
}

/// What a source says beside the net.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings<'a> {
    /// The spec's file, named in the first line.
    pub origin: &'a str,
    /// Keras's L2 on the kernels of convolutions and FC layers: `l2 * sum(w^2)` joins the loss.
    pub l2: f64,
}

/// A program of another framework.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Python.
    pub text: String,
    /// The class or function that makes the net.
    pub class: String,
    /// Every tensor that its `load` reads.
    pub weights: Vec<Weight>,
}

/// A tensor under the name that a source gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Such as `conv1.weight`.
    pub name: String,
    /// What it holds.
    pub value: Value,
}

/// What an exported tensor holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A stored tensor, its axes in the order of the layout.
    Stored(ParamId, Layout),
    /// The same number throughout, where the framework wants a tensor that the program does without.
    Same {
        /// The number.
        number: f32,
        /// Its size is this tensor's.
        like: ParamId,
    },
}

/// How a stored tensor lies in the other framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As it is stored.
    Same,
    /// A kernel `[K, C, kh, kw]` as `[kh, kw, C, K]`.
    Hwio,
    /// A matrix `[out, in]` as `[in, out]`.
    Transposed,
    /// `[C, H, W]` as `[H, W, C]`; a vector as it is.
    ChannelsLast,
    /// A vector `[C]` as `[1, 1, C]`.
    Alone,
}

/// Writes a program for a framework.
pub fn source(program: &Program, framework: Framework, settings: Settings<'_>) -> Source {
    match framework {
        Framework::Keras => keras::source(program, settings),
        Framework::Pytorch => pytorch::source(program, settings),
    }
}

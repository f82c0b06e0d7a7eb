//! The contract of a layer kind, and one file per kind.
//!
//! A kind is a [`Kind`]: static data (names, the parameter table, what other passes must know) and
//! two functions. [`Kind::bind`] makes an immutable [`Layer`] from arguments and conventions; the
//! checker binds a row again for each convention and each repair it weighs. A layer knows no spans:
//! its [`Problem`]s are blamed on the row, a parameter or an input, and the checker turns that into
//! places.
//!
//! To add a kind: write `src/layer/NAME.rs` with a `pub(super) static KIND: Kind`, and add `NAME` to
//! the list at `kinds!` below. The compiler names every field that is missing.

mod args;
mod conventions;
mod groups;
mod keep;
mod kind;
mod limits;
mod links;
mod rank;
mod spec;
mod transposed;
mod weights;
mod window;

pub(crate) use args::SharedArgs;
pub use args::{Args, Value};
pub use conventions::{Conventions, Dialect, PadWord, WindowKind};
pub use kind::{Arity, Kind, ParamSpec, Positional, StandIn, Type};
pub use links::Links;

use crate::diag::Code;
use crate::program::{Builder, ValueId};
use crate::shape::Shape;
use std::fmt::Debug;
use std::sync::Arc;

/// One bound row: pure arithmetic, no spans, no conventions left open.
pub trait Layer: Debug + Send + Sync {
    /// The output for these inputs, or what forbids one.
    ///
    /// # Errors
    /// A [`Problem`] where a size falls below one, inputs cannot be joined or a rule is broken.
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem>;

    /// What it stores and computes for one image, given inputs it can infer from.
    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost;

    /// How its size follows, with the numbers put in, one line an axis that matters:
    /// `floor((227 + 0 + 0 - 11) / 4) + 1 = 55`. Empty where the size is the input's.
    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String>;

    /// The zeros a window adds, `[top, bottom, left, right]`; none for a layer without a window.
    fn padding(&self, inputs: &[Shape]) -> Option<[u32; 4]>;

    /// Connections of each output that are no multiplications: the pixels a pool reads, the bias a SCALE adds.
    fn taps(&self) -> u64 {
        0
    }

    /// Adds its primitives and parameters; returns the value of the row.
    fn lower(&self, builder: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId;
}

/// What a layer stores and computes for one image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Numbers in convolution and FC kernels.
    pub weights: u64,
    /// Numbers in their biases.
    pub biases: u64,
    /// Trained numbers of normalisations (scale and shift) and learned activations.
    pub norms: u64,
    /// Running statistics: stored, not trained.
    pub buffers: u64,
    /// Multiplications of convolutions and FC layers, no bias.
    pub macs: u64,
}

impl Cost {
    /// Trained numbers.
    pub const fn params(&self) -> u64 {
        self.weights.saturating_add(self.biases).saturating_add(self.norms)
    }
}

/// Why a row cannot be bound or has no output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which diagnostic it becomes.
    pub code: Code,
    /// Where the caret goes.
    pub blame: Blame,
    /// The headline.
    pub message: String,
    /// Arithmetic and facts.
    pub notes: Vec<String>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Problem {
    /// A problem of this code, blamed on the row.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, blame: Blame::Row, message: message.into(), notes: Vec::new(), help: None }
    }

    /// Blames a parameter, by its name in the table.
    #[must_use]
    pub fn param(mut self, name: &'static str) -> Self {
        self.blame = Blame::Param(name);
        self
    }

    /// Blames an input, from 0.
    #[must_use]
    pub fn input(mut self, index: usize) -> Self {
        self.blame = Blame::Input(index);
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

/// What a problem is blamed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The row as a whole: its layer cell.
    Row,
    /// The cell that gave this parameter.
    Param(&'static str),
    /// What this input brought, from 0.
    Input(usize),
}

/// What [`Kind::bind`] gives.
pub type Bound = Result<Arc<dyn Layer>, Vec<Problem>>;

/// Declares each kind's module and lists it, so that neither can be forgotten.
macro_rules! kinds {
    ($($name:ident)*) => {
        $(mod $name;)*
        /// Every kind, in the order the reference lists them.
        pub static KINDS: &[&Kind] = &[$(&$name::KIND,)*];
    };
}

kinds! {
    input conv deconv act prelu bn gn ln lrn scale pool global_pool adaptive_pool upsample dropout flatten fc
    softmax add mul concat shortcut pad crop slice shuffle
}

/// The kind of this name or alias, in any case, and as classes of programs have it: `BatchNorm2d`.
pub fn find(name: &str) -> Option<&'static Kind> {
    let of = |name: &str| KINDS.iter().copied().find(|k| k.answers_to(name));
    of(name).or_else(|| of(kind::without_2d(name)?))
}

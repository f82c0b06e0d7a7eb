//! What frameworks leave unsaid: dialects and padding words, resolved before a row is bound.

use std::fmt;

/// A framework whose conventions a spec follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Keras and TensorFlow.
    Keras,
    /// PyTorch.
    Pytorch,
    /// Caffe.
    Caffe,
    /// The 2012 code of AlexNet.
    CudaConvnet,
    /// Darknet.
    Darknet,
    /// ONNX.
    Onnx,
}

impl Dialect {
    /// Every dialect, in the order the reference lists them.
    pub const ALL: [Self; 6] =
        [Self::Keras, Self::Pytorch, Self::Caffe, Self::CudaConvnet, Self::Darknet, Self::Onnx];

    /// As written in a header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keras => "keras",
            Self::Pytorch => "pytorch",
            Self::Caffe => "caffe",
            Self::CudaConvnet => "cuda-convnet",
            Self::Darknet => "darknet",
            Self::Onnx => "onnx",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A padding word: what a window that states no numbers adds, and how its size is rounded.
/// The order is the order in which inference breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PadWord {
    /// No zeros, rounded down.
    Valid,
    /// `ceil(i / s)`: TensorFlow's SAME, the odd pixel at the end.
    Same,
    /// No zeros, rounded up.
    Ceil,
    /// `k / 2` on every side, rounded down.
    Half,
    /// SAME with the odd pixel at the start.
    SameLower,
}

impl PadWord {
    /// Every word, in tie-breaking order.
    pub const ALL: [Self; 5] = [Self::Valid, Self::Same, Self::Ceil, Self::Half, Self::SameLower];

    /// As written in a cell.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Same => "same",
            Self::Ceil => "ceil",
            Self::Half => "k//2",
            Self::SameLower => "same-lower",
        }
    }

    /// The word of this name, or of a name that other tools have for it, in any case.
    pub fn named(word: &str) -> Option<Self> {
        let lower = word.to_lowercase();
        match lower.as_str() {
            "half" => Some(Self::Half),
            "same_lower" => Some(Self::SameLower),
            "same_upper" | "same-upper" => Some(Self::Same),
            _ => Self::ALL.into_iter().find(|p| p.name() == lower),
        }
    }
}

impl fmt::Display for PadWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which padding convention a kind follows; each is fixed or inferred on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowKind {
    /// Convolutions.
    Conv,
    /// Pools.
    Pool,
}

impl WindowKind {
    /// `conv` or `pool`, as in the header's `defaults:`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conv => "conv",
            Self::Pool => "pool",
        }
    }
}

/// The conventions a row is bound under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conventions {
    /// For what sizes do not show: divisors, LRN, batch norm, initialisers, flatten order, clipping.
    pub dialect: Dialect,
    /// For a convolution without a padding word of its own.
    pub conv: PadWord,
    /// For a pool without a padding word of its own.
    pub pool: PadWord,
}

impl Conventions {
    /// What a dialect does with a window that states nothing.
    pub const fn of(dialect: Dialect) -> Self {
        let (conv, pool) = match dialect {
            Dialect::Keras | Dialect::Pytorch | Dialect::Onnx => (PadWord::Valid, PadWord::Valid),
            Dialect::Caffe => (PadWord::Valid, PadWord::Ceil),
            Dialect::CudaConvnet => (PadWord::Ceil, PadWord::Ceil),
            Dialect::Darknet => (PadWord::Valid, PadWord::Same),
        };
        Self { dialect, conv, pool }
    }

    /// The word for windows of this kind.
    pub const fn word(&self, kind: WindowKind) -> PadWord {
        match kind {
            WindowKind::Conv => self.conv,
            WindowKind::Pool => self.pool,
        }
    }

    /// The same conventions with one word replaced.
    #[must_use]
    pub const fn with(mut self, kind: WindowKind, word: PadWord) -> Self {
        match kind {
            WindowKind::Conv => self.conv = word,
            WindowKind::Pool => self.pool = word,
        }
        self
    }
}

//! The primitives that executors and exporters match on, all of them.

use super::{ParamId, ValueId};

/// An activation function, applied to each number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0, `slope * x` below.
    LeakyRelu {
        /// The slope below 0.
        slope: f64,
    },
    /// `x` above 0, `alpha (exp(x) - 1)` below.
    Elu {
        /// The limit below 0, negated.
        alpha: f64,
    },
    /// `x * Phi(x)`, exact or by the tanh formula.
    Gelu {
        /// True for the tanh formula.
        tanh: bool,
    },
    /// `x * sigmoid(x)`.
    Silu,
    /// `x * relu6(x + 3) / 6`.
    HardSwish,
    /// Hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `factor * x`, a number that is not learned.
    Times {
        /// The factor.
        factor: f64,
    },
}

/// The order in which a map becomes a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlattenOrder {
    /// Channels vary fastest (Keras).
    Hwc,
    /// Width varies fastest (PyTorch, Caffe, Darknet, ONNX, cuda-convnet).
    Chw,
}

/// What stands in the border that padding adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PadMode {
    /// Zeros.
    Zeros,
    /// The map mirrored at its outermost pixel, which is not repeated.
    Reflect,
    /// The outermost pixel again and again.
    Edge,
}

/// How new pixels follow from old ones. Pixel centres lie at half coordinates (`align_corners=False`) unless
/// the corners are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resample {
    /// Output pixel `o` takes input pixel `floor(o * input / output)`.
    Nearest,
    /// Linear in both directions.
    Bilinear {
        /// True where the corner pixels of input and output coincide.
        corners: bool,
    },
}

/// What a layer norm takes its mean and variance over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Over {
    /// The channels of each place on their own; scale and shift `[C]`.
    Channels,
    /// The whole value; scale and shift `[C, H, W]`, or `[C]` for a vector.
    Whole,
}

/// A primitive. Windows are `[height, width]`, paddings `[top, bottom, left, right]` and may differ
/// by side; a stride, kernel or dilation is at least 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Prim {
    /// The image batch, `[N, C, H, W]` (or `[N, C]`).
    Input,
    /// Cross-correlation with zero padding.
    Conv2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// `[K, C / groups, kh, kw]`.
        kernel: ParamId,
        /// `[K]`.
        bias: Option<ParamId>,
        /// Steps.
        stride: [u32; 2],
        /// Zeros added.
        padding: [u32; 4],
        /// Distance of the kernel's taps.
        dilation: [u32; 2],
        /// Channel groups.
        groups: u32,
    },
    /// Transposed convolution: each input number adds its multiple of the kernel to the output. The full
    /// output, `(i - 1) s + d(k-1) + 1` a side, is cut to the size of the value.
    ConvTranspose2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// `[C, K / groups, kh, kw]`.
        kernel: ParamId,
        /// `[K]`.
        bias: Option<ParamId>,
        /// Steps, in the output.
        stride: [u32; 2],
        /// Cut from the full output, `[top, bottom, left, right]`; below zero: so many rows more, of zeros before
        /// the bias.
        crop: [i32; 4],
        /// Distance of the kernel's taps.
        dilation: [u32; 2],
        /// Channel groups.
        groups: u32,
    },
    /// `x W^T + b` on vectors.
    Linear {
        /// `[N, in]`.
        x: ValueId,
        /// `[out, in]`.
        kernel: ParamId,
        /// `[out]`.
        bias: Option<ParamId>,
    },
    /// Largest number of each window; padding counts as minus infinity.
    MaxPool2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Window.
        kernel: [u32; 2],
        /// Steps.
        stride: [u32; 2],
        /// Added, including what a ceil rule reads beyond the end.
        padding: [u32; 4],
        /// Distance of the window's taps.
        dilation: [u32; 2],
    },
    /// Sum of each window over how many of its pixels count; 0 where none does.
    AvgPool2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Window.
        kernel: [u32; 2],
        /// Steps.
        stride: [u32; 2],
        /// Zeros added, including what a ceil rule reads beyond the end.
        padding: [u32; 4],
        /// The part of `padding` that counts in the divisor, the image itself always counting:
        /// zeros where padding is left out (Keras), the declared padding without a ceil rule's
        /// extension where it is counted (PyTorch's and Caffe's default), all of it for a constant divisor.
        counted: [u32; 4],
    },
    /// Mean over windows that split the map evenly: window `i` of `n` over `L` pixels is
    /// `floor(i L / n) .. ceil((i + 1) L / n)` (PyTorch's adaptive pooling).
    AdaptiveAvgPool2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Output height and width.
        size: [u32; 2],
    },
    /// Largest number over the same windows as [`Prim::AdaptiveAvgPool2d`].
    AdaptiveMaxPool2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Output height and width.
        size: [u32; 2],
    },
    /// `scale (x - mean) / sqrt(var + eps) + shift` per channel; the batch's own biased variance in
    /// training, the running one in evaluation.
    BatchNorm {
        /// `[N, C, H, W]` or `[N, C]`.
        x: ValueId,
        /// `[C]`.
        scale: Option<ParamId>,
        /// `[C]`.
        shift: Option<ParamId>,
        /// `[C]`, buffer.
        mean: ParamId,
        /// `[C]`, buffer.
        var: ParamId,
        /// Added to the variance.
        eps: f64,
        /// Weight of the batch's statistic in the running one.
        momentum: f64,
        /// True where the running variance takes the unbiased (n - 1) one.
        unbiased: bool,
    },
    /// `x / (k + alpha * mean of squares over size channels)^beta`, zeros outside the map.
    Lrn {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Channels in the window.
        size: u32,
        /// How many of them lie below the channel itself; less than `size`.
        below: u32,
        /// libtorch's: the sum's factor times `size`.
        alpha: f64,
        /// Exponent.
        beta: f64,
        /// Offset.
        k: f64,
    },
    /// `scale (x - mean) / sqrt(var + eps) + shift`, the biased variance of each image's own numbers in each of
    /// the groups that its channels form in order.
    GroupNorm {
        /// `[N, C, H, W]` or `[N, C]`.
        x: ValueId,
        /// How many groups; divides C.
        groups: u32,
        /// `[C]`.
        scale: Option<ParamId>,
        /// `[C]`.
        shift: Option<ParamId>,
        /// Added to the variance.
        eps: f64,
    },
    /// As [`Prim::GroupNorm`], over the channels of each place or over all of an image.
    LayerNorm {
        /// `[N, C, H, W]` or `[N, C]`.
        x: ValueId,
        /// What the statistics are of.
        over: Over,
        /// Of the size that `over` says.
        scale: Option<ParamId>,
        /// As `scale`.
        shift: Option<ParamId>,
        /// Added to the variance.
        eps: f64,
    },
    /// `scale x + shift` per channel.
    Scale {
        /// `[N, C, H, W]` or `[N, C]`.
        x: ValueId,
        /// `[C]`.
        scale: ParamId,
        /// `[C]`.
        shift: Option<ParamId>,
    },
    /// `x` above 0, `slope x` below, the slope learned.
    PRelu {
        /// `[N, C, H, W]` or `[N, C]`.
        x: ValueId,
        /// `[1]`, `[C]`, or `[C, H, W]`: one for all, one a channel, one for each number.
        slope: ParamId,
    },
    /// An activation function.
    Activation {
        /// Any shape.
        x: ValueId,
        /// Which.
        function: Function,
    },
    /// Zeroes a share `p` of the numbers in training and scales the rest by `1 / (1 - p)`.
    Dropout {
        /// Any shape.
        x: ValueId,
        /// Share dropped, in `[0, 1)`.
        p: f64,
    },
    /// Sum of values of one shape.
    Add {
        /// Two or more.
        xs: Vec<ValueId>,
    },
    /// Product. The operands have one rank; each has the value's size or is 1 along an axis, where it is repeated.
    Mul {
        /// Two or more.
        xs: Vec<ValueId>,
    },
    /// Channels one behind the other.
    Concat {
        /// Two or more, of one height and width.
        xs: Vec<ValueId>,
    },
    /// A border around a map and channels of zeros behind it.
    Pad {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// `[top, bottom, left, right]`.
        padding: [u32; 4],
        /// Channels of zeros after the last.
        channels: u32,
        /// What the border holds.
        mode: PadMode,
    },
    /// A part of a value; its size is the operation's.
    Slice {
        /// `[N, C, H, W]` or `[N, C]`.
        x: ValueId,
        /// Where it begins: height, width, channel.
        start: [u32; 3],
    },
    /// A map at another height and width, the operation's.
    Resize {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// How.
        resample: Resample,
    },
    /// Channel shuffle: channel `g * i + j` is channel `j * C / g + i` of the input, for g groups.
    Shuffle {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// How many groups; divides C.
        groups: u32,
    },
    /// A map as a vector.
    Flatten {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// In which order.
        order: FlattenOrder,
    },
    /// A vector as a 1x1 map, `[N, C]` to `[N, C, 1, 1]`.
    Unflatten {
        /// `[N, C]`.
        x: ValueId,
    },
    /// Softmax over the channels.
    Softmax {
        /// `[N, C]` or `[N, C, H, W]`.
        x: ValueId,
    },
}

impl Prim {
    /// The values it reads, in order.
    pub fn operands(&self) -> &[ValueId] {
        match self {
            Self::Input => &[],
            Self::Add { xs } | Self::Mul { xs } | Self::Concat { xs } => xs,
            Self::Conv2d { x, .. }
            | Self::ConvTranspose2d { x, .. }
            | Self::Linear { x, .. }
            | Self::MaxPool2d { x, .. }
            | Self::AvgPool2d { x, .. }
            | Self::AdaptiveAvgPool2d { x, .. }
            | Self::AdaptiveMaxPool2d { x, .. }
            | Self::BatchNorm { x, .. }
            | Self::Lrn { x, .. }
            | Self::GroupNorm { x, .. }
            | Self::LayerNorm { x, .. }
            | Self::Scale { x, .. }
            | Self::PRelu { x, .. }
            | Self::Activation { x, .. }
            | Self::Dropout { x, .. }
            | Self::Pad { x, .. }
            | Self::Slice { x, .. }
            | Self::Resize { x, .. }
            | Self::Shuffle { x, .. }
            | Self::Flatten { x, .. }
            | Self::Unflatten { x }
            | Self::Softmax { x } => std::slice::from_ref(x),
        }
    }
}

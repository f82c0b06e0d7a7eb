//! A program as text, one operation a line, as `netc show --format program` prints it.

use super::{FlattenOrder, Function, Init, Over, PadMode, ParamId, Prim, Program, Resample, ValueId};
use std::fmt::{self, Display, Formatter, Write};

impl Display for Program {
    /// Operations in execution order, what is returned, then the stored tensors.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "program {}", self.name)?;
        for (index, op) in self.ops.iter().enumerate() {
            let line = self.rows.get(op.row.0 as usize).map_or(0, |row| row.line);
            writeln!(f, "%{index} = {} -> {}  ; line {line}", self.phrase(&op.prim), op.shape)?;
        }
        writeln!(f, "logits {}", self.logits)?;
        writeln!(f, "output {}", self.output)?;
        for param in &self.params {
            let kept = if param.role.trained() { "" } else { "  ; buffer" };
            writeln!(f, "{}[{}] = {}{kept}", param.name, commas(&param.dims), param.init)?;
        }
        Ok(())
    }
}

impl Display for ValueId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl Display for Init {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => write!(f, "constant {value}"),
            Self::Uniform { bound } => write!(f, "uniform +-{bound:.6}"),
            Self::Normal { std } => write!(f, "normal std={std:.6}"),
        }
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relu => f.write_str("relu"),
            Self::LeakyRelu { slope } => write!(f, "leaky_relu slope={slope}"),
            Self::Elu { alpha } => write!(f, "elu alpha={alpha}"),
            Self::Gelu { tanh: false } => f.write_str("gelu"),
            Self::Gelu { tanh: true } => f.write_str("gelu tanh"),
            Self::Silu => f.write_str("silu"),
            Self::HardSwish => f.write_str("hardswish"),
            Self::Tanh => f.write_str("tanh"),
            Self::Sigmoid => f.write_str("sigmoid"),
            Self::Relu6 => f.write_str("relu6"),
            Self::Times { factor } => write!(f, "times factor={factor}"),
        }
    }
}

impl Display for PadMode {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zeros => "zeros",
            Self::Reflect => "reflect",
            Self::Edge => "edge",
        })
    }
}

impl Display for Resample {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nearest => "nearest",
            Self::Bilinear { corners: false } => "bilinear",
            Self::Bilinear { corners: true } => "bilinear corners",
        })
    }
}

impl Display for Over {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Channels => "channels",
            Self::Whole => "whole",
        })
    }
}

impl Program {
    /// The primitive, its operands, its tensors, its numbers.
    pub fn phrase(&self, prim: &Prim) -> String {
        let mut text = prim.word();
        for operand in prim.operands() {
            // Writing into a String cannot fail.
            let _ = write!(text, " {operand}");
        }
        for part in self.stored(prim) {
            let _ = write!(text, " {part}");
        }
        text + &numbers(prim)
    }

    /// The stored tensors: the kernel with its dimensions, the others by name.
    fn stored(&self, prim: &Prim) -> Vec<String> {
        let name = |id: &ParamId| self.param(*id).name.clone();
        let sized = |id: &ParamId| format!("{}[{}]", self.param(*id).name, commas(&self.param(*id).dims));
        match prim {
            Prim::Conv2d { kernel, bias, .. }
            | Prim::ConvTranspose2d { kernel, bias, .. }
            | Prim::Linear { kernel, bias, .. } => {
                std::iter::once(sized(kernel)).chain(bias.iter().map(name)).collect()
            }
            Prim::BatchNorm { scale, shift, mean, var, .. } => {
                scale.iter().chain(shift).chain([mean, var]).map(name).collect()
            }
            Prim::GroupNorm { scale, shift, .. } | Prim::LayerNorm { scale, shift, .. } => {
                scale.iter().chain(shift).map(name).collect()
            }
            Prim::Scale { scale, shift, .. } => std::iter::once(scale).chain(shift).map(name).collect(),
            Prim::PRelu { slope, .. } => vec![sized(slope)],
            Prim::Input
            | Prim::MaxPool2d { .. }
            | Prim::AvgPool2d { .. }
            | Prim::AdaptiveAvgPool2d { .. }
            | Prim::AdaptiveMaxPool2d { .. }
            | Prim::Lrn { .. }
            | Prim::Activation { .. }
            | Prim::Dropout { .. }
            | Prim::Add { .. }
            | Prim::Mul { .. }
            | Prim::Concat { .. }
            | Prim::Pad { .. }
            | Prim::Slice { .. }
            | Prim::Resize { .. }
            | Prim::Shuffle { .. }
            | Prim::Flatten { .. }
            | Prim::Unflatten { .. }
            | Prim::Softmax { .. } => Vec::new(),
        }
    }
}

impl Prim {
    /// Its name in a printed program.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Input => "input",
            Self::Conv2d { .. } => "conv2d",
            Self::ConvTranspose2d { .. } => "conv_transpose2d",
            Self::Linear { .. } => "linear",
            Self::MaxPool2d { .. } => "max_pool2d",
            Self::AvgPool2d { .. } => "avg_pool2d",
            Self::AdaptiveAvgPool2d { .. } => "adaptive_avg_pool2d",
            Self::AdaptiveMaxPool2d { .. } => "adaptive_max_pool2d",
            Self::BatchNorm { .. } => "batch_norm",
            Self::Lrn { .. } => "lrn",
            Self::GroupNorm { .. } => "group_norm",
            Self::LayerNorm { .. } => "layer_norm",
            Self::Scale { .. } => "scale",
            Self::PRelu { .. } => "prelu",
            Self::Activation { .. } => "activation",
            Self::Dropout { .. } => "dropout",
            Self::Add { .. } => "add",
            Self::Mul { .. } => "mul",
            Self::Concat { .. } => "concat",
            Self::Pad { .. } => "pad",
            Self::Slice { .. } => "slice",
            Self::Resize { .. } => "resize",
            Self::Shuffle { .. } => "shuffle",
            Self::Flatten { .. } => "flatten",
            Self::Unflatten { .. } => "unflatten",
            Self::Softmax { .. } => "softmax",
        }
        .to_owned()
    }
}

/// ` stride=4,4 padding=3,4,3,4`: every number, with a blank before each.
fn numbers(prim: &Prim) -> String {
    match prim {
        Prim::Conv2d { stride, padding, dilation, groups, .. } => {
            format!(
                " stride={} padding={}{}{}",
                commas(stride),
                commas(padding),
                dilated(*dilation),
                split(*groups)
            )
        }
        Prim::ConvTranspose2d { stride, crop, dilation, groups, .. } => {
            format!(
                " stride={} crop={}{}{}",
                commas(stride),
                commas(crop),
                dilated(*dilation),
                split(*groups)
            )
        }
        Prim::MaxPool2d { kernel, stride, padding, dilation, .. } => {
            window(*kernel, *stride, *padding) + &dilated(*dilation)
        }
        Prim::AvgPool2d { kernel, stride, padding, counted, .. } => {
            window(*kernel, *stride, *padding) + &format!(" counted={}", commas(counted))
        }
        Prim::AdaptiveAvgPool2d { size, .. } | Prim::AdaptiveMaxPool2d { size, .. } => {
            format!(" size={}", commas(size))
        }
        Prim::BatchNorm { eps, momentum, unbiased, .. } => {
            let variance = if *unbiased { "unbiased" } else { "biased" };
            format!(" eps={eps} momentum={momentum} variance={variance}")
        }
        Prim::Lrn { size, below, alpha, beta, k, .. } => {
            format!(" size={size} below={below} alpha={alpha} beta={beta} k={k}")
        }
        Prim::GroupNorm { groups, eps, .. } => format!(" groups={groups} eps={eps}"),
        Prim::LayerNorm { over, eps, .. } => format!(" over={over} eps={eps}"),
        Prim::Activation { function, .. } => format!(" {function}"),
        Prim::Dropout { p, .. } => format!(" p={p}"),
        Prim::Pad { padding, channels, mode, .. } => {
            let channels = if *channels == 0 { String::new() } else { format!(" channels={channels}") };
            format!(" padding={}{channels} {mode}", commas(padding))
        }
        Prim::Slice { start, .. } => format!(" start={}", commas(start)),
        Prim::Resize { resample, .. } => format!(" {resample}"),
        Prim::Shuffle { groups, .. } => format!(" groups={groups}"),
        Prim::Flatten { order: FlattenOrder::Hwc, .. } => " order=hwc".to_owned(),
        Prim::Flatten { order: FlattenOrder::Chw, .. } => " order=chw".to_owned(),
        Prim::Input
        | Prim::Linear { .. }
        | Prim::Scale { .. }
        | Prim::PRelu { .. }
        | Prim::Add { .. }
        | Prim::Mul { .. }
        | Prim::Concat { .. }
        | Prim::Unflatten { .. }
        | Prim::Softmax { .. } => String::new(),
    }
}

fn window(kernel: [u32; 2], stride: [u32; 2], padding: [u32; 4]) -> String {
    format!(" kernel={} stride={} padding={}", commas(&kernel), commas(&stride), commas(&padding))
}

fn split(groups: u32) -> String {
    if groups == 1 { String::new() } else { format!(" groups={groups}") }
}

fn dilated(dilation: [u32; 2]) -> String {
    if dilation == [1, 1] { String::new() } else { format!(" dilation={}", commas(&dilation)) }
}

fn commas<T: Display>(numbers: &[T]) -> String {
    numbers.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

//! A program as a PyTorch module.

mod learned;
mod windows;

use crate::export::writer::{call, float, pair, prose};
use crate::export::{Settings, Source, Weight, names};
use crate::program::{FlattenOrder, Function, Op, PadMode, Prim, Program, Resample, ValueId};
use crate::shape::Shape;
use std::collections::BTreeSet;

/// What PyTorch has no layer for.
const AVERAGE_POOL: &str = include_str!("../python/torch_average_pool.py");
const SCALE: &str = include_str!("../python/torch_scale.py");
const EACH_PRELU: &str = include_str!("../python/torch_each_prelu.py");
const LOCAL_RESPONSE_NORM: &str = include_str!("../python/torch_local_response_norm.py");

struct Module<'a> {
    program: &'a Program,
    operations: Vec<String>,
    values: Vec<String>,
    /// Statements of `__init__`, and those that set initial weights unlike PyTorch's.
    layers: Vec<String>,
    initial: Vec<String>,
    /// Statements of `forward`.
    forward: Vec<String>,
    helpers: BTreeSet<&'static str>,
    weights: Vec<Weight>,
}

pub(super) fn source(program: &Program, settings: Settings<'_>) -> Source {
    let operations = names::operations(program);
    let values = names::values(program, &operations);
    let mut module = Module {
        program,
        operations,
        values,
        layers: Vec::new(),
        initial: Vec::new(),
        forward: Vec::new(),
        helpers: BTreeSet::new(),
        weights: Vec::new(),
    };
    for (index, op) in program.ops.iter().enumerate() {
        if let Some(expression) = module.expression(index, op) {
            let line = format!("{} = {expression}  # {}", module.values[index], op.shape);
            module.forward.push(line);
        }
    }
    let text = module.text(settings);
    Source { text, class: names::class(&program.name), weights: module.weights }
}

impl Module<'_> {
    fn value(&self, id: ValueId) -> &str {
        &self.values[id.0 as usize]
    }

    fn all(&self, ids: &[ValueId]) -> Vec<String> {
        ids.iter().map(|id| self.value(*id).to_owned()).collect()
    }

    /// The value of an operation; none for the input.
    fn expression(&mut self, index: usize, op: &Op) -> Option<String> {
        Some(match &op.prim {
            Prim::Input => return None,
            Prim::Conv2d { .. } => self.conv(index, &op.prim),
            Prim::Linear { x, kernel, bias } => {
                let dims = &self.program.param(*kernel).dims;
                let mut arguments = vec![dims[1].to_string(), dims[0].to_string()];
                arguments.extend(bias.is_none().then(|| "bias=False".to_owned()));
                self.stored(index, *kernel, *bias);
                self.layer(index, "Linear", &arguments, *x)
            }
            Prim::MaxPool2d { .. } => self.max_pool(index, &op.prim),
            Prim::AvgPool2d { .. } => self.avg_pool(index, &op.prim),
            Prim::AdaptiveAvgPool2d { x, size } => self.layer(index, "AdaptiveAvgPool2d", &[pair(*size)], *x),
            Prim::AdaptiveMaxPool2d { x, size } => self.layer(index, "AdaptiveMaxPool2d", &[pair(*size)], *x),
            Prim::BatchNorm { x, .. } => {
                let x = *x;
                self.batch_norm(index, &op.prim, x)
            }
            Prim::Lrn { .. } => self.lrn(index, &op.prim),
            Prim::ConvTranspose2d { .. } => self.transposed(index, &op.prim),
            Prim::GroupNorm { .. } => self.group_norm(index, &op.prim),
            Prim::LayerNorm { .. } => self.layer_norm(index, &op.prim),
            Prim::Scale { x, scale, shift } => self.scale(index, *x, *scale, *shift),
            Prim::PRelu { x, slope } => self.prelu(index, *x, *slope),
            Prim::Activation { x, function: Function::Times { factor } } => {
                format!("{} * {}", self.value(*x), float(*factor))
            }
            Prim::Activation { x, function } => {
                let (name, arguments) = activation(*function);
                self.layer(index, name, &arguments, *x)
            }
            Prim::Dropout { x, p } => self.layer(index, "Dropout", &[float(*p)], *x),
            Prim::Add { xs } => self.all(xs).join(" + "),
            Prim::Mul { xs } => self.all(xs).join(" * "),
            Prim::Pad { .. } | Prim::Slice { .. } | Prim::Resize { .. } => self.moved(op),
            Prim::Shuffle { x, groups } => self.layer(index, "ChannelShuffle", &[groups.to_string()], *x),
            Prim::Concat { xs } => format!("torch.cat([{}], dim=1)", self.all(xs).join(", ")),
            Prim::Flatten { x, order: FlattenOrder::Chw } => format!("{}.flatten(1)", self.value(*x)),
            Prim::Flatten { x, order: FlattenOrder::Hwc } => match self.program.shape(*x) {
                Shape::Map { h: 1, w: 1, .. } | Shape::Flat(_) => format!("{}.flatten(1)", self.value(*x)),
                Shape::Map { .. } => format!("{}.permute(0, 2, 3, 1).flatten(1)", self.value(*x)),
            },
            Prim::Unflatten { x } => format!("{}[:, :, None, None]", self.value(*x)),
            Prim::Softmax { x } => format!("F.softmax({}, dim=1)", self.value(*x)),
        })
    }

    /// Declares a layer and calls it.
    fn layer(&mut self, index: usize, class: &str, arguments: &[String], x: ValueId) -> String {
        let x = self.value(x).to_owned();
        self.layer_on(index, class, arguments, &x)
    }

    fn layer_on(&mut self, index: usize, class: &str, arguments: &[String], x: &str) -> String {
        let name = &self.operations[index];
        self.layers.push(format!("self.{name} = {}", call(&format!("nn.{class}"), arguments)));
        format!("self.{name}({x})")
    }

    fn lrn(&mut self, index: usize, prim: &Prim) -> String {
        let Prim::Lrn { x, size, below, alpha, beta, k } = prim else { return String::new() };
        let numbers = [("alpha", alpha), ("beta", beta), ("k", k)];
        let named = numbers.map(|(name, number)| format!("{name}={}", float(*number)));
        let mut arguments: Vec<String> = std::iter::once(size.to_string()).chain(named).collect();
        if *below == size / 2 {
            return self.layer(index, "LocalResponseNorm", &arguments, *x);
        }
        self.helpers.insert(LOCAL_RESPONSE_NORM);
        arguments.insert(1, below.to_string());
        format!("local_response_norm({}, {})", self.value(*x), arguments.join(", "))
    }

    /// Borders, parts and other sizes.
    fn moved(&self, op: &Op) -> String {
        let [h, w, c] = op.shape.hwc();
        match &op.prim {
            Prim::Pad { x, padding: [top, bottom, left, right], channels, mode } => {
                let word = match mode {
                    PadMode::Zeros => "",
                    PadMode::Reflect => ", mode=\"reflect\"",
                    PadMode::Edge => ", mode=\"replicate\"",
                };
                let x = self.value(*x);
                let bordered = match (mode, channels) {
                    (PadMode::Zeros, 0) => return format!("F.pad({x}, ({left}, {right}, {top}, {bottom}))"),
                    (PadMode::Zeros, n) => {
                        return format!("F.pad({x}, ({left}, {right}, {top}, {bottom}, 0, {n}))");
                    }
                    _ => format!("F.pad({x}, ({left}, {right}, {top}, {bottom}){word})"),
                };
                if *channels == 0 {
                    bordered
                } else {
                    format!("F.pad({bordered}, (0, 0, 0, 0, 0, {channels}))")
                }
            }
            Prim::Slice { x, start: [top, left, first] } => {
                let range = |start: u32, length: u64| format!("{start}:{}", u64::from(start) + length);
                let x = self.value(*x);
                match op.shape {
                    Shape::Flat(_) => format!("{x}[:, {}]", range(*first, c)),
                    Shape::Map { .. } => {
                        format!("{x}[:, {}, {}, {}]", range(*first, c), range(*top, h), range(*left, w))
                    }
                }
            }
            Prim::Resize { x, resample } => {
                let how = match resample {
                    Resample::Nearest => "",
                    Resample::Bilinear { corners: true } => ", mode=\"bilinear\", align_corners=True",
                    Resample::Bilinear { corners: false } => ", mode=\"bilinear\", align_corners=False",
                };
                format!("F.interpolate({}, ({h}, {w}){how})", self.value(*x))
            }
            _ => String::new(),
        }
    }

    /// A layer written out, called on a value.
    fn own_layer(&mut self, index: usize, layer: &str, x: ValueId) -> String {
        let name = &self.operations[index];
        self.layers.push(format!("self.{name} = {layer}"));
        format!("self.{name}({})", self.value(x))
    }

    /// Whether the last operation is the softmax behind the logits, so that the two can be had apart.
    fn ends_in_softmax(&self) -> bool {
        let last = self.program.ops.len() - 1;
        self.program.output.0 as usize == last
            && matches!(self.program.ops[last].prim, Prim::Softmax { x } if x.0 as usize + 1 == last)
            && self.program.logits.0 as usize + 1 == last
    }

    fn text(&self, settings: Settings<'_>) -> String {
        let class = names::class(&self.program.name);
        let mut text = self.heading(&class, settings);
        for helper in &self.helpers {
            text.push_str(&format!("\n\n{helper}"));
        }
        text.push_str(&format!(
            "\n\nclass {class}(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        ));
        push(&mut text, &self.layers);
        if !self.initial.is_empty() {
            text.push_str("        # Where the spec begins otherwise than PyTorch.\n");
            push(&mut text, &self.initial);
        }
        let split = self.ends_in_softmax();
        let first = self.value(ValueId(0));
        let body = &self.forward[..self.forward.len() - usize::from(split)];
        let result = self.value(if split { self.program.logits } else { self.program.output });
        let name = if split { "logits" } else { "forward" };
        text.push_str(&format!("\n    def {name}(self, {first}):  # {}\n", self.program.input_shape()));
        push(&mut text, body);
        text.push_str(&format!("        return {result}\n"));
        if split {
            text.push_str("\n    def forward(self, x):\n        return F.softmax(self.logits(x), dim=1)\n");
        }
        text
    }

    fn heading(&self, class: &str, settings: Settings<'_>) -> String {
        let [h, w, c] = self.program.input_shape().hwc();
        let images = match self.program.input_shape() {
            Shape::Map { .. } => format!("[N, {c}, {h}, {w}]"),
            Shape::Flat(_) => format!("[N, {c}]"),
        };
        let decay = if settings.l2 > 0.0 {
            format!(
                "\nThe spec trains with Keras's L2 of {} on kernels; in PyTorch that is weight_decay={} on them alone.\n",
                settings.l2,
                2.0 * settings.l2
            )
        } else {
            String::new()
        };
        let needs_torch = self.forward.iter().any(|l| l.contains("torch.")) || !self.helpers.is_empty();
        let needs_functional = self.ends_in_softmax()
            || self.forward.iter().any(|l| l.contains("F."))
            || !self.helpers.is_empty();
        format!(
            "\"\"\"{} in PyTorch, written by netc from {}.\n\n    model = {class}()\n    \
             model.load_state_dict(safetensors.torch.load_file(\"weights.safetensors\"))\n    \
             model.eval()(images)  # images {images}\n{decay}\"\"\"\n\n{}{}from torch import nn\n",
            prose(&self.program.name),
            prose(settings.origin),
            if needs_torch { "import torch\n" } else { "" },
            if needs_functional { "import torch.nn.functional as F\n" } else { "" },
        )
    }
}

fn push(text: &mut String, statements: &[String]) {
    for statement in statements {
        text.push_str(&format!("        {statement}\n"));
    }
}

fn activation(function: Function) -> (&'static str, Vec<String>) {
    match function {
        Function::Relu => ("ReLU", vec![]),
        Function::LeakyRelu { slope } => ("LeakyReLU", vec![float(slope)]),
        Function::Elu { alpha: 1.0 } => ("ELU", vec![]),
        Function::Elu { alpha } => ("ELU", vec![float(alpha)]),
        Function::Gelu { tanh: false } => ("GELU", vec![]),
        Function::Gelu { tanh: true } => ("GELU", vec!["approximate=\"tanh\"".to_owned()]),
        Function::Silu => ("SiLU", vec![]),
        Function::HardSwish => ("Hardswish", vec![]),
        Function::Tanh => ("Tanh", vec![]),
        Function::Sigmoid => ("Sigmoid", vec![]),
        // Written as a product.
        Function::Times { factor } => ("Identity", vec![float(factor)]),
        Function::Relu6 => ("ReLU6", vec![]),
    }
}

//! A program as Keras 3 layers: a `Sequential` where each row follows the one before, else the functional API.

mod learned;
mod moved;
mod text;
mod windows;

use crate::export::writer::{call, float, quoted, tuple};
use crate::export::{Layout, Settings, Source, Weight, names};
use crate::program::{FlattenOrder, Function, Op, Prim, Program, ValueId};
use std::collections::BTreeSet;

/// What Keras has no layer for.
const PAD: &str = include_str!("../python/keras_pad.py");
const SUBSAMPLE: &str = include_str!("../python/keras_subsample.py");
const DILATED_MAX_POOLING: &str = include_str!("../python/keras_dilated_max_pooling.py");
const AVERAGE_POOLING: &str = include_str!("../python/keras_average_pooling.py");
const TRANSPOSED: &str = include_str!("../python/keras_transposed_convolution.py");
const SCALE: &str = include_str!("../python/keras_scale.py");
const BORDER: &str = include_str!("../python/keras_border.py");
const SLICE: &str = include_str!("../python/keras_slice.py");
const RESIZE: &str = include_str!("../python/keras_resize.py");
const LOCAL_RESPONSE_NORM: &str = include_str!("../python/keras_local_response_norm.py");
/// Reads the exported weights name by name.
const LOAD: &str = include_str!("../python/keras_load.py");

struct Model<'a> {
    program: &'a Program,
    settings: Settings<'a>,
    operations: Vec<String>,
    values: Vec<String>,
    chain: bool,
    /// Statements of `build`.
    body: Vec<String>,
    imports: BTreeSet<&'static str>,
    initializers: BTreeSet<&'static str>,
    helpers: BTreeSet<&'static str>,
    weights: Vec<Weight>,
}

pub(super) fn source(program: &Program, settings: Settings<'_>) -> Source {
    let operations = names::operations(program);
    let mut values = names::values(program, &operations);
    if let Some(first) = values.first_mut() {
        "inputs".clone_into(first);
    }
    let mut model = Model {
        program,
        settings,
        operations,
        values,
        chain: names::is_chain(program),
        body: Vec::new(),
        imports: BTreeSet::new(),
        initializers: BTreeSet::new(),
        helpers: BTreeSet::new(),
        weights: Vec::new(),
    };
    for (index, op) in program.ops.iter().enumerate() {
        model.operation(index, op);
    }
    let text = model.text();
    Source { text, class: "build".to_owned(), weights: model.weights }
}

impl Model<'_> {
    fn value(&self, id: ValueId) -> &str {
        &self.values[id.0 as usize]
    }

    fn operation(&mut self, index: usize, op: &Op) {
        match &op.prim {
            Prim::Input => {}
            Prim::Conv2d { .. } => self.conv(index, &op.prim),
            Prim::Linear { x, kernel, bias } => {
                let units = self.program.param(*kernel).dims[0];
                let mut arguments = vec![units.to_string()];
                arguments.extend(bias.is_none().then(|| "use_bias=False".to_owned()));
                arguments.extend(self.stored(index, *kernel, *bias, Layout::Transposed));
                self.layer(index, "Dense", arguments, *x);
            }
            Prim::MaxPool2d { .. } => self.max_pool(index, &op.prim),
            Prim::AvgPool2d { .. } => self.avg_pool(index, &op.prim),
            Prim::AdaptiveAvgPool2d { x, size: [1, 1] } => {
                self.layer(index, "GlobalAveragePooling2D", vec!["keepdims=True".to_owned()], *x);
            }
            Prim::AdaptiveMaxPool2d { x, size: [1, 1] } => {
                self.layer(index, "GlobalMaxPooling2D", vec!["keepdims=True".to_owned()], *x);
            }
            Prim::AdaptiveAvgPool2d { x, size } => {
                self.layer(index, "AdaptiveAveragePooling2D", vec![tuple(*size)], *x);
            }
            Prim::AdaptiveMaxPool2d { x, size } => {
                self.layer(index, "AdaptiveMaxPooling2D", vec![tuple(*size)], *x);
            }
            Prim::BatchNorm { x, .. } => self.batch_norm(index, &op.prim, *x),
            Prim::Lrn { x, size, below, alpha, beta, k } => {
                let numbers = [("alpha", alpha), ("beta", beta), ("k", k)];
                let named = numbers.map(|(name, number)| format!("{name}={}", float(*number)));
                let arguments = [size.to_string(), below.to_string()].into_iter().chain(named).collect();
                self.own(index, LOCAL_RESPONSE_NORM, "LocalResponseNormalization", arguments, *x);
            }
            Prim::ConvTranspose2d { .. } => self.transposed(index, &op.prim),
            Prim::GroupNorm { .. } => self.group_norm(index, &op.prim),
            Prim::LayerNorm { .. } => self.layer_norm(index, &op.prim),
            Prim::Scale { x, scale, shift } => self.scale(index, *x, *scale, *shift),
            Prim::PRelu { x, slope } => self.prelu(index, *x, *slope),
            Prim::Mul { xs } => self.join(index, "Multiply", xs),
            Prim::Pad { .. } | Prim::Slice { .. } | Prim::Resize { .. } | Prim::Shuffle { .. } => {
                self.moved(index, op);
            }
            Prim::Activation { x, function } => {
                let (class, arguments) = activation(*function);
                self.layer(index, class, arguments, *x);
            }
            Prim::Dropout { x, p } => self.layer(index, "Dropout", vec![float(*p)], *x),
            Prim::Add { xs } => self.join(index, "Add", xs),
            Prim::Concat { xs } => self.join(index, "Concatenate", xs),
            Prim::Flatten { x, order } => self.flatten(index, *x, *order),
            Prim::Unflatten { x } => {
                let channels = self.program.shape(*x).channels();
                self.layer(index, "Reshape", vec![format!("(1, 1, {channels})")], *x);
            }
            Prim::Softmax { x } => self.layer(index, "Activation", vec![quoted("softmax")], *x),
        }
    }

    /// One of Keras's layers on a value.
    fn layer(&mut self, index: usize, class: &'static str, arguments: Vec<String>, x: ValueId) {
        self.imports.insert(class);
        self.place(index, class, arguments, x);
    }

    /// A layer of the program's own.
    fn own(&mut self, index: usize, text: &'static str, class: &str, arguments: Vec<String>, x: ValueId) {
        self.helpers.insert(text);
        self.place(index, class, arguments, x);
    }

    fn place(&mut self, index: usize, class: &str, arguments: Vec<String>, x: ValueId) {
        let name = self.operations[index].clone();
        let (from, to) = (self.value(x).to_owned(), self.values[index].clone());
        self.statement(class, arguments, &name, &from, &to);
    }

    /// A layer that stands before the one of an operation and has no row of its own; what it gives is `x`.
    fn before(&mut self, index: usize, what: &str, class: &str, arguments: Vec<String>, from: &str) {
        let name = format!("{}_{what}", self.operations[index]);
        self.statement(class, arguments, &name, from, "x");
    }

    fn statement(&mut self, class: &str, mut arguments: Vec<String>, name: &str, from: &str, to: &str) {
        arguments.push(format!("name={}", quoted(name)));
        let layer = call(class, &arguments);
        self.body.push(if self.chain {
            format!("model.add({layer})")
        } else {
            format!("{to} = {layer}({from})")
        });
    }

    fn join(&mut self, index: usize, class: &'static str, xs: &[ValueId]) {
        self.imports.insert(class);
        let from: Vec<&str> = xs.iter().map(|x| self.value(*x)).collect();
        let from = format!("[{}]", from.join(", "));
        let (name, to) = (self.operations[index].clone(), self.values[index].clone());
        self.statement(class, Vec::new(), &name, &from, &to);
    }

    fn flatten(&mut self, index: usize, x: ValueId, order: FlattenOrder) {
        let mut from = self.value(x).to_owned();
        let [h, w, _] = self.program.shape(x).hwc();
        if order == FlattenOrder::Chw && [h, w] != [1, 1] {
            self.imports.insert("Permute");
            self.before(index, "channels_first", "Permute", vec!["(3, 1, 2)".to_owned()], &from);
            "x".clone_into(&mut from);
        }
        self.imports.insert("Flatten");
        let (name, to) = (self.operations[index].clone(), self.values[index].clone());
        self.statement("Flatten", Vec::new(), &name, &from, &to);
    }
}

/// Keras's layer for a function.
fn activation(function: Function) -> (&'static str, Vec<String>) {
    let named = |name: &str| ("Activation", vec![quoted(name)]);
    match function {
        Function::Relu => named("relu"),
        Function::LeakyRelu { slope } => ("LeakyReLU", vec![format!("negative_slope={}", float(slope))]),
        Function::Elu { alpha: 1.0 } => named("elu"),
        Function::Elu { alpha } => ("ELU", vec![format!("alpha={}", float(alpha))]),
        Function::Gelu { tanh: false } => named("gelu"),
        Function::Gelu { tanh: true } => {
            ("Activation", vec!["lambda y: gelu(y, approximate=True)".to_owned()])
        }
        Function::Silu => named("silu"),
        Function::HardSwish => named("hard_silu"),
        Function::Tanh => named("tanh"),
        Function::Sigmoid => named("sigmoid"),
        Function::Times { factor } => ("Rescaling", vec![float(factor)]),
        Function::Relu6 => named("relu6"),
    }
}

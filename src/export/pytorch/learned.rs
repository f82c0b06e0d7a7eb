//! Layers with weights: what is stored, how it begins, and the normalisations.

use super::{EACH_PRELU, Module, SCALE};
use crate::export::writer::{float, width};
use crate::export::{Layout, Value, Weight};
use crate::program::{Init, Over, ParamId, Prim, ValueId};
use crate::shape::Shape;

impl Module<'_> {
    fn weight(&mut self, index: usize, word: &str, value: Value) {
        let name = format!("{}.{word}", self.operations[index]);
        self.weights.push(Weight { name, value });
    }

    /// The kernel and bias of a layer, and how they begin where PyTorch would begin otherwise.
    pub(super) fn stored(&mut self, index: usize, kernel: ParamId, bias: Option<ParamId>) {
        let fan_in: u64 = self.program.param(kernel).dims[1..].iter().product();
        let usual = 1.0 / (fan_in.max(1) as f64).sqrt();
        for (id, word) in [(Some(kernel), "weight"), (bias, "bias")] {
            let Some(id) = id else { continue };
            self.weight(index, word, Value::Stored(id, Layout::Same));
            let tensor = format!("self.{}.{word}", self.operations[index]);
            self.initial.extend(match self.program.param(id).init {
                Init::Uniform { bound } if (bound / usual - 1.0).abs() < 1e-6 => None,
                Init::Uniform { bound } => {
                    Some(format!("nn.init.uniform_({tensor}, -{0}, {0})", width(bound)))
                }
                Init::Normal { std } => Some(format!("nn.init.normal_({tensor}, std={})", width(std))),
                Init::Constant(0.0) => Some(format!("nn.init.zeros_({tensor})")),
                Init::Constant(number) => Some(format!("nn.init.constant_({tensor}, {})", float(number))),
            });
        }
    }

    /// Factor and offset of a normalisation, with the argument that leaves both out; one that the program does
    /// without is a constant.
    fn affine(
        &mut self,
        index: usize,
        both: [Option<ParamId>; 2],
        like: Option<ParamId>,
        without: &str,
    ) -> Option<String> {
        let Some(like) = like else { return Some(without.to_owned()) };
        for (param, word, number) in [(both[0], "weight", 1.0), (both[1], "bias", 0.0)] {
            let value = match param {
                Some(id) => Value::Stored(id, Layout::Same),
                None => Value::Same { number, like },
            };
            self.weight(index, word, value);
            if param.is_none() {
                self.initial.push(format!("self.{}.{word}.requires_grad_(False)", self.operations[index]));
            }
        }
        None
    }

    pub(super) fn batch_norm(&mut self, index: usize, prim: &Prim, x: ValueId) -> String {
        let Prim::BatchNorm { scale, shift, mean, var, eps, momentum, .. } = prim else {
            return String::new();
        };
        let class = match self.program.shape(x) {
            Shape::Map { .. } => "BatchNorm2d",
            Shape::Flat(_) => "BatchNorm1d",
        };
        let mut arguments = vec![self.program.param(*mean).elements().to_string()];
        arguments.extend(epsilon(*eps));
        arguments.extend(((*momentum - 0.1).abs() > 1e-9).then(|| format!("momentum={}", float(*momentum))));
        arguments.extend(self.affine(index, [*scale, *shift], scale.or(*shift), "affine=False"));
        self.weight(index, "running_mean", Value::Stored(*mean, Layout::Same));
        self.weight(index, "running_var", Value::Stored(*var, Layout::Same));
        self.layer(index, class, &arguments, x)
    }

    pub(super) fn group_norm(&mut self, index: usize, prim: &Prim) -> String {
        let Prim::GroupNorm { x, groups, scale, shift, eps } = prim else { return String::new() };
        let mut arguments = vec![groups.to_string(), self.program.shape(*x).channels().to_string()];
        arguments.extend(epsilon(*eps));
        arguments.extend(self.affine(index, [*scale, *shift], scale.or(*shift), "affine=False"));
        self.layer(index, "GroupNorm", &arguments, *x)
    }

    pub(super) fn layer_norm(&mut self, index: usize, prim: &Prim) -> String {
        let Prim::LayerNorm { x, over, scale, shift, eps } = prim else { return String::new() };
        let (size, places) = match (self.program.shape(*x), over) {
            (Shape::Map { h, w, c }, Over::Whole) => (format!("[{c}, {h}, {w}]"), false),
            (Shape::Map { c, .. }, Over::Channels) => (c.to_string(), true),
            (Shape::Flat(c), _) => (c.to_string(), false),
        };
        let mut arguments = vec![size];
        arguments.extend(epsilon(*eps));
        arguments.extend(self.affine(index, [*scale, *shift], scale.or(*shift), "elementwise_affine=False"));
        if !places {
            return self.layer(index, "LayerNorm", &arguments, *x);
        }
        let last = format!("{}.permute(0, 2, 3, 1)", self.value(*x));
        self.layer_on(index, "LayerNorm", &arguments, &last) + ".permute(0, 3, 1, 2)"
    }

    pub(super) fn scale(
        &mut self,
        index: usize,
        x: ValueId,
        scale: ParamId,
        shift: Option<ParamId>,
    ) -> String {
        self.helpers.insert(SCALE);
        self.weight(index, "weight", Value::Stored(scale, Layout::Same));
        if let Some(shift) = shift {
            self.weight(index, "bias", Value::Stored(shift, Layout::Same));
        }
        for (id, word, usual) in [(Some(scale), "weight", 1.0), (shift, "bias", 0.0)] {
            self.begins(index, id, word, usual);
        }
        let bias = if shift.is_some() { "" } else { ", bias=False" };
        let channels = self.program.param(scale).elements();
        self.own_layer(index, &format!("Scale({channels}{bias})"), x)
    }

    pub(super) fn prelu(&mut self, index: usize, x: ValueId, slope: ParamId) -> String {
        self.weight(index, "weight", Value::Stored(slope, Layout::Same));
        let param = self.program.param(slope);
        let dims: Vec<String> = param.dims.iter().map(u64::to_string).collect();
        let init = match param.init {
            Init::Constant(number) if number != 0.25 => format!(", init={}", float(number)),
            Init::Constant(_) | Init::Uniform { .. } | Init::Normal { .. } => String::new(),
        };
        if param.dims.len() > 1 {
            self.helpers.insert(EACH_PRELU);
            return self.own_layer(index, &format!("EachPReLU({}{init})", dims.join(", ")), x);
        }
        let arguments = format!("nn.PReLU({}{init})", dims.join(", "));
        self.own_layer(index, &arguments, x)
    }

    /// A constant that is not the layer's own.
    fn begins(&mut self, index: usize, id: Option<ParamId>, word: &str, usual: f64) {
        if let Some(Init::Constant(number)) = id.map(|id| self.program.param(id).init)
            && number != usual
        {
            let tensor = format!("self.{}.{word}", self.operations[index]);
            self.initial.push(format!("nn.init.constant_({tensor}, {})", float(number)));
        }
    }
}

fn epsilon(eps: f64) -> Option<String> {
    (eps != 1e-5).then(|| format!("eps={}", float(eps)))
}

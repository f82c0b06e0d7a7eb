//! Layers with weights: what is stored, how it begins, and the normalisations.

use super::{Model, SCALE};
use crate::export::writer::{float, width};
use crate::export::{Layout, Value, Weight};
use crate::program::{Init, Over, ParamId, Prim, ValueId};
use crate::shape::Shape;

impl Model<'_> {
    pub(super) fn batch_norm(&mut self, index: usize, prim: &Prim, x: ValueId) {
        let Prim::BatchNorm { scale, shift, mean, var, eps, momentum, .. } = prim else { return };
        let mut arguments = Vec::new();
        let kept = 1.0 - momentum;
        let mut option = |wanted: bool, text: String| arguments.extend(wanted.then_some(text));
        option((kept - 0.99).abs() > 1e-9, format!("momentum={}", float(kept)));
        option((eps - 1e-3).abs() > 1e-12, format!("epsilon={}", float(*eps)));
        option(scale.is_none(), "scale=False".to_owned());
        option(shift.is_none(), "center=False".to_owned());
        let tensors = [
            (*scale, "gamma"),
            (*shift, "beta"),
            (Some(*mean), "moving_mean"),
            (Some(*var), "moving_variance"),
        ];
        for (id, word) in tensors {
            if let Some(id) = id {
                self.weight(index, word, Value::Stored(id, Layout::Same));
            }
        }
        self.layer(index, "BatchNormalization", arguments, x);
    }

    /// The tensors of a normalisation without statistics, and the arguments that leave them out.
    fn affine(
        &mut self,
        index: usize,
        scale: Option<ParamId>,
        shift: Option<ParamId>,
        eps: f64,
    ) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut option = |wanted: bool, text: String| arguments.extend(wanted.then_some(text));
        option((eps - 1e-3).abs() > 1e-12, format!("epsilon={}", float(eps)));
        option(scale.is_none(), "scale=False".to_owned());
        option(shift.is_none(), "center=False".to_owned());
        for (id, word) in [(scale, "gamma"), (shift, "beta")] {
            if let Some(id) = id {
                self.weight(index, word, Value::Stored(id, Layout::ChannelsLast));
            }
        }
        arguments
    }

    pub(super) fn group_norm(&mut self, index: usize, prim: &Prim) {
        let Prim::GroupNorm { x, groups, scale, shift, eps } = prim else { return };
        let mut arguments = vec![groups.to_string()];
        arguments.extend(self.affine(index, *scale, *shift, *eps));
        self.layer(index, "GroupNormalization", arguments, *x);
    }

    pub(super) fn layer_norm(&mut self, index: usize, prim: &Prim) {
        let Prim::LayerNorm { x, over, scale, shift, eps } = prim else { return };
        let mut arguments = self.affine(index, *scale, *shift, *eps);
        if let (Shape::Map { .. }, Over::Whole) = (self.program.shape(*x), over) {
            arguments.insert(0, "axis=(1, 2, 3)".to_owned());
        }
        self.layer(index, "LayerNormalization", arguments, *x);
    }

    pub(super) fn scale(&mut self, index: usize, x: ValueId, scale: ParamId, shift: Option<ParamId>) {
        self.weight(index, "scale", Value::Stored(scale, Layout::Same));
        if let Some(shift) = shift {
            self.weight(index, "shift", Value::Stored(shift, Layout::Same));
        }
        let mut arguments = if shift.is_none() { vec!["shift=False".to_owned()] } else { Vec::new() };
        for (id, word, usual) in [(Some(scale), "scale", 1.0), (shift, "shift", 0.0)] {
            let Some(init) = id.map(|id| self.program.param(id).init) else { continue };
            if !matches!(init, Init::Constant(number) if number == usual) {
                arguments.push(format!("{word}_initializer={}", self.initializer(init)));
            }
        }
        self.own(index, SCALE, "Scale", arguments, x);
    }

    pub(super) fn prelu(&mut self, index: usize, x: ValueId, slope: ParamId) {
        let dims = &self.program.param(slope).dims;
        // Keras keeps a slope for each number, shared along the axes that are named.
        let (axes, layout) = match (self.program.shape(x), dims.as_slice()) {
            (Shape::Map { .. }, [1]) => ("[1, 2, 3]", Layout::Alone),
            (Shape::Map { .. }, [_]) => ("[1, 2]", Layout::Alone),
            (Shape::Flat(_), [1]) => ("[1]", Layout::Same),
            _ => ("", Layout::ChannelsLast),
        };
        let mut arguments = Vec::new();
        match self.program.param(slope).init {
            Init::Constant(0.0) => {}
            init => arguments.push(format!("alpha_initializer={}", self.initializer(init))),
        }
        if !axes.is_empty() {
            arguments.push(format!("shared_axes={axes}"));
        }
        self.weight(index, "alpha", Value::Stored(slope, layout));
        self.layer(index, "PReLU", arguments, x);
    }

    fn weight(&mut self, index: usize, word: &str, value: Value) {
        let name = format!("{}.{word}", self.operations[index]);
        self.weights.push(Weight { name, value });
    }

    /// Names the kernel and bias of a layer; the arguments that say how they begin and decay.
    pub(super) fn stored(
        &mut self,
        index: usize,
        kernel: ParamId,
        bias: Option<ParamId>,
        layout: Layout,
    ) -> Vec<String> {
        let mut arguments = Vec::new();
        let dims = &self.program.param(kernel).dims;
        let taps: u64 = dims[2..].iter().product();
        let fans = (dims[0] + dims[1]).saturating_mul(taps).max(1);
        let glorot = (6.0 / fans as f64).sqrt();
        match self.program.param(kernel).init {
            Init::Uniform { bound } if (bound / glorot - 1.0).abs() < 1e-6 => {}
            init => arguments.push(format!("kernel_initializer={}", self.initializer(init))),
        }
        match bias.map(|b| self.program.param(b).init) {
            None | Some(Init::Constant(0.0)) => {}
            Some(init) => arguments.push(format!("bias_initializer={}", self.initializer(init))),
        }
        if self.settings.l2 > 0.0 {
            arguments.push(format!("kernel_regularizer=l2({})", float(self.settings.l2)));
        }
        self.weight(index, "kernel", Value::Stored(kernel, layout));
        if let Some(bias) = bias {
            self.weight(index, "bias", Value::Stored(bias, Layout::Same));
        }
        arguments
    }

    fn initializer(&mut self, init: Init) -> String {
        let (class, text) = match init {
            Init::Constant(number) => ("Constant", format!("Constant({})", float(number))),
            Init::Uniform { bound } => ("RandomUniform", format!("RandomUniform(-{0}, {0})", width(bound))),
            Init::Normal { std } => ("RandomNormal", format!("RandomNormal(stddev={})", width(std))),
        };
        self.initializers.insert(class);
        text
    }
}

//! The whole of a Keras program.

use super::{LOAD, Model};
use crate::export::names;
use crate::export::writer::{prose, quoted};
use crate::shape::Shape;
use std::collections::BTreeSet;

impl Model<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = self.heading();
        for helper in &self.helpers {
            text.push_str(&format!("\n\n{helper}"));
        }
        let shape = match self.program.input_shape() {
            Shape::Map { h, w, c } => format!("({h}, {w}, {c})"),
            Shape::Flat(c) => format!("({c},)"),
        };
        let name = quoted(&names::class(&self.program.name));
        text.push_str("\n\ndef build():\n");
        let mut line = |statement: &str| text.push_str(&format!("    {statement}\n"));
        if self.chain {
            line(&format!("model = Sequential(name={name})"));
            line(&format!("model.add(Input({shape}))"));
        } else {
            line(&format!("inputs = Input({shape})"));
        }
        self.body.iter().for_each(|statement| line(statement));
        if self.chain {
            line("return model");
        } else {
            line(&format!("return Model(inputs, {}, name={name})", self.value(self.program.output)));
        }
        text + "\n\n" + LOAD
    }

    fn heading(&self) -> String {
        let join = |words: &BTreeSet<&'static str>| words.iter().copied().collect::<Vec<_>>().join(", ");
        let mut imports =
            vec![format!("from keras import Input, {}", if self.chain { "Sequential" } else { "Model" })];
        if !self.helpers.is_empty() {
            imports.insert(0, "import keras".to_owned());
            imports[1].push_str(", ops");
        }
        if !self.initializers.is_empty() {
            imports.push(format!("from keras.initializers import {}", join(&self.initializers)));
        }
        if !self.imports.is_empty() {
            imports.push(format!("from keras.layers import {}", join(&self.imports)));
        }
        if self.body.iter().any(|l| l.contains("gelu(y")) {
            imports.push("from keras.activations import gelu".to_owned());
        }
        if self.settings.l2 > 0.0 && self.body.iter().any(|l| l.contains("=l2(")) {
            imports.push("from keras.regularizers import l2".to_owned());
        }
        imports.push("from safetensors.numpy import load_file".to_owned());
        let [h, w, c] = self.program.input_shape().hwc();
        let images = match self.program.input_shape() {
            Shape::Map { .. } => format!("[N, {h}, {w}, {c}]"),
            Shape::Flat(_) => format!("[N, {c}]"),
        };
        format!(
            "\"\"\"{} in Keras 3, written by netc from {}.\n\n    model = load(\"weights.safetensors\")\n    \
             model.predict(images)  # images {images}\n\"\"\"\n\n{}\n",
            prose(&self.program.name),
            prose(self.settings.origin),
            imports.join("\n")
        )
    }
}

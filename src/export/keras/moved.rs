//! Borders, parts, other sizes, shuffled channels.

use super::{BORDER, Model, RESIZE, SLICE};
use crate::export::writer::{quoted, tuple};
use crate::program::{Op, PadMode, Prim, Resample, ValueId};
use crate::shape::Shape;

impl Model<'_> {
    pub(super) fn moved(&mut self, index: usize, op: &Op) {
        match &op.prim {
            Prim::Pad { x, padding: [top, bottom, left, right], channels, mode } => {
                let mut arguments = vec![format!("(({top}, {bottom}), ({left}, {right}))")];
                if *channels == 0 && *mode == PadMode::Zeros {
                    return self.layer(index, "ZeroPadding2D", arguments, *x);
                }
                let word = match mode {
                    PadMode::Zeros => "zeros",
                    PadMode::Reflect => "reflect",
                    PadMode::Edge => "edge",
                };
                arguments.extend([channels.to_string(), quoted(word)]);
                self.own(index, BORDER, "Border", arguments, *x);
            }
            Prim::Slice { x, start: [top, left, first] } => {
                let arguments = match op.shape {
                    Shape::Map { h, w, c } => {
                        vec![format!("({top}, {left}, {first})"), format!("({h}, {w}, {c})")]
                    }
                    Shape::Flat(c) => vec![format!("({first},)"), format!("({c},)")],
                };
                self.own(index, SLICE, "Slice", arguments, *x);
            }
            Prim::Resize { x, resample } => self.resize(index, op, *x, *resample),
            Prim::Shuffle { x, groups } => self.shuffle(index, *x, u64::from(*groups)),
            _ => {}
        }
    }

    /// Keras's upsampling where each side grows by a whole factor, else a layer of the program's own.
    fn resize(&mut self, index: usize, op: &Op, x: ValueId, resample: Resample) {
        let ([h, w, _], [old_h, old_w, _]) = (op.shape.hwc(), self.program.shape(x).hwc());
        let whole = h % old_h.max(1) == 0 && w % old_w.max(1) == 0;
        let factors = tuple([h / old_h.max(1), w / old_w.max(1)]);
        let (linear, corners) = match resample {
            Resample::Nearest => (false, false),
            Resample::Bilinear { corners } => (true, corners),
        };
        if whole && !corners {
            let mut arguments = vec![factors];
            arguments.extend(linear.then(|| "interpolation=\"bilinear\"".to_owned()));
            return self.layer(index, "UpSampling2D", arguments, x);
        }
        let word = |flag: bool| if flag { "True" } else { "False" };
        let mut arguments = vec![tuple([h, w]), format!("linear={}", word(linear))];
        arguments.extend(corners.then(|| "corners=True".to_owned()));
        self.own(index, RESIZE, "Resize", arguments, x);
    }

    /// The channels as a table, turned.
    fn shuffle(&mut self, index: usize, x: ValueId, groups: u64) {
        let [h, w, c] = self.program.shape(x).hwc();
        let (name, to) = (self.operations[index].clone(), self.values[index].clone());
        let from = self.value(x).to_owned();
        self.imports.extend(["Permute", "Reshape"]);
        let table = vec![format!("({h}, {w}, {groups}, {})", c / groups.max(1))];
        self.statement("Reshape", table, &format!("{name}_table"), &from, "x");
        self.statement("Permute", vec!["(1, 2, 4, 3)".to_owned()], &format!("{name}_turned"), "x", "x");
        self.statement("Reshape", vec![format!("({h}, {w}, {c})")], &name, "x", &to);
    }
}

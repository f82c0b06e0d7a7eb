//! Convolutions and pools.

use super::{AVERAGE_POOLING, DILATED_MAX_POOLING, Model, PAD, SUBSAMPLE, TRANSPOSED};
use crate::export::Layout;
use crate::export::padding::{Padded, keras as padding_of};
use crate::export::writer::tuple;
use crate::program::Prim;

impl Model<'_> {
    pub(super) fn conv(&mut self, index: usize, prim: &Prim) {
        let Prim::Conv2d { x, kernel, bias, stride, padding, dilation, groups } = prim else { return };
        let dims = self.program.param(*kernel).dims.clone();
        let padded = padding_of(self.program.shape(*x), [dims[2], dims[3]], *stride, *dilation, *padding);
        // Keras refuses a stride beside a dilation; the rows and columns between are left out afterwards.
        let apart = *stride != [1, 1] && *dilation != [1, 1];
        let padded = if apart && padded == Padded::Same { Padded::Given(*padding) } else { padded };
        let from = self.value(*x).to_owned();
        let from = if let Padded::Given([top, bottom, left, right]) = padded {
            let sides = format!("(({top}, {bottom}), ({left}, {right}))");
            self.imports.insert("ZeroPadding2D");
            self.before(index, "pad", "ZeroPadding2D", vec![sides], &from);
            "x".to_owned()
        } else {
            from
        };
        let mut arguments = vec![dims[0].to_string(), tuple([dims[2], dims[3]])];
        let mut option = |wanted: bool, text: String| arguments.extend(wanted.then_some(text));
        option(*stride != [1, 1] && !apart, format!("strides={}", tuple(*stride)));
        option(padded == Padded::Same, "padding=\"same\"".to_owned());
        option(*dilation != [1, 1], format!("dilation_rate={}", tuple(*dilation)));
        option(*groups != 1, format!("groups={groups}"));
        option(bias.is_none(), "use_bias=False".to_owned());
        arguments.extend(self.stored(index, *kernel, *bias, Layout::Hwio));
        self.imports.insert("Conv2D");
        let (name, to) = (self.operations[index].clone(), self.values[index].clone());
        if apart {
            self.statement("Conv2D", arguments, &name, &from, "x");
            self.helpers.insert(SUBSAMPLE);
            self.statement("Subsample", vec![tuple(*stride)], &format!("{name}_stride"), "x", &to);
        } else {
            self.statement("Conv2D", arguments, &name, &from, &to);
        }
    }

    pub(super) fn max_pool(&mut self, index: usize, prim: &Prim) {
        let Prim::MaxPool2d { x, kernel, stride, padding, dilation } = prim else { return };
        let wide = kernel.map(u64::from);
        let padded = padding_of(self.program.shape(*x), wide, *stride, *dilation, *padding);
        let dilated = *dilation != [1, 1];
        let padded = if dilated && padded == Padded::Same { Padded::Given(*padding) } else { padded };
        let mut from = self.value(*x).to_owned();
        if let Padded::Given([top, bottom, left, right]) = padded {
            self.helpers.insert(PAD);
            let sides = format!("(({top}, {bottom}), ({left}, {right}))");
            self.before(index, "pad", "Pad", vec![sides, "-float(\"inf\")".to_owned()], &from);
            "x".clone_into(&mut from);
        }
        let mut arguments = vec![tuple(*kernel), format!("strides={}", tuple(*stride))];
        arguments.extend((padded == Padded::Same).then(|| "padding=\"same\"".to_owned()));
        let (name, to) = (self.operations[index].clone(), self.values[index].clone());
        if dilated {
            self.helpers.insert(DILATED_MAX_POOLING);
            arguments.push(format!("dilation={}", tuple(*dilation)));
            self.statement("DilatedMaxPooling2D", arguments, &name, &from, &to);
        } else {
            self.imports.insert("MaxPooling2D");
            self.statement("MaxPooling2D", arguments, &name, &from, &to);
        }
    }

    pub(super) fn avg_pool(&mut self, index: usize, prim: &Prim) {
        let Prim::AvgPool2d { x, kernel, stride, padding, counted } = prim else { return };
        let wide = kernel.map(u64::from);
        let padded = padding_of(self.program.shape(*x), wide, *stride, [1, 1], *padding);
        let mut arguments = vec![tuple(*kernel), format!("strides={}", tuple(*stride))];
        // Keras's `same` leaves the padding out of the divisor.
        if padded == Padded::Valid || padded == Padded::Same && *counted == [0; 4] {
            arguments.extend((padded == Padded::Same).then(|| "padding=\"same\"".to_owned()));
            return self.layer(index, "AveragePooling2D", arguments, *x);
        }
        let sides = |[top, bottom, left, right]: [u32; 4]| format!("(({top}, {bottom}), ({left}, {right}))");
        arguments.push(format!("padding={}", sides(*padding)));
        arguments.push(format!("counted={}", sides(*counted)));
        self.own(index, AVERAGE_POOLING, "PaddedAveragePooling2D", arguments, *x);
    }

    /// A transposed convolution: Keras's own where it cuts as Keras does, or cuts nothing but rows and columns.
    pub(super) fn transposed(&mut self, index: usize, prim: &Prim) {
        let Prim::ConvTranspose2d { x, kernel, bias, stride, crop, dilation, groups } = prim else { return };
        let dims = self.program.param(*kernel).dims.clone();
        let filters = dims[1] * u64::from(*groups);
        let reach = [0, 1].map(|a| i64::from(dilation[a]) * (dims[2 + a] as i64 - 1) + 1);
        let rest = [0, 1].map(|a| reach[a] - i64::from(stride[a]));
        let cut = crop.map(i64::from);
        let same = (0..2)
            .all(|a| rest[a] >= 0 && cut[2 * a] == rest[a] / 2 && cut[2 * a + 1] == rest[a] - rest[a] / 2);
        // Keras's full output is never shorter than `i s`.
        let after = [0, 1].map(|a| cut[2 * a + 1] + (-rest[a]).max(0));
        let plain = *groups == 1 && (*stride == [1, 1] || *dilation == [1, 1]);
        let cuts = cut[0] >= 0 && cut[2] >= 0 && after.iter().all(|a| *a >= 0);
        let mut arguments = vec![filters.to_string(), tuple([dims[2], dims[3]])];
        if !plain || !(same || cuts) {
            arguments.extend([tuple(*stride), tuple(*dilation), groups.to_string()]);
            arguments.push(format!("(({}, {}), ({}, {}))", crop[0], crop[1], crop[2], crop[3]));
            arguments.extend(bias.is_none().then(|| "use_bias=False".to_owned()));
            arguments.extend(self.stored(index, *kernel, *bias, Layout::Hwio));
            return self.own(index, TRANSPOSED, "TransposedConvolution2D", arguments, *x);
        }
        let mut option = |wanted: bool, text: String| arguments.extend(wanted.then_some(text));
        option(*stride != [1, 1], format!("strides={}", tuple(*stride)));
        option(same, "padding=\"same\"".to_owned());
        option(*dilation != [1, 1], format!("dilation_rate={}", tuple(*dilation)));
        option(bias.is_none(), "use_bias=False".to_owned());
        arguments.extend(self.stored(index, *kernel, *bias, Layout::Hwio));
        let cropped = !same && [cut[0], after[0], cut[2], after[1]] != [0; 4];
        self.imports.insert("Conv2DTranspose");
        let (name, to) = (self.operations[index].clone(), self.values[index].clone());
        let from = self.value(*x).to_owned();
        self.statement("Conv2DTranspose", arguments, &name, &from, if cropped { "x" } else { &to });
        if cropped {
            self.imports.insert("Cropping2D");
            let sides = format!("(({}, {}), ({}, {}))", cut[0], after[0], cut[2], after[1]);
            self.statement("Cropping2D", vec![sides], &format!("{name}_crop"), "x", &to);
        }
    }
}

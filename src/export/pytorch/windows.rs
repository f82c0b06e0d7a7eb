//! Convolutions and pools.

use super::{AVERAGE_POOL, Module};
use crate::export::padding::even;
use crate::export::writer::pair;
use crate::program::{Prim, ValueId};

impl Module<'_> {
    /// A value with pixels around it, where the layer itself cannot add them.
    fn padded(&self, x: ValueId, [top, bottom, left, right]: [u32; 4], value: &str) -> String {
        format!("F.pad({}, ({left}, {right}, {top}, {bottom}){value})", self.value(x))
    }

    pub(super) fn conv(&mut self, index: usize, prim: &Prim) -> String {
        let Prim::Conv2d { x, kernel, bias, stride, padding, dilation, groups } = prim else {
            return String::new();
        };
        let dims = &self.program.param(*kernel).dims;
        let size = pair([dims[2], dims[3]]);
        let channels = dims[1] * u64::from(*groups);
        let mut arguments = vec![channels.to_string(), dims[0].to_string(), size];
        let own = even(*padding);
        let mut option = |name: &str, value: String, usual: &str| {
            if value != usual {
                arguments.push(format!("{name}={value}"));
            }
        };
        option("stride", pair(*stride), "1");
        option("padding", pair(own.unwrap_or([0, 0])), "0");
        option("dilation", pair(*dilation), "1");
        option("groups", groups.to_string(), "1");
        option("bias", if bias.is_some() { "True" } else { "False" }.to_owned(), "True");
        self.stored(index, *kernel, *bias);
        let input = if own.is_some() { self.value(*x).to_owned() } else { self.padded(*x, *padding, "") };
        self.layer_on(index, "Conv2d", &arguments, &input)
    }

    pub(super) fn max_pool(&mut self, index: usize, prim: &Prim) -> String {
        let Prim::MaxPool2d { x, kernel, stride, padding, dilation } = prim else { return String::new() };
        // PyTorch pads by half a window at most.
        let own = even(*padding).filter(|p| p[0] <= kernel[0] / 2 && p[1] <= kernel[1] / 2);
        let mut arguments = vec![pair(*kernel), format!("stride={}", pair(*stride))];
        arguments.extend(own.filter(|p| *p != [0, 0]).map(|p| format!("padding={}", pair(p))));
        if *dilation != [1, 1] {
            arguments.push(format!("dilation={}", pair(*dilation)));
        }
        let input = match own {
            Some(_) => self.value(*x).to_owned(),
            None => self.padded(*x, *padding, ", value=-torch.inf"),
        };
        self.layer_on(index, "MaxPool2d", &arguments, &input)
    }

    pub(super) fn avg_pool(&mut self, index: usize, prim: &Prim) -> String {
        let Prim::AvgPool2d { x, kernel, stride, padding, counted } = prim else { return String::new() };
        let own = even(*padding).filter(|p| p[0] <= kernel[0] / 2 && p[1] <= kernel[1] / 2);
        if let Some(own) = own.filter(|_| counted == padding || *counted == [0; 4]) {
            let mut arguments = vec![pair(*kernel), format!("stride={}", pair(*stride))];
            if own != [0, 0] {
                arguments.push(format!("padding={}", pair(own)));
                arguments.extend((counted != padding).then(|| "count_include_pad=False".to_owned()));
            }
            return self.layer(index, "AvgPool2d", &arguments, *x);
        }
        self.helpers.insert(AVERAGE_POOL);
        let sides = |[top, bottom, left, right]: [u32; 4]| format!("({left}, {right}, {top}, {bottom})");
        format!(
            "average_pool({}, {}, {}, padding={}, counted={})",
            self.value(*x),
            pair(*kernel),
            pair(*stride),
            sides(*padding),
            sides(*counted)
        )
    }

    /// A transposed convolution. PyTorch cuts both sides alike and adds a little at the end; anything else is cut, or
    /// filled up with zeros before the bias, afterwards.
    pub(super) fn transposed(&mut self, index: usize, prim: &Prim) -> String {
        let Prim::ConvTranspose2d { x, kernel, bias, stride, crop, dilation, groups } = prim else {
            return String::new();
        };
        let dims = &self.program.param(*kernel).dims;
        let [top, bottom, left, right] = *crop;
        let more = [top - bottom, left - right];
        let room = [0, 1].map(|a| i64::from(stride[a].max(dilation[a])));
        let own = top >= 0 && left >= 0 && (0..2).all(|a| more[a] >= 0 && i64::from(more[a]) < room[a]);
        let out = dims[1] * u64::from(*groups);
        let mut arguments = vec![dims[0].to_string(), out.to_string(), pair([dims[2], dims[3]])];
        let mut option = |name: &str, value: String, usual: &str| {
            if value != usual {
                arguments.push(format!("{name}={value}"));
            }
        };
        option("stride", pair(*stride), "1");
        option("padding", pair(if own { [top, left] } else { [0, 0] }), "0");
        option("output_padding", pair(if own { more } else { [0, 0] }), "0");
        option("groups", groups.to_string(), "1");
        option("bias", if bias.is_some() { "True" } else { "False" }.to_owned(), "True");
        option("dilation", pair(*dilation), "1");
        self.stored(index, *kernel, *bias);
        let full = self.layer(index, "ConvTranspose2d", &arguments, *x);
        let sides = format!("({}, {}, {}, {})", -left, -right, -top, -bottom);
        if own {
            full
        } else if bias.is_some() && crop.iter().any(|side| *side < 0) {
            let bias = format!("self.{}.bias[:, None, None]", self.operations[index]);
            format!("F.pad({full} - {bias}, {sides}) + {bias}")
        } else {
            format!("F.pad({full}, {sides})")
        }
    }
}

//! CONV: convolution (cross-correlation) over a map.

use super::links::{Around, Links};
use super::rank::as_map;
use super::spec::{MOST, ceil, dilation, kernel, padding, param, stride};
use super::weights::{Weights, initialisers};
use super::window::Window;
use super::{
    Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, StandIn, Type, WindowKind, groups,
    limits,
};
use crate::diag::Code;
use crate::program::{Builder, Prim, Role, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "CONV",
    aliases: &["CONV2D", "CONVOLUTION", "CONVOLUTIONAL", "CONV DW", "DWCONV", "DEPTHWISE CONV", "DEPTHWISE"],
    implied: &[
        ("CONV DW", "depthwise", "yes"),
        ("DWCONV", "depthwise", "yes"),
        ("DEPTHWISE CONV", "depthwise", "yes"),
        ("DEPTHWISE", "depthwise", "yes"),
    ],
    key: "conv",
    summary: "K filters slide over the map; each sums its window of all input channels of its group and adds a bias.",
    arity: Arity::One,
    params: &[
        kernel().required(),
        stride("1"),
        padding(),
        dilation(),
        param("groups", Type::Int { min: 1, max: MOST }, "1", "Groups that the channels are split into.")
            .aliases(&["g", "group"]),
        param("K", Type::Int { min: 1, max: MOST }, "the declared channels", "How many filters.")
            .aliases(&["filters", "c", "channels", "out"])
            .unit("channels")
            .required()
            .stand_in(StandIn::Channels),
        param("depthwise", Type::Flag, "no", "One group a channel; K is the input's channels unless written.")
            .aliases(&["dw"]),
        param("bias", Type::Flag, "yes", "Adds a bias to each filter."),
        ceil(),
        param(
            "connect",
            Type::Links,
            "every map reads all",
            "The table below that heading: rows are input maps, columns output maps, a marked cell connects them.",
        ),
    ],
    positional: Positional {
        size: Some("kernel"),
        slash: Some("stride"),
        int: Some("K"),
        words: &["padding", "ceil", "depthwise"],
    },
    window: Some(WindowKind::Conv),
    keeps_shape: false,
    weighted: true,
    bind,
};

#[derive(Debug)]
struct Conv {
    window: Window,
    k: Option<u64>,
    groups: Option<u64>,
    bias: bool,
    links: Option<Arc<Links>>,
    conventions: Conventions,
}

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    let stride = args.pair("stride").unwrap_or([1, 1]);
    let depthwise = args.flag("depthwise").unwrap_or(false);
    let links = args.links("connect").cloned();
    if links.is_some() && (depthwise || args.int("groups").is_some_and(|g| g > 1)) {
        let blamed = if depthwise { "depthwise" } else { "groups" };
        return Err(vec![
            Problem::new(Code::E0461, "a table says which maps are connected, and groups say it otherwise")
                .param(blamed)
                .help(format!("leave out `{blamed}` or `connect`")),
        ]);
    }
    let k = args.int("K").map(|k| k.max(1) as u64).or(links.as_ref().map(|l| l.outputs()));
    if k.is_none() && !depthwise {
        return Err(vec![
            Problem::new(Code::E0207, "CONV does not say how many filters it has")
                .help("write `K=64`, or declare the output size"),
        ]);
    }
    Ok(Arc::new(Conv {
        window: Window::of(args, conventions, WindowKind::Conv, stride),
        k,
        groups: if depthwise { None } else { Some(args.int("groups").unwrap_or(1).max(1) as u64) },
        bias: args.flag("bias").unwrap_or(true),
        links,
        conventions: *conventions,
    }))
}

impl Conv {
    /// Whether `c` input and `k` output channels split into the groups.
    fn splits(&self, c: u64, k: u64) -> Result<(), Problem> {
        match self.groups {
            Some(groups) => groups::split(groups, &[("input channels", c), ("output channels", k)]),
            None if k.is_multiple_of(c) => Ok(()),
            None => Err(groups::uneven("output channels", k, c)
                .param("K")
                .help(format!("write a multiple of the {c} input channels, such as `K={c}`"))),
        }
    }

    fn groups(&self, c: u64) -> u64 {
        self.groups.unwrap_or(c)
    }

    fn kernel_area(&self) -> u64 {
        let [h, w] = self.window.kernel;
        (h.max(1) as u64).saturating_mul(w.max(1) as u64)
    }
}

impl Layer for Conv {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let c = inputs[0].channels();
        let k = self.k.unwrap_or(c);
        let groups = self.groups(c);
        match &self.links {
            Some(links) => links.fits(c, k)?,
            None => self.splits(c, k)?,
        }
        let size = self.window.resolve(inputs[0])?;
        limits::kernel((c / groups).saturating_mul(self.kernel_area()).saturating_mul(k))?;
        limits::fits(Shape::map(size.h, size.w, k)).map_err(|p| p.param("K"))
    }

    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
        let (c, [h, w, k]) = (inputs[0].channels(), output.hwc());
        let pairs = match &self.links {
            Some(links) => links.count(),
            None => (c / self.groups(c).max(1)).saturating_mul(k),
        };
        let weights = pairs.saturating_mul(self.kernel_area());
        let biases = if self.bias { k } else { 0 };
        let macs = weights.saturating_mul(h).saturating_mul(w);
        Cost { weights, biases, macs, ..Cost::default() }
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        self.window.arithmetic(inputs[0])
    }

    fn padding(&self, inputs: &[Shape]) -> Option<[u32; 4]> {
        self.window.resolve(inputs[0]).ok().map(|r| r.padding)
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let x = as_map(b, inputs[0]);
        let shape = b.shape(x);
        let (c, k) = (shape.channels(), output.channels());
        if let Some(links) = &self.links {
            let kernel = self.window.kernel.map(|v| v.max(1) as u64);
            let (window, bias, conventions) = (self.window, self.bias, &self.conventions);
            return links.lower(b, x, output, &Around { window, bias, conventions, kernel });
        }
        let groups = self.groups(c);
        let area = self.kernel_area();
        let [kh, kw] = self.window.kernel.map(|v| v.max(1) as u64);
        let fan_in = (c / groups) * area;
        let (kernels, biases) = initialisers(&self.conventions, Weights::Conv, fan_in, k * area);
        let kernel = b.param(Role::Kernel, &[k, c / groups, kh, kw], kernels);
        let bias = self.bias.then(|| b.param(Role::Bias, &[k], biases));
        let padding = self.window.resolve(shape).map_or([0; 4], |r| r.padding);
        let stride = Window::stored(self.window.stride);
        let dilation = Window::stored(self.window.dilation);
        b.op(Prim::Conv2d { x, kernel, bias, stride, padding, dilation, groups: groups as u32 }, output)
    }
}

//! Short constructors for parameter tables.

use super::{ParamSpec, StandIn, Type};

/// Strides the checker proposes.
pub(super) const STRIDES: &[i64] = &[1, 2, 3, 4, 5, 6, 7, 8];
/// Kernels the checker proposes.
pub(super) const KERNELS: &[i64] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
/// The most channels.
pub(super) const MOST: i64 = 1 << 24;

/// A parameter that may be left out.
pub(super) const fn param(
    name: &'static str,
    ty: Type,
    default: &'static str,
    doc: &'static str,
) -> ParamSpec {
    ParamSpec {
        name,
        aliases: &[],
        ty,
        unit: "",
        default,
        required: false,
        stand_in: StandIn::Never,
        doc,
        repairs: &[],
    }
}

impl ParamSpec {
    pub(super) const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn stand_in(mut self, stand_in: StandIn) -> Self {
        self.stand_in = stand_in;
        self
    }

    pub(super) const fn repairs(mut self, repairs: &'static [i64]) -> Self {
        self.repairs = repairs;
        self
    }
}

/// `kernel`, of a convolution or a pool.
pub(super) const fn kernel() -> ParamSpec {
    param("kernel", Type::Pair { min: 1, max: 65_536 }, "", "Height and width of the window.")
        .aliases(&["filter", "size", "kernel_size", "kernel size", "window"])
        .unit("pixels")
        .repairs(KERNELS)
}

/// `stride`.
pub(super) const fn stride(default: &'static str) -> ParamSpec {
    param("stride", Type::Pair { min: 1, max: 65_536 }, default, "Step of the window.")
        .aliases(&["s", "strides"])
        .unit("pixels")
        .repairs(STRIDES)
}

/// `padding`.
pub(super) const fn padding() -> ParamSpec {
    param(
        "padding",
        Type::Padding,
        "by dialect, else inferred",
        "Zeros around the map: a word, one number, height and width, or top, bottom, left and right.",
    )
    .aliases(&["p", "pad"])
    .unit("pixels")
}

/// `dilation`.
pub(super) const fn dilation() -> ParamSpec {
    param("dilation", Type::Pair { min: 1, max: 65_536 }, "1", "Distance of the window's taps.")
        .aliases(&["d", "rate"])
        .unit("pixels")
}

/// `ceil`.
pub(super) const fn ceil() -> ParamSpec {
    param("ceil", Type::Flag, "by dialect", "Rounds the size up instead of down.").aliases(&["ceil_mode"])
}

/// `eps`, of a normalisation.
pub(super) const fn eps() -> ParamSpec {
    let ty = Type::Real { min: 0.0, max: 1.0, max_included: true };
    param("eps", ty, "1e-5; Keras 1e-3", "Added to the variance.").aliases(&["epsilon"])
}

/// `scale`, of a normalisation.
pub(super) const fn scale() -> ParamSpec {
    param("scale", Type::Flag, "yes", "Learns a factor.")
}

/// `shift`, of a normalisation.
pub(super) const fn shift() -> ParamSpec {
    param("shift", Type::Flag, "yes", "Learns an offset.").aliases(&["center"])
}

//! UPSAMPLE: a map enlarged.

use super::rank::as_map;
use super::spec::{STRIDES, param};
use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, Type, limits};
use crate::diag::Code;
use crate::program::{Builder, Prim, Resample, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "UPSAMPLE",
    aliases: &["UPSAMPLING", "UPSAMPLING2D", "UP-SAMPLING", "RESIZE", "UNPOOL"],
    implied: &[],
    key: "upsample",
    summary: "Height and width times `scale`, or brought to `size`: each pixel repeated, or linear between pixel \
              centres (at half coordinates, `align_corners=False`, unless the corners are kept).",
    arity: Arity::One,
    params: &[
        param("scale", Type::Pair { min: 1, max: 65_536 }, "2", "How many times higher and wider.")
            .aliases(&["factor", "scale_factor", "stride", "s"])
            .repairs(STRIDES),
        param("size", Type::Pair { min: 1, max: 65_536 }, "by scale", "Output height and width.").unit("pixels"),
        param("mode", Type::Word(&["nearest", "bilinear"]), "nearest", "How new pixels follow.")
            .aliases(&["interpolation"]),
        param("corners", Type::Flag, "no", "Bilinear with the corner pixels kept.").aliases(&["align_corners"]),
    ],
    positional: Positional { size: Some("scale"), slash: None, int: Some("scale"), words: &["mode", "corners"] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Upsample {
    scale: [u64; 2],
    size: Option<[u64; 2]>,
    resample: Resample,
}

fn bind(args: &Args, _: &Conventions) -> Bound {
    let pair = |name| args.pair(name).map(|p| p.map(|v| v.max(1).unsigned_abs()));
    let (scale, size) = (pair("scale"), pair("size"));
    if scale.is_some() && size.is_some() {
        let text = "UPSAMPLE has both a scale and a size";
        return Err(vec![Problem::new(Code::E0206, text).param("size").help("write only one of them")]);
    }
    let corners = args.flag("corners").unwrap_or(false);
    let resample = match args.word("mode") {
        Some("bilinear") => Resample::Bilinear { corners },
        _ if corners => {
            let text = "only a bilinear UPSAMPLE can keep the corners";
            return Err(vec![Problem::new(Code::E0205, text).param("corners").help("write `bilinear; corners`")]);
        }
        _ => Resample::Nearest,
    };
    Ok(Arc::new(Upsample { scale: scale.unwrap_or([2, 2]), size, resample }))
}

impl Layer for Upsample {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let [h, w, c] = inputs[0].hwc();
        let by = |side: u64, axis: usize| self.size.map_or(side.saturating_mul(self.scale[axis]), |s| s[axis]);
        let blamed = if self.size.is_some() { "size" } else { "scale" };
        limits::fits(Shape::map(by(h, 0), by(w, 1), c)).map_err(|p| p.param(blamed))
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        let sides = inputs[0].hwc();
        let line = |axis: usize| match self.size {
            Some(size) => format!("size = {}", size[axis]),
            None => {
                let (side, scale) = (sides[axis], self.scale[axis]);
                format!("{side} * {scale} = {}", side.saturating_mul(scale))
            }
        };
        let lines = vec![line(0), line(1)];
        if lines[0] == lines[1] { lines[..1].to_vec() } else { lines }
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let x = as_map(b, inputs[0]);
        b.op(Prim::Resize { x, resample: self.resample }, output)
    }
}

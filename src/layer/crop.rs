//! CROP: a part of a map, as large as another.

use super::rank::as_map;
use super::spec::param;
use super::{Args, Arity, Bound, Conventions, Cost, Dialect, Kind, Layer, Positional, Problem, Type};
use crate::diag::Code;
use crate::program::{Builder, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "CROP",
    aliases: &["CENTER CROP", "CENTRE CROP"],
    implied: &[],
    key: "crop",
    summary: "Takes what, like: the part of the first value that has the second one's height and width; from the \
              middle (the odd pixel is cut at the end) unless it says where, in Caffe from the top left.",
    arity: Arity::Several,
    params: &[
        param("offset", Type::Pair { min: 0, max: 65_536 }, "the middle; Caffe 0", "Rows and columns cut before the part.")
            .aliases(&["start"])
            .unit("pixels"),
    ],
    positional: Positional { size: Some("offset"), slash: None, int: Some("offset"), words: &[] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Crop(Option<[u64; 2]>);

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    let corner = (conventions.dialect == Dialect::Caffe).then_some([0, 0]);
    let offset = args.pair("offset").map(|o| o.map(|v| v.max(0).unsigned_abs()));
    Ok(Arc::new(Crop(offset.or(corner))))
}

impl Crop {
    /// Pixels cut before and after on an axis; none where the part does not fit.
    fn cut(&self, axis: usize, what: Shape, like: Shape) -> Option<[u64; 2]> {
        let spare = what.hwc()[axis].checked_sub(like.hwc()[axis])?;
        let before = self.0.map_or(spare / 2, |offset| offset[axis]);
        Some([before, spare.checked_sub(before)?])
    }
}

impl Layer for Crop {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let &[what, like] = inputs else {
            let text = format!("CROP takes what to cut and what it shall be like, but has {} inputs", inputs.len());
            return Err(Problem::new(Code::E0405, text).help("name two rows in `From`: `conv1, up1`"));
        };
        if (0..2).all(|axis| self.cut(axis, what, like).is_some()) {
            let [h, w, _] = like.hwc();
            return Ok(Shape::map(h, w, what.channels()));
        }
        let ([h, w, _], [lh, lw, _]) = (what.hwc(), like.hwc());
        let problem = if lh > h || lw > w {
            let text = format!("{lh}x{lw} cannot be cut from {h}x{w}");
            Problem::new(Code::E0304, text).input(1).help("name first what is cut, then what it shall be like")
        } else {
            let text = format!("{lh}x{lw} cannot be cut from {h}x{w} at this offset");
            let most = format!("write an offset of at most {}x{}", h - lh, w - lw);
            Problem::new(Code::E0205, text).param("offset").help(most)
        };
        Err(problem)
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        let &[what, like] = inputs else { return Vec::new() };
        let line = |axis: usize| {
            let [before, after] = self.cut(axis, what, like)?;
            Some(format!("{} - {before} - {after} = {}", what.hwc()[axis], like.hwc()[axis]))
        };
        let mut lines: Vec<String> = (0..2).filter_map(line).collect();
        lines.dedup();
        lines
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let (what, like) = (b.shape(inputs[0]), inputs.get(1).map_or(output, |i| b.shape(*i)));
        let x = as_map(b, inputs[0]);
        let before = |axis| self.cut(axis, what, like).map_or(0, |[before, _]| before as u32);
        b.op(Prim::Slice { x, start: [before(0), before(1), 0] }, output)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Blame;
    use super::*;

    /// U-Net's copies: 64x64 cut to 56x56, 568x568 to 392x392.
    #[test]
    fn the_middle_is_taken() {
        let crop = Crop(None);
        let (what, like) = (Shape::map(568, 569, 64), Shape::map(392, 392, 128));
        assert_eq!(crop.infer(&[what, like]), Ok(Shape::map(392, 392, 64)));
        assert_eq!(crop.arithmetic(&[what, like]), ["568 - 88 - 88 = 392", "569 - 88 - 89 = 392"]);
    }

    #[test]
    fn what_is_no_part_is_refused() {
        let (small, large) = (Shape::map(4, 4, 1), Shape::map(6, 6, 1));
        assert_eq!(Crop(None).infer(&[small, large]).unwrap_err().blame, Blame::Input(1));
        assert_eq!(Crop(Some([3, 0])).infer(&[large, small]).unwrap_err().blame, Blame::Param("offset"));
        assert_eq!(Crop(None).infer(&[large, small, small]).unwrap_err().code, Code::E0405);
    }
}

//! PAD: a border around a map.

use super::rank::as_map;
use super::spec::param;
use super::{Args, Arity, Bound, Conventions, Cost, Kind, Layer, Positional, Problem, Type, Value, limits};
use crate::diag::Code;
use crate::program::{Builder, PadMode, Prim, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "PAD",
    aliases: &["PADDING", "ZERO PAD", "ZERO PADDING", "ZEROPADDING2D", "ZEROPAD2D", "REFLECT PAD", "REFLECTION PADDING"],
    implied: &[("REFLECT PAD", "mode", "reflect"), ("REFLECTION PADDING", "mode", "reflect")],
    key: "pad",
    summary: "A border around the map: zeros, the map's mirror image, or its edge pixels.",
    arity: Arity::One,
    params: &[
        param(
            "padding",
            Type::Padding,
            "",
            "Pixels added: one number, height and width, or top, bottom, left and right.",
        )
        .aliases(&["p", "pad"])
        .unit("pixels")
        .required(),
        param("mode", Type::Word(&["zeros", "reflect", "edge"]), "zeros", "What the border holds."),
    ],
    positional: Positional { size: Some("padding"), slash: None, int: Some("padding"), words: &["mode"] },
    window: None,
    keeps_shape: false,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct Pad {
    padding: [u32; 4],
    mode: PadMode,
}

fn bind(args: &Args, _: &Conventions) -> Bound {
    let padding = match args.get("padding") {
        Some(Value::Pad(numbers)) => *numbers,
        Some(Value::Int(p)) => [*p; 4],
        _ => {
            return Err(vec![
                Problem::new(Code::E0204, "PAD takes numbers: it has no window that a word could fit")
                    .param("padding")
                    .help("write `1`, `1,2` (height, width) or `0,1,0,1` (top, bottom, left, right)"),
            ]);
        }
    };
    let mode = match args.word("mode") {
        Some("reflect") => PadMode::Reflect,
        Some("edge") => PadMode::Edge,
        _ => PadMode::Zeros,
    };
    Ok(Arc::new(Pad { padding: padding.map(|p| p.clamp(0, limits::LONGEST) as u32), mode }))
}

impl Layer for Pad {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        let [h, w, c] = inputs[0].hwc();
        let [top, bottom, left, right] = self.padding.map(u64::from);
        let short = [(top.max(bottom), h, "height"), (left.max(right), w, "width")];
        let short = short.into_iter().find(|(p, side, _)| self.mode == PadMode::Reflect && p >= side);
        if let Some((p, side, name)) = short {
            let text = format!("a border of {p} cannot mirror a {name} of {side}");
            return Err(Problem::new(Code::E0205, text)
                .param("padding")
                .help(format!("write a padding below {side}, or `zeros`")));
        }
        let sum = |side: u64, before, after| side.saturating_add(before).saturating_add(after);
        limits::fits(Shape::map(sum(h, top, bottom), sum(w, left, right), c)).map_err(|p| p.param("padding"))
    }

    fn cost(&self, _: &[Shape], _: Shape) -> Cost {
        Cost::default()
    }

    fn arithmetic(&self, inputs: &[Shape]) -> Vec<String> {
        let ([h, w, _], [top, bottom, left, right]) = (inputs[0].hwc(), self.padding.map(u64::from));
        let line = |i: u64, before: u64, after: u64| {
            format!("{i} + {before} + {after} = {}", i.saturating_add(before).saturating_add(after))
        };
        let lines = vec![line(h, top, bottom), line(w, left, right)];
        if lines[0] == lines[1] { lines[..1].to_vec() } else { lines }
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        Some(self.padding)
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let x = as_map(b, inputs[0]);
        b.op(Prim::Pad { x, padding: self.padding, channels: 0, mode: self.mode }, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_needs_pixels() {
        let pad = |mode| Pad { padding: [0, 3, 1, 1], mode };
        let input = [Shape::map(3, 4, 2)];
        assert_eq!(pad(PadMode::Zeros).infer(&input), Ok(Shape::map(6, 6, 2)));
        assert_eq!(pad(PadMode::Edge).infer(&input), Ok(Shape::map(6, 6, 2)));
        assert_eq!(pad(PadMode::Reflect).infer(&input).unwrap_err().code, Code::E0205);
        assert_eq!(pad(PadMode::Reflect).infer(&[Shape::map(4, 4, 2)]), Ok(Shape::map(7, 6, 2)));
    }
}

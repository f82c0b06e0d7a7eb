//! One harness for every layer kind: over sampled parameters, sizes and conventions it compares what a
//! kind promises (its table, its arithmetic, its cost) with what its layers do.

use netc::layer::{Args, find};
use netc::layer::{
    Arity, Conventions, Dialect, KINDS, Kind, Layer, Links, PadWord, ParamSpec, Type, Value, WindowKind,
};
use netc::program::{Builder, Prim, Program, Role, RowInfo, ValueId};
use netc::shape::Shape;
use std::collections::HashMap;
use std::sync::Arc;

/// A small generator (splitmix64), so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[(self.next() % of.len() as u64) as usize].clone()
    }

    /// Mostly small, now and then an end of the range.
    fn whole(&mut self, min: i64, max: i64) -> i64 {
        match self.next() % 8 {
            0 => min,
            1 => max,
            _ => min + (self.next() % 13) as i64,
        }
        .clamp(min, max)
    }

    fn value(&mut self, ty: Type) -> Value {
        match ty {
            Type::Int { min, max } => Value::Int(self.whole(min, max)),
            Type::Real { min, max, max_included } => {
                Value::Real(if max_included { self.pick(&[min, max, (min + max) / 2.0]) } else { min })
            }
            Type::Pair { min, max } => {
                let v = self.whole(min, max);
                Value::Pair(if self.next().is_multiple_of(3) { [v, self.whole(min, max)] } else { [v, v] })
            }
            Type::Size => Value::Size([0; 3].map(|_| self.whole(1, 1 << 31))),
            Type::Padding if self.next().is_multiple_of(2) => Value::PadWord(self.pick(&PadWord::ALL)),
            Type::Padding => {
                let p = self.whole(0, 65_536).min(self.pick(&[2, 5, 65_536]));
                Value::Pad(if self.next().is_multiple_of(3) {
                    [0; 4].map(|_| self.whole(0, 3))
                } else {
                    [p; 4]
                })
            }
            Type::Word(words) => Value::Word(self.pick(words)),
            Type::Flag => Value::Flag(self.next().is_multiple_of(2)),
            Type::Links => {
                let columns = vec![vec![0, 2], vec![1], vec![0, 1, 2], vec![0, 1, 2]];
                Value::Links(Arc::new(Links::new("sampled", 3, columns).expect("whole")))
            }
        }
    }

    fn args(&mut self, kind: &Kind) -> Args {
        let mut args = Args::new();
        for spec in kind.params {
            if spec.required || self.next().is_multiple_of(3) {
                args.set(spec.name, self.value(spec.ty));
            }
        }
        args
    }

    fn conventions(&mut self) -> Conventions {
        let conventions = Conventions::of(self.pick(&Dialect::ALL));
        match self.next() % 3 {
            0 => conventions.with(WindowKind::Conv, self.pick(&PadWord::ALL)),
            1 => conventions.with(WindowKind::Pool, self.pick(&PadWord::ALL)),
            _ => conventions,
        }
    }

    fn shape(&mut self, sides: &[u64]) -> Shape {
        let (h, c) = (self.pick(sides), self.pick(&[1, 3, 8, 12, 64]));
        match self.next() % 6 {
            0 => Shape::Flat(c),
            1 => Shape::map(h, self.pick(sides), c),
            _ => Shape::map(h, h, c),
        }
    }

    fn inputs(&mut self, arity: Arity, sides: &[u64]) -> Vec<Shape> {
        match arity {
            Arity::None => vec![],
            Arity::One => vec![self.shape(sides)],
            Arity::Several => {
                let first = self.shape(sides);
                vec![first, if self.next().is_multiple_of(4) { self.shape(sides) } else { first }]
            }
        }
    }
}

const SMALL: &[u64] = &[1, 2, 3, 5, 7, 13, 27, 28, 55, 56, 224, 227];
const EXTREME: &[u64] = &[1, 3, 65_536, 1 << 20, i32::MAX as u64, 1 << 31, u64::MAX];

/// Calls `check` for each kind with layers that bind and infer; returns how often, by kind.
fn sample(
    seed: u64,
    sides: &[u64],
    mut check: impl FnMut(&Kind, &Arc<dyn Layer>, &[Shape], Shape),
) -> HashMap<&'static str, usize> {
    let mut counts = HashMap::new();
    for kind in KINDS {
        let mut dice = Dice(seed);
        for _ in 0..4000 {
            let (args, conventions, inputs) =
                (dice.args(kind), dice.conventions(), dice.inputs(kind.arity, sides));
            let Ok(layer) = (kind.bind)(&args, &conventions) else { continue };
            // Also with extreme values: none of these may panic.
            let (_, _) = (layer.padding(&inputs), layer.arithmetic(&inputs));
            let Ok(output) = layer.infer(&inputs) else { continue };
            check(kind, &layer, &inputs, output);
            *counts.entry(kind.name).or_insert(0) += 1;
        }
    }
    counts
}

fn every_kind_was_seen(counts: &HashMap<&str, usize>, least: usize) {
    for kind in KINDS {
        let seen = counts.get(kind.name).copied().unwrap_or(0);
        assert!(seen >= least, "{}: only {seen} samples had an output", kind.name);
    }
}

#[test]
fn extreme_values_end_in_a_bounded_output_or_a_problem() {
    let counts = sample(1, EXTREME, |kind, layer, inputs, output| {
        let sides = output.hwc();
        if !kind.keeps_shape && kind.arity != Arity::Several {
            assert!(sides.iter().all(|v| (1..=i32::MAX as u64).contains(v)), "{}: {output}", kind.name);
            assert!(output.elements() <= 1 << 48, "{}: {output}", kind.name);
        }
        let cost = layer.cost(inputs, output);
        assert!(cost.params() >= cost.weights);
    });
    every_kind_was_seen(&counts, 20);
}

/// The last whole number of a line.
fn last_number(line: &str) -> Option<u64> {
    line.split(|c: char| !c.is_ascii_digit()).rfind(|part| !part.is_empty())?.parse().ok()
}

/// Kinds without a padding convention that change height and width.
const SIZED: &[&str] = &["POOL", "PAD", "CROP", "UPSAMPLE", "DECONV"];

#[test]
fn arithmetic_ends_in_the_size() {
    let counts = sample(2, SMALL, |kind, layer, inputs, output| {
        let lines = layer.arithmetic(inputs);
        let [h, w, c] = output.hwc();
        let windowed = kind.window.is_some() || SIZED.iter().any(|name| kind.name.ends_with(name));
        let wanted = if windowed || kind.name == "SHORTCUT" { vec![h, w] } else { vec![c] };
        assert!(!windowed || !lines.is_empty(), "{}: no arithmetic", kind.name);
        for (line, size) in lines.iter().zip(wanted) {
            assert_eq!(last_number(line), Some(size), "{}: {line}, but {output}", kind.name);
        }
        if windowed && h != w {
            assert_eq!(lines.len(), 2, "{}: {lines:?} does not show both sides of {output}", kind.name);
        }
    });
    every_kind_was_seen(&counts, 300);
}

#[test]
fn kinds_that_say_so_keep_the_shape() {
    sample(3, SMALL, |kind, _, inputs, output| {
        assert!(!kind.keeps_shape || output == inputs[0], "{}: {output} from {}", kind.name, inputs[0]);
    });
}

/// A program of this one row over the inputs.
fn lowered(kind: &Kind, layer: &dyn Layer, inputs: &[Shape], output: Shape) -> Program {
    let row = |name: &str| RowInfo { name: name.to_owned(), kind: kind.name.to_owned(), line: 1 };
    let mut builder = Builder::new("one row");
    builder.row(row("in"));
    let values: Vec<ValueId> = inputs.iter().map(|s| builder.op(Prim::Input, *s)).collect();
    builder.row(row("row"));
    let last = layer.lower(&mut builder, &values, output);
    builder.finish(last)
}

#[test]
fn what_is_stored_is_what_was_counted() {
    sample(4, SMALL, |kind, layer, inputs, output| {
        let program = lowered(kind, layer.as_ref(), inputs, output);
        let cost = layer.cost(inputs, output);
        let stored = |role: &dyn Fn(Role) -> bool| {
            program.params.iter().filter(|p| role(p.role)).map(|p| p.elements()).sum::<u64>()
        };
        assert_eq!(stored(&|r| r == Role::Kernel), cost.weights, "{} weights", kind.name);
        assert_eq!(stored(&|r| r == Role::Bias), cost.biases, "{} biases", kind.name);
        assert_eq!(
            stored(&|r| matches!(r, Role::Scale | Role::Shift | Role::Slope)),
            cost.norms,
            "{} norms",
            kind.name
        );
        assert_eq!(stored(&|r| !r.trained()), cost.buffers, "{} buffers", kind.name);
        assert_eq!(program.shape(program.output), output, "{} output", kind.name);
        // A SHORTCUT has weights where it projects.
        assert!(kind.weighted == (cost.weights > 0) || kind.name == "SHORTCUT", "{} weighted", kind.name);
    });
}

/// The documented invariant of a program: `floor((i + before + after - d(k-1) - 1) / s) + 1`.
fn follows(
    input: Shape,
    output: Shape,
    kernel: [u64; 2],
    stride: [u32; 2],
    padding: [u32; 4],
    dilation: [u32; 2],
) {
    for axis in 0..2 {
        let (i, o) = (input.hwc()[axis] as i64, output.hwc()[axis] as i64);
        let (before, after) = (i64::from(padding[2 * axis]), i64::from(padding[2 * axis + 1]));
        let keff = i64::from(dilation[axis]) * (kernel[axis] as i64 - 1) + 1;
        let size = (i + before + after - keff).div_euclid(i64::from(stride[axis])) + 1;
        assert_eq!(size, o, "{input} -> {output}: kernel {kernel:?} stride {stride:?} padding {padding:?}");
    }
}

#[test]
fn lowered_windows_give_the_size_and_ranks_fit() {
    sample(5, SMALL, |kind, layer, inputs, output| {
        let program = lowered(kind, layer.as_ref(), inputs, output);
        let flat = |x: &ValueId| matches!(program.shape(*x), Shape::Flat(_));
        for op in &program.ops {
            let wide = |k: [u32; 2]| k.map(u64::from);
            match &op.prim {
                Prim::Conv2d { x, kernel, stride, padding, dilation, .. } => {
                    let dims = &program.param(*kernel).dims;
                    follows(program.shape(*x), op.shape, [dims[2], dims[3]], *stride, *padding, *dilation);
                }
                Prim::MaxPool2d { x, kernel, stride, padding, dilation } => {
                    follows(program.shape(*x), op.shape, wide(*kernel), *stride, *padding, *dilation);
                }
                Prim::AvgPool2d { x, kernel, stride, padding, counted } => {
                    follows(program.shape(*x), op.shape, wide(*kernel), *stride, *padding, [1, 1]);
                    assert!(counted.iter().zip(padding).all(|(c, p)| c <= p), "{counted:?} of {padding:?}");
                }
                Prim::Linear { x, .. } | Prim::Unflatten { x } => assert!(flat(x)),
                Prim::Flatten { x, .. } | Prim::Lrn { x, .. } => assert!(!flat(x)),
                Prim::AdaptiveAvgPool2d { x, .. } | Prim::AdaptiveMaxPool2d { x, .. } => assert!(!flat(x)),
                Prim::ConvTranspose2d { x, kernel, stride, crop, dilation, .. } => {
                    let dims = &program.param(*kernel).dims;
                    for axis in 0..2 {
                        let (i, o) = (program.shape(*x).hwc()[axis] as i64, op.shape.hwc()[axis] as i64);
                        let keff = i64::from(dilation[axis]) * (dims[2 + axis] as i64 - 1) + 1;
                        let cut = i64::from(crop[2 * axis]) + i64::from(crop[2 * axis + 1]);
                        assert_eq!((i - 1) * i64::from(stride[axis]) + keff - cut, o, "{crop:?}");
                    }
                }
                Prim::Slice { x, start } => {
                    let (from, to) = (program.shape(*x).hwc(), op.shape.hwc());
                    let inside = (0..3).all(|a| u64::from(start[a]) + to[a] <= from[a]);
                    assert!(inside && (!flat(x) || to[..2] == [1, 1]), "{from:?} {start:?} {to:?}");
                }
                Prim::Pad { x, padding, channels, .. } => {
                    let ([h, w, c], [top, bottom, left, right]) =
                        (program.shape(*x).hwc(), padding.map(u64::from));
                    let grown = [h + top + bottom, w + left + right, c + u64::from(*channels)];
                    assert_eq!(grown, op.shape.hwc());
                    assert!(!flat(x));
                }
                Prim::Resize { x, .. } => {
                    assert!(!flat(x) && op.shape.channels() == program.shape(*x).channels())
                }
                Prim::Shuffle { x, .. } => assert!(!flat(x) && op.shape == program.shape(*x)),
                Prim::Add { xs } | Prim::Mul { xs } | Prim::Concat { xs } => {
                    assert!(xs.iter().all(|x| flat(x) == flat(&xs[0])), "{}: mixed ranks", kind.name);
                }
                Prim::Input
                | Prim::BatchNorm { .. }
                | Prim::GroupNorm { .. }
                | Prim::LayerNorm { .. }
                | Prim::Scale { .. }
                | Prim::PRelu { .. }
                | Prim::Activation { .. }
                | Prim::Dropout { .. }
                | Prim::Softmax { .. } => {}
            }
        }
    });
}

#[test]
fn names_are_unique_and_found() {
    let mut owner: HashMap<String, &str> = HashMap::new();
    for kind in KINDS {
        for name in kind.names() {
            let before = owner.insert(name.to_uppercase(), kind.name);
            assert_eq!(before, None, "{name} is listed twice");
            assert_eq!(find(&name.to_lowercase()).map(|k| k.name), Some(kind.name));
        }
    }
    let keys: std::collections::HashSet<_> = KINDS.iter().map(|k| k.key).collect();
    assert_eq!(keys.len(), KINDS.len(), "two kinds share a key");
}

fn listed(spec: &ParamSpec, word: &str) -> bool {
    match spec.ty {
        Type::Word(words) => words.contains(&word),
        Type::Flag => word == "yes" || word == "no",
        _ => false,
    }
}

#[test]
fn tables_are_whole() {
    for kind in KINDS {
        assert!(kind.summary.ends_with('.'), "{}: {}", kind.name, kind.summary);
        let mut names = std::collections::HashSet::new();
        for spec in kind.params {
            assert!(spec.doc.ends_with('.'), "{}.{}: {}", kind.name, spec.name, spec.doc);
            assert!(spec.required || !spec.default.is_empty(), "{}.{} has no default", kind.name, spec.name);
            for name in std::iter::once(&spec.name).chain(spec.aliases) {
                assert!(names.insert(name.to_lowercase()), "{}: {name} is listed twice", kind.name);
            }
        }
        for (alias, name, value) in kind.implied {
            assert!(kind.aliases.contains(alias), "{}: {alias} is no alias", kind.name);
            let spec = kind.param(name).unwrap_or_else(|| panic!("{}: no parameter {name}", kind.name));
            assert!(listed(spec, value), "{}: {name} does not list {value}", kind.name);
        }
        let p = kind.positional;
        for name in [p.size, p.slash, p.int].into_iter().flatten().chain(p.words.iter().copied()) {
            assert!(kind.params.iter().any(|spec| spec.name == name), "{}: no parameter {name}", kind.name);
        }
    }
}

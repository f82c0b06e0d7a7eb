//! Which input maps each output map of a convolution reads, where not all (`connect=HEADING`, LeNet-5's C3).

use super::Problem;
use super::weights::{Weights, initialisers};
use super::{Conventions, window::Window};
use crate::diag::Code;
use crate::program::{Builder, Prim, Role, ValueId};
use crate::shape::Shape;

/// For each output map the input maps it reads. Only these connections are stored and trained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    heading: String,
    inputs: u32,
    columns: Vec<Vec<u32>>,
}

/// Consecutive output maps that one convolution computes: all of one set of input maps, or each of a set of
/// its own, all of one length.
struct Run<'l> {
    columns: &'l [Vec<u32>],
    shared: bool,
}

/// The convolution around the connections.
pub(super) struct Around<'c> {
    pub(super) window: Window,
    pub(super) bias: bool,
    pub(super) conventions: &'c Conventions,
    /// Kernel height and width.
    pub(super) kernel: [u64; 2],
}

impl Links {
    /// Connections from the table under `heading`: for each of `columns` the input maps it marks, from 0 and
    /// ascending, of `inputs` maps in all.
    ///
    /// # Errors
    /// In words, where a column marks nothing or a map that is not there.
    pub fn new(heading: &str, inputs: u32, columns: Vec<Vec<u32>>) -> Result<Self, String> {
        if let Some(empty) = columns.iter().position(Vec::is_empty) {
            return Err(format!("column {} of `{heading}` marks no map", empty + 1));
        }
        let wrong = |c: &Vec<u32>| c.iter().any(|m| *m >= inputs) || c.windows(2).any(|p| p[0] >= p[1]);
        if columns.is_empty() || columns.iter().any(wrong) {
            return Err(format!("`{heading}` connects no maps"));
        }
        Ok(Self { heading: heading.to_owned(), inputs, columns })
    }

    /// The heading the table stands under, as the row names it.
    pub fn heading(&self) -> &str {
        &self.heading
    }

    /// How many input maps there are.
    pub fn inputs(&self) -> u64 {
        u64::from(self.inputs)
    }

    /// For each output map the input maps it reads, from 0.
    pub fn columns(&self) -> &[Vec<u32>] {
        &self.columns
    }

    /// How many output maps there are.
    pub fn outputs(&self) -> u64 {
        self.columns.len() as u64
    }

    /// How many pairs of maps are connected.
    pub fn count(&self) -> u64 {
        self.columns.iter().map(|c| c.len() as u64).sum()
    }

    /// Whether `c` maps go into it and `k` come out.
    pub(super) fn fits(&self, c: u64, k: u64) -> Result<(), Problem> {
        let heading = &self.heading;
        if c != u64::from(self.inputs) {
            let text = format!("`{heading}` has {} rows but {c} maps go in", self.inputs);
            return Err(Problem::new(Code::E0461, text)
                .param("connect")
                .help("give the table a row for each input map, its name in the first column"));
        }
        if k != self.outputs() {
            let text =
                format!("`{heading}` has {} columns of marks but there are {k} filters", self.outputs());
            return Err(Problem::new(Code::E0461, text)
                .param("K")
                .help(format!("write `K={}`, or leave it out: the table says it", self.outputs())));
        }
        Ok(())
    }

    fn runs(&self) -> Vec<Run<'_>> {
        let mut runs: Vec<Run<'_>> = Vec::new();
        let mut from = 0;
        while from < self.columns.len() {
            let rest = &self.columns[from..];
            let alike = rest.iter().take_while(|c| **c == rest[0]).count();
            let own = |i: &usize| {
                let next = rest.get(i + 1);
                rest[*i].len() == rest[0].len() && next.is_none_or(|n| *n != rest[*i])
            };
            let length = if alike > 1 { alike } else { (0..rest.len()).take_while(own).count().max(1) };
            runs.push(Run { columns: &rest[..length], shared: alike > 1 || length == 1 });
            from += length;
        }
        runs
    }

    /// Adds the convolutions, one for each run of output maps, and joins what they give.
    pub(super) fn lower(&self, b: &mut Builder, x: ValueId, output: Shape, around: &Around<'_>) -> ValueId {
        let runs = self.runs();
        let [h, w, k] = output.hwc();
        let fan_out = k.saturating_mul(around.kernel[0]).saturating_mul(around.kernel[1]);
        let several = runs.len() > 1;
        let parts: Vec<ValueId> = runs
            .iter()
            .enumerate()
            .map(|(index, run)| {
                let part = if several { index.to_string() } else { String::new() };
                run.lower(b, x, Shape::map(h, w, run.columns.len() as u64), (&part, fan_out), around)
            })
            .collect();
        match parts.as_slice() {
            [only] => *only,
            _ => b.op(Prim::Concat { xs: parts }, output),
        }
    }
}

impl Run<'_> {
    fn lower(
        &self,
        b: &mut Builder,
        x: ValueId,
        output: Shape,
        (part, fan_out): (&str, u64),
        around: &Around<'_>,
    ) -> ValueId {
        let shape = b.shape(x);
        let count = self.columns.len() as u64;
        let read = self.columns[0].len() as u64;
        let maps = if self.shared { self.columns[0].clone() } else { self.columns.concat() };
        let x = gather(b, x, &maps);
        let [kh, kw] = around.kernel;
        let (kernels, biases) = initialisers(around.conventions, Weights::Conv, read * kh * kw, fan_out);
        let kernel = b.param_in(part, Role::Kernel, &[count, read, kh, kw], kernels);
        let bias = around.bias.then(|| b.param_in(part, Role::Bias, &[count], biases));
        let padding = around.window.resolve(shape).map_or([0; 4], |r| r.padding);
        let [stride, dilation] = [around.window.stride, around.window.dilation].map(Window::stored);
        let groups = if self.shared { 1 } else { count as u32 };
        b.op(Prim::Conv2d { x, kernel, bias, stride, padding, dilation, groups }, output)
    }
}

/// These channels of a map, one after the other; neighbours are cut out together.
fn gather(b: &mut Builder, x: ValueId, maps: &[u32]) -> ValueId {
    let [h, w, c] = b.shape(x).hwc();
    let mut parts = Vec::new();
    let mut from = 0;
    while from < maps.len() {
        let next = (from + 1..maps.len()).find(|i| maps[*i] != maps[i - 1] + 1).unwrap_or(maps.len());
        let length = (next - from) as u64;
        let whole = length == c;
        let cut =
            |b: &mut Builder| b.op(Prim::Slice { x, start: [0, 0, maps[from]] }, Shape::map(h, w, length));
        parts.push(if whole { x } else { cut(b) });
        from = next;
    }
    match parts.as_slice() {
        [only] => *only,
        _ => b.op(Prim::Concat { xs: parts }, Shape::map(h, w, maps.len() as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(columns: &[&[u32]]) -> Vec<(usize, bool)> {
        let columns = columns.iter().map(|c| c.to_vec()).collect();
        let links = Links::new("t", 6, columns).unwrap();
        links.runs().iter().map(|r| (r.columns.len(), r.shared)).collect()
    }

    #[test]
    fn maps_that_read_alike_are_computed_together() {
        assert_eq!(runs(&[&[0, 1], &[0, 1], &[2]]), [(2, true), (1, true)]);
        assert_eq!(runs(&[&[0, 1], &[1, 2], &[0, 1, 2]]), [(2, false), (1, true)]);
        assert_eq!(runs(&[&[0, 1], &[1, 2], &[1, 2], &[0]]), [(1, true), (2, true), (1, true)]);
        assert_eq!(runs(&[&[3]]), [(1, true)]);
    }

    #[test]
    fn tables_that_connect_nothing_are_refused() {
        assert!(Links::new("t", 2, vec![vec![0], vec![]]).unwrap_err().contains("column 2"));
        assert!(Links::new("t", 2, vec![vec![2]]).is_err());
        assert!(Links::new("t", 2, Vec::new()).is_err());
    }
}

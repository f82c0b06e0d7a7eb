//! The net as TensorBoard draws it: a box a row, its operations and stored tensors inside.

use super::proto::{Attribute, Dim, Graph, Held, List, Node, Shape as ProtoShape, Versions};
use netc::program::{Param, Program};
use netc::shape::Shape;
use std::collections::{BTreeMap, HashMap};

/// The nodes of a program.
pub(super) fn graph(program: &Program) -> Graph {
    let names = names(program);
    let mut node: Vec<Node> = program.params.iter().map(|param| stored(program, param)).collect();
    for (index, op) in program.ops.iter().enumerate() {
        let values = op.prim.operands().iter().map(|v| names[v.0 as usize].clone());
        // A row's tensors go into its first operation that can hold them: the phrase names them all.
        let phrase = program.phrase(&op.prim);
        let held = program.params.iter().filter(|p| phrase.split([' ', '[']).any(|word| word == p.name));
        let tensors = held.map(|p| param_name(program, p));
        node.push(Node {
            name: names[index].clone(),
            op: phrase.split(' ').next().unwrap_or_default().to_owned(),
            input: values.chain(tensors).collect(),
            attr: BTreeMap::from([
                ("_output_shapes".to_owned(), shapes(&image(op.shape))),
                ("netc".to_owned(), text(&phrase)),
            ]),
        });
    }
    Graph { node, versions: Some(Versions { producer: 22 }) }
}

/// `conv1/conv2d` where the row holds more than one node, else `act1`.
fn names(program: &Program) -> Vec<String> {
    let row = |i: usize| program.ops[i].row;
    let several = |i: usize| {
        program.ops.iter().filter(|op| op.row == row(i)).count() > 1
            || program.params.iter().any(|p| p.row == row(i))
    };
    let mut seen: HashMap<String, usize> = HashMap::new();
    (0..program.ops.len())
        .map(|i| {
            let name = row_name(program, row(i).0);
            let word = program.phrase(&program.ops[i].prim).split(' ').next().unwrap_or_default().to_owned();
            let full = if several(i) { format!("{name}/{word}") } else { name };
            let count = seen.entry(full.clone()).or_default();
            *count += 1;
            if *count == 1 { full } else { format!("{full}_{count}") }
        })
        .collect()
}

/// A row's name as a scope: TensorBoard takes letters, digits, `_`, `.` and `-`.
fn row_name(program: &Program, row: u32) -> String {
    let name = program.rows.get(row as usize).map_or("row", |r| r.name.as_str());
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '_' }).collect()
}

fn param_name(program: &Program, param: &Param) -> String {
    let row = &program.rows.get(param.row.0 as usize).map_or("", |r| r.name.as_str());
    let inside = param.name.strip_prefix(row).unwrap_or(&param.name).trim_start_matches('.');
    format!("{}/{}", row_name(program, param.row.0), inside.replace('.', "_"))
}

fn stored(program: &Program, param: &Param) -> Node {
    let dims: Vec<i64> = param.dims.iter().map(|d| *d as i64).collect();
    Node {
        name: param_name(program, param),
        op: if param.role.trained() { "parameter" } else { "statistic" }.to_owned(),
        input: Vec::new(),
        attr: BTreeMap::from([("_output_shapes".to_owned(), shapes(&dims))]),
    }
}

/// `[N, C, H, W]` of one value; TensorBoard writes an unknown size as `?`.
fn image(shape: Shape) -> Vec<i64> {
    match shape {
        Shape::Map { h, w, c } => vec![-1, c as i64, h as i64, w as i64],
        Shape::Flat(c) => vec![-1, c as i64],
    }
}

fn shapes(dims: &[i64]) -> Attribute {
    let dim = dims.iter().map(|size| Dim { size: *size }).collect();
    Attribute { held: Some(Held::List(List { shape: vec![ProtoShape { dim }] })) }
}

fn text(text: &str) -> Attribute {
    Attribute { held: Some(Held::Text(text.as_bytes().to_vec())) }
}

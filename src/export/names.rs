//! Python names for operations and values.

use crate::program::{Prim, Program};
use std::collections::HashSet;

/// Python's keywords, what the sources use themselves, and the attributes of `nn.Module`.
const TAKEN: &[&str] = &[
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "F",
    "Model",
    "Sequential",
    "build",
    "inputs",
    "keras",
    "l2",
    "layer",
    "load",
    "model",
    "nn",
    "ops",
    "path",
    "self",
    "torch",
    "weights",
    "x",
    "add_module",
    "apply",
    "bfloat16",
    "buffers",
    "children",
    "compile",
    "cpu",
    "cuda",
    "double",
    "eval",
    "extra_repr",
    "float",
    "forward",
    "get_buffer",
    "get_parameter",
    "get_submodule",
    "half",
    "ipu",
    "load_state_dict",
    "logits",
    "modules",
    "mtia",
    "named_buffers",
    "named_children",
    "named_modules",
    "named_parameters",
    "parameters",
    "register_buffer",
    "register_module",
    "register_parameter",
    "requires_grad_",
    "set_submodule",
    "share_memory",
    "state_dict",
    "to",
    "to_empty",
    "train",
    "training",
    "type",
    "xpu",
    "zero_grad",
];

/// A name for every operation, unique among them, made of its row's.
pub(super) fn operations(program: &Program) -> Vec<String> {
    let mut taken: HashSet<String> = TAKEN.iter().map(|w| (*w).to_owned()).collect();
    let mut names = vec![String::new(); program.ops.len()];
    // A row's last operation has the row's own name; the ones before it are told apart by what they do.
    let is_last = |i: usize| program.ops.get(i + 1).is_none_or(|next| next.row != program.ops[i].row);
    let order = (0..names.len()).filter(|i| is_last(*i)).chain((0..names.len()).filter(|i| !is_last(*i)));
    for index in order {
        let op = &program.ops[index];
        let row = program.rows.get(op.row.0 as usize).map_or("row", |row| row.name.as_str());
        let stem = if is_last(index) { row.to_owned() } else { format!("{row}_{}", op.prim.word()) };
        names[index] = unique(&identifier(&stem), &mut taken);
    }
    names
}

/// A name for every value: `x` where the next operation is its only reader, else the operation's.
pub(super) fn values(program: &Program, operations: &[String]) -> Vec<String> {
    let mut far = vec![false; program.ops.len()];
    for (index, op) in program.ops.iter().enumerate() {
        for operand in op.prim.operands() {
            far[operand.0 as usize] |= operand.0 as usize + 1 != index;
        }
    }
    let name = |(far, operation): (bool, &String)| if far { operation.clone() } else { "x".to_owned() };
    far.into_iter().zip(operations).map(name).collect()
}

/// Whether each operation reads the value before it and no other.
pub(super) fn is_chain(program: &Program) -> bool {
    program.ops.iter().enumerate().all(|(index, op)| match &op.prim {
        Prim::Input => index == 0,
        prim => matches!(prim.operands(), [only] if only.0 as usize + 1 == index),
    })
}

/// A class's name: `AlexNet (2012)` as `AlexNet2012`.
pub(super) fn class(name: &str) -> String {
    let mut text: String = name
        .split(|c: char| !c.is_alphanumeric())
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect();
    if !text.starts_with(|c: char| c.is_alphabetic()) {
        text.insert_str(0, "Net");
    }
    if TAKEN.contains(&text.as_str()) { text + "Net" } else { text }
}

/// Letters, digits and `_`, not beginning with a digit.
pub(super) fn identifier(text: &str) -> String {
    let mut name: String =
        text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect::<String>();
    if !name.starts_with(|c: char| c.is_alphabetic()) {
        name.insert_str(0, "row_");
    }
    name
}

fn unique(stem: &str, taken: &mut HashSet<String>) -> String {
    let nth = |n: u32| if n == 1 { stem.to_owned() } else { format!("{stem}_{n}") };
    let name = (1..=u32::MAX).map(nth).find(|name| !taken.contains(name)).unwrap_or_else(|| nth(1));
    taken.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_pythons() {
        assert_eq!(identifier("res2a branch-1"), "res2a_branch_1");
        assert_eq!(identifier("1x1"), "row_1x1");
        assert_eq!(class("AlexNet (2012)"), "AlexNet2012");
        assert_eq!(class("64-net"), "Net64Net");
        let mut taken = HashSet::from(["train".to_owned()]);
        assert_eq!(unique("train", &mut taken), "train_2");
        assert_eq!(unique("train", &mut taken), "train_3");
    }
}

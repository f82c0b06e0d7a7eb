//! Builds a [`Program`] row by row; layers call it from their `lower`.

use super::{Init, Op, Param, ParamId, Prim, Program, Role, RowId, RowInfo, ValueId};
use crate::shape::Shape;

/// A program under construction.
#[derive(Debug)]
pub struct Builder {
    program: Program,
    row: RowId,
}

impl Builder {
    /// An empty program of this name.
    pub fn new(name: impl Into<String>) -> Self {
        let program = Program {
            name: name.into(),
            ops: Vec::new(),
            params: Vec::new(),
            rows: Vec::new(),
            output: ValueId(0),
            logits: ValueId(0),
        };
        Self { program, row: RowId(0) }
    }

    /// Starts a row: what follows belongs to it.
    pub fn row(&mut self, row: RowInfo) {
        self.row = RowId(self.program.rows.len() as u32);
        self.program.rows.push(row);
    }

    /// Adds a primitive and returns the value it writes.
    pub fn op(&mut self, prim: Prim, shape: Shape) -> ValueId {
        debug_assert!(prim.operands().iter().all(|x| (x.0 as usize) < self.program.ops.len()));
        self.program.ops.push(Op { prim, shape, row: self.row });
        ValueId(self.program.ops.len() as u32 - 1)
    }

    /// Adds a stored tensor, named after the row and its role.
    pub fn param(&mut self, role: Role, dims: &[u64], init: Init) -> ParamId {
        self.param_in("", role, dims, init)
    }

    /// Adds a stored tensor of a row that has several of one role: `row.part.role`.
    pub fn param_in(&mut self, part: &str, role: Role, dims: &[u64], init: Init) -> ParamId {
        let row = &self.program.rows[self.row.0 as usize].name;
        let name = match part {
            "" => format!("{row}.{}", role.word()),
            _ => format!("{row}.{part}.{}", role.word()),
        };
        self.program.params.push(Param { name, dims: dims.to_vec(), role, init, row: self.row });
        ParamId(self.program.params.len() as u32 - 1)
    }

    /// The shape of a value built so far.
    pub fn shape(&self, value: ValueId) -> Shape {
        self.program.shape(value)
    }

    /// Ends the program with the last row's value. The loss takes the value before a final softmax.
    pub fn finish(mut self, output: ValueId) -> Program {
        self.program.output = output;
        self.program.logits = match self.program.ops.get(output.0 as usize).map(|op| &op.prim) {
            Some(Prim::Softmax { x }) => *x,
            _ => output,
        };
        self.program
    }
}

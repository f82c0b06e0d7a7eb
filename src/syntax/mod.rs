//! Text to a document tree with spans. Never fails: returns a tree and its diagnostics.
//!
//! A scanner cuts the header, tables, rows and cells; each distinct cell text of a role is parsed
//! once by its pest grammar (`grammar/cells.pest`) and remembered by the graph.

mod advise;
mod block;
mod cell;
mod clean;
mod columns;
mod document;
mod eval;
mod groups;
mod header;
mod heads;
mod layers;
mod library;
mod mangled;
mod memo;
mod near;
mod notation;
mod number;
mod parted;
mod scan;
mod tables;
mod totals;
mod unit;
mod yaml;
mod yaml_says;

pub(crate) use advise::as_digits;
pub(crate) use block::folded;
pub use block::{Block, BlockParam, Names};
pub use cell::{CellError, causes, expression, from, layer, size};
pub(crate) use clean::cleaned;
pub(crate) use columns::fold;
pub use document::{Cell, Column, ColumnRole, Document, Header, HeaderField, Heading, Said, Table, TableRow};
pub use eval::EvalError;
pub use groups::{Groups, groups};
pub use layers::{Layers, layers, repeat_of};
pub use library::{LIBRARY, library};
pub use memo::{Memo, Read};
pub(crate) use near::{close, meant};
pub use notation::{BinaryOp, Expr, Item, ItemKind, LayerCell, NumberClaim, SizeCell, ValueExpr};
pub use number::{number, number_in};
pub(crate) use parted::more_strides;
pub use tables::parse;
pub use totals::{Total, total};
pub use unit::Unit;

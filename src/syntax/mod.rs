//! Text to a document tree with spans. Never fails: returns a tree and its diagnostics.
//!
//! A scanner cuts the header, tables, rows and cells; each distinct cell text of a role is parsed
//! once by its pest grammar (`grammar/cells.pest`) and remembered.

mod document;
mod notation;

pub use document::{Cell, Column, ColumnRole, Document, Header, HeaderField, Heading, Table, TableRow};
pub use notation::{BinaryOp, Expr, Item, ItemKind, LayerCell, NumberClaim, ValueExpr};

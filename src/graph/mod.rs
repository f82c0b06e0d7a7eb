//! The net as its author wrote it: a petgraph DAG of rows, with places.
//!
//! - Every node is one row, expanded; edges run from a row to the rows that read it and carry the
//!   input's slot, from 0.
//! - [`Net::order`] is a topological order that keeps document order where it can.
//! - A row whose cells could not be understood is *poisoned*: it stays in the graph, its shape is
//!   unknown, and whoever consumes it stays silent.
//! - A missing cause that the row's claim determines is already filled in here; its origin is the
//!   claim's cell, and [`Origin::stand_in`] says so.

mod after;
mod attach;
mod bind;
mod bind_values;
mod bind_words;
mod blocks;
mod body;
mod bracket;
mod build;
mod claim;
mod counting;
mod expand;
mod filter_shape;
mod header_claims;
mod header_types;
mod links;
mod names;
mod options;
mod parts;
mod remarks;
mod repeat;
mod row;
mod scope;
mod settings;
mod shapes;
mod totals_rows;
mod twins;
mod uses;
mod wire;

pub use build::build;
pub use counting::{Counting, ParamCount};
pub use options::{MOST_ROWS, Options};

use crate::diag::Diagnostic;
use crate::layer::{Args, Dialect, Kind};
use crate::shape::Shape;
use crate::source::Span;
use crate::syntax::NumberClaim;
use ecow::EcoString;
use petgraph::graph::{DiGraph, NodeIndex};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// One net of a document.
#[derive(Clone, Debug)]
pub struct Net {
    /// The net's name: `name:`, else its heading or column, else the file's stem, given by the caller.
    pub name: String,
    /// The rows; an edge's weight is the input slot.
    pub graph: DiGraph<Row, u32>,
    /// Topological order, in document order where it can be.
    pub order: Vec<NodeIndex>,
    /// The header's dialect and where it stands.
    pub dialect: Option<(Dialect, Span)>,
    /// Claims about the whole net.
    pub claims: Vec<NetClaim>,
    /// What counts hold, where the header says so.
    pub counting: Counting,
    /// The row whose output is the net's.
    pub output: Option<NodeIndex>,
    /// Expressions ask for heights or widths (`in.h`), worked out under conventions that are assumed.
    pub sized: bool,
}

/// One expanded row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The kind; none where the layer cell named nothing known.
    pub kind: Option<&'static Kind>,
    /// Unique name: the author's, else the kind's key and a number, `conv1`.
    pub name: EcoString,
    /// The layer as the author wrote it.
    pub label: Arc<str>,
    /// Arguments, defaults of the header included, type-checked.
    pub args: Args,
    /// Where each argument came from.
    pub origins: Vec<Origin>,
    /// What the row claims.
    pub claims: SmallVec<[Claim; 1]>,
    /// The layer cell.
    pub span: Span,
    /// The row's line, from 1.
    pub line: u32,
    /// The use of the block it stands in.
    pub used: Option<Arc<Use>>,
    /// True where its causes could not be understood: its output is unknown.
    pub poisoned: bool,
}

/// Where an argument came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The parameter.
    pub param: &'static str,
    /// The text that gave it: `11x11`, `same` in the header.
    pub span: Span,
    /// True where it stands in the header and so speaks for several rows.
    pub shared: bool,
    /// True where a claim stood in for a cause that is not written.
    pub stand_in: bool,
    /// True where the text stands in a block, so that another value there would be one for every use.
    pub within: bool,
}

/// Something a row claims.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// About what.
    pub about: About,
    /// How much.
    pub value: ClaimValue,
    /// The cell's text.
    pub span: Span,
    /// The size is written without channels: `28x28`.
    pub area: bool,
    /// Where it speaks of other rows than its own; most claims do not, and there may be a million of them.
    wider: Option<Box<Wider>>,
}

/// What a claim that speaks of other rows than its own speaks of.
#[derive(Clone, Debug, Default, PartialEq)]
struct Wider {
    rows: Vec<(u32, u32)>,
    of: Option<Arc<str>>,
}

impl Claim {
    /// A claim of its own row.
    pub fn new(about: About, value: ClaimValue, span: Span, area: bool) -> Self {
        Self { about, value, span, area, wider: None }
    }

    /// Node indices (first and one past the last) of the expanded rows that it speaks of together: the
    /// copies of a row that repeats, or what a block stands for. Empty where it speaks of its row alone.
    pub fn rows(&self) -> &[(u32, u32)] {
        self.wider.as_ref().map_or(&[], |w| &w.rows)
    }

    /// The layer of the row that claims it, where that is another: the row that uses a block.
    pub fn of(&self) -> Option<&str> {
        self.wider.as_ref()?.of.as_deref()
    }

    /// Whether a size is the claimed one; none where the claim is of no size.
    pub fn agrees(&self, shape: Shape) -> Option<bool> {
        let ClaimValue::Shape(claimed) = self.value else { return None };
        let ([h, w, _], [height, width, _]) = (claimed.hwc(), shape.hwc());
        Some(claimed.agrees(shape) || self.area && (h, w) == (height, width))
    }

    fn wider(&mut self) -> &mut Wider {
        self.wider.get_or_insert_default()
    }
}

/// A row that uses a block, as the block's rows know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The block's name.
    pub block: String,
    /// Its parameters in this use: `c=128, s=2`; may be empty.
    pub values: String,
    /// The layer cell of the row that uses it.
    pub span: Span,
    /// That row's line, from 1.
    pub line: u32,
    /// The block is netc's own: its rows have no place in the document.
    pub library: bool,
    /// The use in whose block that row stands itself.
    pub within: Option<Arc<Use>>,
}

/// What a row's claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    /// Its output size.
    Output,
    /// Its input size.
    Input,
    /// Trained parameters.
    Params,
    /// Multiplications.
    Macs,
    /// Layers with weights on the longest path.
    Depth,
    /// Connections.
    Connections,
    /// Channels of what goes in, as filter shapes have them: `3x3x64`.
    Channels,
}

/// A claimed value.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimValue {
    /// A size; exact.
    Shape(Shape),
    /// A printed number and its tolerance.
    Number(Box<NumberClaim>),
}

/// A claim about the whole net, from the header or a totals row.
#[derive(Clone, Debug, PartialEq)]
pub struct NetClaim {
    /// `parameters`, `buffers`, `neurons`, `macs`, `depth`, `connections`.
    pub about: NetAbout,
    /// How much.
    pub value: NumberClaim,
    /// Where it stands.
    pub span: Span,
    /// As written, for the message.
    pub text: String,
}

/// What a whole-net claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetAbout {
    /// Trained parameters.
    Parameters,
    /// Running statistics: stored, not trained.
    Buffers,
    /// Outputs of convolutions and FC layers.
    Neurons,
    /// Multiplications of convolutions and FC layers.
    Macs,
    /// Layers with weights on the longest path.
    Depth,
    /// Connections: one a tap of a window and one a bias, for every output.
    Connections,
}

impl Net {
    /// The rows a row reads, by slot.
    pub fn inputs(&self, node: NodeIndex) -> SmallVec<[NodeIndex; 4]> {
        let edges = self.graph.edges_directed(node, petgraph::Direction::Incoming);
        let mut edges = edges.map(|e| (*e.weight(), petgraph::visit::EdgeRef::source(&e)));
        // Most rows read one.
        let Some(first) = edges.next() else { return SmallVec::new() };
        let Some(second) = edges.next() else { return smallvec![first.1] };
        let mut inputs: Vec<(u32, NodeIndex)> = [first, second].into_iter().chain(edges).collect();
        inputs.sort_unstable();
        inputs.into_iter().map(|(_, n)| n).collect()
    }
}

impl Row {
    /// Where an argument came from.
    pub fn origin(&self, param: &str) -> Option<&Origin> {
        self.origins.iter().find(|o| o.param == param)
    }

    /// A diagnostic about this row: of a row in a block, with the row that used the block and the values it gave.
    #[must_use]
    pub fn tell(&self, diagnostic: Diagnostic) -> Diagnostic {
        match &self.used {
            Some(used) => used.tell(diagnostic),
            None => diagnostic,
        }
    }

    /// The line of the row that used the block it stands in.
    pub fn use_line(&self) -> Option<u32> {
        self.used.as_ref().map(|u| u.line)
    }

    /// Whose claim it is: the layer of the row that uses the block, else the row's own.
    pub fn claimant(&self, about: About) -> (&str, bool) {
        let other = self.claims.iter().filter(|c| c.about == about).find_map(Claim::of);
        other.map_or((&self.label, false), |label| (label, true))
    }

    /// The claimed output size and its cell, if there is one.
    pub fn declared(&self) -> Option<(Shape, Span)> {
        self.shape_claim(About::Output)
    }

    /// The claimed input size and its cell, if there is one.
    pub fn declared_input(&self) -> Option<(Shape, Span)> {
        self.shape_claim(About::Input)
    }

    /// Whether a size is what the row claims of its output or input; none where it claims none. A size that is
    /// written without channels claims none.
    pub fn agrees(&self, about: About, shape: Shape) -> Option<bool> {
        self.claims.iter().filter(|c| c.about == about).find_map(|c| c.agrees(shape))
    }

    fn shape_claim(&self, about: About) -> Option<(Shape, Span)> {
        self.claims.iter().find_map(|c| match &c.value {
            ClaimValue::Shape(s) if c.about == about => Some((*s, c.span)),
            _ => None,
        })
    }
}

impl Use {
    /// Adds the rows that used the block to a diagnostic inside it, the nearest first.
    #[must_use]
    pub fn tell(&self, mut d: Diagnostic) -> Diagnostic {
        d.use_line = Some(self.line);
        let mut used = Some(self);
        while let Some(at) = used {
            let values = if at.values.is_empty() { String::new() } else { format!(" with {}", at.values) };
            if at.library {
                d = d.note(format!("in a row of netc's own block `{}`, used{values}", at.block));
            } else if at.span != d.primary.span {
                d = d.also(at.span, format!("`{}` is used here{values}", at.block));
            }
            used = at.within.as_deref();
        }
        d
    }
}

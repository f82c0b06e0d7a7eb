//! One row of a kind: what its cells give it.

use super::bind::{Binder, give};
use super::body::{BodyRow, unreadable};
use super::filter_shape;
use super::scope::Scope;
use super::settings::Settings;
use super::{About, Claim, ClaimValue, Origin, Row};
use crate::diag::{Code, Diagnostic, Label, grouped};
use crate::layer::{self, Args, Kind, ParamSpec, StandIn, Type, Value};
use crate::shape::Shape;
use crate::source::Span;
use crate::syntax::{Cell, ColumnRole, Item, LayerCell, Read, Table, close};
use ecow::EcoString;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// What a claimed size that could not be read does to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// All were read.
    No,
    /// It might have stood in for a cause.
    Size,
    /// What the row is of is not known: a size stands where its filter should, or its copies cannot be counted.
    Row,
}

/// A row and what it asks for after itself.
pub(super) struct Made {
    pub row: Row,
    pub after: Option<(String, Span)>,
}

/// What a row is made of, beside its own layer cell.
pub(super) struct Making<'m, 'a> {
    pub table: &'a Table,
    pub from: &'m BodyRow<'a>,
    pub scope: &'m Scope<'a>,
    pub settings: &'m Settings,
    /// Which copy of a row that repeats, from 0.
    pub copy: Option<usize>,
    /// What its claims may stand in for.
    pub claimed: Claimed,
}

/// What a row claims of its output that may stand in for a cause.
#[derive(Clone, Copy)]
pub(super) struct Claimed {
    /// The size, with its channels.
    pub declared: Option<(Shape, Span)>,
    /// The size of what no window of the row comes after, with or without its channels.
    pub size: Option<(Shape, Span)>,
    /// Whether a claimed size could not be read.
    pub unread: Unread,
}

impl Claimed {
    pub(super) fn of(claims: &[Claim], unread: Unread) -> Self {
        let sizes = || {
            claims.iter().filter(|c| c.about == About::Output).filter_map(|c| match &c.value {
                ClaimValue::Shape(shape) => Some((*shape, c)),
                _ => None,
            })
        };
        let declared = sizes().find(|(_, c)| !c.area).map(|(shape, c)| (shape, c.span));
        let size = sizes().next().map(|(shape, c)| (shape, c.span));
        Claimed { declared, size, unread }
    }
}

impl<'a> Making<'_, 'a> {
    /// The row of one layer of the cell. `columns` gives it the causes of the row's other cells, too.
    pub(super) fn row(&self, layer: &LayerCell, columns: bool, found: &mut Vec<Diagnostic>) -> Made {
        let mut made = self.begin(layer, found);
        if columns && made.row.kind.is_some() {
            self.cause_cells(&mut made, found);
        }
        if columns {
            filter_shape::settle(&mut made.row, self.claimed.declared, || self.above());
            self.stand_ins(&mut made.row, found);
            made.row.poisoned |= match self.claimed.unread {
                Unread::No => false,
                Unread::Size => stands_in(&made.row),
                Unread::Row => true,
            };
        }
        self.finish(&mut made, found);
        made
    }

    /// The size claimed by the nearest row above that claims one.
    fn above(&self) -> Option<Shape> {
        let at = self.table.columns.iter().position(|c| c.role == ColumnRole::Output)?;
        let rows = self.table.rows.iter().take_while(|r| r.line < self.from.row.line);
        let cell = rows.filter_map(|r| r.cells.get(at)).filter(|c| !c.is_empty()).last()?;
        match super::claim::value(About::Output, cell, None, self.scope, self.settings) {
            Ok((ClaimValue::Shape(shape), false)) => Some(shape),
            _ => None,
        }
    }

    /// The row with what its part of the layer cell says.
    pub(super) fn begin(&self, layer: &LayerCell, found: &mut Vec<Diagnostic>) -> Made {
        let kind = self.settings.cells.kind(&layer.word);
        let cell = &self.from.cell;
        let span = if layer.range.is_empty() {
            self.scope.at(cell.span)
        } else {
            self.scope.place(cell, &layer.range)
        };
        let mut made = Made {
            row: blank(kind, Arc::clone(&layer.word), span, self.scope, self.from.row.line),
            after: None,
        };
        match kind {
            None if self.from.unreadable.is_some() => {}
            // A block whose table is missing is told at its heading.
            None if self.settings.cells.names(&layer.word) => {}
            None => found.push(unknown_layer(&layer.word, span, self.settings)),
            Some(kind) => {
                imply(&mut made.row, kind, &layer.word);
                self.fill(&mut made, &layer.items, &|r| self.scope.place(cell, r), found);
            }
        }
        made
    }

    /// The header's defaults; what is missing then is reported.
    pub(super) fn finish(&self, made: &mut Made, found: &mut Vec<Diagnostic>) {
        defaults(&mut made.row, self.settings);
        let alone = self.claimed.size.filter(|_| is_pool_alone(&made.row));
        match alone {
            Some((shape, claim)) if shape.hwc()[..2] == [1, 1] => whole_map(&mut made.row, claim),
            _ => {}
        }
        let before = found.len();
        if !self.no_channels(&mut made.row, found) {
            missing(&mut made.row, found);
        }
        if let (Some((_, claim)), Some(d)) = (alone, found.get_mut(before)) {
            d.secondary.push(Label::new(claim, "with `1x1` here it would take the whole map"));
        }
    }

    /// An INPUT whose size says no channels: reported, since none is likelier than another.
    fn no_channels(&self, row: &mut Row, found: &mut Vec<Diagnostic>) -> bool {
        let Some(kind) = row.kind.filter(|k| k.inputs_nothing() && !row.poisoned) else { return false };
        let written = match row.args.get("size") {
            None => {
                let of = |role| self.from.cell(self.table, role);
                let cell = of(&ColumnRole::Output).or_else(|| of(&ColumnRole::Input));
                cell.map(|c| (self.scope.at(c.span), &c.text))
            }
            Some(_) => None,
        };
        let Some((span, text)) = written else { return false };
        let two = self.settings.cells.size(text).as_ref().as_ref().is_ok_and(|s| s.factors.len() == 2);
        if two {
            let (grey, colour) = if self.settings.chw {
                (format!("1x{text}"), format!("3x{text}"))
            } else {
                (format!("{text}x1"), format!("{text}x3"))
            };
            let message = format!("{} declares {text} and no channels", kind.name);
            found.push(
                Diagnostic::new(Code::E0207, span, message)
                    .label("height and width")
                    .help(format!("write `{grey}` for grey pictures, `{colour}` for coloured ones")),
            );
            row.poisoned = true;
        }
        two
    }

    /// Fills arguments from the parts of a cell.
    pub(super) fn fill(
        &self,
        made: &mut Made,
        items: &[Item],
        place: &dyn Fn(&Range<u32>) -> Span,
        found: &mut Vec<Diagnostic>,
    ) {
        let (scope, links) = (self.scope, &self.settings.links);
        let mut binder = Binder { scope, links, found, after: &mut made.after, copy: self.copy };
        binder.items(&mut made.row, items, place);
    }

    /// The cells that hold causes, read, and by how much reading moved their places.
    pub(super) fn cells_of_causes(
        &self,
        label: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Vec<(&'a Cell, Read<Vec<Item>>, u32)> {
        let mut cells = Vec::new();
        for (column, cell) in self.from.said(self.table) {
            let (text, shift) = match &column.role {
                ColumnRole::Filter => (Cow::Borrowed(cell.text.as_str()), 0),
                ColumnRole::Cause(name) if name == "repeat" => continue,
                ColumnRole::Cause(name) => {
                    let (text, shift) = cause_text(name, cell);
                    (Cow::Owned(text), shift)
                }
                ColumnRole::Block(name) => {
                    found.push(no_parameter(label, name, self.scope.at(cell.span)));
                    continue;
                }
                _ => continue,
            };
            let read = self.settings.cells.causes(&text);
            if let Err(error) = &*read {
                found.push(unreadable(self.scope, cell, &error.back(shift)));
            }
            cells.push((cell, read, shift));
        }
        cells
    }

    /// The combined cause cells and the cells of a single cause.
    fn cause_cells(&self, made: &mut Made, found: &mut Vec<Diagnostic>) {
        for (cell, read, shift) in self.cells_of_causes(&made.row.label, found) {
            match &*read {
                Ok(items) => self.fill(made, items, &|r| self.back(cell, r, shift), found),
                Err(_) => made.row.poisoned = true,
            }
        }
    }

    /// The place of a range that reading moved by `shift`.
    pub(super) fn back(&self, cell: &Cell, range: &Range<u32>, shift: u32) -> Span {
        self.scope.place(cell, &(range.start.saturating_sub(shift)..range.end.saturating_sub(shift)))
    }

    /// A missing cause that the claim determines.
    fn stand_ins(&self, row: &mut Row, found: &mut Vec<Diagnostic>) {
        let (Some(kind), Some((declared, span))) = (row.kind, self.claimed.declared) else { return };
        for spec in kind.params {
            if row.args.has(spec.name) {
                continue;
            }
            let value = match spec.stand_in {
                // What stands in for a whole window is settled with the header's defaults known.
                StandIn::Never | StandIn::Whole => continue,
                StandIn::Channels if says_channels(row) => continue,
                StandIn::Channels => {
                    if let Type::Int { max, .. } = spec.ty
                        && declared.channels() > max.unsigned_abs()
                    {
                        let text =
                            format!("the {} of {} cannot be {}", spec.name, row.label, declared.channels());
                        found.push(
                            Diagnostic::new(Code::E0205, span, text)
                                .help(format!("declare at most {} channels", grouped(max.unsigned_abs()))),
                        );
                        row.poisoned = true;
                        continue;
                    }
                    Value::Int(declared.channels() as i64)
                }
                StandIn::Size => Value::Size(declared.hwc().map(|v| v as i64)),
            };
            let origin = Origin { param: spec.name, span, shared: false, stand_in: true, within: false };
            give(row, spec, value, origin);
        }
    }
}

/// `s2` or `2` of a stride column as `stride=2`, and by how much that moved it.
pub(super) fn cause_text(name: &str, cell: &Cell) -> (String, u32) {
    let text = cell.text.strip_prefix('s').filter(|r| r.parse::<u32>().is_ok()).unwrap_or(&cell.text);
    (format!("{name}={text}"), name.len() as u32 + 1 - (cell.text.len() - text.len()) as u32)
}

fn no_parameter(label: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::E0202, span, format!("{label} has no parameter `{name}`"))
        .help("empty this cell, or use the block that has it")
}

/// A row that has nothing yet.
pub(super) fn blank(
    kind: Option<&'static Kind>,
    label: impl Into<Arc<str>>,
    span: Span,
    scope: &Scope<'_>,
    line: u32,
) -> Row {
    Row {
        kind,
        name: EcoString::new(),
        label: label.into(),
        args: Args::new(),
        origins: Vec::new(),
        claims: SmallVec::new(),
        span,
        line: scope.line(line),
        used: scope.used.clone(),
        poisoned: kind.is_none(),
    }
}

fn unknown_layer(word: &str, span: Span, settings: &Settings) -> Diagnostic {
    let help = settings.cells.once(word, |word| {
        let mut names: Vec<&str> = layer::KINDS.iter().flat_map(|k| k.names()).collect();
        names.extend(settings.blocks.iter().map(String::as_str));
        if let Some(near) = close(word, names.into_iter()) {
            return format!("did you mean `{near}`?");
        }
        let kinds: Vec<&str> = layer::KINDS.iter().map(|k| k.name).collect();
        format!("netc knows {}; its rows may be a block: `## block {word}` and a table", kinds.join(", "))
    });
    Diagnostic::new(Code::E0201, span, format!("`{word}` is no layer netc knows"))
        .label("unknown layer")
        .help(help)
}

/// What an alias says by itself: `RELU` is ACT with f=relu.
pub(super) fn imply(row: &mut Row, kind: &'static Kind, word: &str) {
    for (param, value) in kind.implied_by(word) {
        let Some(spec) = kind.param(param) else { continue };
        let value = if spec.ty == Type::Flag { Value::Flag(value == "yes") } else { Value::Word(value) };
        row.args.set(spec.name, value);
    }
}

fn defaults(row: &mut Row, settings: &Settings) {
    let Some(kind) = row.kind else { return };
    for default in settings.defaults.iter().filter(|d| std::ptr::eq(d.kind, kind)) {
        if !row.args.has(default.param.name) {
            let (param, span) = (default.param.name, default.span);
            let origin = Origin { param, span, shared: true, stand_in: false, within: false };
            give(row, default.param, default.value.clone(), origin);
        }
    }
}

/// True for a pool of which nothing is said in its row, nor a kernel in the header.
fn is_pool_alone(row: &Row) -> bool {
    let given = |o: &Origin| !o.shared && o.param != "mode";
    let lacks = |k: &Kind| k.params.iter().any(|p| p.stand_in == StandIn::Whole && !row.args.has(p.name));
    row.kind.is_some_and(lacks) && !row.poisoned && !row.origins.iter().any(given)
}

/// Makes a pool that is claimed to leave one pixel one of the whole map.
fn whole_map(row: &mut Row, claim: Span) {
    let mode = row.args.word("mode").unwrap_or("max");
    row.kind = layer::find("GLOBAL POOL");
    row.args = Args::new();
    row.args.set("mode", Value::Word(mode));
    row.origins.retain(|o| o.param == "mode");
    row.origins.push(Origin { param: "kernel", span: claim, shared: false, stand_in: true, within: false });
}

/// True where a row says how many channels it has without their number.
fn says_channels(row: &Row) -> bool {
    row.args.flag("depthwise") == Some(true) || row.args.has("connect")
}

/// Required causes that nothing gives.
fn missing(row: &mut Row, found: &mut Vec<Diagnostic>) {
    let Some(kind) = row.kind.filter(|_| !row.poisoned) else { return };
    for spec in kind.params {
        if !spec.required || row.args.has(spec.name) {
            continue;
        }
        if spec.stand_in == StandIn::Channels && says_channels(row) {
            continue;
        }
        let help = match spec.stand_in {
            StandIn::Whole => {
                "write it in the filter column: `3x3/2`; a pool of the whole map is a GLOBAL POOL, or declares `1x1`"
                    .to_owned()
            }
            StandIn::Never if spec.name == "kernel" => "write it in the filter column: `3x3/2`".to_owned(),
            StandIn::Never => format!("write `{}=...` in the filter column", spec.name),
            StandIn::Channels => format!("write `{}=64`, or declare the output size", spec.name),
            StandIn::Size => "write the size in the output column: `227x227x3`".to_owned(),
        };
        let message = format!("{} has no {}", row.label, spec.name);
        found.push(Diagnostic::new(Code::E0207, row.span, message).label(spec.doc).help(help));
        row.poisoned = true;
    }
}

/// What a row's claim cells say, and whether a size that could not be read might have stood in for a cause.
pub(super) fn claims(
    table: &Table,
    row: &BodyRow<'_>,
    scope: &Scope<'_>,
    settings: &Settings,
    found: &mut Vec<Diagnostic>,
) -> (SmallVec<[Claim; 1]>, Unread) {
    let (mut claims, mut unread) = (SmallVec::new(), Unread::No);
    let begins = is_input(row, settings) && row.cell(table, &ColumnRole::Output).is_none();
    for (column, cell) in row.said(table) {
        // What goes into an INPUT is what comes out of it.
        let about = match super::claim::about(&column.role) {
            Some(About::Input) if begins => About::Output,
            Some(about) => about,
            None => continue,
        };
        let value = super::claim::value(about, cell, column.unit, scope, settings);
        match value {
            Ok((value, area)) => {
                claims.push(Claim::new(about, value, scope.at(cell.span), area));
            }
            Err(problem) => {
                found.push(*problem);
                if about == About::Output {
                    let swapped = super::claim::is_filter(cell, settings);
                    unread = if swapped { Unread::Row } else { Unread::Size };
                }
            }
        }
    }
    (claims, unread)
}

/// True for a row of one INPUT.
pub(super) fn is_input(row: &BodyRow<'_>, settings: &Settings) -> bool {
    matches!(row.parts(), [only] if settings.cells.kind(&only.word).is_some_and(Kind::inputs_nothing))
}

/// What a size that could not be read would have stood in for is not missing.
fn stands_in(row: &Row) -> bool {
    let open =
        |p: &ParamSpec| matches!(p.stand_in, StandIn::Channels | StandIn::Size) && !row.args.has(p.name);
    row.kind.is_some_and(|k| k.params.iter().any(open))
}

//! Sizes read as channels, height and width where they are height, width and channels, and the other way.

use super::{Examined, Glance, Reread, back, edited, place};
use crate::check::Checked;
use crate::diag::{Code, Diagnostic, Edit, expect};
use crate::layer::Value;
use crate::source::{Source, Span};
use crate::syntax::{self, Document};

/// Reads all sizes in the other layout, where that mends all that is wrong, or leaves fewer wrong cells.
pub(super) fn other_layout(
    source: &Source,
    document: &Document,
    nets: &[Checked],
    faults: usize,
    glance: &Glance<'_>,
    examine: &dyn Fn(&Source) -> Examined,
) -> Option<Reread> {
    let first = &nets.first().and_then(|n| n.net.order.first().map(|node| &n.net.graph[*node]))?;
    let (cell, Some(Value::Size([h, w, c]))) = (first.origin("size")?.span, first.args.get("size")) else {
        return None;
    };
    let asked = place(source, document, &["layout"]);
    let chw = asked.is_some_and(|span| source.slice(span) == "chw");
    let (new, edit) = (if chw { "hwc" } else { "chw" }, layout_edit(source, document, asked, chw));
    // What stands in the cell, number by number.
    let written = if chw { [*c, *h, *w] } else { [*h, *w, *c] };
    if written[0] == written[2] {
        return None;
    }
    let text = edited(source, &edit);
    if glance(&text, &syntax::parse(&text).0, &[]) >= glance(source, document, &[]) {
        return None;
    }
    let (read, mut found) = examine(&text);
    let left = expect::unexpected(&text, &found);
    // A row without a size keeps silent about those below it.
    if !read.iter().all(Checked::is_buildable) || (left > 0 && left + 1 >= faults) {
        return None;
    }
    found.iter_mut().for_each(|d| back(d, &edit));
    let [a, b, c] = written;
    let (was, is, size) = match chw {
        true => {
            ("channels x height x width", "height x width x channels", format!("{c} channels of {a}x{b}"))
        }
        false => {
            ("height x width x channels", "channels x height x width", format!("{a} channels of {b}x{c}"))
        }
    };
    let mut d = Diagnostic::new(Code::E0311, cell, format!("sizes are read as {was} but written as {is}"))
        .label(size)
        .help(format!("write `layout: {new}` in the header"))
        .fix(edit.span, edit.text, true);
    if let Some(span) = asked {
        d = d.also(span, "asked for here");
    }
    found.insert(0, d);
    Some(Reread { nets: None, found })
}

/// Writes the other layout where one is asked for, else a line of the header, else a header.
fn layout_edit(source: &Source, document: &Document, asked: Option<Span>, chw: bool) -> Edit {
    if let Some(span) = asked {
        return Edit { span, text: if chw { "hwc" } else { "chw" }.to_owned() };
    }
    let text = source.text();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let header = document.header.span;
    let at = |at: usize| Span { start: at as u32, end: at as u32 };
    match source.slice(header).find('\n') {
        Some(line) => Edit { span: at(header.start as usize + line + 1), text: format!("layout: chw{end}") },
        None => {
            let start = text.len() - text.trim_start_matches('\u{feff}').len();
            Edit { span: at(start), text: format!("---{end}layout: chw{end}---{end}{end}") }
        }
    }
}

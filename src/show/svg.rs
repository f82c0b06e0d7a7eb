//! The net drawn: boxes from top to bottom, sizes on the edges, readable on light and dark pages.

use super::View;
use super::boxes::{Drawing, Node, Role, drawing};
use super::layout::{Layout, layout};

/// Pixels a character of the 12-pixel monospaced text takes.
const ADVANCE: f64 = 7.3;
/// Pixels a line of text takes.
const LINE: f64 = 16.0;
/// Around the drawing.
const MARGIN: f64 = 24.0;
/// How far an edge runs straight down, beside its size, before it bends.
const STUB: f64 = 17.0;
/// Below a box without readers: an arrow with the net's output.
const TAIL: f64 = 30.0;

/// Colours by role, light and dark; before each variable its light colour, for renderers that know none (librsvg,
/// Inkscape).
const STYLE: &str = "\
.netc-graph{--bg:#fff;--ink:#1f2328;--dim:#59636e;--line:#818b98;--plain:#f6f8fa;--plain-edge:#b3bac3;\
--weighted:#ddf4ff;--weighted-edge:#0969da;--join:#fff8c5;--join-edge:#9a6700;--input:#dafbe1;--input-edge:#1a7f37}\
@media(prefers-color-scheme:dark){.netc-graph{--bg:#0d1117;--ink:#f0f6fc;--dim:#9198a1;--line:#767d87;\
--plain:#161b22;--plain-edge:#4b535d;--weighted:#0c2849;--weighted-edge:#4493f8;--join:#2e2204;--join-edge:#d29922;\
--input:#07301a;--input-edge:#3fb950}}\
.netc-graph text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;fill:#1f2328;fill:var(--ink)}\
.netc-graph .title{font-weight:600}.netc-graph .dim{fill:#59636e;fill:var(--dim)}\
.netc-graph .size{font-size:11px;fill:#59636e;fill:var(--dim);paint-order:stroke;stroke:#fff;stroke:var(--bg);stroke-width:4px}\
.netc-graph .edge{fill:none;stroke:#818b98;stroke:var(--line);stroke-width:1.3}\
.netc-graph .head{fill:#818b98;fill:var(--line)}\
.netc-graph rect{stroke-width:1.2}.netc-graph .page{fill:#fff;fill:var(--bg);stroke:none}\
.netc-graph .plain{fill:#f6f8fa;fill:var(--plain);stroke:#b3bac3;stroke:var(--plain-edge)}\
.netc-graph .weighted{fill:#ddf4ff;fill:var(--weighted);stroke:#0969da;stroke:var(--weighted-edge)}\
.netc-graph .join{fill:#fff8c5;fill:var(--join);stroke:#9a6700;stroke:var(--join-edge)}\
.netc-graph .input{fill:#dafbe1;fill:var(--input);stroke:#1a7f37;stroke:var(--input-edge)}";

/// An SVG document of its own.
pub(super) fn render(view: &View<'_>) -> String {
    let drawing = drawing(view);
    let sizes: Vec<(f64, f64)> = drawing.nodes.iter().map(size).collect();
    let layout = layout(&sizes, &drawing.edges);
    let (width, height) = (layout.width + 2.0 * MARGIN + 40.0, layout.height + 2.0 * MARGIN + TAIL);
    let name = escape(&view.checked.net.name);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"netc-graph\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<title>{name}</title>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"netc-head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path class=\"head\" d=\"M0 0.5 8 4 0 7.5z\"/></marker></defs>\n\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n<g transform=\"translate({MARGIN} {MARGIN})\">\n"
    );
    edges(&drawing, &sizes, &layout, &mut out);
    for ((node, (w, h)), (x, y)) in drawing.nodes.iter().zip(&sizes).zip(&layout.boxes) {
        draw(node, x - w / 2.0, y - h / 2.0, *w, *h, &mut out);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn size(node: &Node) -> (f64, f64) {
    let lines = node.lines();
    let longest = lines.iter().chain(&node.name).map(|l| l.chars().count()).max().unwrap_or(0);
    let height = (lines.len() + usize::from(node.name.is_some())) as f64 * LINE + 10.0;
    ((longest as f64 * ADVANCE + 20.0).max(70.0).round(), height)
}

fn draw(node: &Node, x: f64, y: f64, w: f64, h: f64, out: &mut String) {
    let class = match node.role {
        Role::Input => "input",
        Role::Weighted => "weighted",
        Role::Join => "join",
        Role::Plain => "plain",
    };
    out.push_str(&format!(
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"5\"/>\n"
    ));
    let lines = node.lines();
    let named = node.name.as_deref().map(|n| (n, "dim"));
    let texts = lines.iter().enumerate().map(|(i, l)| (l.as_str(), if i == 0 { "title" } else { "" }));
    for (index, (text, class)) in named.into_iter().chain(texts).enumerate() {
        let baseline = y + 5.0 + 12.0 + index as f64 * LINE;
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        out.push_str(&format!(
            "<text{class} x=\"{:.1}\" y=\"{baseline:.1}\" text-anchor=\"middle\">{}</text>\n",
            x + w / 2.0,
            escape(text)
        ));
    }
}

/// Curves with vertical ends; the size stands where an edge leaves its box, once for all edges that leave it.
fn edges(drawing: &Drawing, sizes: &[(f64, f64)], layout: &Layout, out: &mut String) {
    let mut read = vec![false; drawing.nodes.len()];
    for ((from, to), route) in drawing.edges.iter().zip(&layout.routes) {
        read[*from] = true;
        let (mut x, mut y) = (layout.boxes[*from].0, layout.boxes[*from].1 + sizes[*from].1 / 2.0);
        let mut path = format!("M{x:.1} {y:.1}V{:.1}", y + STUB);
        y += STUB;
        let end = (layout.boxes[*to].0, layout.boxes[*to].1 - sizes[*to].1 / 2.0);
        for (next, top, bottom) in route.iter().copied().chain([(end.0, end.1, end.1)]) {
            let half = (top - y) / 2.0;
            if (next - x).abs() < 0.5 {
                path.push_str(&format!("V{bottom:.1}"));
            } else {
                path.push_str(&format!(
                    "C{x:.1} {:.1} {next:.1} {:.1} {next:.1} {top:.1}",
                    y + half,
                    top - half
                ));
                if bottom > top {
                    path.push_str(&format!("V{bottom:.1}"));
                }
            }
            (x, y) = (next, bottom);
        }
        out.push_str(&format!("<path class=\"edge\" d=\"{path}\" marker-end=\"url(#netc-head)\"/>\n"));
    }
    for (index, node) in drawing.nodes.iter().enumerate() {
        let (x, y) = (layout.boxes[index].0, layout.boxes[index].1 + sizes[index].1 / 2.0);
        if !read[index] {
            let end = y + TAIL;
            out.push_str(&format!(
                "<path class=\"edge\" d=\"M{x:.1} {y:.1}V{end:.1}\" marker-end=\"url(#netc-head)\"/>\n"
            ));
        }
        let label = node.output.replace('x', "×");
        out.push_str(&format!(
            "<text class=\"size\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
            x + 6.0,
            y + 15.0,
            escape(&label)
        ));
    }
}

/// Text inside an element.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

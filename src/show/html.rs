//! One self-contained page: totals, the drawn graph, the table. No script, nothing fetched.

use super::View;
use super::paper::expanded;
use super::svg::{self, escape};
use super::table::{stand_ins, totals};

const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#fff;--ink:#1f2328;--dim:#59636e;--line:#d1d9e0;--band:#f6f8fa}\
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--ink:#f0f6fc;--dim:#9198a1;--line:#3d444d;--band:#151b23}}\
body{margin:0 auto;padding:2rem 1.5rem;max-width:72rem;background:var(--bg);color:var(--ink);\
font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}\
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}p{color:var(--dim);margin:.25rem 0}\
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
th,td{padding:.25rem .75rem;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}\
td.why{white-space:normal;color:var(--dim)}th{border-bottom-width:2px}.n{text-align:right}\
tbody tr:nth-child(even){background:var(--band)}tfoot td{border-top:2px solid var(--line);font-weight:600}\
svg{max-width:100%;height:auto}";

pub(super) fn render(view: &View<'_>) -> String {
    let name = escape(&view.checked.net.name);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{name}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<h1>{name}</h1>\n<p>dialect {}</p>\n<h2>Totals</h2>\n<div class=\"wide\"><table><tbody>\n",
        view.checked.conventions.dialect
    );
    for (what, number, meaning) in totals(view) {
        out.push_str(&format!(
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"why\">{}</td></tr>\n",
            escape(what),
            escape(&number),
            escape(&meaning)
        ));
    }
    out.push_str("</tbody></table></div>\n");
    for remark in stand_ins(view).iter().chain(view.remarks) {
        out.push_str(&format!("<p>{}</p>\n", escape(remark)));
    }
    out.push_str("<h2>Layers</h2>\n");
    rows(view, &mut out);
    out.push_str(&format!(
        "<h2>Graph</h2>\n<div class=\"wide\">\n{}</div>\n</body>\n</html>\n",
        svg::render(view)
    ));
    out
}

fn rows(view: &View<'_>, out: &mut String) {
    let table = expanded(view);
    let class = |right: bool| if right { " class=\"n\"" } else { "" };
    let line = |cells: &[String], tag: &str| {
        let cells = cells.iter().zip(&table.right);
        let cells: String = cells
            .map(|(c, right)| format!("<{tag}{}>{}</{tag}>", class(*right), escape(&crossed(c))))
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    out.push_str("<div class=\"wide\"><table>\n<thead>");
    out.push_str(&line(&table.head, "th"));
    out.push_str("</thead>\n<tbody>\n");
    table.rows.iter().for_each(|r| out.push_str(&line(r, "td")));
    out.push_str("</tbody>\n<tfoot>");
    out.push_str(&line(&table.total, "td"));
    out.push_str("</tfoot>\n</table></div>\n");
}

/// Crosses between numbers as such.
fn crossed(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|i| chars.get(i)).is_some_and(char::is_ascii_digit);
    let cross = |at: usize, c: char| c == 'x' && digit(at.checked_sub(1)) && digit(Some(at + 1));
    chars.iter().enumerate().map(|(at, c)| if cross(at, *c) { '×' } else { *c }).collect()
}

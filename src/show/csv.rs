//! The net as comma-separated values (RFC 4180).

use super::View;
use super::lines::lines;

/// Rows of numbers for programs that read no JSON; inputs are indices with blanks between.
pub(super) fn render(view: &View<'_>) -> String {
    let net = &view.checked.net;
    let places: std::collections::HashMap<_, usize> =
        net.order.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    let mut out = String::from(
        "index,line,use_line,name,layer,inputs,causes,output,declared,padding,params,buffers,macs,activations\n",
    );
    for ((index, node), line) in net.order.iter().enumerate().zip(lines(view)) {
        let (row, bound) = (&net.graph[*node], view.checked.row(*node));
        let inputs: Vec<String> = net.inputs(*node).iter().map(|n| places[n].to_string()).collect();
        let number = |pick: &dyn Fn(&crate::check::CheckedRow) -> u64| {
            bound.map_or_else(String::new, |b| pick(b).to_string())
        };
        let padding = bound.and_then(|b| b.layer.padding(&b.inputs));
        let cells = [
            index.to_string(),
            row.line.to_string(),
            row.use_line().map_or_else(String::new, |l| l.to_string()),
            line.name.to_owned(),
            row.kind.map_or(row.label.to_string(), |k| k.name.to_owned()),
            inputs.join(" "),
            line.causes,
            bound.map_or_else(String::new, |b| b.output.to_string()),
            row.declared().map_or_else(String::new, |(s, _)| s.to_string()),
            padding.map_or_else(String::new, |p| p.map(|n| n.to_string()).join(" ")),
            number(&|b| b.cost.params()),
            number(&|b| b.cost.buffers),
            number(&|b| b.cost.macs),
            number(&|b| b.output.elements()),
        ];
        out.push_str(&cells.map(|c| field(&c)).join(","));
        out.push('\n');
    }
    out
}

/// Quoted as RFC 4180 has it, where a comma, a quote or a line break asks for it.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn only_what_needs_quotes_has_them() {
        assert_eq!(field("3x3; same"), "3x3; same");
        assert_eq!(field("0,1"), "\"0,1\"");
        assert_eq!(field("a \"b\""), "\"a \"\"b\"\"\"");
    }
}

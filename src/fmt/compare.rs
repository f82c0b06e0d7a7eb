//! Whether two documents say the same, apart from where they say it.

use crate::check::Checked;
use crate::compile::Compiled;
use crate::diag::Diagnostic;
use crate::graph::Row;

/// The first thing in which the second document says something else; none where they mean the same.
/// Places, and the manner in which a help repeats the author's notation, may differ.
pub fn difference(a: &Compiled, b: &Compiled) -> Option<String> {
    if a.nets.len() != b.nets.len() {
        return Some(format!("{} nets, then {}", a.nets.len(), b.nets.len()));
    }
    let nets = a.nets.iter().zip(&b.nets).find_map(|(a, b)| in_net(a, b));
    nets.or_else(|| in_diagnostics(&a.diagnostics, &b.diagnostics))
}

fn in_net(a: &Checked, b: &Checked) -> Option<String> {
    let rows = |c: &Checked| c.net.order.len();
    if (&a.net.name, rows(a), a.conventions) != (&b.net.name, rows(b), b.conventions) {
        return Some(format!("the net {}", a.net.name));
    }
    a.net.order.iter().zip(&b.net.order).find_map(|(x, y)| {
        let (left, right) = (&a.net.graph[*x], &b.net.graph[*y]);
        let inputs = a.net.inputs(*x) == b.net.inputs(*y);
        (!inputs || !alike(left, right)).then(|| format!("the row {}", left.name))
    })
}

fn alike(a: &Row, b: &Row) -> bool {
    let claims =
        |r: &Row| r.claims.iter().map(|c| (c.about, c.value.clone(), c.rows().to_vec())).collect::<Vec<_>>();
    let origins = |r: &Row| r.origins.iter().map(|o| (o.param, o.shared, o.stand_in)).collect::<Vec<_>>();
    let mut places = (origins(a), origins(b));
    places.0.sort_unstable();
    places.1.sort_unstable();
    a.kind.map(|k| k.name) == b.kind.map(|k| k.name)
        && a.name == b.name
        && a.poisoned == b.poisoned
        && a.args.iter().all(|(name, value)| b.args.get(name) == Some(value))
        && a.args.iter().count() == b.args.iter().count()
        && claims(a) == claims(b)
        && places.0 == places.1
}

fn in_diagnostics(a: &[Diagnostic], b: &[Diagnostic]) -> Option<String> {
    // Places are part of some messages: `at line 12`.
    let key = |d: &Diagnostic| (d.code, d.severity, d.net.clone(), d.declared.clone(), d.inferred.clone());
    let keys = |all: &[Diagnostic]| {
        let mut keys: Vec<_> = all.iter().map(key).collect();
        keys.sort();
        keys
    };
    let (left, right) = (keys(a), keys(b));
    if left == right {
        return None;
    }
    let first = left.iter().zip(&right).find(|(x, y)| x != y).map(|(x, _)| x);
    let code = first.or(left.get(right.len())).or(right.get(left.len())).map(|k| k.0);
    code.map(|code| format!("the diagnostic {code}"))
}

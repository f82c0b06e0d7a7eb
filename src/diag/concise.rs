//! One line a diagnostic: `file:line:column: error[E0301]: message`.

use super::Report;
use super::render::{Region, one_line};

pub(super) fn render(reports: &[Report<'_>]) -> String {
    let mut out = String::new();
    for report in reports {
        let file = one_line(report.source.name());
        for d in report.diagnostics {
            let at = Region::of(report.source, d.primary.span);
            let (word, code, message) = (d.severity.word(), d.code, one_line(&d.message));
            out.push_str(&format!("{file}:{}:{}: {word}[{code}]: {message}\n", at.line, at.column));
        }
    }
    out
}

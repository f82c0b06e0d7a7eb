//! GitHub's workflow commands: annotations on the lines of a pull request.

use super::render::Region;
use super::{Report, Severity};

pub(super) fn render(reports: &[Report<'_>]) -> String {
    let mut out = String::new();
    for report in reports {
        let file = property(report.source.name());
        for d in report.diagnostics {
            let at = Region::of(report.source, d.primary.span);
            let command = match d.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            let (code, text) = (d.code, data(&d.message));
            let Region { line, column, end_line, end_column } = at;
            out.push_str(&format!(
                "::{command} file={file},line={line},col={column},endLine={end_line},endColumn={end_column},\
                 title={code}::{text}\n"
            ));
        }
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

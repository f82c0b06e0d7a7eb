//! What is said of the cell that is read otherwise.

use super::{Candidate, REPORTS, Report};
use crate::diag::{Code, Diagnostic, Edit, Label};
use crate::source::Source;

pub(super) fn report(
    source: &Source,
    candidate: &Candidate,
    mended: usize,
    tied: &[Candidate],
) -> Diagnostic {
    let Edit { span, text } = &candidate.edit;
    let old = source.slice(*span);
    let cells = if mended == 1 { "1 cell".to_owned() } else { format!("{mended} cells") };
    let right = format!("`{text}` makes {cells} right that `{old}` makes wrong");
    let mut d = match &candidate.report {
        Report::Known(d) => (**d).clone(),
        Report::Symbol(key, value) => {
            let message = format!("`{key}` is {old} in the header, but the rows that use it need {value}");
            let d = Diagnostic::new(Code::E0310, *span, message)
                .label(format!("{value} makes {cells} right that {old} makes wrong"));
            d.help(format!("write `{key}: {value}`")).fix(*span, text, true)
        }
        Report::Cell => {
            let message = format!("`{old}` contradicts the rows and counts that follow from it");
            let d = Diagnostic::new(Code::E0302, *span, message).label(right);
            d.help(format!("write `{text}`")).fix(*span, text, true)
        }
        Report::Word(kind) => {
            let message = format!("the header asks for {kind} padding `{old}`, but the table needs `{text}`");
            let d = Diagnostic::new(Code::E0307, *span, message).label(right);
            d.help(format!("write `padding: {text}` in the header")).fix(*span, text, true)
        }
    };
    if !matches!(candidate.report, Report::Known(_)) {
        (d.declared, d.inferred) = (Some(old.to_owned()), Some(text.clone()));
    }
    if let Some(fix) = d.fix.as_mut().filter(|_| !tied.is_empty()) {
        fix.certain = false;
    }
    let mut places = vec![*span];
    places.extend(d.secondary.iter().map(|l| l.span));
    for other in tied {
        if places.len() <= REPORTS && !places.contains(&other.edit.span) {
            places.push(other.edit.span);
            let text = format!("or this is wrong: `{}` would fit", other.edit.text);
            d.secondary.push(Label::new(other.edit.span, text));
        }
    }
    d
}

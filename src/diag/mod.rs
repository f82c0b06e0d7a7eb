//! A diagnostic: a code, a severity, places with labels, notes, a fix.
//!
//! Passes collect diagnostics and go on; nothing here prints, and each output format is one file. Spans are bytes of the document's
//! [`Source`](crate::source::Source); rendering turns them into lines and columns.

mod codes;
mod concise;
pub(crate) mod expect;
mod github;
mod human;
mod json;
mod render;
mod sarif;

pub use codes::{ALL, Code};
pub use render::{Counts, Format, Report};

use crate::source::Span;

/// How bad it is. An error makes `netc check` exit with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The document is wrong.
    Error,
    /// It is read, but an author would want to know.
    Warning,
    /// What netc chose or assumed.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A place and a short remark about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What to say there; may be empty.
    pub text: String,
    /// What would stand there if this is the cell that is wrong, where the text says so of a cause.
    pub instead: Option<String>,
}

impl Label {
    /// A remark at a place.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into(), instead: None }
    }
}

/// Replaces the bytes of a span by a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// Edits that mend the problem together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The edits, none overlapping.
    pub edits: Vec<Edit>,
    /// True where every best explanation shares it, so that `--fix` may apply it.
    pub certain: bool,
}

/// One problem, said once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which problem.
    pub code: Code,
    /// How bad; from the code unless raised.
    pub severity: Severity,
    /// The headline: stands alone in one line.
    pub message: String,
    /// The net it speaks of, where the document has several.
    pub net: Option<String>,
    /// The place that is wrong, with its remark.
    pub primary: Label,
    /// Other places that matter to it.
    pub secondary: Vec<Label>,
    /// What the author wrote, where a claim is at stake.
    pub declared: Option<String>,
    /// What follows from the rows instead.
    pub inferred: Option<String>,
    /// The arithmetic and other facts.
    pub notes: Vec<String>,
    /// What to write or do.
    pub help: Option<String>,
    /// The row that used the block in which the problem stands.
    pub use_line: Option<u32>,
    /// How to mend it.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A diagnostic of this code with its own severity, at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            net: None,
            primary: Label::new(span, ""),
            secondary: Vec::new(),
            declared: None,
            inferred: None,
            notes: Vec::new(),
            help: None,
            use_line: None,
            fix: None,
        }
    }

    /// The remark under the caret.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Another place that matters.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label::new(span, text));
        self
    }

    /// A fact, often arithmetic.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// What to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// A mend of one edit.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>, certain: bool) -> Self {
        self.fix = Some(Fix { edits: vec![Edit { span, text: text.into() }], certain });
        self
    }
}

/// Sorts by place, then severity, code and message: the order every format prints in.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| {
        (a.primary.span, a.severity, a.code, &a.message).cmp(&(
            b.primary.span,
            b.severity,
            b.code,
            &b.message,
        ))
    });
}

/// `62,397,480`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

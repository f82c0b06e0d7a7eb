//! What a printed count counts, where the header says so: `claims: { params: weights, K: 1024, flops: 2 macs }`.

use crate::diag::{Code, Diagnostic};
use crate::syntax::HeaderField;

/// What a parameter count holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamCount {
    /// Every trained number: kernels, biases, scales and shifts.
    All,
    /// Those and the running statistics: Keras's "Total params".
    Stored,
    /// Kernels and biases, no normalisation.
    Biases,
    /// Kernels alone.
    Weights,
}

impl ParamCount {
    /// Every way, the one netc takes where nothing speaks for another first.
    pub const ALL: [Self; 4] = [Self::All, Self::Stored, Self::Biases, Self::Weights];

    /// As written in the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Stored => "stored",
            Self::Biases => "biases",
            Self::Weights => "weights",
        }
    }
}

/// The conventions of counts that the header fixes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    /// What a parameter count holds.
    pub params: Option<ParamCount>,
    /// What K stands for in a parameter count, 1000 or 1024; M and G are its powers.
    pub k: Option<u32>,
    /// Operations that a multiplication counts as: 1, or 2 with the addition.
    pub flops: Option<u64>,
}

impl Counting {
    /// What this fixes, and where it fixes nothing, what another does.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            params: self.params.or(other.params),
            k: self.k.or(other.k),
            flops: self.flops.or(other.flops),
        }
    }

    /// Reads one key of `claims:` whose value is `text`; false where that is no convention.
    pub(super) fn read(
        &mut self,
        key: &str,
        field: &HeaderField<'_>,
        text: &str,
        found: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut wrong = |message: String, help: &str| {
            found.push(Diagnostic::new(Code::E0106, field.span, message).help(help));
        };
        match (key, text.to_lowercase().as_str()) {
            ("K" | "k", "1000") => self.k = Some(1000),
            ("K" | "k", "1024") => self.k = Some(1024),
            ("K" | "k", other) => {
                wrong(format!("K cannot stand for `{other}`"), "write `K: 1000` or `K: 1024`")
            }
            ("flops", "macs" | "mac") => self.flops = Some(1),
            ("flops", "2 macs" | "2macs" | "2*macs") => self.flops = Some(2),
            ("params" | "parameters", word) if word.chars().all(char::is_alphabetic) && !word.is_empty() => {
                self.params = ParamCount::ALL.into_iter().find(|p| p.name() == word);
                if self.params.is_none() {
                    let help = "write a number such as `62.4M`, or what the counts hold: `all` (every trained number), \
                                `stored` (running statistics too), `biases` (kernels and biases) or `weights` (kernels alone)";
                    wrong(format!("`{word}` is neither a number nor a way to count"), help);
                }
            }
            _ => return false,
        }
        true
    }
}

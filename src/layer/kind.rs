//! A kind's static description: everything a pass must know of it without knowing its type.

use super::{Args, Bound, Conventions, PadWord, WindowKind};

/// How many inputs a row of this kind takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// None: it begins a net.
    None,
    /// Exactly one, the row above unless `From` says otherwise.
    One,
    /// Two or more, named in `From`.
    Several,
}

/// A parameter's type; what a cell may say is checked against it before `bind` sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// A whole number in a range, both ends included.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A number in a range, the upper end included or not.
    Real {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
        /// Whether `max` itself is allowed.
        max_included: bool,
    },
    /// Height and width, each in a range; one number means both.
    Pair {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// Height, width and channels, or channels alone; each at least 1.
    Size,
    /// A padding word, or one, two (height, width) or four (top, bottom, left, right) numbers.
    Padding,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Yes or no; the bare name means yes.
    Flag,
    /// The heading of a table that marks which maps are connected.
    Links,
}

/// Where a value may also come from when its cause is not written: the row's claimed output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// Only a cause gives it.
    Never,
    /// The claim's channels (K of a convolution, units of an FC layer).
    Channels,
    /// The whole claimed size (INPUT).
    Size,
    /// One pixel: where nothing else is said, the window is the whole map and the layer a GLOBAL POOL.
    Whole,
}

/// One parameter of a kind: drives checking, defaults, help and the reference alike.
#[derive(Debug)]
pub struct ParamSpec {
    /// The name in specs, in canonical spelling.
    pub name: &'static str,
    /// Other spellings that are read.
    pub aliases: &'static [&'static str],
    /// Its type and range.
    pub ty: Type,
    /// Its unit, for the reference: `pixels`, `channels`, ``; may be empty.
    pub unit: &'static str,
    /// What it is when not written, as the reference shows it; empty where it must be given.
    pub default: &'static str,
    /// True where `bind` cannot do without it (and no stand-in gives it).
    pub required: bool,
    /// Whether a claim may stand in for it.
    pub stand_in: StandIn,
    /// One sentence.
    pub doc: &'static str,
    /// Whole numbers the checker tries when it looks for the edit that explains a size; for a
    /// [`Type::Pair`] each is tried for both axes. Empty where it never proposes one.
    pub repairs: &'static [i64],
}

impl ParamSpec {
    /// True for its name, and for a word that is a value of it.
    pub fn is_said_by(&self, word: &str) -> bool {
        let mut names = std::iter::once(&self.name).chain(self.aliases);
        let is_value = match self.ty {
            Type::Word(listed) => listed.iter().any(|w| w.eq_ignore_ascii_case(word)),
            Type::Padding => PadWord::named(word).is_some(),
            _ => false,
        };
        is_value || names.any(|n| n.eq_ignore_ascii_case(word))
    }
}

/// Which parameters the unnamed parts of a combined cell fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positional {
    /// `3x3`, `227x227x3`: the first size.
    pub size: Option<&'static str>,
    /// `/2`: what follows a slash, `s2`, `stride 2`.
    pub slash: Option<&'static str>,
    /// `64`: a bare whole number.
    pub int: Option<&'static str>,
    /// `same`, `ceil`, `max`: a bare word goes to the first of these whose type lists it (a padding
    /// word to a [`Type::Padding`], a flag's own name to the flag).
    pub words: &'static [&'static str],
}

/// A layer kind.
#[derive(Debug)]
pub struct Kind {
    /// Canonical name, such as `CONV`.
    pub name: &'static str,
    /// Other names read in a layer cell, upper case; `ACT` lists `RELU`.
    pub aliases: &'static [&'static str],
    /// Arguments an alias implies, such as `("RELU", "f", "relu")` for a [`Type::Word`].
    pub implied: &'static [(&'static str, &'static str, &'static str)],
    /// The key in the header's `defaults:` and `after:`, such as `conv`.
    pub key: &'static str,
    /// One paragraph: what it computes.
    pub summary: &'static str,
    /// How many inputs.
    pub arity: Arity,
    /// Its parameters.
    pub params: &'static [ParamSpec],
    /// Where unnamed parts of a cell go.
    pub positional: Positional,
    /// The padding convention it follows when a row has no word of its own.
    pub window: Option<WindowKind>,
    /// True where output and input have one shape whatever the parameters.
    pub keeps_shape: bool,
    /// True where all of its layers have weights: counted in depth.
    pub weighted: bool,
    /// Makes a layer of arguments that passed the table, under these conventions.
    pub bind: fn(&Args, &Conventions) -> Bound,
}

/// A name without the `2d` that classes of programs have behind it: `BatchNorm2d`.
pub(super) fn without_2d(name: &str) -> Option<&str> {
    let end = name.len().checked_sub(2).filter(|end| *end > 0 && name.is_char_boundary(*end))?;
    name[end..].eq_ignore_ascii_case("2d").then_some(&name[..end])
}

impl Kind {
    /// True for its name or an alias, in any case.
    pub fn answers_to(&self, name: &str) -> bool {
        self.names().any(|n| n.eq_ignore_ascii_case(name))
    }

    /// Its name and aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// What a name or alias says by itself, as pairs of parameter and value: `RELU` is ACT with `f=relu`.
    pub fn implied_by<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = (&'static str, &'static str)> + use<'n> {
        let known = self.names().any(|n| n.eq_ignore_ascii_case(name));
        let name = if known { name } else { without_2d(name).unwrap_or(name) };
        let implied = self.implied.iter().filter(move |(alias, ..)| alias.eq_ignore_ascii_case(name));
        implied.map(|(_, param, value)| (*param, *value))
    }

    /// True for a kind that begins a net.
    pub fn inputs_nothing(&self) -> bool {
        self.arity == Arity::None
    }

    /// The parameter of this name or alias, in any case.
    pub fn param(&self, name: &str) -> Option<&'static ParamSpec> {
        self.params.iter().find(|p| {
            p.name.eq_ignore_ascii_case(name) || p.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
        })
    }
}

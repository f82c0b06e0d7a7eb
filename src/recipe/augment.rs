//! How views of images are made: the recipe's `augment:`, how many views there are, and whether a claim says so.

use super::keys::Key;
use super::keys::Takes::{self, Flag, Numbers, Real, Whole, Word, WordOrNumbers};
use crate::diag::{Code, Diagnostic, grouped};
use crate::syntax::{self, Header};
use serde_yaml::{Mapping, Value};
use std::fmt;

/// `train: { augment: { ... } }`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Augment {
    /// Short side that images are resized to before the crop; the input's size where not given.
    pub resize: Option<u64>,
    /// What the crop is cut from.
    pub base: Base,
    /// Random mirrors in training.
    pub mirror: bool,
    /// A part of so much of the image's area, from least to most, resized to the input.
    pub area: Option<[f64; 2]>,
    /// Its width over its height, from least to most.
    pub ratio: Option<[f64; 2]>,
    /// Strengths of random changes of brightness, contrast, saturation and hue.
    pub jitter: [f64; 4],
    /// Deviation of the colour noise along the principal components.
    pub pca: Option<f64>,
    /// Their eigenvalues, where they are not computed from the images.
    pub pca_values: Option<[f64; 3]>,
    /// Their eigenvectors, by rows: those of R, G and B.
    pub pca_vectors: Option<[f64; 9]>,
    /// What is taken off each value.
    pub mean: WordsOrNumbers,
    /// What it is divided by.
    pub scale: WordsOrNumbers,
}

/// What crops are cut from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// The centre square, resized.
    #[default]
    Square,
    /// The whole image, resized.
    Whole,
    /// The image as it is.
    Original,
}

/// A word of a key's, or a number a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum WordsOrNumbers {
    /// As the key says without a value.
    #[default]
    Default,
    /// This word.
    Word(String),
    /// These numbers.
    Numbers(Vec<f64>),
}

const BASES: [(&str, Base); 3] =
    [("square", Base::Square), ("whole", Base::Whole), ("original", Base::Original)];
const JITTER: [&str; 4] = ["augment.brightness", "augment.contrast", "augment.saturation", "augment.hue"];
const INFINITE: f64 = f64::INFINITY;

const fn key(name: &'static str, takes: Takes, default: &'static str, meaning: &'static str) -> Key {
    Key { name, takes, default, meaning, only: None }
}

/// The keys below `augment`.
pub(super) const KEYS: [Key; 15] = [
    key("augment.resize", Whole(1), "the input's", "short side that images are resized to before the crop"),
    key(
        "augment.base",
        Word(&["square", "whole", "original"]),
        "square",
        "what crops are cut from: the centre square, the whole image, or the image without a change of size",
    ),
    key("augment.crop", Whole(1), "the input's", "side of the crop, which is the input's"),
    key("augment.mirror", Flag, "false", "half the training images are mirrored"),
    key(
        "augment.area",
        Numbers(2),
        "none",
        "in training, a part of least to most so much of the image's area, resized to the input",
    ),
    key("augment.ratio", Numbers(2), "[0.75, 1.3333]", "that part's width over its height, least to most"),
    key("augment.brightness", Real(0.0, INFINITE), "0", "values times `1 - b` to `1 + b`"),
    key(
        "augment.contrast",
        Real(0.0, INFINITE),
        "0",
        "the same of their distance from the image's mean grey",
    ),
    key("augment.saturation", Real(0.0, INFINITE), "0", "the same of their distance from their pixel's grey"),
    key("augment.hue", Real(0.0, 0.5), "0", "hues turn by up to this share of the circle"),
    key(
        "augment.pca",
        Real(0.0, INFINITE),
        "none",
        "deviation of noise along the colours' principal components, times their eigenvalues (0.1 in 2012)",
    ),
    key(
        "augment.pca_values",
        Numbers(3),
        "the training images'",
        "the eigenvalues, of values on the scale 0 to 1",
    ),
    key(
        "augment.pca_vectors",
        Numbers(9),
        "the training images'",
        "the eigenvectors: three numbers each for R, G, B",
    ),
    key(
        "augment.mean",
        WordOrNumbers(&["channel", "pixel", "none"]),
        "channel",
        "what is taken off: the training images' mean of each channel or at each pixel, nothing, or numbers (scale 0 to 1)",
    ),
    key(
        "augment.scale",
        WordOrNumbers(&["deviation", "unit", "byte"]),
        "deviation",
        "values are divided by the training images' deviation, or are on the scale 0 to 1 or 0 to 255, or numbers",
    ),
];

impl Augment {
    /// From the values of keys, each of its key's type.
    pub(super) fn read(value: &dyn Fn(&str) -> Option<Value>) -> Self {
        let real = |name: &str| value(name).and_then(|v| v.as_f64());
        let base = value("augment.base");
        let base = base.as_ref().and_then(Value::as_str).unwrap_or("square");
        let words_or_numbers = |name: &str| match value(name) {
            None => WordsOrNumbers::Default,
            Some(Value::String(word)) => WordsOrNumbers::Word(word),
            Some(list) => WordsOrNumbers::Numbers(numbers(&list).unwrap_or_default()),
        };
        Self {
            resize: value("augment.resize").and_then(|v| v.as_u64()),
            base: BASES.iter().find(|(name, _)| *name == base).map_or(Base::Square, |(_, base)| *base),
            mirror: value("augment.mirror").and_then(|v| v.as_bool()).unwrap_or(false),
            area: value("augment.area").and_then(|v| fixed(&v)),
            ratio: value("augment.ratio").and_then(|v| fixed(&v)),
            jitter: JITTER.map(|name| real(name).unwrap_or(0.0)),
            pca: real("augment.pca"),
            pca_values: value("augment.pca_values").and_then(|v| fixed(&v)),
            pca_vectors: value("augment.pca_vectors").and_then(|v| fixed(&v)),
            mean: words_or_numbers("augment.mean"),
            scale: words_or_numbers("augment.scale"),
        }
    }

    /// As the header writes it.
    pub(super) fn yaml(&self) -> Mapping {
        let mut all = Mapping::new();
        let list = |numbers: &[f64]| Value::Sequence(numbers.iter().map(|n| Value::from(*n)).collect());
        let mut put = |name: &str, value: Option<Value>| all.extend(value.map(|v| (Value::from(name), v)));
        put("resize", self.resize.map(Value::from));
        let base = BASES.iter().find(|(_, base)| *base == self.base && *base != Base::Square);
        put("base", base.map(|(name, _)| Value::from(*name)));
        put("mirror", Some(self.mirror.into()));
        put("area", self.area.map(|v| list(&v)));
        put("ratio", self.ratio.map(|v| list(&v)));
        for (name, strength) in JITTER.iter().zip(self.jitter) {
            put(name.trim_start_matches("augment."), (strength != 0.0).then(|| strength.into()));
        }
        put("pca", self.pca.map(Value::from));
        put("pca_values", self.pca_values.map(|v| list(&v)));
        put("pca_vectors", self.pca_vectors.map(|v| list(&v)));
        for (name, value) in [("mean", &self.mean), ("scale", &self.scale)] {
            put(
                name,
                match value {
                    WordsOrNumbers::Default => None,
                    WordsOrNumbers::Word(word) => Some(word.as_str().into()),
                    WordsOrNumbers::Numbers(numbers) => Some(list(numbers)),
                },
            );
        }
        all
    }

    /// The distinct views of an image that training can see, colours apart, for an input of `h` by `w`; none where the
    /// places are not fixed beforehand: a crop of an image that is not made square, a part of random size.
    pub fn views(&self, h: u64, w: u64) -> Option<Views> {
        let side = match (self.resize, self.base) {
            _ if self.area.is_some() => return None,
            (Some(side), Base::Square) => Some(side),
            (None, Base::Square | Base::Whole) => None,
            _ => return None,
        };
        let room = |input: u64| side.map_or(Some(1), |s| s.checked_sub(input).map(|r| r + 1));
        Some(Views { rows: room(h)?, columns: room(w)?, mirrors: if self.mirror { 2 } else { 1 } })
    }
}

/// Crops and mirrors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Views {
    /// Places of the crop from top to bottom.
    pub rows: u64,
    /// Places from left to right.
    pub columns: u64,
    /// 2 with mirrors, else 1.
    pub mirrors: u64,
}

impl Views {
    /// How many.
    pub fn total(self) -> u64 {
        self.rows.saturating_mul(self.columns).saturating_mul(self.mirrors)
    }
}

impl fmt::Display for Views {
    /// `30x30 crops x 2 mirrors = 1,800`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, columns, mirrors } = self;
        let one = if (*rows, *columns) == (1, 1) { "" } else { "s" };
        let many = if *mirrors == 1 { "" } else { " x 2 mirrors" };
        write!(f, "{rows}x{columns} crop{one}{many} = {}", grouped(self.total()))
    }
}

/// What of `augment:` does not fit the net's input, height and width, and a claim about the number of views that does not hold.
pub fn check(header: &Header, augment: &Augment, [h, w]: [u64; 2]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let field = |key: &str| header.get(&["train", "augment", key]);
    if let (Some(side), Some(field)) = (augment.resize, field("resize"))
        && (side < h || side < w)
    {
        let message = format!(
            "images of {side} are smaller than the net's input of {h}x{w}: no crop can be cut from them"
        );
        let help = format!("write {} or more", h.max(w));
        found.push(Diagnostic::new(Code::E0511, field.span, message).help(help));
    }
    if let Some(field) = field("crop")
        && field.value.as_u64().is_some_and(|crop| crop != h || crop != w)
    {
        let message = format!("the crop is not the net's input of {h}x{w}");
        let help =
            if h == w { format!("write `crop: {h}`, or leave it out") } else { "leave it out".to_owned() };
        let d = Diagnostic::new(Code::E0511, field.span, message).help(help);
        found.push(if h == w { d.fix(field.span, h.to_string(), false) } else { d });
    }
    found.extend(claim(header, augment, [h, w]));
    found
}

/// `claims: { views: 1800 }` beside what the recipe makes.
fn claim(header: &Header, augment: &Augment, [h, w]: [u64; 2]) -> Option<Diagnostic> {
    let field = header.get(&["claims", "views"])?;
    let written = field.value.as_str().map(str::to_owned).or(field.value.as_f64().map(|n| n.to_string()))?;
    let (low, high) = match product(&written) {
        Ok(claimed) => claimed,
        Err(message) => {
            let help = "write a number or a product, such as `1800` or `900 x 2`";
            return Some(Diagnostic::new(Code::E0106, field.span, message).help(help));
        }
    };
    let Some(views) = augment.views(h, w) else {
        let message = "the number of views depends on the images, and one is claimed";
        let help = "remove the claim, or cut crops from a square (`base: square`, no `area`)";
        return Some(Diagnostic::new(Code::E0510, field.span, message).help(help));
    };
    let total = views.total() as f64;
    if low <= total && total <= high {
        return None;
    }
    let side = augment
        .resize
        .map_or_else(String::new, |s| format!(", {s} - {h} + 1 = {} places a side", views.rows));
    let message =
        format!("the header claims {written} views but the recipe makes {}", grouped(views.total()));
    let d = Diagnostic::new(Code::E0510, field.span, message).note(format!("{views}{side}"));
    Some(d.help(format!("write `{}`", views.total())))
}

/// The least and the most that a printed count of views claims: a number, or places times mirrors as articles have it
/// (`841 x 2`), whose factors are exact.
fn product(written: &str) -> Result<(f64, f64), String> {
    let factors: Vec<&str> = written.split(['x', '×', '*']).map(str::trim).collect();
    if factors.len() > 1 && factors.iter().all(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit())) {
        let product = factors.iter().filter_map(|f| f.parse::<f64>().ok()).product();
        return Ok((product, product));
    }
    syntax::number(written).map(|claim| (claim.low, claim.high)).map_err(|error| error.message)
}

/// A list of numbers.
pub(super) fn numbers(value: &Value) -> Option<Vec<f64>> {
    let all: Option<Vec<f64>> = value.as_sequence()?.iter().map(Value::as_f64).collect();
    all.filter(|all| all.iter().all(|n| n.is_finite()))
}

/// A list of so many numbers.
fn fixed<const N: usize>(value: &Value) -> Option<[f64; N]> {
    numbers(value)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_places_of_the_crop_times_mirrors() {
        let augment = Augment { resize: Some(256), mirror: true, ..Augment::default() };
        assert_eq!(
            augment.views(227, 227).map(|v| v.to_string()).as_deref(),
            Some("30x30 crops x 2 mirrors = 1,800")
        );
        assert_eq!(augment.views(224, 224).map(Views::total), Some(33 * 33 * 2));
        assert_eq!(Augment::default().views(28, 28).map(|v| v.to_string()).as_deref(), Some("1x1 crop = 1"));
        // Sides beyond what 64 bits hold are told, not computed with.
        let vast = Views { rows: u64::MAX, columns: 2, mirrors: 2 };
        assert!(vast.to_string().ends_with(" = 18,446,744,073,709,551,615"));
        for other in [
            Augment { base: Base::Whole, ..augment.clone() },
            Augment { area: Some([0.1, 1.0]), ..augment.clone() },
            Augment { resize: None, base: Base::Original, ..augment },
        ] {
            assert_eq!(other.views(227, 227), None);
        }
    }
}

//! Notation to a parameter's value, or what is wrong with it.

use super::bind::Binder;
use super::bind_words::{flag, short, word_of};
use super::scope::Scope;
use crate::diag::{Code, grouped};
use crate::layer::{Kind, PadWord, ParamSpec, Type, Value};
use crate::syntax::{EvalError, Expr, ValueExpr, as_digits, close, meant};
use std::fmt;
use std::ops::Range;

/// What is wrong with a value: a code, a message, what to write instead.
pub(super) type Wrong = (Code, String, String);

/// `stride of CONV`, written out only where a message needs it.
struct Named<'a> {
    param: &'a str,
    kind: &'a str,
    /// How many bytes the value has in the text.
    width: usize,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.param, self.kind)
    }
}

impl Binder<'_> {
    /// A value of the parameter's type, in its range.
    pub(super) fn typed(
        &self,
        kind: &Kind,
        spec: &ParamSpec,
        value: &ValueExpr,
        width: usize,
    ) -> Result<Value, Wrong> {
        let name = Named { param: spec.name, kind: kind.name, width };
        match spec.ty {
            Type::Word(listed) => word_of(value)
                .and_then(|w| listed.iter().find(|l| l.eq_ignore_ascii_case(&w) || short(&w) == **l).copied())
                .map(Value::Word)
                .ok_or_else(|| {
                    let given = word_of(value).unwrap_or_default();
                    let message = match given.as_str() {
                        "" => format!("the {name} has to be a word"),
                        given => format!("the {name} cannot be `{given}`"),
                    };
                    let all = format!("write one of {}", listed.join(", "));
                    wrong(message, meant(&given, listed.iter().copied(), &all))
                }),
            Type::Flag => flag(spec, value).map(Value::Flag).ok_or_else(|| {
                let given = word_of(value).map_or_else(String::new, |w| format!(", not `{w}`"));
                let message = format!("the {name} is yes or no{given}");
                wrong(message, format!("write `{0}=yes` or `{0}=no`", spec.name))
            }),
            Type::Padding => self.padding(&name, value),
            Type::Links => self.links(&name, value),
            Type::Int { min, max } => self.whole(&name, value, min, max).map(Value::Int),
            Type::Real { min, max, max_included } => {
                let v = self.number(&name, value)?;
                let fits = v >= min && (v < max || max_included && v <= max);
                let end = if max_included { "to" } else { "to below" };
                match (2.0..=100.0).contains(&v) && max <= 1.0 {
                    _ if fits => Ok(Value::Real(v)),
                    true if v > 2.0 => {
                        let (_, text, _) = range(&name, &v.to_string(), "");
                        Err((Code::E0205, text, format!("write a share of 1: {v} % is `{}`", v / 100.0)))
                    }
                    _ => Err(range(&name, &v.to_string(), &format!("{min} {end} {max}"))),
                }
            }
            Type::Pair { min, max } => {
                let parts = self.parts(&name, value, min, max)?;
                match parts.as_slice() {
                    [a] => Ok(Value::Pair([*a, *a])),
                    [a, b] => Ok(Value::Pair([*a, *b])),
                    // A filter's shape, its channels behind.
                    [a, b, _] | [a, b, _, _] if spec.name == "kernel" => Ok(Value::Pair([*a, *b])),
                    _ => Err(wrong(
                        format!("the {name} is one number, or height and width"),
                        "write it like `2` or `2x1`".to_owned(),
                    )),
                }
            }
            Type::Size => self.size(&name, value),
        }
    }

    /// Height, width and channels, or channels alone: none are guessed.
    fn size(&self, name: &Named<'_>, value: &ValueExpr) -> Result<Value, Wrong> {
        match self.parts(name, value, 1, i64::from(i32::MAX))?.as_slice() {
            [c] => Ok(Value::Size([1, 1, *c])),
            [h, w, c] => Ok(Value::Size([*h, *w, *c])),
            [h, w] => Err(wrong(
                format!("the {name} says no channels"),
                format!("write `{h}x{w}x1` for grey pictures, `{h}x{w}x3` for coloured ones"),
            )),
            _ => Err(wrong(
                format!("the {name} has to be height, width and channels"),
                "write it like `227x227x3`".into(),
            )),
        }
    }

    fn links(&self, name: &Named<'_>, value: &ValueExpr) -> Result<Value, Wrong> {
        match word_of(value) {
            Some(heading) => self.links.get(&heading).map(Value::Links),
            None => Err(wrong(
                format!("the {name} has to be a heading"),
                "write the words of a heading below which a table marks what is connected".to_owned(),
            )),
        }
    }

    fn padding(&self, name: &Named<'_>, value: &ValueExpr) -> Result<Value, Wrong> {
        let word = word_of(value);
        if let Some(word) = word.as_deref().and_then(PadWord::named) {
            return Ok(Value::PadWord(word));
        }
        if let Some(word) = word.filter(|w| self.scope.get(w).is_none() && as_digits(w).is_none()) {
            let names = PadWord::ALL.map(PadWord::name);
            let all = names.map(|n| format!("`{n}`")).join(", ");
            let help = meant(&word, names.into_iter(), &format!("write {all} or how many pixels: `2`"));
            return Err(wrong(format!("the {name} cannot be `{word}`"), help));
        }
        match self.parts(name, value, 0, 65_536)?.as_slice() {
            [p] => Ok(Value::Pad([*p; 4])),
            [h, w] => Ok(Value::Pad([*h, *h, *w, *w])),
            [t, b, l, r] => Ok(Value::Pad([*t, *b, *l, *r])),
            _ => Err(wrong(
                format!("the {name} has to be a word or one, two or four numbers"),
                "write `same`, `2`, `2,1` (height, width) or `1,2,1,2` (top, bottom, left, right)".to_owned(),
            )),
        }
    }

    fn parts(&self, name: &Named<'_>, value: &ValueExpr, min: i64, max: i64) -> Result<Vec<i64>, Wrong> {
        match value {
            ValueExpr::One(e) => Ok(vec![self.check(name, self.eval(e)?, min, max)?]),
            ValueExpr::Size(es) => es.iter().map(|e| self.check(name, self.eval(e)?, min, max)).collect(),
            ValueExpr::List(es) => {
                es.iter().map(|(e, _)| self.check(name, self.eval(e)?, min, max)).collect()
            }
            ValueExpr::Word(w) => {
                Err(wrong(format!("the {name} has to be a number, not `{w}`"), "write a number".to_owned()))
            }
        }
    }

    fn whole(&self, name: &Named<'_>, value: &ValueExpr, min: i64, max: i64) -> Result<i64, Wrong> {
        let number = self.number(name, value)?;
        self.check(name, number, min, max)
    }

    fn number(&self, name: &Named<'_>, value: &ValueExpr) -> Result<f64, Wrong> {
        match value {
            ValueExpr::One(e) => self.eval(e),
            ValueExpr::Word(w) => {
                Err(wrong(format!("the {name} has to be a number, not `{w}`"), "write a number".to_owned()))
            }
            ValueExpr::List(parts) => {
                Err(wrong(format!("the {name} is one number"), one_of(parts, name.width)))
            }
            ValueExpr::Size(_) => {
                Err(wrong(format!("the {name} is one number, not a size"), "write one number".to_owned()))
            }
        }
    }

    fn check(&self, name: &Named<'_>, value: f64, min: i64, max: i64) -> Result<i64, Wrong> {
        if value.fract() != 0.0 || !value.is_finite() {
            return Err(wrong(
                format!("the {name} is a whole number, not {value}"),
                format!("write `{}` or `{}`", value.floor(), value.floor() + 1.0),
            ));
        }
        if value < min as f64 || value > max as f64 {
            let allowed = format!("{min} to {}", grouped(max.unsigned_abs()));
            return Err(range(name, &value.to_string(), &allowed));
        }
        Ok(value as i64)
    }

    /// An expression's value over the document's symbols.
    pub(super) fn eval(&self, expr: &Expr) -> Result<f64, Wrong> {
        expr.eval(&|name| self.scope.get(name)).map_err(|e| unevaluated(&e, self.scope))
    }
}

/// An evaluation error as a code, a message and a help.
pub(super) fn unevaluated(error: &EvalError, scope: &Scope<'_>) -> Wrong {
    match error {
        EvalError::Unknown(name) if name.starts_with("in.") => (
            Code::E0209,
            format!("`{name}` is not known here"),
            "write `in.h`, `in.w` or `in.c` in a block's rows: the size of what goes into the block"
                .to_owned(),
        ),
        EvalError::Unknown(name) => {
            let let_it = format!("give it a value in the header: `let: {{ {name}: 10 }}`");
            let help = match (as_digits(name), close(name, scope.names())) {
                (Some(number), _) => format!("did you mean `{number}`? Or {let_it}"),
                (None, Some(near)) => format!("did you mean `{near}`? Or {let_it}"),
                (None, None) => format!("write a number, or {let_it}"),
            };
            (Code::E0208, format!("`{name}` is neither a number nor a symbol of `let:`"), help)
        }
        EvalError::NoValue(text) => {
            (Code::E0209, text.clone(), "write an expression with a whole value".to_owned())
        }
    }
}

/// What to write for a list where one number is asked for: a comma may be a decimal one, or group thousands.
fn one_of(parts: &[(Expr, Range<u32>)], width: usize) -> String {
    if let [(Expr::Number(a), _), (Expr::Number(b), _)] = parts
        && a.fract() == 0.0
        && b.fract() == 0.0
    {
        // What the text has behind its comma, zeros before it too.
        let after = width.saturating_sub(a.to_string().len() + 1);
        let b = format!("{b:0>after$}");
        return match b.len() {
            3 if *a > 0.0 => format!("write `{a}{b}` if the comma groups its digits"),
            _ => format!("write `{a}.{b}` if the comma is a decimal one"),
        };
    }
    "write one number; a list is a value for each copy of a row that repeats: `x 2`".to_owned()
}

fn wrong(message: String, help: String) -> Wrong {
    (Code::E0204, message, help)
}

fn range(name: &Named<'_>, value: &str, allowed: &str) -> Wrong {
    (Code::E0205, format!("the {name} cannot be {value}"), format!("write a number from {allowed}"))
}

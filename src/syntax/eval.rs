//! Expressions to numbers.

use super::notation::{BinaryOp, Expr};

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalError {
    /// A name that stands for nothing.
    Unknown(String),
    /// `/` that leaves a remainder, a division by zero, a wrong function; said in a sentence.
    NoValue(String),
}

impl Expr {
    /// The value, names looked up by `look`.
    ///
    /// # Errors
    /// An unknown name, an uneven division, a function that does not exist or takes other arguments.
    pub fn eval(&self, look: &dyn Fn(&str) -> Option<f64>) -> Result<f64, EvalError> {
        match self {
            Self::Number(v) => Ok(*v),
            Self::Name(name) => look(name).ok_or_else(|| EvalError::Unknown(name.clone())),
            Self::Negate(e) => Ok(-e.eval(look)?),
            Self::Binary(op, a, b) => binary(*op, a.eval(look)?, b.eval(look)?),
            Self::Call(name, args) => call(name, args, look),
        }
    }
}

fn binary(op: BinaryOp, a: f64, b: f64) -> Result<f64, EvalError> {
    let uneven = |what: &str| EvalError::NoValue(format!("{a} {what} {b} does not come out even"));
    Ok(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b == 0.0 || (a / b).fract() != 0.0 => return Err(uneven("/")),
        BinaryOp::Div => a / b,
        BinaryOp::Rem if b == 0.0 => return Err(uneven("%")),
        BinaryOp::Rem => a.rem_euclid(b),
        BinaryOp::Equal => f64::from(u8::from(a == b)),
        BinaryOp::Less => f64::from(u8::from(a < b)),
    })
}

fn call(name: &str, args: &[Expr], look: &dyn Fn(&str) -> Option<f64>) -> Result<f64, EvalError> {
    match (name, args) {
        ("min", [a, b]) => Ok(a.eval(look)?.min(b.eval(look)?)),
        ("max", [a, b]) => Ok(a.eval(look)?.max(b.eval(look)?)),
        ("if", [cond, a, b]) => {
            if cond.eval(look)? == 0.0 {
                b.eval(look)
            } else {
                a.eval(look)
            }
        }
        _ => Err(EvalError::NoValue(format!(
            "there is no function `{name}` of {} arguments; there are min(a, b), max(a, b), if(cond, a, b)",
            args.len()
        ))),
    }
}

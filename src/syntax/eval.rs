//! Expressions to numbers.

use super::notation::{BinaryOp, Expr};

/// The deepest expression that is evaluated.
const DEEPEST: usize = 256;

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
        self.within(look, DEEPEST)
    }

    /// The value, if it takes at most `left` steps down. A chain `a + b + c` is one step, however long.
    fn within(&self, look: &dyn Fn(&str) -> Option<f64>, left: usize) -> Result<f64, EvalError> {
        let Some(left) = left.checked_sub(1) else {
            return Err(EvalError::NoValue(format!("the expression is nested deeper than {DEEPEST}")));
        };
        let mut first = self;
        let mut chain = Vec::new();
        while let Self::Binary(op, a, b) = first {
            chain.push((*op, b));
            first = a;
        }
        let mut value = match first {
            Self::Number(v) => *v,
            Self::Name(name) => look(name).ok_or_else(|| EvalError::Unknown(name.clone()))?,
            Self::Negate(e) => -e.within(look, left)?,
            Self::Binary(..) => return Err(EvalError::NoValue("no value".to_owned())),
            Self::Call(name, args) => call(name, args, look, left)?,
        };
        for (op, right) in chain.into_iter().rev() {
            value = binary(op, value, right.within(look, left)?)?;
        }
        Ok(value)
    }
}

fn binary(op: BinaryOp, a: f64, b: f64) -> Result<f64, EvalError> {
    let uneven = |what: &str| EvalError::NoValue(format!("{a} {what} {b} does not come out even"));
    Ok(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div | BinaryOp::Rem if b == 0.0 => {
            return Err(EvalError::NoValue(format!("{a} is divided by 0")));
        }
        BinaryOp::Div if (a / b).fract() != 0.0 => return Err(uneven("/")),
        BinaryOp::Div => a / b,
        BinaryOp::Rem => a.rem_euclid(b),
        BinaryOp::Equal => f64::from(u8::from(a == b)),
        BinaryOp::Less => f64::from(u8::from(a < b)),
    })
}

fn call(
    name: &str,
    args: &[Expr],
    look: &dyn Fn(&str) -> Option<f64>,
    left: usize,
) -> Result<f64, EvalError> {
    match (name, args) {
        ("min", [a, b]) => Ok(a.within(look, left)?.min(b.within(look, left)?)),
        ("max", [a, b]) => Ok(a.within(look, left)?.max(b.within(look, left)?)),
        ("if", [cond, a, b]) => {
            if cond.within(look, left)? == 0.0 {
                b.within(look, left)
            } else {
                a.within(look, left)
            }
        }
        _ => Err(EvalError::NoValue(format!(
            "there is no function `{name}` of {} arguments; there are min(a, b), max(a, b), if(cond, a, b)",
            args.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(expr: &Expr) -> Result<f64, EvalError> {
        expr.eval(&|_| None)
    }

    #[test]
    fn depth_is_limited_and_length_is_not() {
        let one = || Box::new(Expr::Number(1.0));
        let chain = (0..5000).fold(Expr::Number(0.0), |e, _| Expr::Binary(BinaryOp::Add, Box::new(e), one()));
        assert_eq!(value(&chain), Ok(5000.0));
        let nested = |n| (0..n).fold(Expr::Number(1.0), |e, _| Expr::Negate(Box::new(e)));
        assert_eq!(value(&nested(200)), Ok(1.0));
        assert!(matches!(value(&nested(300)), Err(EvalError::NoValue(_))));
    }
}

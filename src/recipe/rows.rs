//! What the recipe says of single parameters: factors of rate and decay, how they start.

use super::{Initial, Recipe};
use crate::program::{Param, Program, Role};

/// Settings for some rows. Factors multiply those of the whole recipe; where two rules name a row, the later wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowRule {
    /// Row names or kinds, as written.
    pub rows: Vec<String>,
    /// Factor of the rate of all the row's parameters.
    pub rate: Option<f64>,
    /// Factor of their decay.
    pub decay: Option<f64>,
    /// Biases' rate, instead of the recipe's `bias_rate`.
    pub bias_rate: Option<f64>,
    /// Biases' decay, instead of the recipe's `bias_decay`.
    pub bias_decay: Option<f64>,
    /// How kernels start.
    pub kernel_init: Option<Initial>,
    /// How biases start.
    pub bias_init: Option<Initial>,
}

impl RowRule {
    /// Whether it speaks of a row of this name and kind.
    pub fn names(&self, name: &str, kind: &str) -> bool {
        self.rows.iter().any(|row| row.eq_ignore_ascii_case(name) || row.eq_ignore_ascii_case(kind))
    }
}

/// What a parameter's rate and decay are multiplied by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// Of the learning rate.
    pub rate: f64,
    /// Of `l2` and `weight_decay`.
    pub decay: f64,
}

impl Recipe {
    /// The last rule's word on a parameter's row.
    fn said<T>(&self, program: &Program, param: &Param, of: impl Fn(&RowRule) -> Option<T>) -> Option<T> {
        let row = &program.rows[param.row.0 as usize];
        self.rows.iter().rev().filter(|r| r.names(&row.name, &row.kind)).find_map(of)
    }

    /// The factors of a trained parameter.
    pub fn factors(&self, program: &Program, param: &Param) -> Factors {
        let of_row = |of: fn(&RowRule) -> Option<f64>| self.said(program, param, of);
        let (rate, decay) = match param.role {
            Role::Kernel => (1.0, 1.0),
            Role::Bias => (
                of_row(|r| r.bias_rate).unwrap_or(self.bias_rate),
                of_row(|r| r.bias_decay).unwrap_or(self.bias_decay),
            ),
            _ => (self.norm_rate, self.norm_decay),
        };
        Factors {
            rate: rate * of_row(|r| r.rate).unwrap_or(1.0),
            decay: decay * of_row(|r| r.decay).unwrap_or(1.0),
        }
    }

    /// Has the program's parameters start as the recipe says.
    pub fn initialise(&self, program: &mut Program) {
        let wished: Vec<Option<Initial>> = program
            .params
            .iter()
            .map(|param| match param.role {
                Role::Kernel => self.said(program, param, |r| r.kernel_init).or(self.kernel_init),
                Role::Bias => self.said(program, param, |r| r.bias_init).or(self.bias_init),
                _ => None,
            })
            .collect();
        for (param, wished) in program.params.iter_mut().zip(wished) {
            if let Some(initial) = wished {
                param.init = initial.resolve(&param.dims);
            }
        }
    }
}

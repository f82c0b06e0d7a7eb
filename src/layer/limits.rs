//! The largest values and tensors netc describes.

use super::Problem;
use crate::diag::Code;
use crate::shape::Shape;

/// The longest side and the most channels: what libtorch's 32-bit kernels can index.
pub(super) const LONGEST: i64 = i32::MAX as i64;
/// The most numbers in one value or one kernel, 2^48: a petabyte in fp32, and far from overflow.
const NUMBERS: u64 = 1 << 48;

/// The shape, if a value can have it. The problem is blamed on the row; callers may know better.
pub(super) fn fits(shape: Shape) -> Result<Shape, Problem> {
    let longest = shape.hwc().into_iter().max().unwrap_or(0);
    if longest > LONGEST.unsigned_abs() {
        return Err(too_large(longest, "a side or a number of channels"));
    }
    if shape.elements() > NUMBERS {
        return Err(Problem::new(Code::E0303, format!("{shape} is too large: more than 2^48 numbers"))
            .help("write a smaller number here, or a smaller size in the rows before"));
    }
    Ok(shape)
}

/// A kernel of this many numbers, if one can be stored.
pub(super) fn kernel(numbers: u64) -> Result<(), Problem> {
    if numbers <= NUMBERS {
        return Ok(());
    }
    let problem = Problem::new(Code::E0303, "the kernel is too large: more than 2^48 numbers").input(0);
    Err(problem.help("write a smaller filter or fewer channels; before an FC layer, pool the map first"))
}

/// A single number beyond [`LONGEST`].
pub(super) fn too_large(number: impl std::fmt::Display, what: &str) -> Problem {
    Problem::new(Code::E0303, format!("{number} is too large: {what} is at most {LONGEST}"))
        .help(format!("write a number of at most {LONGEST}; is a blank or a sign lost between two?"))
}

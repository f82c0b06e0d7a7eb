//! What a padding is in words of the frameworks.

use crate::shape::Shape;

/// `[top, bottom, left, right]` of a window over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padded {
    /// Nothing is added.
    Valid,
    /// What Keras's `same` adds: `ceil(L / s)` windows, the odd pixel behind.
    Same,
    /// Anything else.
    Given([u32; 4]),
}

/// Reads a padding as Keras would say it.
pub(super) fn keras(
    input: Shape,
    kernel: [u64; 2],
    stride: [u32; 2],
    dilation: [u32; 2],
    padding: [u32; 4],
) -> Padded {
    let [h, w, _] = input.hwc();
    let [top, bottom, left, right] = padding.map(u64::from);
    if padding == [0; 4] {
        return Padded::Valid;
    }
    let rows = same(h, kernel[0], stride[0].into(), dilation[0].into());
    let columns = same(w, kernel[1], stride[1].into(), dilation[1].into());
    if rows == [top, bottom] && columns == [left, right] { Padded::Same } else { Padded::Given(padding) }
}

/// `total = max((ceil(L / s) - 1) s + d (k - 1) + 1 - L, 0)`, half of it before, rounded down.
fn same(length: u64, kernel: u64, stride: u64, dilation: u64) -> [u64; 2] {
    let windows = length.div_ceil(stride.max(1));
    let reach = windows.saturating_sub(1) * stride + dilation * kernel.saturating_sub(1) + 1;
    let total = reach.saturating_sub(length);
    [total / 2, total - total / 2]
}

/// Both axes' padding where either side of each has the same.
pub(super) fn even([top, bottom, left, right]: [u32; 4]) -> Option<[u32; 2]> {
    (top == bottom && left == right).then_some([top, left])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_is_recognised() {
        let image = Shape::map(227, 227, 3);
        assert_eq!(keras(image, [11, 11], [4, 4], [1, 1], [4, 4, 4, 4]), Padded::Same);
        assert_eq!(keras(image, [11, 11], [4, 4], [1, 1], [2, 2, 2, 2]), Padded::Given([2, 2, 2, 2]));
        assert_eq!(keras(Shape::map(28, 28, 1), [5, 5], [2, 2], [1, 1], [1, 2, 1, 2]), Padded::Same);
        assert_eq!(keras(image, [3, 3], [2, 2], [1, 1], [0; 4]), Padded::Valid);
    }
}

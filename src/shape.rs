//! What one image is at a place in the net: a map or a vector.

use std::fmt;

/// The shape of one value, without the batch axis.
///
/// `1x1xC` and `C` are one shape to a claim ([`Shape::agrees`]); they differ as Rust values, since a
/// convolution needs a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Feature maps, `[N, C, H, W]` in libtorch: height, width, channels.
    Map {
        /// Height.
        h: u64,
        /// Width.
        w: u64,
        /// Channels.
        c: u64,
    },
    /// A vector per image, `[N, C]` in libtorch.
    Flat(u64),
}

impl Shape {
    /// A map of `h` by `w` with `c` channels.
    pub const fn map(h: u64, w: u64, c: u64) -> Self {
        Self::Map { h, w, c }
    }

    /// Height, width and channels; a vector is 1x1xC.
    pub const fn hwc(self) -> [u64; 3] {
        match self {
            Self::Map { h, w, c } => [h, w, c],
            Self::Flat(c) => [1, 1, c],
        }
    }

    /// Channels of a map, length of a vector.
    pub const fn channels(self) -> u64 {
        self.hwc()[2]
    }

    /// How many numbers it holds for one image; saturates.
    pub const fn elements(self) -> u64 {
        let [h, w, c] = self.hwc();
        h.saturating_mul(w).saturating_mul(c)
    }

    /// Equal to an author's eye: `1x1xC` and `C` agree.
    pub fn agrees(self, other: Self) -> bool {
        self.hwc() == other.hwc()
    }

    /// `[h, w, c]` or `[n]`, as `netc show --format json` prints it.
    pub fn dims(self) -> Vec<u64> {
        match self {
            Self::Map { h, w, c } => vec![h, w, c],
            Self::Flat(c) => vec![c],
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Map { h, w, c } => write!(f, "{h}x{w}x{c}"),
            Self::Flat(c) => write!(f, "{c}"),
        }
    }
}

//! Exit statuses; scripts rely on the numbers.

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: fine.
    Fine,
    /// 1: problems found in the spec.
    Problems,
    /// 2: usage, or a file that could not be read or written.
    Usage,
    /// 3: a run failed.
    Failed,
    /// 101: a bug in netc.
    Bug,
    /// 130: interrupted.
    Interrupted,
    /// 143: terminated.
    Terminated,
}

impl Exit {
    /// The status.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Problems => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Bug => 101,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The worse of two: usage over problems over fine.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        if other.code() > self.code() { other } else { self }
    }
}

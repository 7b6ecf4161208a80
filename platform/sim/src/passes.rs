//! What is counted at fault points.

/// What happened at a fault point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passes {
    /// How often a process passed it.
    pub passed: u64,
    /// How many processes ended there.
    pub ended: u64,
}

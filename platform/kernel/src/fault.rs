//! Fault points: named places where a test may end the process, or note that it was there.

use std::fmt;

/// A named place in the code that matters for recovery, such as "between the effect and its record".
///
/// Without the cargo feature `fault-points`, which no default turns on, passing it is nothing at all. With
/// the feature each pass calls the hook that was given to [`FaultPoint::hook`]. The hook returns, or ends
/// the process; it must not panic, because a panic is caught and answered like any other. A simulator notes
/// the pass and drops the instance where it next waits.
///
/// The crate that passes a point declares it as a constant and lists it in its `FAULT_POINTS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FaultPoint(&'static str);

impl FaultPoint {
    /// A point; its name is unique in a program and reads `crate.what.when`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// The code has come to this point.
    #[cfg(not(feature = "fault-points"))]
    #[inline(always)]
    pub const fn pass(self) {}

    /// The code has come to this point.
    #[cfg(feature = "fault-points")]
    pub fn pass(self) {
        if let Some(hook) = HOOK.get() {
            hook(self);
        }
    }

    /// Calls `hook` at each pass of each point from now on, on the thread that passes. One per process.
    ///
    /// # Errors
    /// When there is a hook already; it stays.
    #[cfg(feature = "fault-points")]
    pub fn hook(hook: impl Fn(FaultPoint) + Send + Sync + 'static) -> Result<(), HookTaken> {
        HOOK.set(Box::new(hook)).map_err(|_| HookTaken)
    }
}

impl fmt::Display for FaultPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(feature = "fault-points")]
type Hook = Box<dyn Fn(FaultPoint) + Send + Sync>;

// A static, because a point must cost its crate nothing but one line. It exists in builds for tests only.
#[cfg(feature = "fault-points")]
static HOOK: std::sync::OnceLock<Hook> = std::sync::OnceLock::new();

/// The process has a hook for its fault points already.
#[cfg(feature = "fault-points")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process has a hook for its fault points already")]
pub struct HookTaken;

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: FaultPoint = FaultPoint::new("kernel.test.passed");

    #[test]
    #[cfg(not(feature = "fault-points"))]
    fn without_the_feature_a_pass_is_known_at_compile_time_to_be_nothing() {
        const PASSED: () = POINT.pass();
        assert_eq!(((), "kernel.test.passed"), (PASSED, POINT.name()));
    }

    #[test]
    #[cfg(feature = "fault-points")]
    fn the_first_hook_hears_of_each_pass_and_no_second_takes_its_place() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU32, Ordering};

        let passes = Arc::new(AtomicU32::new(0));
        let counted = passes.clone();
        POINT.pass();
        let count = move |point| {
            if point == POINT {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        };
        assert_eq!(FaultPoint::hook(count), Ok(()));
        POINT.pass();
        assert_eq!(FaultPoint::hook(|_| {}), Err(HookTaken));
        POINT.pass();
        assert_eq!(passes.load(Ordering::Relaxed), 2);
    }
}

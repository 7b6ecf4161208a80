//! Mutants: mistakes that people make, planted on purpose, to see that something notices them.

use std::fmt;

/// A named mistake in the code. A test that no mutant can fail, and a simulation that notices none, show nothing.
///
/// Without the cargo feature `mutants`, which no default turns on, none is ever planted and the code around it is
/// nothing at all. With the feature at most one is planted on each thread, by `plant`: a simulated run is one
/// thread, so runs with other mutants go on beside it. What other threads do for a run is never mistaken.
///
/// The crate that makes the mistake declares it as a constant, asks [`Mutant::is_planted`] in one place or two, and
/// lists it in its `MUTANTS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mutant {
    name: &'static str,
    breaks: &'static str,
    catcher: Catcher,
}

/// Who has to notice a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Catcher {
    /// Simulated runs of a fleet.
    Simulation,
    /// A race on a real server, in code that runs nowhere else.
    Race,
}

impl Mutant {
    /// A mutant. Its name is unique in a program and reads `crate.what.how`; `breaks` says in one sentence what is
    /// wrong while it is planted.
    #[must_use]
    pub const fn new(name: &'static str, breaks: &'static str, catcher: Catcher) -> Self {
        Self { name, breaks, catcher }
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// What is wrong while it is planted.
    #[must_use]
    pub const fn breaks(self) -> &'static str {
        self.breaks
    }

    /// Who has to notice.
    #[must_use]
    pub const fn catcher(self) -> Catcher {
        self.catcher
    }

    /// Whether the mistake is to be made: never in a usual build.
    #[cfg(not(feature = "mutants"))]
    #[inline(always)]
    #[must_use]
    pub const fn is_planted(self) -> bool {
        false
    }

    /// Whether the mistake is to be made, on this thread.
    #[cfg(feature = "mutants")]
    #[must_use]
    pub fn is_planted(self) -> bool {
        PLANTED.get().is_some_and(|planted| planted == self.name)
    }

    /// Makes the mistake on this thread until what is given is dropped, instead of any other.
    #[cfg(feature = "mutants")]
    #[must_use]
    pub fn plant(self) -> Planted {
        PLANTED.set(Some(self.name));
        Planted { _thread: std::marker::PhantomData }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Catcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Simulation => "simulation",
            Self::Race => "race",
        })
    }
}

#[cfg(feature = "mutants")]
thread_local! {
    /// A place that code asks without having been given anything. It exists in builds for tests only.
    static PLANTED: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) };
}

/// A mutant is planted on this thread; none is when this is dropped.
#[cfg(feature = "mutants")]
#[derive(Debug)]
pub struct Planted {
    /// It has to be dropped on the thread that it is about.
    _thread: std::marker::PhantomData<*const ()>,
}

#[cfg(feature = "mutants")]
impl Drop for Planted {
    fn drop(&mut self) {
        PLANTED.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MUTANT: Mutant =
        Mutant::new("kernel.test.forgotten", "The test forgets something.", Catcher::Simulation);

    #[test]
    #[cfg(not(feature = "mutants"))]
    fn without_the_feature_it_is_known_at_compile_time_that_none_is_planted() {
        const IS_PLANTED: bool = MUTANT.is_planted();
        const { assert!(!IS_PLANTED) };
    }

    #[test]
    #[cfg(feature = "mutants")]
    fn one_is_planted_at_a_time_and_on_one_thread() {
        let other = Mutant::new("kernel.test.other", "Something else is forgotten.", Catcher::Race);
        let planted = MUTANT.plant();
        assert!(MUTANT.is_planted() && !other.is_planted());
        let elsewhere = std::thread::scope(|scope| scope.spawn(|| MUTANT.is_planted()).join());
        assert!(!elsewhere.unwrap());
        drop(planted);
        assert!(!MUTANT.is_planted());
    }
}

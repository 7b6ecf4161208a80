//! Runs seeds on all cores.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tradewind_kernel::Clock;
use tradewind_sim::{Outcome, Plan, Workload, run};

use crate::options::Options;
use crate::progress::Progress;
use crate::sum::Sum;

/// All runs of a campaign. Each is on one thread, from its beginning to its end, and knows of no other.
pub(crate) struct Runs<'a> {
    options: &'a Options,
    plan: &'a Plan,
    /// The next of them, from 0.
    next: AtomicU64,
    sum: Mutex<Sum>,
    error: Mutex<Option<std::io::Error>>,
}

impl<'a> Runs<'a> {
    pub(crate) fn new(options: &'a Options, plan: &'a Plan) -> Self {
        Self { options, plan, next: AtomicU64::new(0), sum: Mutex::default(), error: Mutex::default() }
    }

    /// Runs all seeds; stops at the first that fails, unless it is to go on.
    pub(crate) fn all<W: Workload>(self, workload: &(dyn Fn() -> W + Sync)) -> Result<Sum, std::io::Error> {
        let (clock, count) = (Clock::system(), self.options.range().1);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let wanted = self.options.threads.map_or(cores, usize::from);
        let threads = wanted.min(usize::try_from(count).unwrap_or(wanted));
        let progress = Progress::new(count, clock.clone());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| self.some(workload, &progress));
            }
        });
        progress.ends();
        if let Some(error) = self.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut sum = self.sum.into_inner().unwrap_or_else(PoisonError::into_inner);
        sum.took = clock.monotonic();
        sum.bad.sort_by_key(|outcome| outcome.seed);
        sum.unsteady.sort_unstable();
        Ok(sum)
    }

    /// Takes one seed after the other.
    fn some<W: Workload>(&self, workload: &(dyn Fn() -> W + Sync), progress: &Progress) {
        let (first, count) = self.options.range();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= count || (!self.options.keep_going && self.sum().has_failed()) {
                return;
            }
            match self.one(workload, first.wrapping_add(number), number) {
                Ok((outcome, is_steady)) => {
                    let mut sum = self.sum();
                    sum.add(outcome, is_steady);
                    progress.tell(&sum);
                }
                Err(error) => {
                    *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return;
                }
            }
        }
    }

    /// The outcome of a seed, and whether a second run was the same, where one is wanted.
    fn one<W: Workload>(
        &self,
        workload: &(dyn Fn() -> W + Sync),
        seed: u64,
        number: u64,
    ) -> Result<(Outcome, Option<bool>), std::io::Error> {
        let plan = self.options.plan(self.plan, seed);
        let outcome = run(&plan, &workload())?;
        if self.options.repeat == 0 || !number.is_multiple_of(self.options.repeat) {
            return Ok((outcome, None));
        }
        let again = run(&plan, &workload())?;
        let is_same = again.trace == outcome.trace;
        Ok((outcome, Some(is_same)))
    }

    fn sum(&self) -> MutexGuard<'_, Sum> {
        self.sum.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

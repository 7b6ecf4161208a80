//! The policies of one peer, shared by all of its callers, and the way of a call through them.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::SemaphorePermit;
use tradewind_kernel::{Clock, Deadline, Entropy};
use tradewind_problem::{DEADLINE_EXCEEDED, Problem};

use crate::policy::breaker::{Breaker, Ticket};
use crate::policy::bulkhead::Bulkhead;
use crate::policy::refusal::{FallbackReason, Refusal, RefusalReason};
use crate::policy::retry::{Failed, Next};
use crate::policy::retry_budget::RetryBudget;
use crate::policy::throttle::Throttle;
use crate::policy::verdict::Verdict;
use crate::policy::{BreakerState, Policies};

/// One attempt and what it says.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) outcome: Result<Bytes, Problem>,
    pub(crate) verdict: Verdict,
    /// The least wait before another try; `None` when none can help.
    pub(crate) again: Option<Duration>,
}

/// Why a call did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) problem: Problem,
    /// The policy that kept it from being sent, if one did.
    pub(crate) refused: Option<RefusalReason>,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, refused: None }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        failure.problem
    }
}

/// What a call is made with.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    /// What is asked for; for operators.
    pub(crate) path: &'a str,
    pub(crate) deadline: Deadline,
    pub(crate) clock: &'a Clock,
    pub(crate) entropy: &'a Entropy,
    /// Whether the peer may get the request twice.
    pub(crate) repeatable: bool,
}

/// What the policies know of a peer; for metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerState {
    /// The peer's name in the phone book.
    pub name: String,
    /// What its breaker lets through.
    pub breaker: BreakerState,
    /// Retries that its budget allows now.
    pub budget: u64,
    /// Calls under way.
    pub in_flight: usize,
    /// Calls that wait for one of them to end.
    pub waiting: usize,
    /// Calls and tries that were refused; every reason is there.
    pub refusals: BTreeMap<RefusalReason, u64>,
    /// Answers that a caller's fallback gave in its stead; every reason is there.
    pub fallbacks: BTreeMap<FallbackReason, u64>,
}

#[derive(Debug)]
pub(crate) struct Guard {
    peer: String,
    policies: Policies,
    /// The clock of the first caller: stopwatches of different clocks do not agree on a start.
    clock: OnceLock<Clock>,
    bulkhead: Option<Bulkhead>,
    in_flight: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    throttle: Option<Throttle>,
    budget: Option<RetryBudget>,
    breaker: Option<Breaker>,
    refusals: BTreeMap<RefusalReason, u64>,
    fallbacks: BTreeMap<FallbackReason, u64>,
}

/// A call under way, counted until it is dropped.
struct Room<'a> {
    in_flight: &'a AtomicUsize,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Leave to send, handed back if the attempt is dropped: the caller may give up at any await.
struct Leave<'a> {
    guard: &'a Guard,
    ticket: Option<Ticket>,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take()
            && let Some(breaker) = &mut self.guard.state().breaker
        {
            breaker.abandon(ticket);
        }
    }
}

impl Guard {
    pub(crate) fn new(peer: &str, policies: Policies) -> Self {
        let state = State {
            throttle: policies.throttle.clone().map(Throttle::new),
            budget: policies.retry.as_ref().map(|retry| retry.budget()),
            breaker: policies.breaker.clone().map(Breaker::new),
            refusals: RefusalReason::ALL.into_iter().map(|reason| (reason, 0)).collect(),
            fallbacks: FallbackReason::ALL.into_iter().map(|reason| (reason, 0)).collect(),
        };
        Self {
            peer: peer.to_owned(),
            clock: OnceLock::new(),
            bulkhead: policies.bulkhead.clone().map(Bulkhead::new),
            in_flight: AtomicUsize::new(0),
            state: Mutex::new(state),
            policies,
        }
    }

    /// What the policies know. While nobody has called there is no clock to ask, and nothing that depends on it.
    pub(crate) fn peer_state(&self) -> PeerState {
        let now = self.clock.get().map_or(Duration::ZERO, Clock::monotonic);
        let mut state = self.state();
        PeerState {
            name: self.peer.clone(),
            breaker: state.breaker.as_ref().map_or(BreakerState::Closed, |breaker| breaker.state(now)),
            budget: state.budget.as_mut().map_or(0, |budget| budget.level(now)),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            waiting: self.bulkhead.as_ref().map_or(0, Bulkhead::waiting),
            refusals: state.refusals.clone(),
            fallbacks: state.fallbacks.clone(),
        }
    }

    /// The peer moved: what its former endpoint did says nothing about the new one.
    pub(crate) fn forget_endpoint(&self) {
        if let Some(breaker) = &mut self.state().breaker {
            breaker.close();
        }
    }

    /// Makes a call: deadline, then bulkhead, throttle, retry, breaker, then `attempt`.
    pub(crate) async fn call<F, R>(&self, terms: &Terms<'_>, attempt: F) -> Result<Bytes, Failure>
    where
        F: Fn() -> R,
        R: Future<Output = Attempt>,
    {
        if terms.deadline.remaining(terms.clock).is_zero() {
            return Err(self.too_late(terms, "had no time left for").into());
        }
        let _room = self.enter(terms).await.map_err(|refusal| self.refuse(&refusal))?;
        self.admit_by_throttle(terms).map_err(|refusal| self.refuse(&refusal))?;
        let last = self.attempts(terms, attempt).await.map_err(|refusal| self.refuse(&refusal))?;
        // A refusal of the breaker is not the peer's and is not counted: the throttle would hold calls back
        // for seconds after the peer has recovered.
        if let Some(throttle) = &mut self.state().throttle {
            throttle.report(last.verdict, self.now(terms));
        }
        last.outcome.map_err(Failure::from)
    }

    /// A caller's fallback stood in for the peer.
    pub(crate) fn count_fallback(&self, reason: FallbackReason) {
        *self.state().fallbacks.entry(reason).or_default() += 1;
    }

    async fn enter(&self, terms: &Terms<'_>) -> Result<Room<'_>, Refusal> {
        let permit = match &self.bulkhead {
            None => None,
            Some(bulkhead) => {
                let entered = bulkhead.enter(terms.clock, terms.deadline.remaining(terms.clock)).await;
                Some(entered.map_err(|no_room| Refusal::no_room(no_room, bulkhead.options()))?)
            }
        };
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Ok(Room { in_flight: &self.in_flight, _permit: permit })
    }

    /// While the breaker is not closed it decides alone: what the throttle dropped meanwhile would count as
    /// asked for, and hold calls back long after the peer has recovered.
    fn admit_by_throttle(&self, terms: &Terms<'_>) -> Result<(), Refusal> {
        let now = self.now(terms);
        let State { throttle: Some(throttle), breaker, .. } = &mut *self.state() else { return Ok(()) };
        let closed = breaker.as_ref().is_none_or(|breaker| breaker.state(now) == BreakerState::Closed);
        if !closed || throttle.admit(now, terms.entropy) { Ok(()) } else { Err(Refusal::throttled()) }
    }

    /// Attempts until one stands; a refusal only when nothing was sent.
    async fn attempts<F, R>(&self, terms: &Terms<'_>, attempt: F) -> Result<Attempt, Refusal>
    where
        F: Fn() -> R,
        R: Future<Output = Attempt>,
    {
        let mut leave = self.admit_by_breaker(terms)?;
        let now = self.now(terms);
        if let Some(budget) = &mut self.state().budget {
            budget.deposit(now);
        }
        let mut attempts = 1;
        loop {
            let tried = self.bounded(terms, attempt()).await;
            leave.report(tried.verdict, terms);
            let wait = match self.next(terms, attempts, &tried) {
                Next::Answer => return Ok(tried),
                Next::GiveUp | Next::Spent => return Ok(tried.given_up()),
                Next::Again(wait) => wait,
            };
            terms.clock.sleep(wait).await;
            // What the peer said last tells more than that its breaker has opened since.
            leave = match self.admit_by_breaker(terms) {
                Ok(leave) => leave,
                Err(refusal) => {
                    self.count(refusal.reason);
                    return Ok(tried.given_up());
                }
            };
            attempts += 1;
        }
    }

    fn admit_by_breaker(&self, terms: &Terms<'_>) -> Result<Leave<'_>, Refusal> {
        let now = self.now(terms);
        let ticket = self.state().breaker.as_mut().map(|breaker| breaker.admit(now)).transpose();
        Ok(Leave { guard: self, ticket: ticket.map_err(Refusal::breaker)? })
    }

    async fn bounded(&self, terms: &Terms<'_>, attempt: impl Future<Output = Attempt>) -> Attempt {
        let remaining = terms.deadline.remaining(terms.clock);
        terms.clock.timeout(remaining, attempt).await.unwrap_or_else(|_| Attempt {
            outcome: Err(self.too_late(terms, "did not answer in time to")),
            verdict: Verdict::Failing,
            again: None,
        })
    }

    fn next(&self, terms: &Terms<'_>, attempts: u32, tried: &Attempt) -> Next {
        let may = terms.repeatable && tried.again.is_some();
        let Some(retry) = self.policies.retry.as_ref().filter(|_| may) else { return Next::Answer };
        let now = self.now(terms);
        let mut state = self.state();
        let State { budget: Some(budget), breaker, refusals, .. } = &mut *state else { return Next::Answer };
        // The budget is not for tries that would not be sent.
        let open = |breaker: &Breaker| breaker.state(now) != BreakerState::Closed;
        if breaker.as_ref().is_some_and(open) {
            return Next::GiveUp;
        }
        let remaining = terms.deadline.remaining(terms.clock);
        let failed = Failed { attempts, again: tried.again, remaining };
        let next = retry.next(failed, budget, now, terms.entropy);
        if next == Next::Spent {
            *refusals.entry(RefusalReason::BudgetSpent).or_default() += 1;
        }
        next
    }

    fn refuse(&self, refusal: &Refusal) -> Failure {
        self.count(refusal.reason);
        Failure { problem: refusal.problem(&self.peer), refused: Some(refusal.reason) }
    }

    fn count(&self, reason: RefusalReason) {
        *self.state().refusals.entry(reason).or_default() += 1;
    }

    fn too_late(&self, terms: &Terms<'_>, what: &str) -> Problem {
        Problem::new(&DEADLINE_EXCEEDED).operator(format!("{} {what} {}", self.peer, terms.path))
    }

    fn now(&self, terms: &Terms<'_>) -> Duration {
        self.clock.get_or_init(|| terms.clock.clone()).monotonic()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave<'_> {
    fn report(mut self, verdict: Verdict, terms: &Terms<'_>) {
        let now = self.guard.now(terms);
        let Some(ticket) = self.ticket.take() else { return };
        let State { breaker: Some(breaker), throttle, .. } = &mut *self.guard.state() else { return };
        if breaker.report(ticket, verdict, now, terms.entropy)
            && let Some(throttle) = throttle
        {
            throttle.forget_dropped();
        }
    }
}

impl Attempt {
    /// The same, and the hops above are told that no further try is worth it.
    fn given_up(self) -> Self {
        Self { outcome: self.outcome.map_err(Problem::retried), ..self }
    }
}

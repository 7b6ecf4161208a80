//! The policies of one peer, shared by all of its callers, and the way of a call through them.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::SemaphorePermit;
use tradewind_kernel::{Clock, Deadline, Entropy};
use tradewind_problem::{DEADLINE_EXCEEDED, Problem};

use crate::Address;
use crate::balance::{Ended, EndpointState, Endpoints, NoPick, OutReason, Pick, Wanted};
use crate::policy::bulkhead::Bulkhead;
use crate::policy::refusal::{FallbackReason, Refusal, RefusalReason};
use crate::policy::retry::{Failed, Next};
use crate::policy::retry_budget::RetryBudget;
use crate::policy::throttle::Throttle;
use crate::policy::{BreakerState, Policies};

/// One attempt and what it says.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) outcome: Result<Bytes, Problem>,
    pub(crate) ended: Ended,
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
    /// What its breaker lets through; of several endpoints, that which lets most through.
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
    /// Who knows where its endpoints are.
    pub source: String,
    /// Why that could not be asked lately; the endpoints that were known stay.
    pub trouble: Option<String>,
    /// Requests that were sent to any of its endpoints.
    pub picks: u64,
    /// Its endpoints.
    pub endpoints: Vec<EndpointState>,
    /// How often endpoints were left alone from then on; every reason is there.
    pub ejections: BTreeMap<OutReason, u64>,
    /// Calls that one endpoint failed and that were sent to another.
    pub rerouted: u64,
}

#[derive(Debug)]
pub(crate) struct Guard {
    peer: String,
    policies: Policies,
    /// Their stopwatch is that of all policies: those of different callers do not agree on a start.
    endpoints: Endpoints,
    bulkhead: Option<Bulkhead>,
    in_flight: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug, Clone)]
struct State {
    throttle: Option<Throttle>,
    budget: Option<RetryBudget>,
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

impl Guard {
    pub(crate) fn new(peer: &str, policies: Policies, endpoints: Endpoints) -> Self {
        endpoints.set_options(policies.balance.clone(), policies.breaker.clone());
        let state = State {
            throttle: policies.throttle.clone().map(Throttle::new),
            budget: policies.retry.as_ref().map(|retry| retry.budget()),
            refusals: RefusalReason::ALL.into_iter().map(|reason| (reason, 0)).collect(),
            fallbacks: FallbackReason::ALL.into_iter().map(|reason| (reason, 0)).collect(),
        };
        Self {
            peer: peer.to_owned(),
            endpoints,
            bulkhead: policies.bulkhead.clone().map(Bulkhead::new),
            in_flight: AtomicUsize::new(0),
            state: Mutex::new(state),
            policies,
        }
    }

    /// What the policies know.
    pub(crate) fn peer_state(&self) -> PeerState {
        let now = self.endpoints.now();
        let seen = self.endpoints.seen();
        let mut state = self.state();
        PeerState {
            name: self.peer.clone(),
            breaker: seen.breaker,
            budget: state.budget.as_mut().map_or(0, |budget| budget.level(now)),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            waiting: self.bulkhead.as_ref().map_or(0, Bulkhead::waiting),
            refusals: state.refusals.clone(),
            fallbacks: state.fallbacks.clone(),
            source: seen.source,
            trouble: seen.trouble,
            picks: seen.picks,
            endpoints: seen.endpoints,
            ejections: seen.ejections,
            rerouted: seen.rerouted,
        }
    }

    /// The same peer elsewhere: its policies and what they know go with it, what is known of endpoints does not.
    pub(crate) fn moved(&self, endpoints: Endpoints) -> Self {
        let moved = Self::new(&self.peer, self.policies.clone(), endpoints);
        moved.state().clone_from(&self.state());
        moved
    }

    /// An endpoint for one attempt without policies.
    ///
    /// # Errors
    /// When none is known.
    pub(crate) fn any_endpoint(&self) -> Result<Pick, Problem> {
        let wanted = Wanted { tried: &[], is_repeatable: false, through_breakers: false, is_urgent: false };
        self.endpoints.pick(&wanted).map_err(|_| self.nobody_there())
    }

    /// No endpoint is known.
    pub(crate) fn nobody_there(&self) -> Problem {
        self.refuse(&Refusal::no_endpoint()).problem
    }

    pub(crate) fn peer(&self) -> &str {
        &self.peer
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Makes a call: deadline, then bulkhead, throttle, retry, the choice of an endpoint and its breaker, then
    /// `attempt` there.
    pub(crate) async fn call<F, R>(&self, terms: &Terms<'_>, attempt: F) -> Result<Bytes, Failure>
    where
        F: Fn(Arc<Address>) -> R,
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
            throttle.report(last.ended.verdict(), self.endpoints.now());
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
        let closed = self.endpoints.breaker() == BreakerState::Closed;
        let State { throttle: Some(throttle), .. } = &mut *self.state() else { return Ok(()) };
        let admitted = !closed || throttle.admit(self.endpoints.now(), terms.entropy);
        if admitted { Ok(()) } else { Err(Refusal::throttled()) }
    }

    /// Attempts until one stands; a refusal only when nothing was sent.
    async fn attempts<F, R>(&self, terms: &Terms<'_>, attempt: F) -> Result<Attempt, Refusal>
    where
        F: Fn(Arc<Address>) -> R,
        R: Future<Output = Attempt>,
    {
        let mut tried = Vec::new();
        let mut pick = self.pick(terms, &tried)?;
        self.deposit();
        loop {
            tried.push(pick.serial());
            let answer = self.bounded(terms, attempt(pick.address().clone())).await;
            if pick.report(answer.ended, false)
                && let Some(throttle) = &mut self.state().throttle
            {
                throttle.forget_dropped();
            }
            let wait = match self.next(terms, &tried, &answer) {
                Next::Answer => return Ok(answer),
                Next::GiveUp | Next::Spent => return Ok(answer.given_up()),
                Next::Again(wait) => wait,
            };
            terms.clock.sleep(wait).await;
            // What the peer said last tells more than that its breaker has opened since.
            pick = match self.pick(terms, &tried) {
                Ok(pick) => pick,
                Err(refusal) => {
                    self.count(refusal.reason);
                    return Ok(answer.given_up());
                }
            };
            if !tried.contains(&pick.serial()) {
                self.endpoints.count_rerouted();
            }
        }
    }

    fn pick(&self, terms: &Terms<'_>, tried: &[u64]) -> Result<Pick, Refusal> {
        let is_repeatable = terms.repeatable;
        let wanted = Wanted { tried, is_repeatable, through_breakers: true, is_urgent: true };
        self.endpoints.pick(&wanted).map_err(|none| match none {
            NoPick::Empty => Refusal::no_endpoint(),
            NoPick::Tripped(state, count) => Refusal::breakers(state, count),
        })
    }

    /// Puts the share of a call that begins into the budget.
    pub(crate) fn deposit(&self) {
        let now = self.endpoints.now();
        if let Some(budget) = &mut self.state().budget {
            budget.deposit(now);
        }
    }

    async fn bounded(&self, terms: &Terms<'_>, attempt: impl Future<Output = Attempt>) -> Attempt {
        let remaining = terms.deadline.remaining(terms.clock);
        terms.clock.timeout(remaining, attempt).await.unwrap_or_else(|_| Attempt {
            outcome: Err(self.too_late(terms, "did not answer in time to")),
            ended: Ended::TooLate,
            again: None,
        })
    }

    fn next(&self, terms: &Terms<'_>, tried: &[u64], answer: &Attempt) -> Next {
        let Some(least) = answer.again.filter(|_| terms.repeatable || answer.is_untouched()) else {
            return Next::Answer;
        };
        // The budget is not for tries that would not be sent.
        if self.endpoints.breaker() != BreakerState::Closed {
            return Next::GiveUp;
        }
        let remaining = terms.deadline.remaining(terms.clock);
        self.retry(tried, Some(least), remaining, terms.entropy)
    }

    /// What follows an attempt that failed; takes from the budget when that is another try. One that goes to another
    /// endpoint need not wait.
    pub(crate) fn retry(
        &self,
        tried: &[u64],
        again: Option<Duration>,
        remaining: Duration,
        entropy: &Entropy,
    ) -> Next {
        let Some(retry) = &self.policies.retry else { return Next::Answer };
        let elsewhere = again == Some(Duration::ZERO) && self.endpoints.has_another(tried);
        let attempts = u32::try_from(tried.len()).unwrap_or(u32::MAX);
        let now = self.endpoints.now();
        let mut state = self.state();
        let State { budget: Some(budget), refusals, .. } = &mut *state else { return Next::Answer };
        let failed = Failed { attempts, again, remaining, elsewhere };
        let next = retry.next(failed, budget, now, entropy);
        if next == Next::Spent {
            *refusals.entry(RefusalReason::BudgetSpent).or_default() += 1;
        }
        next
    }

    pub(crate) fn refuse(&self, refusal: &Refusal) -> Failure {
        self.count(refusal.reason);
        Failure { problem: refusal.problem(&self.peer), refused: Some(refusal.reason) }
    }

    fn count(&self, reason: RefusalReason) {
        *self.state().refusals.entry(reason).or_default() += 1;
    }

    fn too_late(&self, terms: &Terms<'_>, what: &str) -> Problem {
        Problem::new(&DEADLINE_EXCEEDED).operator(format!("{} {what} {}", self.peer, terms.path))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// Whether the peer cannot have acted on it.
    fn is_untouched(&self) -> bool {
        matches!(self.ended, Ended::Unanswered(cause) if cause.is_untouched())
    }

    /// The same, and the hops above are told that no further try is worth it.
    fn given_up(self) -> Self {
        Self { outcome: self.outcome.map_err(Problem::retried), ..self }
    }
}

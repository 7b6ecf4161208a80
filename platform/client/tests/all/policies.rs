//! The policies of a peer as its callers meet them.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tradewind_client::{
    Address, Answer, Body, BreakerOptions, BreakerReason, BreakerState, BulkheadOptions, Caller,
    FallbackReason, PeerState, PhoneBook, Policies, RefusalReason, RetryOptions, Source, headers, near,
};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Timestamp};
use tradewind_problem::{CONFLICT, Problem, UNAVAILABLE};

const SECOND: Duration = Duration::from_secs(1);
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A peer that answers by a script, and callers that share a clock with it.
struct Rig {
    book: PhoneBook,
    clock: Clock,
    entropy: Entropy,
    seen: Arc<AtomicU32>,
    /// From then on it answers at once.
    works: Arc<AtomicBool>,
}

/// How the peer answers the n-th request.
type Script = fn(u32) -> Response<Body>;

impl Rig {
    fn new(script: Script) -> Self {
        Self::slow(Duration::ZERO, script)
    }

    fn slow(takes: Duration, script: Script) -> Self {
        let (clock, entropy) = (Clock::simulated(Timestamp::from_micros(0)), Entropy::seeded(1));
        let rig = Self {
            book: PhoneBook::new(clock.clone(), entropy.fork("book")),
            clock,
            entropy,
            seen: Arc::default(),
            works: Arc::default(),
        };
        rig.move_peer(takes, script);
        rig
    }

    fn move_peer(&self, takes: Duration, script: Script) {
        let (door, mut receiver) = near(1_000);
        self.book.enter("peer", Address::Near(door));
        let (seen, clock, works) = (self.seen.clone(), self.clock.clone(), self.works.clone());
        tokio::spawn(async move {
            while let Some((_, answer)) = receiver.next().await {
                let (response, clock) = (script(seen.fetch_add(1, Ordering::Relaxed) + 1), clock.clone());
                let takes = if works.load(Ordering::Relaxed) { Duration::ZERO } else { takes };
                tokio::spawn(async move {
                    clock.sleep(takes).await;
                    answer(response);
                });
            }
        });
    }

    fn with(self, policies: Policies) -> Self {
        self.book.set_policies("peer", policies);
        self
    }

    fn caller(&self, limit: Duration) -> Caller {
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, limit);
        Caller::new(self.book.peer("peer"), context, deadline, self.clock.clone(), self.entropy.clone())
    }

    async fn get(&self) -> Result<Value, Problem> {
        self.caller(10 * SECOND).get("/").await
    }

    fn seen(&self) -> u32 {
        self.seen.swap(0, Ordering::Relaxed)
    }

    fn state(&self) -> PeerState {
        self.book.peers_state().remove(0)
    }

    fn fell_back(&self, reason: FallbackReason) -> u64 {
        self.state().fallbacks[&reason]
    }

    fn refused(&self, reason: RefusalReason) -> u64 {
        self.state().refusals[&reason]
    }
}

fn ok(_: u32) -> Response<Body> {
    Response::new(Body::from("1".to_owned()))
}

fn status(status: u16) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn down(_: u32) -> Response<Body> {
    status(503)
}

fn told_to_wait(mut response: Response<Body>, seconds: u32) -> Response<Body> {
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

fn only(change: impl FnOnce(&mut Policies)) -> Policies {
    let mut policies = Policies::none();
    change(&mut policies);
    policies
}

fn only_breaker() -> Policies {
    only(|policies| policies.breaker = Some(BreakerOptions::default()))
}

fn only_retry() -> Policies {
    only(|policies| policies.retry = Some(RetryOptions::default()))
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_not_seen() {
    let rig = Rig::new(|number| if number < 3 { status(503) } else { ok(number) });
    assert_eq!(rig.get().await.unwrap(), 1);
    assert_eq!(rig.seen(), 3);
    assert!(rig.clock.monotonic() <= Duration::from_millis(152), "{:?}", rig.clock.monotonic());
}

#[tokio::test(start_paused = true)]
async fn after_three_attempts_nobody_above_tries_again() {
    let rig = Rig::new(down);
    let problem = rig.get().await.unwrap_err();
    assert_eq!((rig.seen(), problem.status(), problem.was_retried()), (3, 503, true));
    assert!(problem.to_response().headers().contains_key(headers::RETRIED));
}

#[tokio::test(start_paused = true)]
async fn what_was_retried_below_is_not_retried_here() {
    let rig = Rig::new(|_| Problem::new(&UNAVAILABLE).retried().to_response().map(Body::from));
    let problem = rig.get().await.unwrap_err();
    assert_eq!((rig.seen(), problem.was_retried()), (1, true));
}

#[tokio::test(start_paused = true)]
async fn a_command_is_repeated_with_a_key_only() {
    let rig = Rig::new(|number| if number < 2 { status(502) } else { ok(number) });
    let plain = rig.caller(10 * SECOND).send::<Value>(Method::POST, "/", &json!({})).await;
    let problem = plain.unwrap_err();
    assert_eq!((rig.seen(), problem.status(), problem.was_retried()), (1, 502, false));
    let keyed = rig.caller(10 * SECOND).header(KEY, "k").send::<Value>(Method::POST, "/", &json!({})).await;
    assert_eq!((rig.seen(), keyed.unwrap()), (2, json!(1)));
}

#[tokio::test(start_paused = true)]
async fn refusals_and_faults_that_stay_are_not_repeated() {
    for (code, script) in [
        (500, (|_| status(500)) as Script),
        (409, |_| Problem::new(&CONFLICT).to_response().map(Body::from)),
        (429, |_| status(429)),
    ] {
        let rig = Rig::new(script);
        let problem = rig.get().await.unwrap_err();
        assert_eq!((rig.seen(), problem.status(), problem.was_retried()), (1, code, false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_told_wait_is_kept_within_the_deadline() {
    let script = |number| if number < 2 { told_to_wait(status(429), 3) } else { ok(number) };
    let rig = Rig::new(script);
    assert_eq!(rig.get().await.unwrap(), 1);
    assert!((3 * SECOND..4 * SECOND).contains(&rig.clock.monotonic()));
    let rig = Rig::new(script);
    let problem = rig.caller(2 * SECOND).get::<Value>("/").await.unwrap_err();
    assert_eq!((rig.seen(), problem.status(), problem.wait()), (1, 429, Some(3 * SECOND)));
    assert_eq!(rig.clock.monotonic(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_ends_the_retries_and_says_so_to_the_hops_above() {
    let retry = RetryOptions { budget_percent: 0, budget_per_second: 1, ..RetryOptions::default() };
    let rig = Rig::new(down).with(only(|policies| policies.retry = Some(retry)));
    for _ in 0..5 {
        rig.get().await.unwrap_err();
    }
    assert_eq!((rig.seen(), rig.state().budget), (15, 0));
    let problem = rig.get().await.unwrap_err();
    assert_eq!((rig.seen(), problem.was_retried()), (1, true));
    assert_eq!(rig.refused(RefusalReason::BudgetSpent), 1);
}

#[tokio::test(start_paused = true)]
async fn all_callers_together_amplify_by_a_fifth_and_the_floor() {
    let rig = Rig::new(down).with(only_retry());
    for _ in 0..1_000 {
        rig.caller(SECOND).get::<Value>("/").await.unwrap_err();
    }
    let (sent, windows) = (u64::from(rig.seen()), 1 + rig.clock.monotonic().as_secs() / 10);
    assert!(sent <= 1_000 + 200 + 100 * windows, "{sent} sent in {windows} windows");
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_refuses_at_once_and_a_probe_closes_it() {
    let rig = Rig::new(down).with(only_breaker());
    for _ in 0..7 {
        rig.get().await.unwrap_err();
    }
    let problem = rig.get().await.unwrap_err();
    assert_eq!((rig.seen(), problem.code(), problem.was_retried()), (7, "unavailable", true));
    let text = problem.caller_text().unwrap();
    assert!(text.contains("breaker is open: 7 calls failed in a row. Try again after "), "{text}");
    assert_eq!(rig.refused(RefusalReason::BreakerOpen), 1);
    let BreakerState::Open { reason, remaining } = rig.state().breaker else { panic!("not open") };
    assert_eq!((reason, Some(remaining)), (BreakerReason::Run { failures: 7 }, problem.wait()));
    rig.clock.sleep(remaining).await;
    assert_eq!(rig.get().await.unwrap_err().status(), 503);
    assert!(matches!(rig.state().breaker, BreakerState::Open { reason: BreakerReason::Probe, .. }));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_nothing_behind() {
    let rig =
        Rig::slow(Duration::from_millis(100), |number| if number < 8 { status(500) } else { ok(number) })
            .with(only_breaker());
    for _ in 0..7 {
        rig.get().await.unwrap_err();
    }
    rig.clock.sleep(2 * SECOND).await;
    let dropped = rig.clock.timeout(Duration::from_millis(10), rig.get());
    assert!(dropped.await.is_err());
    assert!(matches!(rig.state().breaker, BreakerState::HalfOpen { probing: false, .. }));
    assert_eq!(rig.state().in_flight, 0);
    assert_eq!(rig.get().await.unwrap(), 1);
    assert_eq!(rig.state().breaker, BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn one_probe_at_a_time() {
    let rig =
        Rig::slow(Duration::from_millis(100), |number| if number < 8 { status(500) } else { ok(number) })
            .with(only_breaker());
    for _ in 0..7 {
        rig.get().await.unwrap_err();
    }
    rig.clock.sleep(2 * SECOND).await;
    let (probe, other) = tokio::join!(rig.get(), rig.get());
    assert_eq!(probe.unwrap(), 1);
    assert!(other.unwrap_err().caller_text().unwrap().contains("a probe is under way"));
    assert_eq!(rig.refused(RefusalReason::BreakerProbing), 1);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_moved_begins_with_a_closed_breaker_and_the_same_budget() {
    let rig = Rig::new(down);
    for _ in 0..4 {
        rig.get().await.unwrap_err();
    }
    let before = rig.state();
    assert!(matches!(before.breaker, BreakerState::Open { .. }));
    rig.move_peer(Duration::ZERO, ok);
    let after = rig.state();
    assert_eq!((after.breaker, after.budget), (BreakerState::Closed, before.budget));
    assert!(before.budget < 100);
    assert_eq!(rig.get().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_former_endpoint_still_answers_says_nothing_about_the_new_one() {
    let rig = Rig::slow(Duration::from_millis(100), |_| status(500)).with(only_breaker());
    let calls =
        async { tokio::join!(rig.get(), rig.get(), rig.get(), rig.get(), rig.get(), rig.get(), rig.get()) };
    let moves = async {
        rig.clock.sleep(Duration::from_millis(50)).await;
        rig.move_peer(Duration::ZERO, ok);
    };
    let (outcomes, ()) = tokio::join!(calls, moves);
    assert!(outcomes.0.is_err() && outcomes.6.is_err());
    assert_eq!(rig.state().breaker, BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn calls_that_were_not_sent_put_nothing_into_the_budget() {
    let rig = Rig::new(|_| status(500)).with(only(|policies| {
        policies.breaker = Some(BreakerOptions::default());
        policies.retry = Some(RetryOptions { budget_per_second: 0, ..RetryOptions::default() });
    }));
    for _ in 0..100 {
        rig.get().await.unwrap_err();
    }
    assert_eq!((rig.seen(), rig.state().budget), (7, 1));
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_costs_no_budget() {
    let rig = Rig::new(down).with(only(|policies| {
        policies.breaker = Some(BreakerOptions { failures: 1, ..BreakerOptions::default() });
        policies.retry = Some(RetryOptions::default());
    }));
    let problem = rig.get().await.unwrap_err();
    assert_eq!((rig.seen(), rig.state().budget), (1, 100));
    assert_eq!((problem.was_retried(), rig.clock.monotonic()), (true, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn callers_whose_clocks_began_at_different_times_see_the_same_breaker() {
    let mut rig = Rig::new(|number| if number < 8 { status(500) } else { ok(number) }).with(only_breaker());
    rig.clock.sleep(100 * SECOND).await;
    for _ in 0..7 {
        rig.get().await.unwrap_err();
    }
    rig.clock = Clock::simulated(Timestamp::from_micros(0));
    assert!(rig.get().await.unwrap_err().wait().unwrap() <= 2 * SECOND);
    rig.clock.sleep(2 * SECOND).await;
    assert_eq!(rig.get().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_may_move_between_threads() {
    fn sent<T: Send>(future: T) -> T {
        future
    }
    let rig = Rig::new(ok);
    assert_eq!(sent(rig.caller(SECOND).get::<Value>("/")).await.unwrap(), 1);
    assert!(sent(rig.caller(SECOND).get_or("/", |_| json!(0))).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn calls_wait_for_room_and_not_for_long() {
    let bulkhead = BulkheadOptions { calls: 1, queue: 1, wait: SECOND };
    let policies = only(|policies| policies.bulkhead = Some(bulkhead));
    let rig = Rig::slow(Duration::from_millis(1_500), ok).with(policies);
    let look = async {
        rig.clock.sleep(Duration::from_millis(1)).await;
        rig.state()
    };
    let (first, second, third, seen) = tokio::join!(rig.get(), rig.get(), rig.get(), look);
    assert_eq!(first.unwrap(), 1);
    let waited = second.unwrap_err();
    let text = waited.caller_text().unwrap();
    assert!(text.contains("bulkhead is full: none of 1 calls ended within 1000 ms. Try again"), "{text}");
    let text = third.unwrap_err().caller_text().unwrap().to_owned();
    assert!(text.contains("bulkhead is full: 1 calls are under way and 1 wait"), "{text}");
    assert_eq!((seen.in_flight, seen.waiting), (1, 1));
    assert_eq!((rig.refused(RefusalReason::NoRoom), rig.refused(RefusalReason::QueueFull)), (1, 1));
    assert_eq!((rig.seen(), rig.state().in_flight, rig.state().waiting), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_refuses_most_calls_gets_fewer() {
    let rig = Rig::new(|number| if number % 4 == 0 { ok(number) } else { status(429) })
        .with(only(|policies| policies.throttle = Policies::default().throttle));
    let mut said = None;
    for _ in 0..1_000 {
        rig.clock.sleep(Duration::from_millis(10)).await;
        let problem = rig.get().await.err();
        said = problem.filter(|problem| problem.status() == 503).or(said);
    }
    let said = said.unwrap();
    assert!(said.caller_text().unwrap().contains("its throttle holds calls back"), "{said}");
    let dropped = rig.refused(RefusalReason::Throttled);
    assert_eq!(u64::from(rig.seen()) + dropped, 1_000);
    assert!((600..=980).contains(&dropped), "{dropped}");
}

#[tokio::test(start_paused = true)]
async fn the_throttle_does_not_outlast_the_breaker() {
    let breaker = BreakerOptions { failures: 12, ..BreakerOptions::default() };
    let policies = Policies { breaker: Some(breaker), ..Policies::default() };
    let rig = Rig::new(|number| if number < 13 { status(500) } else { ok(number) }).with(policies);
    while rig.state().breaker == BreakerState::Closed {
        rig.get().await.unwrap_err();
    }
    let dropped = rig.refused(RefusalReason::Throttled);
    assert!(dropped > 5, "{dropped}");
    for _ in 0..1_000 {
        rig.get().await.unwrap_err();
    }
    assert_eq!(rig.refused(RefusalReason::Throttled), dropped, "an open breaker decides alone");
    rig.clock.sleep(2 * SECOND).await;
    let mut answered = 0;
    for _ in 0..100 {
        answered += u32::from(rig.get().await.is_ok());
    }
    assert!(answered > 90, "{answered} of 100");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passed_sends_nothing() {
    let rig = Rig::new(ok);
    let problem = rig.caller(Duration::ZERO).get::<Value>("/").await.unwrap_err();
    rig.clock.sleep(SECOND).await;
    assert_eq!((rig.seen(), problem.code()), (0, "deadline-exceeded"));
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_told_what_is_left_and_has_a_span_of_its_own() {
    let (door, mut receiver) = near(8);
    let rig = Rig::new(ok);
    rig.book.enter("peer", Address::Near(door));
    let peer = tokio::spawn(async move {
        let mut heads: Vec<HeaderMap> = Vec::new();
        while heads.len() < 2 {
            let (request, answer) = receiver.next().await.unwrap();
            heads.push(request.headers().clone());
            answer(if heads.len() == 1 { told_to_wait(status(503), 2) } else { ok(2) });
        }
        heads
    });
    rig.get().await.unwrap();
    let heads = peer.await.unwrap();
    let left = |at: usize| headers::timeout(&heads[at]).unwrap();
    assert!(left(0) == 10 * SECOND && left(1) <= 8 * SECOND);
    let trace = |at: usize| headers::trace(&heads[at]).unwrap();
    assert_eq!(trace(0).trace_id(), trace(1).trace_id());
    assert_ne!(trace(0).span_id(), trace(1).span_id());
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_a_failure_that_may_pass() {
    let (door, mut receiver) = near(8);
    let rig = Rig::new(ok);
    rig.book.enter("peer", Address::Near(door));
    tokio::spawn(async move {
        drop(receiver.next().await);
        let (_, answer) = receiver.next().await.unwrap();
        answer(ok(2));
    });
    assert_eq!(rig.get().await.unwrap(), 1);
    assert_eq!(rig.state().budget, 99);
    for _ in 0..3 {
        assert_eq!(rig.get().await.unwrap_err().status(), 503);
    }
    assert!(matches!(rig.state().breaker, BreakerState::Open { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_stands_in_for_a_peer_that_cannot_answer_and_shows() {
    let rig = Rig::new(down);
    let caller = rig.caller(SECOND);
    let Answer { value, source } = caller.get_or("/", |problem| json!(problem.status())).await.unwrap();
    assert_eq!(value, 503);
    let Source::Fallback { problem, reason } = source else { panic!("{source:?}") };
    assert!(problem.is(&UNAVAILABLE));
    assert_eq!((reason, rig.fell_back(reason)), (FallbackReason::Unavailable, 1));
    rig.move_peer(Duration::ZERO, ok);
    let called = Cell::new(false);
    let answer = caller
        .get_or("/", |_| {
            called.set(true);
            json!(0)
        })
        .await
        .unwrap();
    assert_eq!((answer, called.get()), (Answer { value: json!(1), source: Source::Peer }, false));
    rig.move_peer(Duration::ZERO, |_| Problem::new(&CONFLICT).to_response().map(Body::from));
    assert!(caller.get_or("/", |_| json!(0)).await.unwrap_err().is(&CONFLICT));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_tells_which_policy_refused_or_that_the_answer_was_late() {
    let rig = Rig::slow(10 * SECOND, ok).with(only_breaker());
    let fallback = async || match rig.caller(SECOND).get_or("/", |_| json!(0)).await.unwrap().source {
        Source::Fallback { reason, .. } => reason,
        Source::Peer => panic!("the peer is slow"),
    };
    for _ in 0..7 {
        assert_eq!(fallback().await, FallbackReason::TooLate);
    }
    let open = FallbackReason::Refused(RefusalReason::BreakerOpen);
    assert_eq!(fallback().await, open);
    assert_eq!((rig.fell_back(open), rig.fell_back(FallbackReason::TooLate)), (1, 7));
    assert_eq!(open.name(), "breaker-open");
}

/// However long it was away, and however its callers gave up meanwhile.
#[tokio::test(start_paused = true)]
async fn a_near_peer_that_came_back_is_called_again_without_anybodys_help() {
    let rig = Rig::slow(3_600 * SECOND, ok);
    for _ in 0..600 {
        let given_up = rig.clock.timeout(Duration::from_millis(500), rig.get()).await;
        assert!(given_up.is_err() || given_up.is_ok_and(|answer| answer.is_err()));
        drop(rig.caller(SECOND).get::<Value>("/").await.unwrap_err());
        // While the breaker is open nothing else takes time.
        rig.clock.sleep(Duration::from_millis(300)).await;
    }
    assert_ne!(rig.state().breaker, BreakerState::Closed);
    // The same endpoint: nobody tells the phone book.
    rig.works.store(true, Ordering::Relaxed);
    rig.clock.sleep(BreakerOptions::default().open_max).await;
    let mut tries = 0;
    while rig.get().await.is_err() {
        tries += 1;
        assert!(tries < 10, "{:?}", rig.state().breaker);
        rig.clock.sleep(SECOND).await;
    }
    assert_eq!(rig.state().breaker, BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_is_passed_on_and_what_probes_meets_no_policy() {
    let rig = Rig::new(down);
    for _ in 0..20 {
        let request = Request::new(Body::empty());
        assert_eq!(rig.book.peer("peer").send(request).await.unwrap().status(), 503);
        assert_eq!(rig.caller(SECOND).probe("/").await.unwrap_err().status(), 503);
    }
    assert_eq!((rig.seen(), rig.state().breaker), (40, BreakerState::Closed));
    let rig = Rig::new(down).with(Policies::none());
    for _ in 0..20 {
        assert_eq!(rig.get().await.unwrap_err().status(), 503);
    }
    assert_eq!((rig.seen(), rig.state().budget), (20, 0));
}

#[tokio::test(start_paused = true)]
async fn policies_may_be_set_before_the_peer_is_there() {
    let book = PhoneBook::default();
    book.set_policies("peer", Policies::none());
    assert!(book.require("peer").is_err());
    assert_eq!(book.peers_state().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_one_seed_are_alike() {
    async fn run() -> (Duration, Vec<u16>, PeerState) {
        let rig = Rig::slow(
            Duration::from_millis(3),
            |number| {
                if number % 3 == 0 { ok(number) } else { status(503) }
            },
        );
        let mut codes = Vec::new();
        for _ in 0..200 {
            codes.push(rig.get().await.map_or_else(|problem| problem.status(), |_| 200));
            rig.clock.sleep(Duration::from_millis(20)).await;
        }
        (rig.clock.monotonic(), codes, rig.state())
    }
    assert_eq!(run().await, run().await);
}

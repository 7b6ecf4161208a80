//! How several endpoints share the calls of a peer, in virtual time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Response, StatusCode};
use proptest::prelude::*;
use serde_json::Value;
use tradewind_client::{
    Address, Body, BreakerState, Caller, EndpointCondition, EndpointState, Endpoints, Located, OutReason,
    PeerState, PhoneBook, Policies, RefusalReason, near,
};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Timestamp};

const SECOND: Duration = Duration::from_secs(1);

fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// How a replica behaves; may be changed while it runs.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Takes(Duration),
    Says(u16),
    /// Takes the request and gives no answer.
    Dies,
}

#[derive(Clone)]
struct Replica {
    name: String,
    manner: Arc<Mutex<Manner>>,
    seen: Arc<AtomicU64>,
    located: Located,
}

impl Replica {
    fn new(name: &str, clock: &Clock, manner: Manner) -> Self {
        let (door, mut receiver) = near(10_000);
        let (manner, seen) = (Arc::new(Mutex::new(manner)), Arc::<AtomicU64>::default());
        let (clock, behaves, counts) = (clock.clone(), manner.clone(), seen.clone());
        tokio::spawn(async move {
            while let Some((_, answer)) = receiver.next().await {
                counts.fetch_add(1, Ordering::Relaxed);
                let (clock, manner) = (clock.clone(), *behaves.lock().unwrap());
                tokio::spawn(async move {
                    match manner {
                        Manner::Takes(takes) => {
                            clock.sleep(takes).await;
                            answer(Response::new(Body::from("1".to_owned())));
                        }
                        Manner::Says(status) => {
                            let mut response = Response::new(Body::empty());
                            *response.status_mut() = StatusCode::from_u16(status).unwrap();
                            answer(response);
                        }
                        Manner::Dies => drop(answer),
                    }
                });
            }
        });
        let name = name.to_owned();
        let located = Located {
            name: name.clone(),
            address: Address::Near(door),
            instance: None,
            is_leaving: false,
            is_elsewhere: false,
        };
        Self { name, manner, seen, located }
    }

    fn becomes(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    fn taken(&self) -> u64 {
        self.seen.swap(0, Ordering::Relaxed)
    }
}

struct Rig {
    book: PhoneBook,
    endpoints: Endpoints,
    clock: Clock,
    entropy: Entropy,
}

impl Rig {
    fn seeded(seed: u64) -> Self {
        let (clock, entropy) = (Clock::simulated(Timestamp::from_micros(0)), Entropy::seeded(seed));
        let book = PhoneBook::new(clock.clone(), entropy.fork("book"));
        let endpoints = Endpoints::new(clock.clone(), entropy.fork("endpoints"), "a test");
        book.enter_endpoints("peer", endpoints.clone());
        Self { book, endpoints, clock, entropy }
    }

    fn replicas<const N: usize>(&self, manners: [Manner; N]) -> [Replica; N] {
        let mut number = 0;
        let replicas = manners.map(|manner| {
            number += 1;
            Replica::new(&number.to_string(), &self.clock, manner)
        });
        self.endpoints.set(replicas.iter().map(|replica| replica.located.clone()).collect());
        replicas
    }

    fn caller(&self) -> Caller {
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, 5 * SECOND);
        Caller::new(self.book.peer("peer"), context, deadline, self.clock.clone(), self.entropy.clone())
    }

    async fn get(&self) -> Result<Value, tradewind_problem::Problem> {
        self.caller().get("/").await
    }

    /// A call each `every`, whether the ones before have ended or not; gives how many failed.
    async fn load(&self, calls: u32, every: Duration) -> u64 {
        let failed = Arc::<AtomicU64>::default();
        let mut running = Vec::new();
        for _ in 0..calls {
            let (caller, failed) = (self.caller(), failed.clone());
            running.push(tokio::spawn(async move {
                if caller.get::<Value>("/").await.is_err() {
                    failed.fetch_add(1, Ordering::Relaxed);
                }
            }));
            self.clock.sleep(every).await;
        }
        for call in running {
            call.await.unwrap();
        }
        failed.load(Ordering::Relaxed)
    }

    fn state(&self) -> PeerState {
        self.book.peers_state().remove(0)
    }

    fn endpoint(&self, name: &str) -> EndpointState {
        self.state().endpoints.into_iter().find(|endpoint| endpoint.name == name).unwrap()
    }
}

const QUICK: Manner = Manner::Takes(Duration::from_millis(5));

#[tokio::test(start_paused = true)]
async fn alike_replicas_get_alike_shares() {
    let rig = Rig::seeded(1);
    let replicas = rig.replicas([QUICK; 4]);
    assert_eq!(rig.load(4_000, milliseconds(2)).await, 0);
    for replica in &replicas {
        let taken = replica.taken();
        assert!((800..=1_200).contains(&taken), "{}: {taken} of 4000", replica.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_replica_gets_few_calls() {
    let rig = Rig::seeded(1);
    let [slow, quick, other] = rig.replicas([Manner::Takes(milliseconds(300)), QUICK, QUICK]);
    assert_eq!(rig.load(2_000, milliseconds(5)).await, 0);
    let (slow, rest) = (slow.taken(), quick.taken() + other.taken());
    assert_eq!(slow + rest, 2_000);
    // Ten seconds: one forced call a second, and a few while nothing was known.
    assert!((5..=40).contains(&slow), "{slow} of 2000");
}

#[tokio::test(start_paused = true)]
async fn what_was_slow_and_is_quick_again_gets_its_share_back() {
    let rig = Rig::seeded(1);
    let [first, _, _] = rig.replicas([Manner::Takes(milliseconds(200)), QUICK, QUICK]);
    rig.load(400, milliseconds(5)).await;
    first.becomes(QUICK);
    first.taken();
    rig.load(6_000, milliseconds(10)).await;
    first.taken();
    rig.load(1_000, milliseconds(5)).await;
    assert!(first.taken() > 200);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_gives_no_answer_costs_nobody_an_error_and_is_left_alone() {
    let rig = Rig::seeded(1);
    let [dead, _, _] = rig.replicas([Manner::Dies, QUICK, QUICK]);
    assert_eq!(rig.load(1_000, milliseconds(5)).await, 0);
    let taken = dead.taken();
    // One after 0, then after 1, 2, 4 s and so on: five seconds pass.
    assert!((1..=4).contains(&taken), "{taken}");
    let seen = rig.endpoint("1");
    assert!(matches!(seen.condition, EndpointCondition::Out { reason: OutReason::Reset, .. }), "{seen:?}");
    assert_eq!(seen.condition.why().unwrap().split(',').next(), Some("a connection broke before the answer"));
    assert_eq!((rig.state().ejections[&OutReason::Reset], rig.state().rerouted), (1, taken));
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_came_back_is_found_by_a_call_and_begins_with_less() {
    let rig = Rig::seeded(1);
    let [first, _, _] = rig.replicas([Manner::Dies, QUICK, QUICK]);
    rig.load(200, milliseconds(5)).await;
    first.becomes(QUICK);
    assert_eq!(rig.load(1_000, milliseconds(5)).await, 0);
    let seen = rig.endpoint("1").condition;
    assert!(matches!(seen, EndpointCondition::Warming { .. }), "{seen:?}");
    rig.load(4_000, milliseconds(5)).await;
    assert_eq!(rig.endpoint("1").condition, EndpointCondition::Ready);
}

#[tokio::test(start_paused = true)]
async fn each_endpoint_has_a_breaker_of_its_own() {
    let rig = Rig::seeded(1);
    let [bad, _, _] = rig.replicas([Manner::Says(500), QUICK, QUICK]);
    let failed = rig.load(4_000, milliseconds(5)).await;
    // A 500 may have had an effect and is not tried again; seven in a row open the breaker, and the others go on.
    assert!(failed <= 12, "{failed} failed");
    assert!(matches!(rig.endpoint("1").breaker, BreakerState::Open { .. }), "{:?}", rig.endpoint("1"));
    assert_eq!((rig.state().breaker, bad.taken()), (BreakerState::Closed, failed));
}

#[tokio::test(start_paused = true)]
async fn the_retry_goes_elsewhere_at_once_and_within_the_budget() {
    let rig = Rig::seeded(1);
    let [bad, good] = rig.replicas([Manner::Says(503), QUICK]);
    for _ in 0..50 {
        assert_eq!(rig.get().await.unwrap(), 1);
    }
    assert_eq!(good.taken(), 50);
    let state = rig.state();
    assert_eq!(bad.taken(), state.rerouted);
    // No pause between the two tries.
    assert!(rig.clock.monotonic() <= milliseconds(50 * 5), "{:?}", rig.clock.monotonic());
    assert!(state.budget >= 100 - state.rerouted);
}

#[tokio::test(start_paused = true)]
async fn when_all_endpoints_fail_the_breakers_say_so_together() {
    let rig = Rig::seeded(1);
    rig.replicas([Manner::Says(500), Manner::Says(500)]);
    while rig.state().breaker == BreakerState::Closed {
        rig.get().await.unwrap_err();
    }
    let refused = rig.get().await.unwrap_err();
    let text = refused.caller_text().unwrap();
    assert!(text.contains("none of its 2 endpoints takes calls: its breaker is open: 7 calls"), "{text}");
    assert!(matches!(rig.state().breaker, BreakerState::Open { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_peer_without_endpoints_says_so() {
    let rig = Rig::seeded(1);
    let refused = rig.get().await.unwrap_err();
    assert!(refused.caller_text().unwrap().contains("nobody knows where it is"), "{refused}");
    assert_eq!(rig.state().refusals[&RefusalReason::NoEndpoint], 1);
    let forwarded = rig.book.peer("peer").send(http::Request::new(Body::empty())).await.unwrap_err();
    assert_eq!(forwarded.code(), "unavailable");
}

#[tokio::test(start_paused = true)]
async fn who_is_about_to_stop_gets_calls_only_when_nobody_else_is_there() {
    let rig = Rig::seeded(1);
    let [first, second] = rig.replicas([QUICK, QUICK]);
    let leaving = |replica: &Replica| Located { is_leaving: true, ..replica.located.clone() };
    rig.endpoints.set(vec![leaving(&first), second.located.clone()]);
    assert_eq!(rig.load(400, milliseconds(5)).await, 0);
    assert_eq!((first.taken(), second.taken()), (0, 400));
    rig.endpoints.set(vec![leaving(&first)]);
    assert_eq!(rig.load(10, milliseconds(5)).await, 0);
    assert_eq!((first.taken(), second.taken()), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn who_is_elsewhere_gets_calls_only_when_nobody_here_works() {
    let rig = Rig::seeded(1);
    let [first, second] = rig.replicas([QUICK, QUICK]);
    let elsewhere = Located { is_elsewhere: true, ..first.located.clone() };
    rig.endpoints.set(vec![elsewhere.clone(), second.located.clone()]);
    assert_eq!(rig.load(400, milliseconds(5)).await, 0);
    assert_eq!((first.taken(), second.taken()), (0, 400));
    second.becomes(Manner::Dies);
    assert_eq!(rig.load(100, milliseconds(5)).await, 0, "calls that fail here are sent there");
    assert!(first.taken() >= 90, "and the others go there at once");
    rig.endpoints.set(vec![elsewhere]);
    assert_eq!(rig.load(10, milliseconds(5)).await, 0);
    assert_eq!(first.taken(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_new_replica_gets_more_and_more() {
    let rig = Rig::seeded(1);
    let [first, second] = rig.replicas([QUICK, QUICK]);
    rig.load(600, milliseconds(5)).await;
    let new = Replica::new("3", &rig.clock, QUICK);
    rig.endpoints.set(vec![first.located, second.located, new.located.clone()]);
    let mut shares = Vec::new();
    for _ in 0..6 {
        rig.load(400, milliseconds(5)).await;
        shares.push(new.taken());
    }
    // Two seconds each, 133 calls are a fair share.
    assert!(shares[0] < 40, "{shares:?}");
    assert!(shares[0] < shares[2] && shares[2] < shares[4], "{shares:?}");
    assert!((100..=180).contains(&shares[5]), "{shares:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_stays_keeps_what_is_known_and_another_life_does_not() {
    let rig = Rig::seeded(1);
    let [first, second] = rig.replicas([QUICK, QUICK]);
    rig.load(100, milliseconds(5)).await;
    let picks = rig.endpoint("1").picks;
    assert!(picks > 0);
    rig.endpoints.set(vec![second.located.clone(), first.located.clone()]);
    assert_eq!(rig.endpoint("1").picks, picks);
    let life = Located { instance: Some("again".to_owned()), ..first.located };
    rig.endpoints.set(vec![life, second.located]);
    assert_eq!(rig.endpoint("1").picks, 0);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_no_call_under_way() {
    let rig = Rig::seeded(1);
    rig.replicas([Manner::Takes(3_600 * SECOND); 2]);
    for _ in 0..20 {
        assert!(rig.clock.timeout(milliseconds(10), rig.get()).await.is_err());
    }
    assert!(rig.state().endpoints.iter().all(|endpoint| endpoint.in_flight == 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_passed_on_is_sent_again_only_where_that_is_safe() {
    let rig = Rig::seeded(1);
    let [dead, good] = rig.replicas([Manner::Dies, QUICK]);
    let send = async |method: http::Method, key: bool| {
        let mut request = http::Request::new(Body::empty());
        *request.method_mut() = method;
        if key {
            request.headers_mut().insert("idempotency-key", http::HeaderValue::from_static("k"));
        }
        rig.book.peer("peer").send(request).await.map(|response| response.status())
    };
    let (mut failed, mut tries) = (0, 0);
    while dead.seen.load(Ordering::Relaxed) == 0 {
        failed += u32::from(send(http::Method::POST, false).await.is_err());
        tries += 1;
        assert!(tries < 100);
    }
    assert_eq!(failed, 1, "a command without a key may have had its effect");
    for at in 0..200 {
        rig.clock.sleep(milliseconds(50)).await;
        let method = if at % 2 == 0 { http::Method::POST } else { http::Method::GET };
        assert!(send(method, true).await.is_ok());
    }
    assert!(dead.taken() > 2 && good.taken() >= 200);
    assert_eq!(rig.state().rerouted, rig.endpoint("1").picks - 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_a_stream_goes_once() {
    let rig = Rig::seeded(1);
    let [dead] = rig.replicas([Manner::Dies]);
    let (sender, body) = Body::pieces();
    let mut request = http::Request::new(body);
    *request.method_mut() = http::Method::PUT;
    assert!(rig.book.peer("peer").send(request).await.is_err());
    drop(sender);
    assert_eq!(dead.taken(), 1);
    rig.book.set_policies("peer", Policies::none());
    assert!(rig.book.peer("peer").send(http::Request::new(Body::empty())).await.is_err());
    assert_eq!(dead.taken(), 1, "without a retry policy nothing is sent twice");
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_one_seed_choose_alike_and_another_seed_does_not() {
    async fn run(seed: u64) -> (Vec<u64>, PeerState) {
        let rig = Rig::seeded(seed);
        let manners = [QUICK, Manner::Takes(milliseconds(20)), Manner::Says(503), Manner::Dies, QUICK];
        let replicas = rig.replicas(manners);
        rig.load(700, milliseconds(3)).await;
        (replicas.iter().map(Replica::taken).collect(), rig.state())
    }
    assert_eq!(run(7).await, run(7).await);
    assert_ne!(run(7).await, run(8).await);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Whatever latencies replicas have: nobody waits for a slow one much, nobody is starved, every call is answered.
    #[test]
    fn no_replica_is_starved_and_quicker_ones_get_more(
        seed: u64,
        latencies in prop::collection::vec(1_u64..200, 2..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async move {
            let rig = Rig::seeded(seed);
            let each = |(at, latency): (usize, &u64)| {
                Replica::new(&at.to_string(), &rig.clock, Manner::Takes(milliseconds(*latency)))
            };
            let replicas: Vec<Replica> = latencies.iter().enumerate().map(each).collect();
            rig.endpoints.set(replicas.iter().map(|replica| replica.located.clone()).collect());
            assert_eq!(rig.load(1_500, milliseconds(4)).await, 0);
            let taken: Vec<u64> = replicas.iter().map(Replica::taken).collect();
            assert_eq!(taken.iter().sum::<u64>(), 1_500);
            // Six seconds: a forced call each second at least.
            assert!(taken.iter().all(|count| *count >= 4), "{latencies:?}: {taken:?}");
            let best = (0..taken.len()).min_by_key(|at| latencies[*at]).unwrap();
            let worst = (0..taken.len()).max_by_key(|at| latencies[*at]).unwrap();
            assert!(latencies[best] * 2 > latencies[worst] || taken[best] > taken[worst], "{latencies:?}: {taken:?}");
        });
    }
}

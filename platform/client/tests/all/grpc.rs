//! gRPC calls over real HTTP/2 connections: what goes out, what comes back, and what the policies make of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tradewind_client::{
    Address, Body, BreakerOptions, BreakerState, Caller, FallbackReason, FarClient, PhoneBook, Policies,
    RefusalReason, RetryOptions, Source, ThrottleOptions, near,
};
use tradewind_grpc::health::{CHECK, HealthCheckRequest, HealthCheckResponse, SERVING};
use tradewind_grpc::{Code, Message, PUSHBACK, Rpc, STATUS, failure, frame, unframe};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_problem::{CONFLICT, INTERNAL, NOT_FOUND, Problem, UNAVAILABLE};

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

/// The same method, where it might change something.
const SET: Rpc<HealthCheckRequest, HealthCheckResponse> = Rpc::command("/a.v1.Service/Set");

/// What the peer does with a call.
enum Does {
    Answer,
    Refuse(HeaderMap),
    Reply(Response<Body>),
    /// Never answers.
    Hang,
    /// Takes the connection down.
    Die,
}

/// What it does with the n-th call.
type Script = fn(u32) -> Does;

/// A peer on a socket that speaks HTTP/2 only, and those who call it.
struct Rig {
    book: PhoneBook,
    clock: Clock,
    entropy: Entropy,
    calls: Arc<AtomicU32>,
    /// The headers of the last call.
    seen: Arc<Mutex<HeaderMap>>,
}

impl Rig {
    async fn new(script: Script) -> Self {
        let rig = Self {
            book: PhoneBook::default(),
            clock: Clock::system(),
            entropy: Entropy::seeded(1),
            calls: Arc::default(),
            seen: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let far = FarClient::new(&listener.local_addr().unwrap().to_string()).unwrap();
        rig.book.enter("peer", Address::Far(far));
        rig.with(quick());
        tokio::spawn(serve(listener, script, rig.calls.clone(), rig.seen.clone()));
        rig
    }

    fn with(&self, policies: Policies) {
        self.book.set_policies("peer", policies);
    }

    fn caller(&self, limit: Duration) -> Caller {
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, limit);
        Caller::new(self.book.peer("peer"), context, deadline, self.clock.clone(), self.entropy.clone())
    }

    async fn read(&self) -> Result<HealthCheckResponse, Problem> {
        self.caller(LIMIT).unary(&CHECK, &HealthCheckRequest::default()).await
    }

    async fn set(&self) -> Result<HealthCheckResponse, Problem> {
        self.caller(LIMIT).unary(&SET, &HealthCheckRequest::default()).await
    }

    fn calls(&self) -> u32 {
        self.calls.swap(0, Ordering::SeqCst)
    }

    fn breaker(&self) -> BreakerState {
        self.book.peers_state().remove(0).breaker
    }
}

/// The usual policies without pauses worth waiting for; the breaker stays open for as long as a test takes.
fn quick() -> Policies {
    let retry = RetryOptions { base: Duration::from_millis(1), ..RetryOptions::default() };
    let breaker = BreakerOptions { open: LIMIT, open_max: LIMIT, ..BreakerOptions::default() };
    Policies { retry: Some(retry), breaker: Some(breaker), ..Policies::default() }
}

async fn serve(listener: TcpListener, script: Script, calls: Arc<AtomicU32>, seen: Arc<Mutex<HeaderMap>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (calls, seen) = (calls.clone(), seen.clone());
        tokio::spawn(async move {
            let (die, dying) = tokio::sync::mpsc::channel::<()>(1);
            let service = service_fn(move |request: Request<Incoming>| {
                let does = script(calls.fetch_add(1, Ordering::SeqCst) + 1);
                *seen.lock().unwrap() = request.headers().clone();
                answer(request, does, die.clone())
            });
            let connection = http2::Builder::new(TokioExecutor::new());
            let connection = connection.serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                biased;
                () = told(dying) => {}
                served = connection => drop(served),
            }
        });
    }
}

async fn told(mut dying: tokio::sync::mpsc::Receiver<()>) {
    if dying.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

async fn answer(
    request: Request<Incoming>,
    does: Does,
    die: tokio::sync::mpsc::Sender<()>,
) -> Result<Response<Body>, std::convert::Infallible> {
    assert_eq!(request.version(), Version::HTTP_2);
    let body = Body::incoming(request.into_body()).collect(1_000).await.unwrap();
    let message = HealthCheckRequest::from_bytes(unframe(body).unwrap()).unwrap();
    Ok(match does {
        Does::Answer => answered(i32::try_from(message.service.len()).unwrap() + SERVING),
        Does::Refuse(trailers) => refused(trailers),
        Does::Reply(response) => response,
        Does::Hang => std::future::pending().await,
        Does::Die => {
            die.send(()).await.unwrap();
            std::future::pending().await
        }
    })
}

fn answered(status: i32) -> Response<Body> {
    let message = frame(&HealthCheckResponse { status }.to_bytes());
    grpc(Body::with_trailers(message, tradewind_grpc::success()))
}

fn grpc(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc+proto"));
    response
}

/// A status without an answer before it: headers that are trailers.
fn refused(trailers: HeaderMap) -> Response<Body> {
    let mut response = grpc(Body::empty());
    response.headers_mut().extend(trailers);
    response
}

fn status(code: Code) -> HeaderMap {
    HeaderMap::from_iter([(STATUS, HeaderValue::from(code.number()))])
}

fn down(_: u32) -> Does {
    Does::Refuse(status(Code::Unavailable))
}

fn recovering(call: u32) -> Does {
    if call == 1 { down(call) } else { Does::Answer }
}

#[tokio::test]
async fn a_far_call_carries_message_context_deadline_and_token() {
    let rig = Rig::new(|_| Does::Answer).await;
    let caller = rig.caller(LIMIT).bearer(Secret::new("t"));
    let request = HealthCheckRequest { service: "four".to_owned() };
    assert_eq!(caller.unary(&CHECK, &request).await.unwrap().status, 4 + SERVING);
    let seen = rig.seen.lock().unwrap().clone();
    let text = |name: &str| seen[name].to_str().unwrap();
    assert_eq!((text("content-type"), text("te")), ("application/grpc", "trailers"));
    assert_eq!(text("authorization"), "Bearer t");
    assert!(seen.contains_key("traceparent") && seen.contains_key("tradewind-correlation-id"));
    let left = tradewind_grpc::parse_timeout(text("grpc-timeout")).unwrap();
    assert!(!left.is_zero() && left <= LIMIT, "{left:?}");
    assert!(seen.contains_key("tradewind-timeout-ms"));
}

#[tokio::test]
async fn many_calls_share_one_connection_at_a_time() {
    let rig = Rig::new(|_| Does::Answer).await;
    let callers: Vec<Caller> = (0..100).map(|_| rig.caller(LIMIT)).collect();
    let request = HealthCheckRequest::default();
    let calls = callers.iter().map(|caller| caller.unary(&CHECK, &request));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap().status, SERVING);
    }
    assert_eq!(rig.calls(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_near_call_is_the_same_in_memory() {
    let (door, mut receiver) = near(4);
    let book = PhoneBook::default();
    book.enter("peer", Address::Near(door));
    tokio::spawn(async move {
        let (request, reply) = receiver.next().await.unwrap();
        assert_eq!((request.version(), request.uri().path()), (Version::HTTP_2, CHECK.path()));
        reply(answered(SERVING));
        let (_, reply) = receiver.next().await.unwrap();
        reply(refused(tradewind_grpc::refusal(&Problem::new(&NOT_FOUND).detail("No such thing."))));
    });
    let (clock, entropy) =
        (Clock::simulated(tradewind_kernel::Timestamp::from_micros(0)), Entropy::seeded(1));
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let caller = Caller::new(book.peer("peer"), context, Deadline::after(&clock, LIMIT), clock, entropy);
    assert_eq!(caller.unary(&CHECK, &HealthCheckRequest::default()).await.unwrap().status, SERVING);
    let refused = caller.unary(&CHECK, &HealthCheckRequest::default()).await.unwrap_err();
    assert!(refused.is(&NOT_FOUND) && refused.caller_text() == Some("No such thing."));
}

#[tokio::test]
async fn a_breaker_opens_on_unavailable_and_sends_nothing_then() {
    let rig = Rig::new(down).await;
    rig.with(Policies { retry: None, throttle: None, ..quick() });
    for _ in 0..7 {
        assert!(rig.read().await.unwrap_err().is(&UNAVAILABLE));
    }
    assert!(matches!(rig.breaker(), BreakerState::Open { .. }));
    assert_eq!(rig.calls(), 7);
    let refused = rig.read().await.unwrap_err();
    assert!(refused.is(&UNAVAILABLE) && rig.calls() == 0, "{refused}");
    let caller = rig.caller(LIMIT);
    let request = HealthCheckRequest::default();
    let answer = caller.unary_or(&CHECK, &request, |_| HealthCheckResponse { status: 9 }).await.unwrap();
    assert_eq!(answer.value.status, 9);
    let Source::Fallback { reason, .. } = answer.source else { panic!("the peer answered") };
    assert_eq!((reason, rig.calls()), (FallbackReason::Refused(RefusalReason::BreakerOpen), 0));
}

#[tokio::test]
async fn a_read_and_a_keyed_command_are_tried_again_and_a_plain_command_is_not() {
    let rig = Rig::new(recovering).await;
    assert_eq!((rig.read().await.unwrap().status, rig.calls()), (SERVING, 2));
    assert!(rig.set().await.unwrap_err().is(&UNAVAILABLE));
    assert_eq!(rig.calls(), 1);
    let key = HeaderName::from_static("idempotency-key");
    let keyed = rig.caller(LIMIT).header(key, "k");
    assert_eq!(keyed.unary(&SET, &HealthCheckRequest::default()).await.unwrap().status, SERVING);
    assert_eq!(rig.calls(), 2);
}

#[tokio::test]
async fn a_peer_that_pushes_back_is_not_asked_again() {
    let rig = Rig::new(|_| {
        let mut trailers = status(Code::Unavailable);
        trailers.insert(PUSHBACK, HeaderValue::from_static("-1"));
        Does::Refuse(trailers)
    });
    let rig = rig.await;
    assert!(rig.read().await.unwrap_err().was_retried());
    assert_eq!(rig.calls(), 1);
}

#[tokio::test]
async fn statuses_mean_to_the_policies_what_they_say() {
    // It works, and refuses the request: no other try, no breaker, however often.
    let rig = Rig::new(|_| Does::Refuse(tradewind_grpc::refusal(&Problem::new(&CONFLICT)))).await;
    for _ in 0..20 {
        assert!(rig.read().await.unwrap_err().is(&CONFLICT));
    }
    assert_eq!((rig.calls(), rig.breaker()), (20, BreakerState::Closed));
    // It asks for less: the throttle drops calls, the breaker stays out of it.
    let rig = Rig::new(|_| Does::Refuse(status(Code::ResourceExhausted))).await;
    let throttle = ThrottleOptions { protected: 1, forced_every: LIMIT, ..ThrottleOptions::default() };
    rig.with(Policies { throttle: Some(throttle), ..quick() });
    for _ in 0..100 {
        assert!(matches!(rig.read().await.unwrap_err().status(), 429 | 503));
    }
    assert!(rig.calls() < 100, "nothing was dropped");
    assert_eq!(rig.breaker(), BreakerState::Closed);
    // A method that is not there is the caller's mistake.
    let rig = Rig::new(|_| Does::Refuse(status(Code::Unimplemented))).await;
    assert_eq!((rig.read().await.unwrap_err().status(), rig.calls()), (405, 1));
}

#[tokio::test]
async fn a_connection_that_breaks_costs_another_try_and_no_call() {
    let rig = Rig::new(|call| if call == 1 { Does::Die } else { Does::Answer }).await;
    assert_eq!((rig.read().await.unwrap().status, rig.calls()), (SERVING, 2));
}

#[tokio::test]
async fn a_peer_that_hangs_costs_the_deadline() {
    let rig = Rig::new(|_| Does::Hang).await;
    let caller = rig.caller(Duration::from_millis(50));
    let problem = caller.unary(&CHECK, &HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!((problem.code(), rig.calls()), ("deadline-exceeded", 1));
}

#[tokio::test]
async fn what_is_no_grpc_answer_is_understood_as_far_as_it_goes() {
    // A door whose service does not run answers every request in its own way.
    let rig = Rig::new(|_| {
        Does::Reply(Problem::new(&UNAVAILABLE).detail("It does not run.").to_response().map(Body::from))
    });
    let problem = rig.await.read().await.unwrap_err();
    assert!(problem.is(&UNAVAILABLE) && problem.caller_text() == Some("It does not run."));
    let odd: [Script; 5] = [
        // No bytes at all would be a message, if they were taken for one.
        |_| Does::Reply(Response::new(Body::empty())),
        |_| Does::Reply(Response::new(Body::from("<html>".to_owned()))),
        |_| Does::Reply(grpc(Body::from(frame(b"")))),
        |_| {
            Does::Reply(grpc(Body::with_trailers(
                Bytes::from_static(b"\0\0\0\0\x09a"),
                tradewind_grpc::success(),
            )))
        },
        |_| Does::Reply(grpc(Body::with_trailers(frame(b"\xff"), tradewind_grpc::success()))),
    ];
    for script in odd {
        let rig = Rig::new(script).await;
        assert!(rig.read().await.unwrap_err().is(&INTERNAL));
        assert_eq!(rig.calls(), 1);
    }
    assert!(failure(&HeaderMap::new()).is_some());
}

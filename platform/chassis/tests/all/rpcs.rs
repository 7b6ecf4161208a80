//! gRPC methods at the doors of a service, in memory and over sockets.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Request, Version};
use tradewind_chassis::http::{Call, Routes};
use tradewind_chassis::{DoorKind, Running, Service, Stage};
use tradewind_client::{Address, Body, Caller, FarClient, PhoneBook};
use tradewind_grpc::health::{CHECK, HealthCheckRequest, HealthCheckResponse, NOT_SERVING, SERVING};
use tradewind_grpc::{Code, Message, Rpc, failure, frame, unframe};
use tradewind_kernel::{Context, Deadline, Principal, Secret};
use tradewind_problem::{CONFLICT, NOT_FOUND, Problem, UNAUTHENTICATED};

use crate::lamps::{Lamps, ask, definition, get, lamps, routes, run, simulated};

/// Says how long a name is; names choose how it goes wrong. Lamps have no messages of their own.
const MEASURE: Rpc<HealthCheckRequest, HealthCheckResponse> = Rpc::read("/lamps.v1.Lamps/Measure");

/// The same at the internal door.
const ADMIN: Rpc<HealthCheckRequest, HealthCheckResponse> = Rpc::read("/lamps.v1.LampsAdmin/Measure");

async fn measure(
    _: Arc<Lamps>,
    call: Call,
    request: HealthCheckRequest,
) -> Result<HealthCheckResponse, Problem> {
    match request.service.as_str() {
        "broken" => Err(Problem::new(&CONFLICT).detail("It is broken.").error("/service", "name another")),
        "slow" => {
            call.clock().sleep(Duration::from_secs(60)).await;
            Err(Problem::internal("late"))
        }
        "panic" => panic!("on purpose"),
        text => Ok(HealthCheckResponse { status: i32::try_from(text.len()).unwrap() }),
    }
}

fn service() -> Service {
    definition().admin(4015, routes().rpc(MEASURE, measure)).build()
}

fn named(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

fn call(path: &str, body: &[u8]) -> Request<Body> {
    let mut request = Request::post(path).header("content-type", "application/grpc");
    request = request.version(Version::HTTP_2);
    request.body(Body::from(bytes::Bytes::copy_from_slice(body))).unwrap()
}

fn framed(service: &str) -> Vec<u8> {
    frame(&named(service).to_bytes()).to_vec()
}

/// What a door answers to a call in bytes: the message, or the problem that the status tells of.
async fn sent(running: &Running, door: &str, request: Request<Body>) -> Result<HealthCheckResponse, Problem> {
    let response = running.book().peer(&format!("lamps/{door}")).send(request).await.unwrap();
    let (parts, body) = response.into_parts();
    assert_eq!(
        (parts.status.as_u16(), &parts.headers["content-type"]),
        (200, &"application/grpc".parse().unwrap())
    );
    let (body, trailers) = body.collect_with_trailers(1_000_000).await.unwrap();
    let trailers: HeaderMap = if trailers.is_empty() { parts.headers } else { trailers };
    match failure(&trailers) {
        Some(problem) => Err(problem),
        None => Ok(HealthCheckResponse::from_bytes(unframe(body).unwrap()).unwrap()),
    }
}

fn caller(running: &Running, book: &PhoneBook, door: &str, limit: Duration) -> Caller {
    let (clock, entropy) = (running.clock().clone(), running.entropy().fork("test"));
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, limit);
    Caller::new(book.peer(&format!("lamps/{door}")), context, deadline, clock, entropy)
}

#[tokio::test(start_paused = true)]
async fn a_method_takes_a_message_and_answers_one() {
    let running = run(service(), simulated()).await;
    let caller = caller(&running, running.book(), "admin", Duration::from_secs(5));
    assert_eq!(caller.unary(&MEASURE, &named("four")).await.unwrap().status, 4);
    let problem = caller.unary(&MEASURE, &named("broken")).await.unwrap_err();
    assert!(problem.is(&CONFLICT) && problem.caller_text() == Some("It is broken."));
    assert_eq!(problem.errors()[0].pointer, "/service");
    assert!(problem.told_trace_id().is_some());
}

#[tokio::test(start_paused = true)]
async fn every_refusal_is_a_status_that_says_what_to_change() {
    let running = run(service(), simulated()).await;
    let path = MEASURE.path();
    let good = framed("x");
    let cut = |count: usize| good[..good.len() - count].to_vec();
    let twice = [good.clone(), good.clone()].concat();
    let compressed = [&[1], &good[1..]].concat();
    let no_message = frame(b"\xff\xff").to_vec();
    let with = |name: &str, value: &str| {
        let mut request = call(path, &good);
        request.headers_mut().insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        request
    };
    let get = {
        let mut request = call(path, b"");
        *request.method_mut() = http::Method::GET;
        request
    };
    let old = {
        let mut request = call(path, &good);
        *request.version_mut() = Version::HTTP_11;
        request
    };
    let cases = [
        ("no method", call("/lamps.v1.Lamps/None", &good), Code::Unimplemented),
        ("no service", call("/lamps.v2.Lamps/Measure", &good), Code::Unimplemented),
        ("another verb", get, Code::Unimplemented),
        ("HTTP/1.1", old, Code::Unimplemented),
        ("JSON", with("content-type", "application/grpc+json"), Code::Unimplemented),
        ("compressed", call(path, &compressed), Code::Unimplemented),
        ("nothing", call(path, b""), Code::InvalidArgument),
        ("cut in the prefix", call(path, &good[..3]), Code::InvalidArgument),
        ("cut in the message", call(path, &cut(1)), Code::InvalidArgument),
        ("two messages", call(path, &twice), Code::InvalidArgument),
        ("no message", call(path, &no_message), Code::InvalidArgument),
        ("too large", call(path, &framed(&"x".repeat(1024 * 1024))), Code::InvalidArgument),
        ("no token", with("authorization", "Bearer nonsense"), Code::Unauthenticated),
        ("a refusal", call(path, &framed("broken")), Code::FailedPrecondition),
        ("a panic", call(path, &framed("panic")), Code::Internal),
        ("late", call(path, &framed("slow")), Code::DeadlineExceeded),
    ];
    for (what, request, code) in cases {
        let problem = sent(&running, "admin", request).await.unwrap_err();
        assert_eq!(Code::of(&problem), code, "{what}: {problem}");
        let silent = problem.caller_text().is_none_or(|text| text == problem.title());
        assert!(!silent || code == Code::Internal, "{what} does not say what to change: {problem}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_speaks_no_grpc_to_a_method_is_told_so_in_http() {
    let running = lamps_with_rpc().await;
    let json = Request::post(MEASURE.path())
        .header("content-type", "application/json")
        .body(Body::from("{}".to_owned()))
        .unwrap();
    for (request, status) in [(json, 415), (get(MEASURE.path()), 405), (get("/nothing"), 404)] {
        let (found, headers, body) = ask(&running, "admin", request).await;
        assert_eq!(
            (found.as_u16(), headers["content-type"].to_str().unwrap()),
            (status, "application/problem+json"),
            "{body}"
        );
    }
}

async fn lamps_with_rpc() -> Running {
    run(service(), simulated()).await
}

#[tokio::test(start_paused = true)]
async fn the_nearer_of_both_deadlines_holds() {
    let running = lamps_with_rpc().await;
    for (standard, own, took) in [
        (Some("500m"), None, 500),
        (None, Some("700"), 700),
        (Some("1S"), Some("300"), 300),
        (Some("1H"), None, 10_000),
    ] {
        let before = running.clock().monotonic();
        let mut request = call(MEASURE.path(), &framed("slow"));
        for (name, value) in [("grpc-timeout", standard), ("tradewind-timeout-ms", own)] {
            if let Some(value) = value {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        let problem = sent(&running, "admin", request).await.unwrap_err();
        assert_eq!(problem.code(), "deadline-exceeded");
        let elapsed = running.clock().monotonic().saturating_sub(before).as_millis();
        assert!((took..took + 10).contains(&elapsed), "{elapsed} ms instead of {took}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_counted_is_what_the_status_means() {
    let running = lamps_with_rpc().await;
    for service in ["x", "broken", "panic"] {
        drop(sent(&running, "admin", call(MEASURE.path(), &framed(service))).await);
    }
    drop(sent(&running, "admin", call("/lamps.v1.Lamps/None", b"")).await);
    let (_, _, text) = ask(&running, "internal", get("/metrics")).await;
    for (route, status) in
        [(MEASURE.path(), 200), (MEASURE.path(), 409), (MEASURE.path(), 500), ("unmatched", 405)]
    {
        let label = format!(r#"route="{route}",status="{status}"}} 1"#);
        assert!(text.contains(&label), "{label} in {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn health_is_told_of_the_whole_and_of_each_service() {
    let running = lamps_with_rpc().await;
    let check = async |service: &str| sent(&running, "admin", call(CHECK.path(), &framed(service))).await;
    for known in ["", "lamps", "lamps.v1.Lamps"] {
        assert_eq!(check(known).await.unwrap().status, SERVING, "{known}");
    }
    assert!(check("lamps.v1.Other").await.unwrap_err().is(&NOT_FOUND));
    // Doors without methods have none for their health either.
    let plain = lamps().await;
    let problem = sent(&plain, "public", call(CHECK.path(), &framed(""))).await.unwrap_err();
    assert_eq!(Code::of(&problem), Code::Unimplemented);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ready_does_not_serve() {
    let starting = tradewind_chassis::Assembly::new(vec![service()]);
    let starting = starting.start(simulated(), &mut |_, _| {}).await.unwrap();
    let status = sent(&starting, "admin", call(CHECK.path(), &framed(""))).await.unwrap().status;
    assert_eq!(status, NOT_SERVING);
    starting.mark_ready();
    assert!(Stage::Ready > Stage::Starting);
    assert_eq!(sent(&starting, "admin", call(CHECK.path(), &framed(""))).await.unwrap().status, SERVING);
}

#[tokio::test(start_paused = true)]
async fn the_internal_door_wants_the_secret_for_all_but_health() {
    let internal = tradewind_chassis::Definition::new("lamps", "Lamps.", crate::lamps::start)
        .migrations(crate::lamps::LAMPS)
        .internal(4110, Routes::new().rpc(ADMIN, measure))
        .build();
    let running = run(internal, simulated()).await;
    let refused = sent(&running, "internal", call(ADMIN.path(), &framed("x"))).await.unwrap_err();
    assert!(refused.is(&UNAUTHENTICATED));
    assert_eq!(sent(&running, "internal", call(CHECK.path(), &framed(""))).await.unwrap().status, SERVING);
    let caller = caller(&running, running.book(), "internal", Duration::from_secs(5));
    let caller = caller.bearer(Secret::new(running.secret().expose()));
    assert_eq!(caller.unary(&ADMIN, &named("x")).await.unwrap().status, 1);
}

#[tokio::test]
async fn one_port_speaks_both_versions_of_http() {
    let (host, _folder) = crate::http2::host(&[]);
    let running = run(service(), host).await;
    let door = running.doors().into_iter().find(|door| door.kind == DoorKind::Admin).unwrap();
    let book = PhoneBook::default();
    book.enter("lamps/admin", Address::Far(FarClient::new(&door.address.to_string()).unwrap()));
    let caller = caller(&running, &book, "admin", Duration::from_secs(20));
    for _ in 0..3 {
        assert_eq!(caller.unary(&MEASURE, &named("four")).await.unwrap().status, 4);
        let lamps: serde_json::Value = caller.get("/lamps").await.unwrap();
        assert_eq!(lamps, serde_json::json!([]));
        let problem = caller.unary(&MEASURE, &named("broken")).await.unwrap_err();
        assert!(problem.is(&CONFLICT) && problem.errors().len() == 1);
    }
    running.shutdown().await;
}

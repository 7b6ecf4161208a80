use proptest::prelude::*;

use super::*;

const MILLI: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(10);

fn failed(attempts: u32, again: Option<Duration>, remaining: Duration) -> Failed {
    Failed { attempts, again, remaining, elsewhere: false }
}

fn next(options: &RetryOptions, failed: Failed) -> Next {
    options.next(failed, &mut options.budget(), Duration::ZERO, &Entropy::seeded(1))
}

fn request(method: Method, key: bool) -> Request<Body> {
    let mut request = Request::new(Body::from("x".to_owned()));
    *request.method_mut() = method;
    if key {
        request.headers_mut().insert(IDEMPOTENCY_KEY, "k".parse().unwrap());
    }
    request
}

#[test]
fn idempotent_methods_and_keyed_requests_are_repeatable() {
    for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
        assert!(is_repeatable(&request(method.parse().unwrap(), false)), "{method}");
    }
    for method in ["POST", "PATCH", "CONNECT", "WHATEVER"] {
        assert!(!is_repeatable(&request(method.parse().unwrap(), false)), "{method}");
        assert!(is_repeatable(&request(method.parse().unwrap(), true)), "{method}");
    }
}

#[tokio::test]
async fn a_repetition_is_the_same_request_and_a_stream_has_none() {
    let original = request(Method::POST, true);
    let again = repeat(&original).unwrap();
    assert_eq!((again.method(), again.headers()), (original.method(), original.headers()));
    assert_eq!(again.into_body().collect(10).await.unwrap(), "x");
    let streamed = streamed().await;
    assert!(repeat(&streamed).is_none() && !is_repeatable(&streamed));
}

/// A request whose body arrives from a connection.
async fn streamed() -> Request<Body> {
    let (client, server) = tokio::io::duplex(1024);
    let (sender, mut requests) = tokio::sync::mpsc::unbounded_channel();
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        sender.send(request.map(Body::incoming)).unwrap();
        std::future::pending::<Result<http::Response<Body>, std::convert::Infallible>>()
    });
    let io = hyper_util::rt::TokioIo::new(server);
    let serving = hyper::server::conn::http1::Builder::new().serve_connection(io, service);
    let mut client = client;
    let head = b"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut client, head).await.unwrap();
    tokio::select! {
        biased;
        request = requests.recv() => request.unwrap(),
        _ = serving => unreachable!("the service never answers"),
    }
}

#[test]
fn only_failures_that_may_pass_are_worth_another_try() {
    let wait = |status: u16, retry_after: Option<&str>, retried: bool| {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [(RETRY_AFTER, retry_after), (tradewind_problem::RETRIED, retried.then_some("1"))]
        {
            value.map(|value| headers.insert(name, value.parse().unwrap()));
        }
        let status = StatusCode::from_u16(status).unwrap();
        least_wait(status, &headers, &Problem::from_answer(status, &headers, b""))
    };
    for status in [502, 503, 504] {
        assert_eq!(wait(status, None, false), Some(Duration::ZERO), "{status}");
        assert_eq!(wait(status, Some("3"), false), Some(3_000 * MILLI), "{status}");
        assert_eq!(wait(status, Some("Fri, 31 Dec 2026 23:59:59 GMT"), false), None, "{status}");
        assert_eq!(wait(status, None, true), None, "{status}");
    }
    assert_eq!((wait(429, None, false), wait(429, Some("2"), false)), (None, Some(2_000 * MILLI)));
    for status in [400, 404, 409, 422, 500, 501] {
        assert_eq!(wait(status, Some("1"), false), None, "{status}");
    }
    let in_flight = Problem::new(&tradewind_problem::IDEMPOTENCY_KEY_IN_FLIGHT);
    assert_eq!(least_wait(StatusCode::CONFLICT, &HeaderMap::new(), &in_flight), Some(Duration::ZERO));
}

#[test]
fn there_are_at_most_so_many_attempts() {
    let options = RetryOptions::default();
    let after = |attempts| next(&options, failed(attempts, Some(Duration::ZERO), LONG));
    assert!(matches!((after(1), after(2)), (Next::Again(_), Next::Again(_))));
    assert_eq!(after(3), Next::GiveUp);
    let single = RetryOptions { attempts: 1, ..options.clone() };
    assert_eq!(next(&single, failed(1, Some(Duration::ZERO), LONG)), Next::Answer);
    assert_eq!(next(&options, failed(1, None, LONG)), Next::Answer);
}

#[test]
fn a_spent_budget_says_so() {
    let options = RetryOptions { budget_percent: 0, budget_per_second: 0, ..RetryOptions::default() };
    assert_eq!(next(&options, failed(1, Some(Duration::ZERO), LONG)), Next::Spent);
}

proptest! {
    /// A wait is never shorter than the peer asked, never as long as the deadline, never beyond the jitter.
    #[test]
    fn waits_keep_their_bounds(seed: u64, attempts in 1_u32..40, least in 0_u64..3_000, left in 0_u64..3_000) {
        let options = RetryOptions { attempts: u32::MAX, ..RetryOptions::default() };
        let (least, remaining) = (Duration::from_millis(least), Duration::from_millis(left));
        let entropy = Entropy::seeded(seed);
        let failed = failed(attempts, Some(least), remaining);
        match options.next(failed, &mut options.budget(), Duration::ZERO, &entropy) {
            Next::Again(wait) => {
                prop_assert!(wait >= least && wait < remaining);
                prop_assert!(wait - least <= options.cap.min(options.base * 2_u32.pow((attempts - 1).min(20))));
            }
            Next::Answer | Next::GiveUp => prop_assert!(least + options.cap >= remaining),
            Next::Spent => prop_assert!(false, "the budget is fresh"),
        }
    }
}

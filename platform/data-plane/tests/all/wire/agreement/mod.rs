//! Whether real servers see the requests end where the gateway believes.
//!
//! What the gateway has put out to its upstream is sent once more, to hyper, nginx and HAProxy, each time with one
//! further request behind it. nginx and HAProxy pass what they understand on to a recording upstream. A server may
//! refuse a request that it does not like, with an answer of its own; what it takes has to be the same, to the last
//! byte.
//!
//! `cargo test -p tradewind-data-plane -- --include-ignored agreement`, or `./test --engines`, which installs the
//! servers.

mod engines;
mod hyper;

use std::net::SocketAddr;

use super::client::{Cut, Got, exchange};
use super::generated::{Believed, through};
use super::message::{Kind, Read, read};
use super::suite::{all, beside, outcome};
use super::text::shown;

use engines::{haproxy, nginx};
use hyper::Hyper;

/// How many generated pipelines are sent on.
const SEEDS: u64 = 300;
/// Ends each stream, and the connection.
const LAST: &str = "GET /last HTTP/1.1\r\nHost: last.example\r\nConnection: close\r\n\r\n";

/// A server that tells which requests it has seen since it was last asked.
trait Server {
    fn name(&self) -> &'static str;
    fn address(&self) -> SocketAddr;
    fn seen(&self) -> Vec<Believed>;
}

/// What the gateway has put out on one connection.
struct Stream {
    from: String,
    bytes: Vec<u8>,
    requests: Vec<Believed>,
}

/// The whole requests of a stream, as the strictest reader sees them. How many bytes they take.
fn requests(bytes: &[u8]) -> (Vec<Believed>, usize) {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Read::Whole(message, taken) = read(&bytes[at..], Kind::Request) {
        at += taken;
        found.push(Believed::of(&message));
    }
    (found, at)
}

/// All that the gateway puts out for the accepted cases, and for generated pipelines.
fn streams() -> Vec<Stream> {
    let stream = |from: &str, mut bytes: Vec<u8>| {
        let whole = requests(&bytes).1;
        bytes.truncate(whole);
        bytes.extend(LAST.as_bytes());
        let requests = requests(&bytes).0;
        Stream { from: from.to_owned(), bytes, requests }
    };
    // Behind a switch of protocols there are no requests.
    let cases: Vec<_> = all()
        .into_iter()
        .filter(|case| !case.upstream.is_empty() && !case.scripts.iter().any(super::case::Script::switches))
        .collect();
    let mut found: Vec<Stream> = beside(&cases, |case| {
        let (complaints, record) = outcome(case, Cut::Whole);
        assert!(complaints.is_empty(), "{}: {complaints:?}", case.name);
        record.streams.into_iter().map(|bytes| stream(&case.name, bytes)).collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect();
    let seeds: Vec<u64> = (1001..=1000 + SEEDS).collect();
    let generated = beside(&seeds, |seed| {
        let (complaints, record) = through(*seed);
        assert!(complaints.is_empty(), "seed {seed}: {complaints:?}");
        record.streams.into_iter().map(|bytes| stream(&format!("seed {seed}"), bytes)).collect::<Vec<_>>()
    });
    found.extend(generated.into_iter().flatten());
    found
}

/// Sends a stream. `Ok` says which requests the server refused in its own words.
fn compare(server: &dyn Server, stream: &Stream) -> Result<Vec<String>, String> {
    let to_heads: Vec<bool> = stream.requests.iter().map(|request| request.method == "HEAD").collect();
    let got = exchange(server.address(), &stream.bytes, Cut::Whole, &to_heads);
    let seen = server.seen();
    let mut left = seen.iter();
    let mut refused = Vec::new();
    for (request, got) in stream.requests.iter().zip(&got) {
        match got {
            Got::Whole(message) if message.status() == 200 => {
                let other = left.next();
                if other != Some(request) {
                    return Err(format!("saw {other:?}, the gateway believes {request:?}"));
                }
            }
            Got::Whole(message) if message.status() >= 400 => {
                refused.push(format!(
                    "{} {} with {}",
                    request.method,
                    shown(request.target.as_bytes()),
                    message.status()
                ));
            }
            // It closes after a refusal.
            Got::Ended(None) if !refused.is_empty() => {}
            got => return Err(format!("answered {request:?} with {}", got.told())),
        }
    }
    match left.next() {
        Some(more) => Err(format!("saw {more:?}, of which the gateway knows nothing")),
        None => Ok(refused),
    }
}

/// What a gateway with a wrong belief would put out: a body that it takes for a request.
fn planted() -> Stream {
    let body = "GET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n";
    let head = format!("POST /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: {}\r\n\r\n", body.len());
    let bytes = [head.as_bytes(), body.as_bytes(), LAST.as_bytes()].concat();
    let believed = |method: &str, target: &str| Believed {
        method: method.to_owned(),
        target: target.to_owned(),
        mark: String::new(),
        body: Vec::new(),
    };
    let requests = vec![believed("POST", "/a"), believed("GET", "/admin"), believed("GET", "/last")];
    Stream { from: "planted".to_owned(), bytes, requests }
}

fn agree(server: &dyn Server) {
    assert!(compare(server, &planted()).is_err(), "{} hides a disagreement", server.name());
    let streams = streams();
    let (mut disagreements, mut refusals, mut requests) = (Vec::new(), Vec::new(), 0);
    for stream in &streams {
        requests += stream.requests.len();
        match compare(server, stream) {
            Ok(refused) => {
                refusals.extend(refused.into_iter().map(|what| format!("{}: {what}", stream.from)));
            }
            Err(what) => disagreements.push(format!("{}: {what}", stream.from)),
        }
    }
    let name = server.name();
    println!(
        "{name}: {} streams, {requests} requests, {} refused in its own words",
        streams.len(),
        refusals.len()
    );
    refusals.iter().for_each(|refusal| println!("    {refusal}"));
    assert!(disagreements.is_empty(), "{name} disagrees:\n{}", disagreements.join("\n"));
    // Else the comparison would say nothing.
    assert!(refusals.len() * 20 < requests, "{name} refused {} of {requests} requests", refusals.len());
}

#[test]
fn hyper_agrees() {
    agree(&Hyper::start());
}

#[test]
#[ignore = "needs nginx: ./test --engines"]
fn nginx_agrees() {
    agree(&nginx());
}

#[test]
#[ignore = "needs HAProxy: ./test --engines"]
fn haproxy_agrees() {
    agree(&haproxy());
}

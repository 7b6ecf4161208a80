//! Pipelines that a seed decides on, with bodies that look like requests, ends of chunks and ends of lines.

use std::net::SocketAddr;

use super::case::Case;
use super::client::{Cut, Got, exchange, run};
use super::gateway::gateway;
use super::message::Message;
use super::random::Random;
use super::suite::{all, beside};
use super::text::shown;
use super::upstream::{MARK, PROBE, Record, Upstream};

/// A request as the gateway has to understand it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Believed {
    pub method: String,
    /// With its path in canonical form.
    pub target: String,
    /// Tells it from all others; its answer gives it back. Empty where the request has none.
    pub mark: String,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Believed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { method, target, mark, body } = self;
        write!(f, "{method} {target} ({mark}) with \"{}\"", shown(body))
    }
}

impl Believed {
    pub fn of(message: &Message) -> Self {
        Self {
            method: message.method().to_owned(),
            target: message.second().to_owned(),
            mark: message.value(MARK).map(String::from_utf8_lossy).unwrap_or_default().into_owned(),
            body: message.body.clone(),
        }
    }
}

/// The bytes of several requests, and the requests.
#[derive(Debug)]
pub struct Pipeline {
    pub bytes: Vec<u8>,
    pub requests: Vec<Believed>,
}

/// Paths as they are spelled, and in canonical form.
const PATHS: [(&str, &str); 8] = [
    ("/", "/"),
    ("/a", "/a"),
    ("/a/../b", "/b"),
    ("/%61/./b/", "/a/b/"),
    ("/a;b=c/d%3b", "/a;b=c/d%3B"),
    ("/%c3%a4", "/%C3%A4"),
    ("/a%252e%252e", "/a%252e%252e"),
    ("/a/%2e%2e", "/"),
];
const PIECES: [&[u8]; 9] = [
    b"GET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n",
    b"0\r\n\r\n",
    b"\r\n",
    b"\n\n",
    b"5;a\r\nhello\r\n",
    b"\0\xff\x80",
    b"Content-Length: 5\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"x",
];
const FIELDS: [&str; 9] = [
    "Accept: */*\r\n",
    "X-A:\tb \r\n",
    "Cookie: a=b\r\nCookie: c=d\r\n",
    "Connection: keep-alive, X-Gone\r\nX-Gone: a\r\n",
    "X-Forwarded-For: 10.0.0.1\r\n",
    "TE: trailers\r\n",
    "Empty:\r\n",
    "Connection: Content-Length, Transfer-Encoding, Host\r\n",
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n",
];

/// The pipeline of a seed.
pub fn pipeline(seed: u64) -> Pipeline {
    let mut random = Random::new(seed);
    let mut pipeline = Pipeline { bytes: Vec::new(), requests: Vec::new() };
    for place in 0..=random.below(10) {
        if random.below(6) == 0 {
            pipeline.bytes.extend(b"\r\n");
        }
        request(&mut random, &mut pipeline, &format!("{seed}.{place}"));
    }
    pipeline
}

fn request(random: &mut Random, pipeline: &mut Pipeline, mark: &str) {
    let method = random.one_of(&["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]);
    let (spelled, path) = PATHS[random.below(PATHS.len())];
    let query = random.one_of(&["", "?", "?a=b", "?/../c&d=[e]"]);
    let mut head = format!("{method} {spelled}{query} HTTP/1.1\r\n").into_bytes();
    head.extend(random.one_of(&["Host: shop.example\r\n", "hOST:a:80 \r\n", "Host: [::1]\r\n"]).as_bytes());
    head.extend(format!("{MARK}: {mark}\r\n").into_bytes());
    for _ in 0..random.below(4) {
        head.extend(random.one_of(&FIELDS).as_bytes());
    }
    let body: Vec<u8> =
        (0..random.below(6)).flat_map(|_| PIECES[random.below(PIECES.len())].to_vec()).collect();
    let body = match random.below(3) {
        0 => {
            head.extend(b"\r\n");
            Vec::new()
        }
        1 => {
            let zeros = "0".repeat(random.below(3));
            head.extend(format!("Content-Length: {zeros}{}\r\n\r\n", body.len()).into_bytes());
            head.extend(&body);
            body
        }
        _ => {
            head.extend(b"Transfer-Encoding: chunked\r\n\r\n");
            chunks(random, &mut head, &body);
            body
        }
    };
    pipeline.bytes.extend(head);
    let (method, target, mark) = (method.to_owned(), format!("{path}{query}"), mark.to_owned());
    pipeline.requests.push(Believed { method, target, mark, body });
}

/// Chunks in all spellings that are allowed.
fn chunks(random: &mut Random, bytes: &mut Vec<u8>, body: &[u8]) {
    let mut rest = body;
    while !rest.is_empty() {
        let (data, after) = rest.split_at(1 + random.below(rest.len()));
        rest = after;
        let zeros = "0".repeat(random.below(4));
        let extension = random.one_of(&["", ";a", ";a=b", ";a=\"0\\r\\n\" ; c"]);
        let size =
            if random.below(2) == 0 { format!("{:x}", data.len()) } else { format!("{:X}", data.len()) };
        bytes.extend(format!("{zeros}{size}{extension}\r\n").into_bytes());
        bytes.extend(data);
        bytes.extend(b"\r\n");
    }
    bytes.extend(
        random
            .one_of(&["0\r\n\r\n", "000\r\n\r\n", "0;a=b\r\n\r\n", "0\r\nX-Sum: a\r\nX-Other: b\r\n\r\n"])
            .as_bytes(),
    );
}

/// Sends the pipeline of a seed, and says what is wrong with its answers.
fn send(seed: u64, gateway: SocketAddr) -> Vec<String> {
    let pipeline = pipeline(seed);
    let cut = if seed.is_multiple_of(4) { Cut::EachByte } else { Cut::Random(seed) };
    let to_heads: Vec<bool> = pipeline.requests.iter().map(|request| request.method == "HEAD").collect();
    let got = exchange(gateway, &pipeline.bytes, cut, &to_heads);
    let is_good = |request: &Believed, got: &Got| match got {
        Got::Whole(message) if request.method == "HEAD" => {
            let length = request.mark.len().to_string();
            message.status() == 200 && message.value("content-length") == Some(length.as_bytes())
        }
        Got::Whole(message) => message.status() == 200 && message.body == request.mark.as_bytes(),
        _ => false,
    };
    let wrong = pipeline.requests.iter().zip(&got).filter(|(request, got)| !is_good(request, got));
    wrong.map(|(request, got)| format!("{request:?} was answered with {}", got.told())).collect()
}

/// Sends the pipeline of a seed through a gateway of its own, and says what is not as it should be.
pub fn through(seed: u64) -> (Vec<String>, Record) {
    let upstream = Upstream::start(Vec::new());
    let gateway = gateway(upstream.address());
    let mut found = send(seed, gateway.address);
    drop(gateway);
    let record = upstream.stop();
    found.extend(record.flaws.clone());
    let arrived: Vec<Believed> =
        record.requests.iter().map(|request| Believed::of(&request.message)).collect();
    let pipeline = pipeline(seed);
    if arrived != pipeline.requests {
        found.push(format!("arrived {arrived:?} of \"{}\"", shown(&pipeline.bytes)));
    }
    (found, record)
}

#[test]
fn generated_pipelines_arrive_as_they_were_sent() {
    let seeds: Vec<u64> = (1..=200).collect();
    let failed: Vec<String> = beside(&seeds, |seed| {
        let found = through(*seed).0;
        (!found.is_empty()).then(|| format!("seed {seed}: {}", found.join("\n    ")))
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(failed.is_empty(), "{} of {} seeds:\n{}", failed.len(), seeds.len(), failed.join("\n"));
}

/// Clients of one gateway, some with pipelines and some with what is refused, share its upstream connections.
#[test]
fn clients_beside_each_other_get_their_own_answers() {
    let refused: Vec<Case> = all().into_iter().filter(Case::is_refused).collect();
    let seeds: Vec<u64> = (501..=800).collect();
    let upstream = Upstream::start(Vec::new());
    let gateway = gateway(upstream.address());
    let mut failed: Vec<String> = beside(&seeds, |seed| {
        let hostile = &refused[usize::try_from(*seed).unwrap() % refused.len()];
        run(hostile, gateway.address, Cut::Random(*seed));
        send(*seed, gateway.address)
    })
    .into_iter()
    .flatten()
    .collect();
    drop(gateway);
    let record = upstream.stop();
    failed.extend(record.flaws);
    failed.extend(record.partial.iter().map(|bytes| format!("half a request: \"{}\"", shown(bytes))));
    let mut arrived: Vec<Believed> =
        record.requests.iter().map(|request| Believed::of(&request.message)).collect();
    // What is refused is followed by a further request where the connection stays.
    arrived.retain(|request| request.target != PROBE);
    let mut sent: Vec<Believed> = seeds.iter().flat_map(|seed| pipeline(*seed).requests).collect();
    arrived.sort();
    sent.sort();
    if arrived != sent {
        let extra: Vec<_> = arrived.iter().filter(|request| !sent.contains(request)).collect();
        failed.push(format!(
            "{} requests were sent and {} arrived, among them {extra:?}",
            sent.len(),
            arrived.len()
        ));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

//! What the stand-in makes of a request and of an answer.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use tradewind_http_validation::path::{PathError, canonical};

use super::Message;

type Fields = Vec<(String, Vec<u8>)>;

const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
];
const SET_ANEW: [&str; 7] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-real-ip",
];
const NO_TRAILERS: [&str; 8] =
    ["authorization", "cookie", "set-cookie", "te", "connection", "trailer", "expect", "content-encoding"];

#[derive(Debug)]
pub struct Request {
    pub method: String,
    target: String,
    pub is_11: bool,
    fields: Fields,
    body: Vec<u8>,
    is_chunked: bool,
    trailers: Fields,
    pub upgrade: Option<Vec<u8>>,
}

impl Request {
    /// Takes a whole request apart, which the scanner has let through.
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        let (head, body) = halves(bytes);
        let mut lines =
            head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let start = String::from_utf8_lossy(lines.next().unwrap()).into_owned();
        let words: Vec<&str> = start.split(' ').collect();
        let fields = parsed(lines);
        let is_chunked = fields.iter().any(|(name, _)| name == "transfer-encoding");
        let (body, trailers) = if is_chunked { unchunked(body) } else { (body.to_vec(), Fields::new()) };
        let target = match words[1].split_once('?') {
            _ if words[1] == "*" => "*".to_owned(),
            Some((path, query)) => format!("{}?{query}", canonical(path)?),
            None => canonical(words[1])?.to_string(),
        };
        let mut request = Self {
            method: words[0].to_owned(),
            target,
            is_11: words[2] == "HTTP/1.1",
            fields,
            body,
            is_chunked,
            trailers,
            upgrade: None,
        };
        request.upgrade = request.routed_upgrade();
        Ok(request)
    }

    /// Only a WebSocket, asked for as RFC 6455 §4.1 says.
    fn routed_upgrade(&self) -> Option<Vec<u8>> {
        let asked: Vec<&[u8]> = values(&self.fields, "upgrade").collect();
        let [one] = asked.as_slice() else { return None };
        let is_asked = self.options().iter().any(|option| option == "upgrade");
        let is_bare = self.method == "GET" && self.is_11 && self.body.is_empty() && !self.is_chunked;
        (is_asked && is_bare && one.eq_ignore_ascii_case(b"websocket")).then(|| one.to_vec())
    }

    /// The trace that the client has begun.
    fn trace(&self) -> Option<String> {
        let all: Vec<&[u8]> = values(&self.fields, "traceparent").collect();
        let [one] = all.as_slice() else { return None };
        let is_good = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-');
        let trace = one.get(3..35).filter(|_| one.len() == 55 && one.iter().all(is_good))?;
        trace.iter().any(|byte| *byte != b'0').then(|| String::from_utf8_lossy(trace).into_owned())
    }

    /// What `Connection` names.
    fn options(&self) -> Vec<String> {
        options(&self.fields)
    }

    pub fn keeps_alive(&self) -> bool {
        let options = self.options();
        !options.iter().any(|option| option == "close")
            && (self.is_11 || options.iter().any(|option| option == "keep-alive"))
    }
}

pub fn wants_continue(released: &[u8]) -> bool {
    let (head, body) = halves(released);
    let lines =
        head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).skip(1);
    body.is_empty() && parsed(lines).iter().any(|(name, _)| name == "expect")
}

/// Whether the sender of an answer will close its connection.
pub fn closes(answer: &Message) -> bool {
    let is_delimited =
        answer.value("content-length").is_some() || answer.is_chunked || matches!(answer.status(), 204 | 304);
    options(&answer.fields).iter().any(|option| option == "close")
        || answer.start.starts_with("HTTP/1.0")
        || !is_delimited
}

/// The bytes for the upstream.
pub fn outgoing(request: &Request, upstream: SocketAddr) -> Vec<u8> {
    static TRACES: AtomicU64 = AtomicU64::new(1);
    let number = TRACES.fetch_add(1, Ordering::Relaxed);
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    let host =
        values(&request.fields, "host").next().map_or(upstream.to_string().into_bytes(), <[u8]>::to_vec);
    let options = request.options();
    let passes = |name: &str| {
        // To a gateway interface the two are one.
        let as_read = name.replace('_', "-");
        !HOP_BY_HOP.contains(&as_read.as_str())
            && !SET_ANEW.contains(&as_read.as_str())
            && !options.iter().any(|option| option == name)
            && !["host", "expect", "traceparent", "http2-settings"].contains(&as_read.as_str())
    };
    let mut fields: Fields = vec![("host".to_owned(), host.clone())];
    fields.extend(request.fields.iter().filter(|(name, _)| passes(name)).cloned());
    if values(&request.fields, "te").any(has_trailers) {
        fields.push(("te".to_owned(), b"trailers".to_vec()));
    }
    fields.push(("x-forwarded-for".to_owned(), b"127.0.0.1".to_vec()));
    fields.push(("x-forwarded-proto".to_owned(), b"http".to_vec()));
    fields.push(("x-forwarded-host".to_owned(), host));
    let trace = request.trace().unwrap_or_else(|| format!("{number:032x}"));
    fields.push(("traceparent".to_owned(), format!("00-{trace}-{number:016x}-01").into_bytes()));
    if let Some(upgrade) = &request.upgrade {
        fields.push(("connection".to_owned(), b"upgrade".to_vec()));
        fields.push(("upgrade".to_owned(), upgrade.clone()));
    }
    write(&mut head, &fields);
    let trailers: Fields = request
        .trailers
        .iter()
        .filter(|(name, _)| passes(name) && !NO_TRAILERS.contains(&name.as_str()))
        .cloned()
        .collect();
    body(&mut head, &request.body, request.is_chunked, &trailers, !request.body.is_empty());
    head
}

/// The bytes for the client.
pub fn answer(request: &Request, message: &Message) -> Vec<u8> {
    let status = message.status();
    let reason = message.start.splitn(3, ' ').nth(2).unwrap_or_default();
    let mut head = format!("HTTP/1.1 {status} {reason}\r\n").into_bytes();
    let options = options(&message.fields);
    let passes = |name: &str| !HOP_BY_HOP.contains(&name) && !options.iter().any(|option| option == name);
    let mut fields: Fields = message.fields.iter().filter(|(name, _)| passes(name)).cloned().collect();
    if status == 101 {
        fields.push(("connection".to_owned(), b"upgrade".to_vec()));
        fields.extend(request.upgrade.iter().map(|upgrade| ("upgrade".to_owned(), upgrade.clone())));
    }
    if matches!(status, 100..200 | 204) {
        write(&mut head, &fields);
        head.extend(b"\r\n");
        return head;
    }
    if !request.keeps_alive() {
        fields.push(("connection".to_owned(), b"close".to_vec()));
    }
    if request.method == "HEAD" || status == 304 {
        let length =
            message.value("content-length").map(|length| ("content-length".to_owned(), length.to_vec()));
        fields.extend(length);
        write(&mut head, &fields);
        head.extend(b"\r\n");
        return head;
    }
    write(&mut head, &fields);
    let is_chunked = request.is_11 && message.value("content-length").is_none();
    let trailers: Fields = message.trailers.iter().filter(|(name, _)| passes(name)).cloned().collect();
    body(&mut head, &message.body, is_chunked, &trailers, request.is_11 || !message.is_chunked);
    head
}

/// Framing, the end of the head, and the body.
fn body(bytes: &mut Vec<u8>, body: &[u8], is_chunked: bool, trailers: &Fields, has_length: bool) {
    if is_chunked {
        bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
        if !body.is_empty() {
            bytes.extend(format!("{:x}\r\n", body.len()).into_bytes());
            bytes.extend(body);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n");
        write(bytes, trailers);
    } else if has_length {
        bytes.extend(format!("content-length: {}\r\n", body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    if !is_chunked {
        bytes.extend(body);
    }
}

fn write(bytes: &mut Vec<u8>, fields: &Fields) {
    for (name, value) in fields {
        bytes.extend(name.as_bytes());
        bytes.extend(b": ");
        bytes.extend(value);
        bytes.extend(b"\r\n");
    }
}

fn values<'a>(fields: &'a Fields, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_slice())
}

fn options(fields: &Fields) -> Vec<String> {
    let words = values(fields, "connection").flat_map(|value| value.split(|byte| *byte == b','));
    words.map(|word| String::from_utf8_lossy(word).trim().to_ascii_lowercase()).collect()
}

fn has_trailers(value: &[u8]) -> bool {
    let name = |word: &[u8]| {
        word.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase()
    };
    value.split(|byte| *byte == b',').any(|word| name(word) == b"trailers")
}

fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 4..).unwrap_or_default())
}

fn parsed<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Fields {
    let halves = lines.filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    });
    halves.map(|(name, value)| (String::from_utf8_lossy(name).to_ascii_lowercase(), value.to_vec())).collect()
}

fn unchunked(mut rest: &[u8]) -> (Vec<u8>, Fields) {
    let mut body = Vec::new();
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..digits]).unwrap(), 16).unwrap();
        rest = &rest[end + 1..];
        if size == 0 {
            let lines =
                rest.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            return (body, parsed(lines));
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
}

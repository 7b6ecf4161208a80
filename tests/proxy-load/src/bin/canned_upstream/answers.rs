//! What is answered, made before anybody asks.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use clap::ValueEnum;
use tradewind_proxy_load::message::Head;

use crate::Arguments;

const SMALL: usize = 1024;
const BIG: usize = 64 * 1024;

/// What a broken backend does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// Closes the connection without an answer
    Abort,
    /// Sends what is no HTTP
    Garbage,
    /// Sends half of the body, then closes
    Partial,
    /// Never answers
    Stall,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Answer<'answers> {
    /// Bytes that were made in advance.
    Ready(&'answers [u8]),
    /// Bytes made for this request.
    Made(Vec<u8>),
    /// The small answer, after a while.
    After(Duration),
    /// So many events, so far apart.
    Events(u32, Duration),
    /// The request's body.
    Echo,
    /// The counts of this process.
    Counts,
    /// Something goes wrong.
    Fault(Fault),
}

/// All answers.
#[derive(Debug)]
pub(crate) struct Answers {
    small: Vec<u8>,
    big: Vec<u8>,
    files: BTreeMap<String, Vec<u8>>,
    fault: Option<Fault>,
    fault_every: u64,
}

impl Answers {
    pub(crate) fn new(arguments: &Arguments) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for (path, file) in &arguments.file {
            files.insert(path.clone(), whole("200 OK", &std::fs::read(file)?));
        }
        let (fault, fault_every) = (arguments.fault, arguments.fault_every);
        Ok(Self {
            small: whole("200 OK", &json(SMALL)),
            big: whole("200 OK", &json(BIG)),
            files,
            fault,
            fault_every,
        })
    }

    pub(crate) fn small(&self) -> &[u8] {
        &self.small
    }

    /// What becomes of the request that is the `number`th.
    pub(crate) fn of(&self, head: &Head<'_>, number: u64) -> Answer<'_> {
        let Some((method, target)) = head.request() else {
            return Answer::Made(whole("400 Bad Request", b"{}"));
        };
        if let Some(fault) = self.fault.filter(|_| number.is_multiple_of(self.fault_every)) {
            return Answer::Fault(fault);
        }
        if method == b"HEAD" {
            let head = self.small.len() - SMALL;
            return Answer::Ready(self.small.get(..head).unwrap_or_default());
        }
        match target {
            b"/" => Answer::Ready(&self.small),
            b"/big" => Answer::Ready(&self.big),
            _ => self.other(std::str::from_utf8(target).unwrap_or_default()),
        }
    }

    fn other(&self, target: &str) -> Answer<'_> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let number = |name| number(query, name);
        let millis = |name, other: u32| Duration::from_millis(number(name).unwrap_or(other).into());
        match path {
            // Whatever stands before it: routes tell requests apart by their first segments.
            _ if path.ends_with("/slow") => Answer::After(millis("ms", 100)),
            "/stream" => Answer::Events(number("events").unwrap_or(10), millis("ms", 100)),
            "/echo" => Answer::Echo,
            "/close" => Answer::Made(closing()),
            "/canned/stats" => Answer::Counts,
            "/fault/abort" => Answer::Fault(Fault::Abort),
            "/fault/garbage" => Answer::Fault(Fault::Garbage),
            "/fault/partial" => Answer::Fault(Fault::Partial),
            "/fault/stall" => Answer::Fault(Fault::Stall),
            _ => match path.strip_prefix("/status/").and_then(|code| code.parse::<u16>().ok()) {
                Some(code) => Answer::Made(with_status(code)),
                None => Answer::Ready(self.files.get(path).unwrap_or(&self.small)),
            },
        }
    }
}

/// An answer with seven headers.
pub(crate) fn whole(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nServer: canned\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         ETag: \"6f1c0e2b\"\r\nVary: Accept-Encoding\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The head of server-sent events.
pub(crate) const EVENTS: &[u8] = b"HTTP/1.1 200 OK\r\nServer: canned\r\nContent-Type: text/event-stream\r\n\
    Cache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n";

/// One event as a chunk.
pub(crate) fn event(left: u32) -> Vec<u8> {
    let event = format!("data: {{\"left\":{left}}}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
}

fn closing() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nServer: canned\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}".to_vec()
}

fn with_status(code: u16) -> Vec<u8> {
    // These have no body, and may say no length.
    if matches!(code, 100..200 | 204 | 304) {
        return format!("HTTP/1.1 {code} Canned\r\nServer: canned\r\n\r\n").into_bytes();
    }
    whole(&format!("{code} Canned"), format!("{{\"status\":{code}}}").as_bytes())
}

/// A JSON object of exactly so many bytes.
fn json(length: usize) -> Vec<u8> {
    let (before, after) = ("{\"items\":\"", "\"}");
    let filling = length.saturating_sub(before.len() + after.len());
    let letters = (b'a'..=b'z').cycle().take(filling);
    before.bytes().chain(letters).chain(after.bytes()).collect()
}

fn number(query: &str, name: &str) -> Option<u32> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(given, _)| *given == name).find_map(|(_, value)| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_answer_is_1024_bytes_and_seven_headers() {
        let answer = whole("200 OK", &json(SMALL));
        let head = Head::parse(&answer).expect("understood").expect("whole");
        assert_eq!((head.content_length, answer.len() - head.length), (Some(1024), 1024));
        assert_eq!(answer[..head.length].split(|byte| *byte == b'\n').count(), 1 + 7 + 1 + 1);
    }
}

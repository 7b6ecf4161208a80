//! One line.

use std::net::IpAddr;
use std::time::Duration;

use crate::decimal;
use crate::log::date::DateCache;
use crate::log::text;

/// The longest path, query, host and user agent in a line, in bytes; what follows is left out.
const MAX_PATH: usize = 2_048;
const MAX_HOST: usize = 255;
const MAX_USER_AGENT: usize = 256;

/// Room for a line as most are, so that the buffer grows at once.
const USUAL: usize = 640;

/// What is written down of one request. The bytes of clients are written whatever they are.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// When it began, in microseconds since 1970.
    pub time: u64,
    /// Who asked.
    pub client: IpAddr,
    /// The method.
    pub method: &'a str,
    /// The path as it was routed.
    pub path: &'a [u8],
    /// The query; left out unless an operator wants it, since it may hold secrets.
    pub query: Option<&'a [u8]>,
    /// The host that was asked for.
    pub host: &'a [u8],
    /// The status of the answer.
    pub status: u16,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
    /// From the first byte of the request to the last one of the answer.
    pub duration: Duration,
    /// Where it was sent, if anywhere.
    pub upstream: Option<Upstream<'a>>,
    /// The route document that it belongs to.
    pub route: Option<&'a str>,
    /// The rule of that route.
    pub rule: Option<&'a str>,
    /// The id of its trace, in hexadecimal digits.
    pub trace: &'a [u8; 32],
    /// Why it was refused.
    pub refusal: Option<&'a str>,
    /// The version of TLS.
    pub tls: Option<&'a str>,
    /// What the client calls itself; its first 256 bytes are written.
    pub user_agent: Option<&'a [u8]>,
}

/// Where a request was sent.
#[derive(Debug, Clone, Copy)]
pub struct Upstream<'a> {
    /// The address of the last attempt.
    pub address: &'a str,
    /// From the beginning of the first attempt to the head of the answer.
    pub duration: Duration,
    /// How often it was sent.
    pub attempts: u32,
}

impl Line<'_> {
    /// Appends the line with its end. The order of the fields is always the same; what is not there is left out.
    pub fn write(&self, dates: &mut DateCache, to: &mut Vec<u8>) {
        to.reserve(USUAL);
        to.extend_from_slice(b"{\"time\":\"");
        dates.write(self.time, to);
        to.extend_from_slice(b"\",\"client\":\"");
        text::address(self.client, to);
        to.extend_from_slice(b"\",\"method\":");
        text::string(self.method.as_bytes(), to);
        to.extend_from_slice(b",\"path\":");
        text::bounded(self.path, MAX_PATH, to);
        optional(b",\"query\":", self.query, MAX_PATH, to);
        to.extend_from_slice(b",\"host\":");
        text::bounded(self.host, MAX_HOST, to);
        number(b",\"status\":", u64::from(self.status), to);
        number(b",\"bytes_in\":", self.bytes_in, to);
        number(b",\"bytes_out\":", self.bytes_out, to);
        number(b",\"duration_us\":", micros(self.duration), to);
        if let Some(upstream) = &self.upstream {
            upstream.write(to);
        }
        optional(b",\"route\":", self.route.map(str::as_bytes), usize::MAX, to);
        optional(b",\"rule\":", self.rule.map(str::as_bytes), usize::MAX, to);
        to.extend_from_slice(b",\"trace\":");
        text::string(self.trace, to);
        optional(b",\"refusal\":", self.refusal.map(str::as_bytes), usize::MAX, to);
        optional(b",\"tls\":", self.tls.map(str::as_bytes), usize::MAX, to);
        optional(b",\"user_agent\":", self.user_agent, MAX_USER_AGENT, to);
        to.extend_from_slice(b"}\n");
    }
}

impl Upstream<'_> {
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(b",\"upstream\":");
        text::string(self.address.as_bytes(), to);
        number(b",\"upstream_us\":", micros(self.duration), to);
        number(b",\"attempts\":", u64::from(self.attempts), to);
    }
}

pub(super) fn number(name: &[u8], value: u64, to: &mut Vec<u8>) {
    to.extend_from_slice(name);
    decimal::write(value, to);
}

pub(super) fn optional(name: &[u8], value: Option<&[u8]>, most: usize, to: &mut Vec<u8>) {
    if let Some(value) = value {
        to.extend_from_slice(name);
        text::bounded(value, most, to);
    }
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line<'static> {
        Line {
            time: 1_767_225_600_000_001,
            client: [192, 0, 2, 1].into(),
            method: "GET",
            path: b"/a\"b",
            query: None,
            host: b"shop.example",
            status: 200,
            bytes_in: 0,
            bytes_out: 1_024,
            duration: Duration::from_micros(1_234),
            upstream: Some(Upstream {
                address: "10.0.0.1:8050",
                duration: Duration::from_micros(1_000),
                attempts: 2,
            }),
            route: Some("team/items"),
            rule: Some("place"),
            trace: b"4bf92f3577b34da6a3ce929d0e0e4736",
            refusal: None,
            tls: Some("1.3"),
            user_agent: Some(b"curl/8"),
        }
    }

    fn written(line: &Line<'_>) -> String {
        let mut to = Vec::new();
        line.write(&mut DateCache::default(), &mut to);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn a_line_has_all_in_its_order() {
        let expected = concat!(
            r#"{"time":"2026-01-01T00:00:00.000001Z","client":"192.0.2.1","method":"GET","path":"/a\"b","#,
            r#""host":"shop.example","status":200,"bytes_in":0,"bytes_out":1024,"duration_us":1234,"#,
            r#""upstream":"10.0.0.1:8050","upstream_us":1000,"attempts":2,"route":"team/items","rule":"place","#,
            r#""trace":"4bf92f3577b34da6a3ce929d0e0e4736","tls":"1.3","user_agent":"curl/8"}"#,
            "\n"
        );
        assert_eq!(written(&line()), expected);
    }

    #[test]
    fn what_is_not_there_is_left_out_and_what_clients_send_is_bounded() {
        let long = vec![b'\n'; 5_000];
        let line = Line {
            upstream: None,
            route: None,
            rule: None,
            tls: None,
            refusal: Some("rate-limit"),
            query: Some(b"a=\xff"),
            path: &long,
            host: &long,
            user_agent: Some(&long),
            ..line()
        };
        let text = written(&line);
        assert_eq!(text.matches('\n').count(), 1);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let length = |name: &str| read[name].as_str().unwrap().len();
        assert_eq!((length("path"), length("host"), length("user_agent")), (2_048, 255, 256));
        assert_eq!(
            (read["query"].as_str(), read["refusal"].as_str()),
            (Some("a=\u{fffd}"), Some("rate-limit"))
        );
        for name in ["upstream", "upstream_us", "attempts", "route", "rule", "tls"] {
            assert!(read.get(name).is_none(), "{name}");
        }
    }
}

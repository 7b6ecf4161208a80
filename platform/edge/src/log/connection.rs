//! One line about a connection that was passed on, or was not, without reading what is in it.

use std::net::IpAddr;
use std::time::Duration;

use crate::log::date::DateCache;
use crate::log::line::{Upstream, micros, number, optional};
use crate::log::text;

/// Room for a line as most are.
const USUAL: usize = 384;

/// What is written down of one connection.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLine<'a> {
    /// When it was accepted, in microseconds since 1970.
    pub time: u64,
    /// Who connected.
    pub client: IpAddr,
    /// The host that was asked for.
    pub server_name: Option<&'a str>,
    /// Bytes that the backend got.
    pub bytes_in: u64,
    /// Bytes that the client got.
    pub bytes_out: u64,
    /// From when it was accepted to its end.
    pub duration: Duration,
    /// Where it was passed on to, and how long it took to be connected there.
    pub upstream: Option<Upstream<'a>>,
    /// The route document that it belongs to.
    pub route: Option<&'a str>,
    /// The rule of that route.
    pub rule: Option<&'a str>,
    /// Why it was refused, or did not end as it should.
    pub refusal: Option<&'a str>,
}

impl ConnectionLine<'_> {
    /// Appends the line with its end. The order of the fields is always the same; what is not there is left out.
    pub fn write(&self, dates: &mut DateCache, to: &mut Vec<u8>) {
        to.reserve(USUAL);
        to.extend_from_slice(b"{\"time\":\"");
        dates.write(self.time, to);
        to.extend_from_slice(b"\",\"client\":\"");
        text::address(self.client, to);
        to.extend_from_slice(b"\",\"connection\":\"tls\"");
        optional(b",\"server_name\":", self.server_name.map(str::as_bytes), usize::MAX, to);
        number(b",\"bytes_in\":", self.bytes_in, to);
        number(b",\"bytes_out\":", self.bytes_out, to);
        number(b",\"duration_us\":", micros(self.duration), to);
        if let Some(upstream) = &self.upstream {
            upstream.write(to);
        }
        optional(b",\"route\":", self.route.map(str::as_bytes), usize::MAX, to);
        optional(b",\"rule\":", self.rule.map(str::as_bytes), usize::MAX, to);
        optional(b",\"refusal\":", self.refusal.map(str::as_bytes), usize::MAX, to);
        to.extend_from_slice(b"}\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_all_in_its_order_and_leaves_out_what_is_not_there() {
        let line = ConnectionLine {
            time: 1_767_225_600_000_001,
            client: [192, 0, 2, 1].into(),
            server_name: Some("shop.example"),
            bytes_in: 517,
            bytes_out: 4_096,
            duration: Duration::from_micros(1_234),
            upstream: Some(Upstream {
                address: "10.0.0.1:8443",
                duration: Duration::from_micros(300),
                attempts: 2,
            }),
            route: Some("TLSRoute team/shop"),
            rule: Some("0"),
            refusal: Some("reset"),
        };
        let written = |line: &ConnectionLine<'_>| {
            let mut to = Vec::new();
            line.write(&mut DateCache::default(), &mut to);
            String::from_utf8(to).unwrap()
        };
        let expected = concat!(
            r#"{"time":"2026-01-01T00:00:00.000001Z","client":"192.0.2.1","connection":"tls","#,
            r#""server_name":"shop.example","bytes_in":517,"bytes_out":4096,"duration_us":1234,"#,
            r#""upstream":"10.0.0.1:8443","upstream_us":300,"attempts":2,"route":"TLSRoute team/shop","rule":"0","#,
            r#""refusal":"reset"}"#,
            "\n"
        );
        assert_eq!(written(&line), expected);
        let bare = ConnectionLine {
            server_name: None,
            upstream: None,
            route: None,
            rule: None,
            refusal: Some("no-tls"),
            ..line
        };
        let read: serde_json::Value = serde_json::from_str(&written(&bare)).unwrap();
        let names: Vec<&str> = read.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = ["bytes_in", "bytes_out", "client", "connection", "duration_us", "refusal", "time"];
        assert!(
            names.len() == expected.len() && expected.iter().all(|name| names.contains(name)),
            "{names:?}"
        );
    }
}

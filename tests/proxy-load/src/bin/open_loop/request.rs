//! What is sent.

use std::time::Instant;

use crate::Arguments;

const KEY: &str = "Idempotency-Key: ";
const DIGITS: usize = 16;

/// One request that is to be sent, or is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) step: usize,
    /// When it should be sent.
    pub(crate) scheduled: Instant,
    /// Whole seconds of that since the beginning.
    pub(crate) second: usize,
    /// Its key, which its duplicate shares.
    pub(crate) key: u64,
}

/// The bytes of every request; only the key differs.
#[derive(Debug)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    key: Option<usize>,
}

impl Template {
    pub(crate) fn new(arguments: &Arguments, host: &str, path: &str) -> Self {
        let mut head = format!("{} {path} HTTP/1.1\r\nHost: {host}\r\n", arguments.method);
        for header in &arguments.header {
            head.push_str(header);
            head.push_str("\r\n");
        }
        if arguments.body_bytes > 0 || matches!(arguments.method.as_str(), "POST" | "PUT" | "PATCH") {
            head.push_str(&format!("Content-Length: {}\r\n", arguments.body_bytes));
        }
        let key = arguments.duplicate.map(|_| {
            head.push_str(KEY);
            let at = head.len();
            head.push_str(&"0".repeat(DIGITS));
            head.push_str("\r\n");
            at
        });
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.resize(bytes.len() + arguments.body_bytes, b'x');
        Self { bytes, key }
    }

    /// The bytes of the request with this key.
    pub(crate) fn bytes(&mut self, key: u64) -> &[u8] {
        if let Some(place) = self.key.and_then(|at| self.bytes.get_mut(at..at + DIGITS)) {
            place.copy_from_slice(format!("{key:016x}").as_bytes());
        }
        &self.bytes
    }
}

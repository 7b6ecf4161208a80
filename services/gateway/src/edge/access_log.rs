//! A line in JSON for each request.
//!
//! Each thread collects lines, and hands them on many at a time: one by one the calls to the system would cost more than
//! all else that is done for a request.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tradewind_data_plane::{Introduction, Outcome, Passed, Request};
use tradewind_edge::log::{ConnectionLine, DateCache, Line, Upstream};

use crate::edge::rule::{Entry, Named};
use crate::edge::visitor::Visitor;

/// Bytes that a thread collects at most.
const BATCH: usize = 64 * 1024;

/// Addresses whose text is remembered.
const ADDRESSES: usize = 1_024;

/// Where lines go.
#[derive(Debug)]
pub(crate) struct Sink(Mutex<Out>);

#[derive(Debug)]
enum Out {
    Standard,
    File(PathBuf, File),
}

impl Sink {
    /// Opens a file, to whose end lines are added; `-` is standard output, `off` nothing.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub(crate) fn open(name: &str) -> Result<Option<Arc<Self>>, String> {
        let out = match name {
            "off" => return Ok(None),
            "-" => Out::Standard,
            name => Out::File(name.into(), at(Path::new(name))?),
        };
        Ok(Some(Arc::new(Self(Mutex::new(out)))))
    }

    /// Opens the file of the same name again: another one, where that was renamed. Lines that a thread has collected by
    /// then go there.
    ///
    /// # Errors
    ///
    /// It cannot be opened; then the one that is open is gone on with.
    pub(crate) fn reopen(&self) -> Result<(), String> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = match &*lock() {
            Out::Standard => return Ok(()),
            Out::File(path, _) => path.clone(),
        };
        // Nobody waits for it.
        let file = at(&path)?;
        *lock() = Out::File(path, file);
        Ok(())
    }

    fn write(&self, lines: &[u8]) -> io::Result<()> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Out::Standard => io::stdout().lock().write_all(lines),
            Out::File(_, file) => file.write_all(lines),
        }
    }
}

fn at(path: &Path) -> Result<File, String> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.map_err(|error| format!("--access-log {}: {error}", path.display()))
}

/// The lines of one thread.
pub(crate) struct Lines {
    sink: Arc<Sink>,
    waiting: RefCell<Vec<u8>>,
    dates: RefCell<DateCache>,
    addresses: RefCell<BTreeMap<SocketAddr, Box<str>>>,
}

impl Lines {
    pub(crate) fn new(sink: Arc<Sink>) -> Self {
        Self {
            sink,
            waiting: RefCell::new(Vec::with_capacity(BATCH + 4096)),
            dates: RefCell::default(),
            addresses: RefCell::default(),
        }
    }

    pub(crate) fn add(&self, request: &Request<'_>, outcome: &Outcome, who: (&Visitor, Option<&Entry>)) {
        let (visitor, entry) = who;
        let mut addresses = self.addresses.borrow_mut();
        if addresses.len() > ADDRESSES {
            addresses.clear();
        }
        let upstream = outcome.upstream.map(|upstream| {
            let text =
                addresses.entry(upstream.address).or_insert_with(|| upstream.address.to_string().into());
            let duration = upstream.answered.unwrap_or(Duration::ZERO);
            Upstream { address: text, duration, attempts: outcome.attempts }
        });
        let line = Line {
            time: request.came_at(),
            client: visitor.address,
            method: request.method(),
            path: request.path().as_bytes(),
            query: None,
            host: request.authority().as_bytes(),
            status: outcome.status,
            bytes_in: outcome.request_bytes,
            bytes_out: outcome.response_bytes,
            duration: outcome.duration,
            upstream,
            route: entry.map(|entry| entry.labels.route.as_str()),
            rule: entry.map(|entry| entry.labels.rule.as_str()),
            trace: &outcome.trace.trace_id(),
            refusal: outcome.reason,
            tls: request.is_secure().then_some("TLS"),
            user_agent: request.header("user-agent"),
        };
        let mut waiting = self.waiting.borrow_mut();
        line.write(&mut self.dates.borrow_mut(), &mut waiting);
        if waiting.len() >= BATCH {
            self.hand_on(&mut waiting);
        }
    }

    /// A line about a connection that nobody reads.
    pub(crate) fn add_connection(
        &self,
        introduction: &Introduction<'_>,
        passed: &Passed,
        named: Option<&Named>,
    ) {
        let address = passed.upstream.map(|address| address.to_string());
        let line = ConnectionLine {
            time: introduction.came_at,
            client: introduction.peer.ip().to_canonical(),
            server_name: introduction.server_name,
            bytes_in: passed.bytes_in,
            bytes_out: passed.bytes_out,
            duration: passed.duration,
            upstream: address.as_ref().map(|address| Upstream {
                address,
                duration: passed.connected,
                attempts: passed.attempts,
            }),
            route: named.map(|named| named.route.as_str()),
            rule: named.map(|named| named.name.as_str()),
            refusal: passed.reason,
        };
        let mut waiting = self.waiting.borrow_mut();
        line.write(&mut self.dates.borrow_mut(), &mut waiting);
        if waiting.len() >= BATCH {
            self.hand_on(&mut waiting);
        }
    }

    /// Hands on what was collected.
    pub(crate) fn flush(&self) {
        self.hand_on(&mut self.waiting.borrow_mut());
    }

    fn hand_on(&self, waiting: &mut Vec<u8>) {
        if waiting.is_empty() {
            return;
        }
        if let Err(error) = self.sink.write(waiting) {
            tracing::error!(%error, "lines of the access log are lost");
        }
        waiting.clear();
    }
}

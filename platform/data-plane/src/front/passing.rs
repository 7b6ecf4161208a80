//! Passes a connection on to an endpoint.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tradewind_edge::balance::Places;

use crate::buffer::Buffer;
use crate::front::client::Client;
use crate::front::handshake::{Alert, give_up, secured};
use crate::front::tunnel::{self, End, Moved};
use crate::io::Io;
use crate::passing::{Admission, Introduction, Pass, Passed};
use crate::thread::Thread;
use crate::timer::{Moment, now};
use crate::tls::Within;
use crate::upstream::busy::Busy;
use crate::upstream::cluster::Nobody;
use crate::upstream::connection;
use crate::upstream::room::{ConnectionPlace, Reached};
use crate::upstream::standing::Report;

/// Endpoints that are tried at most: nothing was sent to the first, so another one is as good.
const ATTEMPTS: u32 = 3;

/// What is to be told of a connection once it ends, however it does.
pub(super) struct Telling {
    thread: Rc<Thread>,
    port: u16,
    peer: SocketAddr,
    server_name: Option<String>,
    began: Moment,
    passed: Passed,
    moved: Rc<Moved>,
    mark: Option<Rc<dyn Any>>,
    is_wanted: bool,
}

impl Telling {
    pub(super) fn new(client: &Client, began: Moment) -> Self {
        let passed = Passed {
            // It is dropped, unless something else is said.
            reason: Some("dropped"),
            upstream: None,
            connected: Duration::ZERO,
            attempts: 0,
            bytes_in: 0,
            bytes_out: 0,
            duration: Duration::ZERO,
        };
        Self {
            thread: client.thread.clone(),
            port: client.listener.name(),
            peer: client.peer,
            server_name: None,
            began,
            passed,
            moved: Rc::default(),
            mark: None,
            is_wanted: true,
        }
    }

    pub(super) fn named(&mut self, name: Option<String>) {
        self.server_name = name;
    }

    pub(super) fn marked(&mut self, mark: Option<Rc<dyn Any>>) {
        self.mark = mark;
    }

    pub(super) fn because(&mut self, reason: &'static str) {
        self.passed.reason = Some(reason);
    }

    /// Nothing is to be told: others do, or there is nothing.
    pub(super) fn forget(&mut self) {
        self.is_wanted = false;
    }

    /// Asks what becomes of the connection.
    pub(super) fn admission(&self) -> Admission {
        self.thread.edge.admit(&self.introduction())
    }

    fn introduction(&self) -> Introduction<'_> {
        let (came, came_at) = self.thread.day_time.of(self.began);
        Introduction {
            port: self.port,
            peer: self.peer,
            server_name: self.server_name.as_deref(),
            came,
            came_at,
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        if !self.is_wanted {
            return;
        }
        let mut passed = self.passed;
        (passed.bytes_in, passed.bytes_out) = (self.moved.up.get(), self.moved.down.get());
        passed.duration = now().saturating_duration_since(self.began);
        self.thread.edge.passed(&self.introduction(), &passed, self.mark.as_ref());
    }
}

/// Passes a connection on, and tells what came of it.
pub(super) async fn run(client: Client, pass: &Pass, telling: &mut Telling) {
    let client = if pass.ends_tls {
        telling.because("handshake");
        let Some(client) = secured(client, Within::Stream).await else { return };
        telling.because("dropped");
        client
    } else {
        client
    };
    let (backend, counted) = match connected(&client, pass, &mut telling.passed).await {
        Ok(connected) => connected,
        Err(reason) => {
            telling.because(reason);
            if !pass.ends_tls {
                give_up(&client, Alert::InternalError).await;
            }
            return;
        }
    };
    let moved = telling.moved.clone();
    let end = tunnel::run(&client, &backend, Buffer::default(), &moved).await;
    drop(counted);
    telling.passed.reason = match end {
        End::Whole => None,
        End::Broken => Some("reset"),
        End::Idle => Some("idle"),
    };
}

/// What a connection counts as for as long as it lasts: a request of its endpoint, and a connection to its backend.
type Counted = (Busy, Option<ConnectionPlace>);

/// Why there is no endpoint.
fn unreached(nobody: Nobody) -> &'static str {
    match nobody {
        Nobody::Empty => "no-endpoint",
        Nobody::Busy => "overloaded",
        Nobody::Full(reached) => full(reached),
    }
}

/// Which bound over all endpoints was reached.
fn full(reached: Reached) -> &'static str {
    match reached {
        Reached::Requests => "too-many-under-way",
        Reached::Connections => "no-connection-free",
        Reached::Pending => "too-many-pending",
    }
}

/// A connection to an endpoint, which is counted there as long as it lasts.
async fn connected(client: &Client, pass: &Pass, passed: &mut Passed) -> Result<(Io, Counted), &'static str> {
    let cluster = &pass.cluster;
    let affinity = cluster.affinity_of_client(client.peer.ip());
    let mut tried = Places::NONE;
    cluster.deposit(now());
    loop {
        let began = now();
        let busy = cluster.pick(tried, affinity.as_ref(), began).map_err(unreached)?;
        let place = cluster.place_of_its_own().await.map_err(full)?;
        let address = busy.endpoint.address;
        passed.attempts += 1;
        passed.upstream = Some(address);
        let opened = connection::open_stream(address, &cluster.settings, pass.ends_tls).await;
        let ended = now();
        let took = ended.saturating_duration_since(began);
        cluster.report(busy.picked, Report { took, is_well: opened.is_ok() }, ended);
        let error = match opened {
            Ok(stream) => {
                passed.connected = took;
                return Ok((Io::new(stream), (busy, place)));
            }
            Err(error) => error,
        };
        tracing::debug!(%error, %address, "an endpoint cannot be reached");
        tried = tried.with(busy.picked.place());
        if passed.attempts >= ATTEMPTS || !cluster.withdraw() {
            return Err(match error.kind() {
                io::ErrorKind::TimedOut => "upstream-timeout",
                _ => "upstream-unreachable",
            });
        }
    }
}

//! One endpoint, as one thread sees it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use crate::timer::{Moment, now};
use crate::upstream::connection::Connection;
use crate::upstream::multiplexed::Multiplexed;

/// How long an endpoint is thought to take that nobody has asked yet: as Linkerd and Finagle have it.
const UNKNOWN: Duration = Duration::from_millis(30);

/// How soon what was seen is forgotten.
const DECAY: Duration = Duration::from_secs(10);

/// The longest ejection, in first ones.
const LONGEST: u32 = 10;

/// One endpoint of a cluster.
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    /// Requests under way.
    pub(crate) in_flight: Cell<u32>,
    /// Connections without a request, the one that was used last at the end.
    idle: RefCell<VecDeque<(Connection, Moment)>>,
    /// Connections of HTTP/2.
    pub(crate) multiplexed: Multiplexed,
    /// How long answers take, in seconds: what was longest, forgotten over time (peak EWMA).
    latency: Cell<f64>,
    seen: Cell<Moment>,
    failures: Cell<u32>,
    ejections: Cell<u32>,
    ejected_until: Cell<Option<Moment>>,
}

impl Endpoint {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            in_flight: Cell::new(0),
            idle: RefCell::default(),
            multiplexed: Multiplexed::default(),
            latency: Cell::new(UNKNOWN.as_secs_f64()),
            seen: Cell::new(now()),
            failures: Cell::new(0),
            ejections: Cell::new(0),
            ejected_until: Cell::new(None),
        }
    }

    /// A connection that is there and, as far as is known, good; the one used last, so that the others can go.
    pub(crate) fn take_idle(&self, now: Moment, most_idle: Duration) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        while let Some((connection, since)) = idle.pop_back() {
            if now.saturating_duration_since(since) < most_idle && !connection.io.is_disturbed() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    pub(crate) fn put_idle(&self, connection: Connection, now: Moment, most: usize) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < most {
            idle.push_back((connection, now));
        }
    }

    /// Drops connections that were unused for too long, or whose peer has gone.
    pub(crate) fn sweep(&self, now: Moment, most_idle: Duration) {
        self.multiplexed.sweep(now, most_idle);
        let mut idle = self.idle.borrow_mut();
        idle.retain(|(connection, since)| {
            now.saturating_duration_since(*since) < most_idle && !connection.io.is_disturbed()
        });
    }

    /// What another request would have to wait for: requests under way, each as long as answers take of late.
    pub(crate) fn load(&self, now: Moment) -> f64 {
        let elapsed = now.saturating_duration_since(self.seen.get());
        let kept = (-elapsed.as_secs_f64() / DECAY.as_secs_f64()).exp();
        let latency = self.latency.get() * kept;
        latency.max(1e-6) * f64::from(self.in_flight.get() + 1)
    }

    /// Notes how long an answer took. What is longer than thought counts at once, what is shorter little by little.
    pub(crate) fn took(&self, latency: Duration, now: Moment) {
        let latency = latency.as_secs_f64();
        let elapsed = now.saturating_duration_since(self.seen.replace(now));
        let before = self.latency.get();
        let kept = (-elapsed.as_secs_f64() / DECAY.as_secs_f64()).exp();
        self.latency.set(if latency > before { latency } else { before * kept + latency * (1.0 - kept) });
    }

    /// Whether there is nothing to forgive.
    pub(crate) fn is_in_order(&self) -> bool {
        self.failures.get() == 0 && self.ejections.get() == 0
    }

    pub(crate) fn is_ejected(&self, now: Moment) -> bool {
        self.ejected_until.get().is_some_and(|until| now < until)
    }

    /// Notes whether an answer was well; after so many failures in a row the endpoint is left alone for a while, unless
    /// too many others are.
    pub(crate) fn report(&self, is_well: bool, most: u32, ejection: Duration, stays: bool) {
        if is_well {
            self.failures.set(0);
            if self.ejections.get() > 0 {
                self.ejections.set(0);
                self.ejected_until.set(None);
            }
            return;
        }
        let failures = self.failures.get().saturating_add(1);
        self.failures.set(failures);
        // One that comes back from being left alone is on trial: its next failure counts.
        let most = if self.ejections.get() > 0 { 1 } else { most };
        if failures >= most && !stays && !self.is_ejected(now()) {
            let times = (1_u32 << self.ejections.get().min(16)).min(LONGEST);
            self.ejections.set(self.ejections.get() + 1);
            self.ejected_until.set(Some(now() + ejection * times));
            self.idle.borrow_mut().clear();
            self.multiplexed.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint::new(([127, 0, 0, 1], 1).into())
    }

    #[test]
    fn failures_in_a_row_eject_and_a_good_answer_forgives() {
        let (endpoint, long) = (endpoint(), Duration::from_secs(60));
        for _ in 0..4 {
            endpoint.report(false, 5, long, false);
        }
        endpoint.report(true, 5, long, false);
        for _ in 0..4 {
            endpoint.report(false, 5, long, false);
            assert!(!endpoint.is_ejected(now()));
        }
        endpoint.report(false, 5, long, false);
        assert!(endpoint.is_ejected(now()));
        assert!(!endpoint.is_ejected(now() + long));
        endpoint.report(true, 5, long, false);
        assert!(!endpoint.is_ejected(now()));
    }

    #[test]
    fn the_last_ones_stay() {
        let endpoint = endpoint();
        for _ in 0..20 {
            endpoint.report(false, 5, Duration::from_secs(60), true);
        }
        assert!(!endpoint.is_ejected(now()));
    }

    #[test]
    fn slow_answers_count_at_once() {
        let endpoint = endpoint();
        endpoint.took(Duration::from_secs(2), now());
        assert!(endpoint.load(now()) > 1.9);
        endpoint.took(Duration::from_millis(1), now());
        assert!(endpoint.load(now()) > 1.9, "one quick answer does not make it quick");
        endpoint.in_flight.set(1);
        assert!(endpoint.load(now()) > 3.8);
    }
}

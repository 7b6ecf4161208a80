//! One endpoint, and the connections of one thread to it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use tradewind_edge::session::SessionName;

use crate::timer::Moment;
use crate::upstream::connection::Connection;
use crate::upstream::multiplexed::Multiplexed;
use crate::upstream::room::{ConnectionPlace, Share};

/// One endpoint of a cluster.
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    /// Its name in cookies, where clients are kept at endpoints.
    pub(crate) name: Option<SessionName>,
    /// Connections without a request, the one that was used last at the end.
    idle: RefCell<VecDeque<(Connection, Moment)>>,
    /// Connections of HTTP/2.
    pub(crate) multiplexed: Multiplexed,
}

impl Endpoint {
    pub(crate) fn new(address: SocketAddr, name: Option<SessionName>) -> Self {
        Self { address, name, idle: RefCell::default(), multiplexed: Multiplexed::default() }
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
        let share = connection.place.as_ref().map(ConnectionPlace::share);
        if share.is_some_and(Share::gives_away) {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        if idle.len() < most {
            share.inspect(|share| share.unused());
            idle.push_back((connection, now));
        }
    }

    /// Closes the connection that has been unused for the longest time; false where there is none.
    pub(crate) fn close_unused(&self) -> bool {
        let oldest = self.idle.borrow_mut().pop_front();
        oldest.is_some() || self.multiplexed.close_unused()
    }

    /// Drops connections that were unused for too long, or whose peer has gone.
    pub(crate) fn sweep(&self, now: Moment, most_idle: Duration) {
        self.multiplexed.sweep(now, most_idle);
        let mut idle = self.idle.borrow_mut();
        idle.retain(|(connection, since)| {
            now.saturating_duration_since(*since) < most_idle && !connection.io.is_disturbed()
        });
    }

    /// Lets nothing new go over the connections that are there.
    pub(crate) fn clear(&self) {
        self.idle.borrow_mut().clear();
        self.multiplexed.clear();
    }
}

//! What all connections of one thread share.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::bounds::{Admitted, Bounds};
use crate::buffer::Buffers;
use crate::collected::Collected;
use crate::compression::Compressing;
use crate::copies::Copies;
use crate::door::Door;
use crate::edge::EdgeThread;
use crate::listener::Listener;
use crate::request::Request;
use crate::settings::Settings;
use crate::timer::{DayTime, Moment};
use tradewind_edge::trace::Traceparent;

/// What all connections of one thread share. Nothing of it is another thread's.
pub(crate) struct Thread {
    pub(crate) edge: Box<dyn EdgeThread>,
    pub(crate) settings: Settings,
    /// What holds at listeners that have no bounds of their own.
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) buffers: Buffers,
    /// The listeners that are open.
    doors: RefCell<Vec<Rc<Door>>>,
    connections: Cell<usize>,
    by_client: RefCell<BTreeMap<IpAddr, usize>>,
    emptied: Notify,
    random: Cell<u64>,
    pub(crate) day_time: DayTime,
    pub(crate) copies: Copies,
    pub(crate) compressing: Compressing,
    pub(crate) collected: Collected,
}

/// A connection of a client, as long as it is there.
pub(crate) struct Place {
    thread: Rc<Thread>,
    client: IpAddr,
    /// It counts at its listener, too.
    _admitted: Option<Admitted>,
}

impl Thread {
    pub(crate) fn new(
        edge: Box<dyn EdgeThread>,
        settings: Settings,
        (seed, start): (u64, Moment),
    ) -> Rc<Self> {
        Rc::new(Self {
            edge,
            bounds: Arc::new(Bounds::from(&settings)),
            settings,
            buffers: Buffers::default(),
            doors: RefCell::default(),
            connections: Cell::new(0),
            by_client: RefCell::default(),
            emptied: Notify::new(),
            random: Cell::new(seed | 1),
            day_time: DayTime::new(start),
            copies: Copies::default(),
            compressing: Compressing::default(),
            collected: Collected::default(),
        })
    }

    /// A place for a connection; none when there are as many as there may be.
    pub(crate) fn place(self: &Rc<Self>, client: IpAddr, admitted: Option<Admitted>) -> Option<Place> {
        let limits = &self.settings.limits;
        if self.connections.get() >= limits.connections {
            return None;
        }
        let mut by_client = self.by_client.borrow_mut();
        let of_client = by_client.entry(client).or_default();
        if *of_client >= limits.connections_of_client {
            return None;
        }
        *of_client += 1;
        self.connections.set(self.connections.get() + 1);
        Some(Place { thread: self.clone(), client, _admitted: admitted })
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.get()
    }

    /// Waits until no connection is left.
    pub(crate) async fn emptied(&self) {
        while self.connections.get() > 0 {
            self.emptied.notified().await;
        }
    }

    /// Opens a listener.
    pub(crate) fn open(&self, listener: Listener) -> Rc<Door> {
        let door = Door::new(listener);
        self.doors.borrow_mut().push(door.clone());
        door
    }

    /// Takes the listeners of a port away, so that they can be closed.
    pub(crate) fn take(&self, name: u16) -> Vec<Rc<Door>> {
        self.doors.borrow_mut().extract_if(.., |door| door.name() == name).collect()
    }

    /// Takes no further requests.
    pub(crate) fn stop(&self) {
        self.doors.borrow().iter().for_each(|door| door.stop());
    }

    /// The trace of a request: that of the client with a span of its own, or a new one.
    pub(crate) fn trace(&self, request: &Request<'_>) -> Traceparent {
        let (mut count, mut parent) = (0, None);
        request.headers("traceparent", &mut |value| {
            count += 1;
            parent = Traceparent::parse(value);
        });
        // Of several nobody knows which one is meant.
        match parent.filter(|_| count == 1) {
            Some(parent) => parent.child(self.random()),
            None => Traceparent::begin([self.random(), self.random()], self.random(), true),
        }
    }

    /// A random number, for ids that are no secret (splitmix64).
    pub(crate) fn random(&self) -> u64 {
        let state = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random.set(state);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let thread = &self.thread;
        thread.connections.set(thread.connections.get().saturating_sub(1));
        let mut by_client = thread.by_client.borrow_mut();
        if let Some(count) = by_client.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                by_client.remove(&self.client);
            }
        }
        if thread.connections.get() == 0 {
            thread.emptied.notify_waiters();
        }
    }
}

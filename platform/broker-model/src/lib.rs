//! A model of a message broker that speaks AMQP 0-9-1, with quorum queues.
//!
//! It promises what RabbitMQ promises: a confirmed message is kept, a queue has an order, one consumer of it is active,
//! what is not acknowledged comes again. And it does what RabbitMQ may do: confirm late or never, lose what it has not
//! confirmed, deliver twice, lose connections, change leaders, be away. It runs in the virtual time of its
//! [`Surroundings`], a seed decides what it does, and what it does with each message is written down there. Services of
//! a simulated fleet use it when their settings name a broker.

#![warn(missing_docs)]

#[cfg(test)]
mod carrying;
mod exchanges;
mod fault;
mod post;
mod publishing;
mod queue;
#[cfg(test)]
mod room;
mod said;
mod state;
mod surroundings;
#[cfg(test)]
mod tests;
mod trouble;
mod undecided;
mod wire;

use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_amqp::transport::Transport;
use tradewind_kernel::Entropy;

use said::Due;
use state::State;
use wire::NodeTransport;

pub use fault::BrokerFault;
pub use surroundings::{Surroundings, Task};

/// What the broker is called among those who can be parted from each other.
pub const BROKER: &str = "broker";

/// After how long both sides give up a connection of which they hear nothing: two missed signs of life.
const MISSED: Duration = Duration::from_secs(20);

/// What is said of connections that break.
const RESET: &str = "connection reset by peer";

/// The broker of a run. Clones are one broker.
#[derive(Clone)]
pub struct Broker {
    inner: Arc<Inner>,
}

struct Inner {
    around: Arc<dyn Surroundings>,
    state: Mutex<State>,
    /// Something is due sooner than before.
    changed: Notify,
    runs: AtomicBool,
}

impl Broker {
    /// A broker that nobody has connected to. Its task begins with the first connection.
    #[must_use]
    pub fn new(around: Arc<dyn Surroundings>, dice: Entropy) -> Self {
        let state = Mutex::new(State::new(dice, Arc::clone(&around)));
        let (changed, runs) = (Notify::new(), AtomicBool::new(false));
        Self { inner: Arc::new(Inner { around, state, changed, runs }) }
    }

    /// The broker as one life of the process `node` reaches it.
    #[must_use]
    pub fn transport(&self, node: &str, life: u32) -> Arc<dyn Transport> {
        Arc::new(NodeTransport { broker: self.clone(), node: node.to_owned(), life })
    }

    /// Lets something go wrong; gives whether that changed anything.
    pub fn suffer(&self, fault: &BrokerFault) -> bool {
        match fault {
            BrokerFault::Reset { node } => self.break_off(Some(node), RESET),
            BrokerFault::ResetAll => self.break_off(None, RESET),
            BrokerFault::Silence { node } => self.with(|state, now| silence(state, now, node)),
            BrokerFault::LeaderChange { lasts } => self.with(|state, now| state.lose_leader(now, *lasts)),
            BrokerFault::Away { lasts } => {
                self.break_off(None, "the broker shut down");
                self.with(|state, now| {
                    state.away_until = state.away_until.max(now + *lasts);
                    // Of what is not on enough disks nothing survives; nobody is connected who could learn of it.
                    state.undecided.clear();
                });
                true
            }
            BrokerFault::BadMessages { .. } => false,
        }
    }

    /// Messages are treated badly until the fault is over.
    pub fn disturb(&self, fault: u32) {
        self.with(|state, _| state.trouble.begin(fault));
    }

    /// A fault of messages is over; gives whether any message met it.
    pub fn is_over(&self, fault: u32) -> bool {
        self.with(|state, _| state.trouble.end(fault))
    }

    /// Nothing goes wrong any more; what is silent is given up.
    pub fn heal(&self) {
        self.with(|state, now| {
            state.trouble.calm();
            state.away_until = now;
            let silent: Vec<u64> =
                state.connections.iter().filter(|(_, line)| line.is_silent).map(|(id, _)| *id).collect();
            silent.into_iter().for_each(|id| state.close(now, id, "missed heartbeats from client"));
        });
    }

    /// A process has ended: its sockets are closed.
    pub fn left(&self, node: &str) {
        self.break_off(Some(node), "the client closed the socket");
    }

    /// Breaks connections, of one process or all; gives whether there was one.
    fn break_off(&self, node: Option<&str>, why: &str) -> bool {
        self.with(|state, now| {
            let of = |line: &state::Line| node.is_none_or(|node| line.node == node);
            let gone: Vec<u64> =
                state.connections.iter().filter(|(_, line)| of(line)).map(|(id, _)| *id).collect();
            gone.iter().for_each(|id| state.close(now, *id, why));
            !gone.is_empty()
        })
    }

    fn note(&self, what: &str) {
        self.inner.around.does(what.to_owned());
    }

    /// Changes something, and wakes who runs the broker if that is due sooner than what he waits for.
    fn with<T>(&self, change: impl FnOnce(&mut State, Duration) -> T) -> T {
        let now = self.inner.around.clock().monotonic();
        let mut state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.next_at();
        let changed = change(&mut state, now);
        if state.next_at().is_some_and(|next| before.is_none_or(|before| next < before)) {
            self.inner.changed.notify_one();
        }
        changed
    }

    /// Runs in a task of the world from the first connection on.
    fn run_once(&self) {
        if !self.inner.runs.swap(true, Ordering::Relaxed) {
            let broker = self.clone();
            self.inner.around.spawn(Box::pin(async move { broker.run().await }));
        }
    }

    async fn run(&self) {
        let Inner { around, changed, .. } = &*self.inner;
        loop {
            let next = self.with(|state, now| {
                while let Some(due) = state.take_due(now) {
                    self.pass(state, now, due);
                }
                state.next_at()
            });
            let wait = async {
                match next {
                    Some(at) => around.clock().sleep(at.saturating_sub(around.clock().monotonic())).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                () = changed.notified() => {}
                () = wait => {}
            }
        }
    }

    /// Lets happen what is due, unless it is on the way on a connection on which nothing passes.
    fn pass(&self, state: &mut State, now: Duration, due: Due) {
        let around = &self.inner.around;
        let Some((connection, is_to_broker)) = due.way() else { return state.happen(now, due) };
        let Some(line) = state.connections.get(&connection) else { return };
        if !around.is_alive(&line.node, line.life) {
            return;
        }
        let is_parted = match is_to_broker {
            true => around.is_parted(&line.node, BROKER),
            false => around.is_parted(BROKER, &line.node),
        };
        if is_parted && !line.is_silent {
            let node = line.node.clone();
            silence(state, now, &node);
        }
        if state.connections.get(&connection).is_some_and(|line| line.is_silent) {
            state.swallow(connection, due);
        } else {
            state.happen(now, due);
        }
    }
}

/// Nothing arrives any more on the connections of one process that are open, and after a while both sides notice. Gives
/// whether there was one.
fn silence(state: &mut State, now: Duration, node: &str) -> bool {
    let speaks = |line: &state::Line| !line.is_silent && line.node == node;
    let silenced: Vec<u64> =
        state.connections.iter().filter(|(_, line)| speaks(line)).map(|(id, _)| *id).collect();
    for connection in &silenced {
        state.connections.entry(*connection).and_modify(|line| line.is_silent = true);
        let (connection, why) = (*connection, Arc::from("missed heartbeats"));
        state.at(now + MISSED, Due::Expires { connection, why });
    }
    !silenced.is_empty()
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").finish_non_exhaustive()
    }
}

//! Connections to the broker, kept open.
//!
//! The client library can reconnect by itself; it does not, because only whoever uses a channel knows what has to be
//! declared on it, which deliveries died with it, and what to do meanwhile. Here a connection is made, watched, and
//! made anew, whatever happens to it; users ask for a channel and get one or are told that there is none.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::{Channel, Connection, ConnectionProperties, ErrorKind, Event};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tradewind_kernel::{Clock, Entropy};

use crate::counts::LinkState;
use crate::options::BrokerOptions;

/// The first pause before a connection is tried again; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause: whoever waits for the broker shall not wait much longer than it is away.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause after a refusal that only somebody's mend will end.
const MAX_PAUSE_REFUSED: Duration = Duration::from_secs(10);

/// A connection that lasted this long was a good one.
const GOOD: Duration = Duration::from_secs(5);

/// How often an open connection is looked at, besides its own signs of life.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The same after a first sign that it is lost.
const LOOK_SOON: Duration = Duration::from_millis(20);

/// How long the broker may take to say good-bye.
const GOODBYE: Duration = Duration::from_secs(1);

/// The code of AMQP for an orderly end.
const SUCCESS: u16 = 200;

/// Why there is no channel, or why it failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BrokerError {
    #[error("the broker cannot be reached")]
    Away,
    #[error("the broker did not answer in time: {0}")]
    Silent(&'static str),
    #[error(
        "{what} exists on the broker with other arguments: {said}. Delete it there (nothing is lost: what a queue held \
         is read from the log of the producer) or choose another broker.namespace"
    )]
    Mismatch { what: String, said: String },
    #[error(
        "queue {0} does not answer, as one whose leader is gone; it is deleted and declared anew, and what it held is \
         read from the log of the producer"
    )]
    Dead(String),
    #[error("the broker refused: {0}")]
    Refused(String),
}

impl BrokerError {
    /// Sorts a failure of the client while it did something to `what`.
    pub(crate) fn of(what: &str, error: &lapin::Error) -> Self {
        match error.kind() {
            ErrorKind::ProtocolError(said) => match said.kind() {
                AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => {
                    Self::Mismatch { what: what.to_owned(), said: said.get_message().to_string() }
                }
                _ => Self::Refused(said.get_message().to_string()),
            },
            _ => Self::Away,
        }
    }
}

/// A channel, and the connection it belongs to.
pub(crate) struct Opened {
    pub(crate) channel: Channel,
    pub(crate) generation: u64,
}

/// A connection that is made anew whenever it is lost, as long as [`Link::run`] runs.
#[derive(Clone)]
pub(crate) struct Link {
    inner: Arc<Inner>,
}

struct Inner {
    /// What it is for, in logs and in the broker's list of connections.
    purpose: &'static str,
    options: Arc<BrokerOptions>,
    clock: Clock,
    entropy: Entropy,
    state: Arc<LinkState>,
    current: Mutex<Current>,
    changed: Notify,
}

#[derive(Default)]
struct Current {
    /// Counts the connections.
    generation: u64,
    connection: Option<Arc<Connection>>,
    /// The last connection that somebody found silent.
    distrusted: u64,
}

/// Why a connection could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Unreachable,
    Login,
    VirtualHost,
    Other,
}

impl Link {
    pub(crate) fn new(
        purpose: &'static str,
        options: Arc<BrokerOptions>,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        let (state, current, changed) = (Arc::default(), Mutex::default(), Notify::new());
        Self { inner: Arc::new(Inner { purpose, options, clock, entropy, state, current, changed }) }
    }

    pub(crate) fn state(&self) -> Arc<LinkState> {
        self.inner.state.clone()
    }

    /// Keeps the connection until the returned future is dropped, which is safe at any await.
    pub(crate) async fn run(&self) {
        let Inner { clock, entropy, state, .. } = &*self.inner;
        let (mut pause, mut told) = (FIRST_PAUSE, None);
        loop {
            let mut is_refused = false;
            match self.connect().await {
                Ok(connection) => {
                    told = None;
                    let since = clock.monotonic();
                    let generation = self.enter(connection.clone());
                    let why = self.watch(&connection, generation).await;
                    self.leave(&why);
                    if clock.monotonic().saturating_sub(since) > GOOD {
                        pause = FIRST_PAUSE;
                    }
                    say_goodbye(clock, &connection).await;
                }
                Err((cause, why)) => {
                    state.failures.add(1);
                    is_refused = matches!(cause, Cause::Login | Cause::VirtualHost);
                    if told.replace(cause) != Some(cause) {
                        self.tell(cause, &why);
                    }
                }
            }
            // Of many processes that lost the same broker not all shall come back at the same instant.
            let most = u64::try_from(pause.as_millis()).unwrap_or(1);
            clock.sleep(pause / 2 + Duration::from_millis(entropy.below(most / 2 + 1))).await;
            pause = (pause * 2).min(if is_refused { MAX_PAUSE_REFUSED } else { MAX_PAUSE });
        }
    }

    async fn connect(&self) -> Result<Arc<Connection>, (Cause, String)> {
        let Inner { purpose, options, clock, .. } = &*self.inner;
        // The client never gives back all that an attempt takes that fails, so none is made while nobody listens.
        match clock.timeout(options.timeout, TcpStream::connect(options.address())).await {
            Err(_) => return Err((Cause::Unreachable, "it does not answer".to_owned())),
            Ok(Err(error)) => return Err((Cause::Unreachable, error.to_string())),
            Ok(Ok(_)) => {}
        }
        let properties = ConnectionProperties::default().with_connection_name((*purpose).into());
        let connecting = Connection::connect_uri(options.uri(), properties);
        match clock.timeout(options.timeout, connecting).await {
            Err(_) => Err((Cause::Unreachable, "it does not answer".to_owned())),
            Ok(Err(error)) => Err((cause_of(&error), error.to_string())),
            Ok(Ok(connection)) => Ok(Arc::new(connection)),
        }
    }

    fn enter(&self, connection: Arc<Connection>) -> u64 {
        let Inner { purpose, options, state, changed, .. } = &*self.inner;
        let generation = {
            let mut current = self.current();
            current.generation += 1;
            current.connection = Some(connection);
            current.generation
        };
        state.connected.store(true, Ordering::Relaxed);
        state.connects.add(1);
        tracing::info!(connection = purpose, broker = options.place(), "connected to the broker");
        changed.notify_waiters();
        generation
    }

    fn leave(&self, why: &str) {
        let Inner { purpose, options, state, changed, .. } = &*self.inner;
        self.current().connection = None;
        state.connected.store(false, Ordering::Relaxed);
        state.blocked.store(false, Ordering::Relaxed);
        let broker = options.place();
        tracing::warn!(
            connection = purpose,
            broker,
            why,
            "the connection to the broker is lost; trying again"
        );
        changed.notify_waiters();
    }

    /// Waits until the connection is lost; tells why.
    async fn watch(&self, connection: &Connection, generation: u64) -> String {
        let Inner { purpose, clock, state, .. } = &*self.inner;
        let mut events = pin!(connection.events_listener());
        let (mut look, mut why) = (LOOK_EVERY, "it was closed".to_owned());
        loop {
            tokio::select! {
                biased;
                event = events.next() => match event {
                    None => return why,
                    Some(Event::ConnectionBlocked(reason)) => {
                        state.blocked.store(true, Ordering::Relaxed);
                        tracing::error!(connection = purpose, reason, "the broker takes no messages");
                    }
                    Some(Event::ConnectionUnblocked) => {
                        state.blocked.store(false, Ordering::Relaxed);
                        tracing::info!(connection = purpose, "the broker takes messages again");
                    }
                    // It may be about a channel only.
                    Some(Event::Error(error)) => (look, why) = (LOOK_SOON, error.to_string()),
                    Some(_) => {}
                },
                () = self.distrusted(generation) => return "it did not answer in time".to_owned(),
                () = clock.sleep(look) => look = LOOK_EVERY,
            }
            if !connection.status().connected() {
                return why;
            }
        }
    }

    async fn distrusted(&self, generation: u64) {
        self.until(|current| current.distrusted >= generation).await;
    }

    /// Waits until there is a connection.
    pub(crate) async fn up(&self) {
        self.until(|current| current.connection.is_some()).await;
    }

    async fn until(&self, holds: impl Fn(&Current) -> bool) {
        loop {
            let mut changed = pin!(self.inner.changed.notified());
            // In line before looking: a change between the two must not be missed.
            changed.as_mut().enable();
            if holds(&self.current()) {
                return;
            }
            changed.await;
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.current().connection.is_some()
    }

    /// Opens a channel on the connection, if there is one.
    pub(crate) async fn channel(&self) -> Result<Opened, BrokerError> {
        let Inner { options, clock, .. } = &*self.inner;
        let (connection, generation) = {
            let current = self.current();
            (current.connection.clone().ok_or(BrokerError::Away)?, current.generation)
        };
        match clock.timeout(options.timeout, connection.create_channel()).await {
            Ok(Ok(channel)) => Ok(Opened { channel, generation }),
            Ok(Err(error)) => Err(BrokerError::of("the channel", &error)),
            Err(_) => {
                self.distrust(generation);
                Err(BrokerError::Silent("a channel was to be opened"))
            }
        }
    }

    /// Says that a connection is silent: it is given up and made anew. One that is gone already is left alone.
    pub(crate) fn distrust(&self, generation: u64) {
        let mut current = self.current();
        current.distrusted = current.distrusted.max(generation);
        drop(current);
        self.inner.changed.notify_waiters();
    }

    /// Ends the connection in order, once nobody uses it.
    pub(crate) async fn close(&self) {
        let connection = self.current().connection.take();
        if let Some(connection) = connection {
            say_goodbye(&self.inner.clock, &connection).await;
        }
        self.inner.state.connected.store(false, Ordering::Relaxed);
    }

    fn tell(&self, cause: Cause, why: &str) {
        let Inner { purpose, options, .. } = &*self.inner;
        let (broker, user) = (options.place(), options.user());
        match cause {
            Cause::Unreachable => {
                let mend = "check broker.url, and that the broker runs";
                tracing::warn!(
                    connection = purpose,
                    broker,
                    why,
                    mend,
                    "the broker cannot be reached; trying again"
                );
            }
            Cause::Login => {
                let mend = "check the user in broker.url, and broker.password";
                tracing::error!(
                    connection = purpose,
                    broker,
                    user,
                    why,
                    mend,
                    "the broker refuses the login"
                );
            }
            Cause::VirtualHost => {
                let mend = "check the virtual host in broker.url, and the user's permissions there";
                tracing::error!(
                    connection = purpose,
                    broker,
                    user,
                    why,
                    mend,
                    "the broker refuses the virtual host"
                );
            }
            Cause::Other => {
                tracing::error!(connection = purpose, broker, why, "the broker refuses the connection");
            }
        }
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        self.inner.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("purpose", &self.inner.purpose).finish_non_exhaustive()
    }
}

/// The reply is of no interest, and who is silent shall not hold anybody up.
async fn say_goodbye(clock: &Clock, connection: &Connection) {
    let closing = connection.close(SUCCESS, "good-bye".into());
    clock.timeout(GOODBYE, closing).await.unwrap_or(Ok(())).unwrap_or_default();
}

fn cause_of(error: &lapin::Error) -> Cause {
    match error.kind() {
        ErrorKind::IOError(_) | ErrorKind::MissingHeartbeatError => Cause::Unreachable,
        ErrorKind::ProtocolError(said) => match said.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => Cause::Login,
            AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED | AMQPHardError::INVALIDPATH) => Cause::VirtualHost,
            _ => Cause::Other,
        },
        _ => Cause::Other,
    }
}

//! Connections to the broker, kept open.
//!
//! The client library can reconnect by itself; it does not, because only whoever uses a channel knows what has to be
//! declared on it, which deliveries died with it, and what to do meanwhile. Here a connection is made, watched, and
//! made anew, whatever happens to it; users ask for a channel and get one or are told that there is none.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_kernel::{Clock, Entropy};

use crate::counts::LinkState;
use crate::options::BrokerOptions;
use crate::transport::{
    self, Cause, Channel, Connection, Failed, LapinConnection, LapinTransport, Sign, Transport, Unconnected,
};

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
        Self::after(what, transport::failed(error))
    }

    /// What a failure is that came of doing something to `what`.
    pub(crate) fn after(what: &str, failed: Failed) -> Self {
        match failed {
            Failed::Mismatch(said) => Self::Mismatch { what: what.to_owned(), said },
            Failed::Refused(said) => Self::Refused(said),
            Failed::Gone(_) => Self::Away,
        }
    }
}

/// A channel, and the connection it belongs to.
pub(crate) struct Opened<C = Box<dyn Channel>> {
    pub(crate) channel: C,
    pub(crate) generation: u64,
}

/// What connections go over.
#[derive(Debug, Clone)]
pub(crate) enum Over {
    /// The client library.
    Lapin(Arc<LapinTransport>),
    /// What somebody put in its place.
    Given(Arc<dyn Transport>),
}

/// A connection, and whether it is one of the client library, which is what the bus needs.
#[derive(Clone)]
enum Line {
    Lapin(Arc<LapinConnection>),
    Given(Arc<dyn Connection>),
}

impl Line {
    fn connection(&self) -> &dyn Connection {
        match self {
            Self::Lapin(connection) => connection.as_ref(),
            Self::Given(connection) => connection.as_ref(),
        }
    }
}

/// A connection that is made anew whenever it is lost, as long as [`Link::run`] runs.
#[derive(Clone)]
pub(crate) struct Link {
    inner: Arc<Inner>,
}

struct Inner {
    /// What it is for, in logs and in the broker's list of connections.
    purpose: &'static str,
    over: Over,
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
    connection: Option<Line>,
    /// The last connection that somebody found silent.
    distrusted: u64,
}

impl Link {
    pub(crate) fn new(
        (purpose, over): (&'static str, Over),
        options: Arc<BrokerOptions>,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        let (state, current, changed) = (Arc::default(), Mutex::default(), Notify::new());
        Self { inner: Arc::new(Inner { purpose, over, options, clock, entropy, state, current, changed }) }
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
                    let why = self.watch(connection.connection(), generation).await;
                    self.leave(&why);
                    if clock.monotonic().saturating_sub(since) > GOOD {
                        pause = FIRST_PAUSE;
                    }
                    say_goodbye(clock, connection.connection()).await;
                }
                Err(Unconnected { cause, why }) => {
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

    async fn connect(&self) -> Result<Line, Unconnected> {
        let Inner { purpose, over, options, clock, .. } = &*self.inner;
        match over {
            Over::Lapin(lapin) => Ok(Line::Lapin(lapin.open(purpose).await?)),
            Over::Given(given) => match clock.timeout(options.timeout, given.connect(purpose)).await {
                Ok(connected) => Ok(Line::Given(connected?)),
                Err(_) => {
                    let why = "it does not answer".to_owned();
                    Err(Unconnected { cause: Cause::Unreachable, why })
                }
            },
        }
    }

    fn enter(&self, connection: Line) -> u64 {
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
    async fn watch(&self, connection: &dyn Connection, generation: u64) -> String {
        let Inner { purpose, clock, state, .. } = &*self.inner;
        let mut signs = connection.signs();
        let (mut look, mut why) = (LOOK_EVERY, "it was closed".to_owned());
        loop {
            tokio::select! {
                biased;
                sign = poll_fn(|context| signs.poll_next(context)) => match sign {
                    None => return why,
                    Some(Sign::Blocked(reason)) => {
                        state.blocked.store(true, Ordering::Relaxed);
                        tracing::error!(connection = purpose, reason, "the broker takes no messages");
                    }
                    Some(Sign::Unblocked) => {
                        state.blocked.store(false, Ordering::Relaxed);
                        tracing::info!(connection = purpose, "the broker takes messages again");
                    }
                    // It may be about a channel only.
                    Some(Sign::Failed(error)) => (look, why) = (LOOK_SOON, error),
                    Some(Sign::Other) => {}
                },
                () = self.distrusted(generation) => return "it did not answer in time".to_owned(),
                () = clock.sleep(look) => look = LOOK_EVERY,
            }
            if !connection.is_open() {
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
        let (line, generation) = self.line()?;
        let opening = async {
            let opened = line.connection().channel().await;
            opened.map_err(|failed| BrokerError::after("the channel", failed))
        };
        self.opened(opening, generation).await
    }

    /// The same for the bus, which needs more of the client library than events do.
    ///
    /// # Errors
    /// Also when connections do not go over it.
    pub(crate) async fn lapin_channel(&self) -> Result<Opened<lapin::Channel>, BrokerError> {
        let (line, generation) = self.line()?;
        let Line::Lapin(connection) = line else {
            return Err(BrokerError::Refused("the bus goes over AMQP only".to_owned()));
        };
        let opening = async {
            let opened = connection.0.create_channel().await;
            opened.map_err(|error| BrokerError::of("the channel", &error))
        };
        self.opened(opening, generation).await
    }

    fn line(&self) -> Result<(Line, u64), BrokerError> {
        let current = self.current();
        Ok((current.connection.clone().ok_or(BrokerError::Away)?, current.generation))
    }

    async fn opened<C>(
        &self,
        opening: impl Future<Output = Result<C, BrokerError>>,
        generation: u64,
    ) -> Result<Opened<C>, BrokerError> {
        match self.inner.clock.timeout(self.inner.options.timeout, opening).await {
            Ok(opened) => Ok(Opened { channel: opened?, generation }),
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
            say_goodbye(&self.inner.clock, connection.connection()).await;
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
async fn say_goodbye(clock: &Clock, connection: &dyn Connection) {
    clock.timeout(GOODBYE, connection.close()).await.unwrap_or_default();
}

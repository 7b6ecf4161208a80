//! Where messages go: exchanges, queues, and what binds them.

use std::borrow::Cow;
use std::time::Duration;

/// How an exchange chooses among the queues that are bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routing {
    /// Those bound with the key of the message.
    Direct,
    /// All of them.
    Fanout,
    /// Those whose pattern fits the key; see [`matches`](super::matches).
    Topic,
}

/// Where messages are published. It exists as soon as anybody uses it; all have to say the same of its routing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    name: Cow<'static, str>,
    routing: Routing,
}

impl Exchange {
    /// One that passes a message on to the queues bound with its key.
    #[must_use]
    pub const fn direct(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), routing: Routing::Direct }
    }

    /// One that passes a message on to all its queues, whatever the key.
    #[must_use]
    pub const fn fanout(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), routing: Routing::Fanout }
    }

    /// One that passes a message on to the queues whose pattern fits its key: words between dots, where `*` stands for
    /// one word and `#` for any number of them.
    #[must_use]
    pub const fn topic(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), routing: Routing::Topic }
    }

    /// Its name, without the namespace of the fleet.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it chooses.
    #[must_use]
    pub fn routing(&self) -> Routing {
        self.routing
    }
}

/// What a queue wants of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where the messages come from.
    pub exchange: Exchange,
    /// The key, or the pattern, that is wanted; of no meaning for a fanout.
    pub key: String,
}

/// Where messages wait for a consumer. All who use it have to say the same of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    name: Cow<'static, str>,
    is_shared: bool,
    bound: u32,
    attempts: u32,
    limit: Duration,
}

/// The usual bound of a shared queue.
const SHARED_BOUND: u32 = 10_000;

/// The usual bound of a consumer's own queue.
const OWN_BOUND: u32 = 1_000;

/// The most messages among the dead letters of a queue; then the oldest are dropped.
const DEAD_BOUND: u32 = 10_000;

/// How often a message is tried, if nothing else is said.
const ATTEMPTS: u32 = 5;

/// How long a handler may take, if nothing else is said.
const LIMIT: Duration = Duration::from_secs(30);

impl Queue {
    /// A queue whose consumers compete for each message. It outlives them and, on a broker, a restart of that. When it
    /// holds 10,000 messages, more are refused. A message is tried five times.
    #[must_use]
    pub const fn shared(name: &'static str) -> Self {
        let name = Cow::Borrowed(name);
        Self { name, is_shared: true, bound: SHARED_BOUND, attempts: ATTEMPTS, limit: LIMIT }
    }

    /// A queue of one consumer, gone with it or its connection; each consumer of this name gets another. When it holds
    /// 1,000 messages, the oldest are dropped. A message is tried once.
    #[must_use]
    pub const fn own(name: &'static str) -> Self {
        let name = Cow::Borrowed(name);
        Self { name, is_shared: false, bound: OWN_BOUND, attempts: 1, limit: LIMIT }
    }

    /// Holds at most `bound` messages.
    #[must_use]
    pub const fn holding(mut self, bound: u32) -> Self {
        self.bound = bound;
        self
    }

    /// Tries a message of a shared queue so often before it is a dead letter; at least once. A consumer that dies with
    /// it counts as well.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = if attempts == 0 || !self.is_shared { 1 } else { attempts };
        self
    }

    /// Lets a handler take at most `limit`; then the attempt has failed.
    #[must_use]
    pub const fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The queue of what could not be handled, with which it exists; of 10,000 messages at most, then the oldest are
    /// dropped. A consumer of it looks at them, or sends them again.
    #[must_use]
    pub fn dead_letters(&self) -> Self {
        let name = Cow::Owned(format!("{}.dead-letters", self.name));
        Self { name, is_shared: true, bound: DEAD_BOUND, attempts: u32::MAX, limit: self.limit }
    }

    /// Its name, without the namespace of the fleet.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its consumers compete and it outlives them.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Whether it holds what another could not handle: what comes too much then pushes out the oldest.
    #[must_use]
    pub fn is_of_dead_letters(&self) -> bool {
        self.attempts == u32::MAX
    }

    /// The most messages that it holds.
    #[must_use]
    pub fn bound(&self) -> u32 {
        self.bound
    }

    /// How often a message is tried.
    #[must_use]
    pub fn most_attempts(&self) -> u32 {
        self.attempts
    }

    /// How long a handler may take.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

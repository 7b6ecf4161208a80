//! The caller's side: what the registry says, kept for when it is away.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_client::{Address, Caller, PhoneBook, Policies};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};

use crate::instance::{Listing, Registered};

/// The registry's name in the phone book of this client.
const PEER: &str = "registry";

/// How long a question waits for a change.
const LONG_POLL: Duration = Duration::from_secs(10);

/// How long the answer may take beyond that.
const ANSWER: Duration = Duration::from_secs(2);

/// The pause after the registry could not be asked.
const PAUSE: Duration = Duration::from_millis(200);

/// Asks a registry, and keeps what it said for when it is away. Clones are the same client.
#[derive(Clone)]
pub struct RegistryClient {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    book: PhoneBook,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
    cache: Mutex<Cache>,
    changed: Notify,
}

/// What is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cache {
    pub(crate) epoch: String,
    pub(crate) version: u64,
    /// By the id of their life; nothing before the first answer.
    pub(crate) instances: Option<BTreeMap<String, Registered>>,
    /// Those of them that only a former life of the registry has told of.
    unheard: BTreeMap<String, Registered>,
    /// Why the registry could not be asked lately.
    pub(crate) trouble: Option<String>,
}

impl Cache {
    /// Takes what the registry says. One that has just begun has not heard of everybody: whoever is missing only there
    /// is not gone.
    fn take(&mut self, listing: Listing) {
        let Listing { epoch, version, is_settled, instances } = listing;
        let mut told: BTreeMap<String, Registered> =
            instances.into_iter().map(|each| (each.id.clone(), each)).collect();
        let is_new = self.epoch != epoch;
        let mut unheard = std::mem::take(&mut self.unheard);
        if is_new {
            unheard = self.instances.take().unwrap_or_default();
        }
        unheard.retain(|id, _| !is_settled && !told.contains_key(id));
        told.extend(unheard.clone());
        *self = Self { epoch, version, instances: Some(told), unheard, trouble: None };
    }
}

impl RegistryClient {
    /// Asks the registry behind `registry`, showing `secret`.
    #[must_use]
    pub fn new(registry: Address, secret: Secret, clock: Clock, entropy: Entropy) -> Self {
        let book = PhoneBook::new(clock.clone(), entropy.fork("book"));
        let name = registry.name();
        // Each question is asked again in any case, at a pace of its own.
        book.set_policies(PEER, Policies::none());
        book.enter(PEER, registry);
        let (cache, changed) = (Mutex::default(), Notify::new());
        Self { inner: Arc::new(Inner { name, book, secret, clock, entropy, cache, changed }) }
    }

    /// Keeps what is known true until it is dropped. Run it as a task, one for all sources.
    pub async fn watch(self) {
        loop {
            let path = {
                let cache = self.cache();
                let wait = if cache.instances.is_some() { LONG_POLL.as_millis() } else { 0 };
                format!("/instances?epoch={}&after={}&waitMs={wait}", cache.epoch, cache.version)
            };
            match self.caller(LONG_POLL + ANSWER).get::<Listing>(&path).await {
                Ok(listing) => self.take(listing),
                Err(problem) => {
                    self.cache().trouble = Some(format!("the registry {}: {problem}", self.inner.name));
                    self.inner.changed.notify_waiters();
                    self.inner.clock.sleep(PAUSE).await;
                }
            }
        }
    }

    fn take(&self, listing: Listing) {
        self.cache().take(listing);
        self.inner.changed.notify_waiters();
    }

    pub(crate) fn caller(&self, limit: Duration) -> Caller {
        let Inner { book, secret, clock, entropy, .. } = &*self.inner;
        let context = Context::begin(Principal::Service("instance".to_owned()), clock, entropy);
        let deadline = Deadline::after(clock, limit);
        let peer = book.peer(PEER);
        Caller::new(peer, context, deadline, clock.clone(), entropy.clone()).bearer(secret.clone())
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn changed(&self) -> &Notify {
        &self.inner.changed
    }

    pub(crate) fn cache(&self) -> MutexGuard<'_, Cache> {
        self.inner.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RegistryClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistryClient({})", self.inner.name)
    }
}

//! An API server of Kubernetes that has what a test puts into it: lists, watches, statuses, and what can go wrong.
//!
//! Any kind is there, at the path that the rules for plurals give. It validates nothing, and knows no user unless a test
//! says which ones there are. In what else it was compared with the API machinery of Kubernetes 1.36, it answers as that
//! does, as far as a client of ours can tell.

mod answer;
mod path;
mod secured;
mod selector;
mod serve;
mod store;
mod watching;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tradewind_kernel::Entropy;

use crate::TestAuthority;
use path::Resource;
use store::Store;

/// How many changes are remembered for watches, unless a test says otherwise.
const HISTORY: usize = 20_000;

/// An API server on a free port of loopback; it ends with the runtime. Clones are the same server.
#[derive(Debug, Clone)]
pub struct FakeCluster {
    port: u16,
    inner: Arc<Inner>,
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its query, as it came.
    pub query: String,
    /// The status of the answer.
    pub code: u16,
}

impl Asked {
    /// Whether it began a watch, or tried to.
    #[must_use]
    pub fn is_watch(&self) -> bool {
        self.query.split('&').any(|pair| pair == "watch=true")
    }
}

/// A status that was written, or refused.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusWrite {
    /// The name of the kind in paths.
    pub plural: String,
    /// The namespace; empty for none.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// What was to be written.
    pub status: Value,
    /// The status of the answer.
    pub code: u16,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    /// Moves at everything that a watch has to look at.
    news: watch::Sender<u64>,
    /// Moves when all connections are to be cut.
    cut: watch::Sender<u64>,
    /// TLS of its connections, where they have it.
    tls: Option<Arc<ServerConfig>>,
}

#[derive(Debug)]
struct State {
    store: Store,
    asked: Vec<Asked>,
    status_writes: Vec<StatusWrite>,
    /// How many further requests are answered with 503.
    refusals: usize,
    forbidden: Vec<String>,
    unknown: Vec<String>,
    /// The tokens of whom it answers; none where it answers everybody.
    tokens: Option<Vec<String>>,
    is_away: bool,
    is_mute: bool,
    /// Whether a watch from a forgotten version is refused, instead of begun and ended by an event.
    answers_gone: bool,
    bookmarks: u64,
    /// A watch breaks at one of so many events, by chance.
    breaks: Option<(Entropy, u64)>,
}

impl State {
    /// Of a server that answers everybody, and has nothing.
    fn new() -> Self {
        Self {
            store: Store::new(HISTORY),
            asked: Vec::new(),
            status_writes: Vec::new(),
            refusals: 0,
            forbidden: Vec::new(),
            unknown: Vec::new(),
            tokens: None,
            is_away: false,
            is_mute: false,
            answers_gone: false,
            bookmarks: 0,
            breaks: None,
        }
    }
}

impl FakeCluster {
    /// Starts one.
    pub async fn start() -> Self {
        Self::with(None).await
    }

    /// Starts one that is asked by TLS: its certificate is by this authority, for 127.0.0.1. Whoever has a client
    /// certificate by the same authority needs no token.
    pub async fn start_secured(authority: &TestAuthority) -> Self {
        Self::with(Some(secured::of(authority))).await
    }

    async fn with(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Mutex::new(State::new());
        let inner = Arc::new(Inner { state, news: watch::Sender::new(0), cut: watch::Sender::new(0), tls });
        tokio::spawn(serve::accept(listener, inner.clone()));
        Self { port, inner }
    }

    /// Where it is: `http://127.0.0.1:port`, or `https`.
    #[must_use]
    pub fn uri(&self) -> http::Uri {
        let scheme = if self.inner.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port).parse().unwrap()
    }

    /// Creates an object or replaces what there is of its name, but for a status that it does not have; gives it as it
    /// is stored. What is as it was does not count as a change.
    pub fn apply(&self, object: Value) -> Value {
        let stored = self.inner.state().store.apply(object);
        self.inner.tell();
        stored
    }

    /// Deletes an object of this kind (as documents call it, such as `Service`); whether it was there.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let was_there = self.inner.state().store.delete(&path::plural(kind), namespace, name);
        self.inner.tell();
        was_there
    }

    /// An object as it is stored. The namespace is empty for kinds that belong to none.
    #[must_use]
    pub fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.inner.state().store.find(&path::plural(kind), namespace, name).map(|object| Value::clone(object))
    }

    /// All objects of a kind, by namespace and name.
    #[must_use]
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.inner.state().store.all(&path::plural(kind)).iter().map(|object| Value::clone(object)).collect()
    }

    /// Cuts all connections, in the middle of whatever they do.
    pub fn disconnect_all(&self) {
        self.inner.cut.send_modify(|count| *count += 1);
    }

    /// From now on a watch breaks at one of `one_in` events, in the middle of it as often as after it; 0 ends that.
    pub fn disconnect_at_random(&self, seed: u64, one_in: u64) {
        self.inner.state().breaks = (one_in > 0).then(|| (Entropy::seeded(seed), one_in));
    }

    /// Forgets all changes up to now: who wants to go on from an earlier version is told that it is gone.
    pub fn forget_history(&self) {
        self.inner.state().store.forget();
    }

    /// Whether a watch from a version that is forgotten is answered with 410, as some servers do, or begins and says so
    /// in an event, as others do and this one unless told.
    pub fn answer_gone(&self, by_status: bool) {
        self.inner.state().answers_gone = by_status;
    }

    /// Remembers so many changes.
    pub fn remember(&self, changes: usize) {
        self.inner.state().store.remember(changes);
    }

    /// Answers the next `count` requests with 503.
    pub fn refuse(&self, count: usize) {
        self.inner.state().refusals = count;
    }

    /// Answers 403 to whatever is asked of these kinds (as paths call them, such as `secrets`); of no others.
    pub fn forbid(&self, plurals: &[&str]) {
        self.inner.state().forbidden = plurals.iter().map(|&plural| plural.to_owned()).collect();
    }

    /// Answers 404 to whatever is asked of these kinds, as a server does that has no definition of them; of no others.
    pub fn know_nothing_of(&self, plurals: &[&str]) {
        self.inner.state().unknown = plurals.iter().map(|&plural| plural.to_owned()).collect();
    }

    /// Answers 401 from now on to whoever shows none of these tokens.
    pub fn demand(&self, tokens: &[&str]) {
        self.inner.state().tokens = Some(tokens.iter().map(|&token| token.to_owned()).collect());
    }

    /// Is away from now on, or is back: connections are cut, and new ones are closed as soon as they are open.
    pub fn outage(&self, is_away: bool) {
        self.inner.state().is_away = is_away;
        if is_away {
            self.disconnect_all();
        }
    }

    /// From now on watches that run and new ones say nothing and do not end, as after a partition; or they do again.
    pub fn mute(&self, is_mute: bool) {
        self.inner.state().is_mute = is_mute;
        self.inner.tell();
    }

    /// Sends a bookmark to every watch that asked for bookmarks.
    pub fn bookmark(&self) {
        self.inner.state().bookmarks += 1;
        self.inner.tell();
    }

    /// The version of the newest change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.inner.state().store.version()
    }

    /// All requests that came, in their sequence.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.state().asked.clone()
    }

    /// All statuses that were written or refused, in their sequence.
    #[must_use]
    pub fn status_writes(&self) -> Vec<StatusWrite> {
        self.inner.state().status_writes.clone()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.news.send_modify(|count| *count += 1);
    }
}

/// What a resource's objects say of themselves.
fn api_version(resource: &Resource) -> String {
    if resource.group.is_empty() {
        resource.version.clone()
    } else {
        format!("{}/{}", resource.group, resource.version)
    }
}

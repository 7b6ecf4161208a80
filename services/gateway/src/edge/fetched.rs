//! Public keys that are fetched from who issues tokens, beside the way of requests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use http::{HeaderValue, Request, StatusCode, header};
use tokio::sync::Notify;
use tradewind_client::{Body, ForeignClient, ForeignUrl};
use tradewind_edge::token::{KeySet, MAX_KEY_SET, Refresh, RefreshSettings};
use tradewind_kernel::{Clock, Entropy};

/// How long an issuer may take to give its keys.
const LIMIT: Duration = Duration::from_secs(5);

/// The greatest time between two fetches for keys that nobody knows.
const SPACING: Duration = Duration::from_secs(30);

/// The longest that nothing is looked at, however little is due.
const LOOK: Duration = Duration::from_secs(60);

/// The keys of one address. Requests read them; one task for the whole process fetches them.
#[derive(Debug)]
pub(crate) struct Fetched {
    uri: String,
    /// Changes with the keys.
    version: AtomicU64,
    keys: Mutex<Option<Arc<KeySet>>>,
    /// A token named a key that is not among them.
    is_wanted: AtomicBool,
    refresh: Mutex<Refresh>,
    wake: Arc<Notify>,
}

impl Fetched {
    fn new(uri: &str, max_age: Duration, wake: Arc<Notify>) -> Self {
        let min_interval = (max_age / 4).min(SPACING);
        let settings = RefreshSettings { max_age, min_interval, ..RefreshSettings::default() };
        Self {
            uri: uri.to_owned(),
            version: AtomicU64::new(0),
            keys: Mutex::default(),
            is_wanted: AtomicBool::new(false),
            refresh: Mutex::new(Refresh::new(settings)),
            wake,
        }
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A token named a key that is not among them. However many do, the task is woken once for each fetch.
    pub(crate) fn unknown_key(&self) {
        if !self.is_wanted.swap(true, Ordering::AcqRel) {
            self.wake.notify_one();
        }
    }

    fn put(&self, keys: Option<Arc<KeySet>>) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Begins a fetch if it is due; else, when it is.
    fn begin(&self, now: Duration) -> Result<(), Duration> {
        let mut refresh = self.refresh.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_wanted.load(Ordering::Acquire) {
            refresh.unknown_key();
        }
        if refresh.begin(now) {
            self.is_wanted.store(false, Ordering::Release);
            return Ok(());
        }
        Err(refresh.due_at().map_or(LOOK, |at| at.saturating_sub(now)))
    }

    fn ended(&self, found: Result<KeySet, String>, now: Duration, random: u64) {
        let mut refresh = self.refresh.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(keys) => {
                if refresh.failures() > 0 || self.version() == 0 {
                    tracing::info!(uri = self.uri, "keys of tokens were fetched");
                }
                refresh.succeeded();
                self.put(Some(Arc::new(keys)));
            }
            Err(reason) => {
                let has_keys = refresh.is_usable(now);
                tracing::error!(uri = self.uri, reason, has_keys, "keys of tokens could not be fetched");
                refresh.failed(now, random);
                if !has_keys && self.keys().is_some() {
                    self.put(None);
                }
            }
        }
    }
}

/// What is fetched for the routes in use and for those that are about to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fetches(Arc<All>);

#[derive(Debug, Default)]
struct All {
    /// By address and age. Routes hold what they need; what none needs is forgotten.
    known: Mutex<BTreeMap<(String, Duration), Weak<Fetched>>>,
    wake: Arc<Notify>,
}

impl Fetches {
    /// The keys of an address, which are not older than so long where they can be fetched. Those that are there already
    /// stay when routes change.
    pub(crate) fn of(&self, uri: &str, max_age: Duration) -> Arc<Fetched> {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.entry((uri.to_owned(), max_age)).or_default();
        place.upgrade().unwrap_or_else(|| {
            let made = Arc::new(Fetched::new(uri, max_age, self.0.wake.clone()));
            *place = Arc::downgrade(&made);
            self.0.wake.notify_one();
            made
        })
    }

    fn known(&self) -> Vec<Arc<Fetched>> {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, fetched| fetched.strong_count() > 0);
        known.values().filter_map(Weak::upgrade).collect()
    }

    /// Fetches what is due, for as long as it is polled. A slow issuer keeps no other one waiting.
    pub(crate) async fn follow(self, clock: Clock, entropy: Entropy) {
        // Operators name the addresses, so that those of their own networks are as good as others.
        let client = ForeignClient::new(true, clock.clone());
        let mut under_way = FuturesUnordered::new();
        loop {
            let mut pause = LOOK;
            for fetched in self.known() {
                match fetched.begin(clock.monotonic()) {
                    Ok(()) => under_way.push(fetch(&client, fetched)),
                    Err(due) => pause = pause.min(due),
                }
            }
            tokio::select! {
                biased;
                Some((fetched, found)) = under_way.next() => {
                    let mut random = [0; 8];
                    entropy.fill(&mut random);
                    fetched.ended(found, clock.monotonic(), u64::from_le_bytes(random));
                }
                () = self.0.wake.notified() => {}
                () = clock.sleep(pause) => {}
            }
        }
    }
}

async fn fetch(client: &ForeignClient, fetched: Arc<Fetched>) -> (Arc<Fetched>, Result<KeySet, String>) {
    let found = ask(client, &fetched.uri).await;
    (fetched, found)
}

async fn ask(client: &ForeignClient, uri: &str) -> Result<KeySet, String> {
    let url: ForeignUrl = uri.parse().map_err(|error| format!("{error}"))?;
    let mut request = Request::new(Body::empty());
    let accepted = HeaderValue::from_static("application/jwk-set+json, application/json");
    request.headers_mut().insert(header::ACCEPT, accepted);
    // One byte more than a set may have shows that there is more.
    let answer = client.send(&url, request, (LIMIT, MAX_KEY_SET + 1)).await;
    let answer = answer.map_err(|error| error.to_string())?;
    if answer.status != StatusCode::OK {
        return Err(format!("the answer has the status {}", answer.status.as_u16()));
    }
    KeySet::from_json(&answer.beginning).map_err(|error| error.to_string())
}

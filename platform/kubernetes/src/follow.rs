//! Following objects: a list in pages, then a watch, and how it goes on after whatever happens.

use std::time::Duration;

use kube::api::{ListParams, WatchParams};
use kube::core::Request as Requests;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tradewind_kernel::{Clock, Entropy};

use crate::followed::Teller;
use crate::lines::Lines;
use crate::pause::Pauses;
use crate::transport::{Refusal, Transport};
use crate::{ClusterError, FollowOptions, Kind, Object, Scope, Snapshot};

/// What follows the objects of one kind, and tells of them.
pub(crate) struct Follow {
    transport: Transport,
    entropy: Entropy,
    options: FollowOptions,
    kind: Kind,
    requests: Requests,
    labels: Option<String>,
    teller: Teller,
    pauses: Pauses,
    /// From where a watch goes on; `None` when a list is needed.
    version: Option<String>,
    /// Whether nothing has come since the last list.
    is_fresh: bool,
}

/// A page of a list.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(default)]
    items: Vec<Box<RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct PageMetadata {
    resource_version: String,
    r#continue: Option<String>,
}

/// A line of a watch.
#[derive(Deserialize)]
struct Event {
    r#type: String,
    object: Box<RawValue>,
}

/// What a bookmark says.
#[derive(Deserialize)]
struct Bookmark {
    metadata: PageMetadata,
}

impl Follow {
    pub(crate) fn new(
        transport: Transport,
        entropy: Entropy,
        options: FollowOptions,
        (kind, scope, labels): (Kind, Scope, Option<String>),
        teller: Teller,
    ) -> Self {
        let requests = Requests::new(kind.path(scope.namespace()));
        let pauses = Pauses::new(&options);
        let (version, is_fresh) = (None, false);
        Self { transport, entropy, options, kind, requests, labels, teller, pauses, version, is_fresh }
    }

    /// Follows for as long as it is polled.
    pub(crate) async fn run(mut self) {
        loop {
            match self.step().await {
                Ok(()) => {}
                // A list at once, unless the server forgets everything all the time.
                Err(error) if error.is_gone() && self.version.take().is_some() && !self.is_fresh => {}
                Err(error) => {
                    if matches!(error, ClusterError::Unreadable(_) | ClusterError::TooLarge { .. }) {
                        // The same watch would say the same again.
                        self.version = None;
                    }
                    if error.is_missing() && self.version.is_none() {
                        self.teller.none_is_known();
                    }
                    self.teller.is_behind(self.clock().now(), error.to_string());
                    self.pause().await;
                }
            }
        }
    }

    /// A list if there is need of one, and a watch until it ends.
    async fn step(&mut self) -> Result<(), ClusterError> {
        let version = match self.version.clone() {
            Some(version) => version,
            None => {
                let (whole, version) = self.list().await?;
                self.teller.replace(whole);
                self.teller.follows();
                self.is_fresh = true;
                self.version = Some(version.clone());
                version
            }
        };
        let began = self.clock().monotonic();
        let heard = self.watch(&version).await?;
        let lasted = self.clock().monotonic().saturating_sub(began);
        if heard == 0 && lasted < self.options.longest_pause.min(self.options.watch_for) {
            // It ended in order and much too early.
            self.pause().await;
        } else {
            self.pauses.reset();
        }
        Ok(())
    }

    /// All objects, and the version they are of.
    async fn list(&self) -> Result<(Snapshot, String), ClusterError> {
        let mut whole = Snapshot::default();
        let mut wanted = ListParams { label_selector: self.labels.clone(), ..ListParams::default() };
        wanted.limit = Some(self.options.page);
        // Twice as many as a list that is taken in can have.
        let most = 16 + 2 * self.options.objects / usize::try_from(self.options.page.max(1)).unwrap_or(1);
        for _ in 0..most {
            let request = self.requests.list(&wanted);
            let request = request.map_err(|error| ClusterError::Request(error.to_string()))?;
            let (limit, within) = (self.options.page_bytes(), self.options.answer_within);
            let page: Page = read(&self.transport.read(request, limit, within).await?)?;
            for item in &page.items {
                let object = self.object(item.get())?;
                self.take(&mut whole, object, item.get().len());
            }
            match page.metadata.r#continue.filter(|token| !token.is_empty()) {
                Some(token) => wanted.continue_token = Some(token),
                None => return Ok((whole, page.metadata.resource_version)),
            }
        }
        Err(ClusterError::Unreadable(format!(
            "a list of more than {most} pages; follow one namespace, or labels"
        )))
    }

    /// Watches until the watch ends; gives how many lines came.
    async fn watch(&mut self, version: &str) -> Result<u64, ClusterError> {
        let wish = self.watch_for();
        let wanted = WatchParams {
            label_selector: self.labels.clone(),
            timeout: Some(u32::try_from(wish.as_secs()).unwrap_or(u32::MAX).max(1)),
            ..WatchParams::default()
        };
        let request = self.requests.watch(&wanted, version);
        let request = request.map_err(|error| ClusterError::Request(error.to_string()))?;
        let answer = self.transport.open(request, self.options.answer_within).await?;
        self.teller.follows();
        let silence = wish.saturating_add(self.options.grace);
        let mut lines = Lines::new(answer.into_body(), self.options.line_bytes());
        let mut heard = 0;
        loop {
            let line = self.clock().clone().timeout(silence, lines.next()).await;
            let line =
                line.map_err(|_| ClusterError::Unreachable("a watch said nothing for too long".to_owned()))?;
            let Some(line) = line? else { return Ok(heard) };
            self.hear(&read(&line)?)?;
            heard += 1;
            self.is_fresh = false;
            self.pauses.reset();
        }
    }

    fn hear(&mut self, event: &Event) -> Result<(), ClusterError> {
        let text = event.object.get();
        let version = match event.r#type.as_str() {
            "BOOKMARK" => read::<Bookmark>(text.as_bytes())?.metadata.resource_version,
            "ADDED" | "MODIFIED" => {
                let object = self.object(text)?;
                let version = object.resource_version().to_owned();
                self.teller.change(|snapshot| self.take(snapshot, object, text.len()));
                version
            }
            "DELETED" => {
                let object = self.object(text)?;
                self.teller.change(|snapshot| snapshot.remove(object.key()));
                object.resource_version().to_owned()
            }
            "ERROR" => return Err(read::<Refusal>(text.as_bytes())?.into()),
            other => return Err(ClusterError::Unreadable(format!("a watch says {other:?}"))),
        };
        self.version = Some(version);
        Ok(())
    }

    /// Takes an object in, or leaves it out; whether that changed anything.
    fn take(&self, snapshot: &mut Snapshot, object: Object, bytes: usize) -> bool {
        if bytes > self.options.object_bytes {
            return snapshot.leave_out(object.key().clone());
        }
        snapshot.put(object, self.options.objects)
    }

    /// Reads an object. In lists those of the core do not say what they are: it is added.
    fn object(&self, text: &str) -> Result<Object, ClusterError> {
        let mut value: Value = read(text.as_bytes())?;
        if let Some(fields) = value.as_object_mut() {
            fields.entry("apiVersion").or_insert_with(|| self.kind.api_version().into());
            fields.entry("kind").or_insert_with(|| self.kind.kind().into());
        }
        let nameless = || ClusterError::Unreadable(format!("one of {} has no name or no version", self.kind));
        Object::new(value).ok_or_else(nameless)
    }

    async fn pause(&mut self) {
        let pause = self.pauses.next(&self.entropy);
        self.clock().sleep(pause).await;
    }

    /// How long the next watch is to last.
    fn watch_for(&self) -> Duration {
        let quarter = u64::try_from((self.options.watch_for / 4).as_millis()).unwrap_or(u64::MAX);
        self.options.watch_for.saturating_add(Duration::from_millis(self.entropy.below(quarter)))
    }

    fn clock(&self) -> &Clock {
        &self.transport.clock
    }
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, ClusterError> {
    serde_json::from_slice(text).map_err(|error| ClusterError::Unreadable(error.to_string()))
}

//! One watch, line by line.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::unfold;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::answer::{Body, failure};
use super::path::Target;
use super::selector::Selector;
use super::store::Change;
use super::{Inner, api_version};

/// How many changes are looked at in one go.
const BATCH: usize = 256;

/// What a watch is about.
pub(super) struct Wish {
    pub(super) target: Target,
    pub(super) selector: Selector,
    pub(super) version: u64,
    pub(super) takes_bookmarks: bool,
    pub(super) ends: Instant,
    /// What is sent before the first change: all objects, for who names no version.
    pub(super) first: Vec<Arc<Value>>,
}

/// A watch under way.
struct Watch {
    inner: Arc<Inner>,
    wish: Wish,
    news: watch::Receiver<u64>,
    bookmarks: u64,
    lines: VecDeque<String>,
    has_ended: bool,
}

/// The answer to a watch, until it ends.
pub(super) fn body(inner: Arc<Inner>, mut wish: Wish) -> Body {
    let news = inner.news.subscribe();
    let bookmarks = inner.state().bookmarks;
    let first = std::mem::take(&mut wish.first);
    let lines = first.iter().map(|object| line("ADDED", object, &wish.target)).collect();
    let watch = Watch { inner, wish, news, bookmarks, lines, has_ended: false };
    let stream = unfold(watch, |mut watch| async move { Some((watch.next().await?, watch)) });
    BodyExt::boxed_unsync(StreamBody::new(stream))
}

impl Watch {
    /// The next piece of the answer.
    async fn next(&mut self) -> Option<Result<Frame<Bytes>, std::io::Error>> {
        loop {
            self.news.borrow_and_update();
            if !self.inner.state().is_mute {
                self.look();
                if let Some(line) = self.lines.pop_front() {
                    return Some(self.send(line));
                }
                if self.has_ended {
                    return None;
                }
            }
            let is_late = timeout_at(self.wish.ends, self.news.changed()).await.is_err();
            if is_late && self.inner.state().is_mute {
                // It does not end either.
                self.news.changed().await.ok()?;
            } else if is_late {
                self.end();
            }
        }
    }

    /// Sends a line, or breaks the connection in it or after it.
    fn send(&mut self, line: String) -> Result<Frame<Bytes>, std::io::Error> {
        if self.has_ended && self.lines.is_empty() && line.is_empty() {
            return Err(std::io::Error::other("broken by the test"));
        }
        if let Some((entropy, one_in)) = &self.inner.state().breaks
            && entropy.below(*one_in) == 0
        {
            self.lines.clear();
            self.has_ended = true;
            // An empty line stands for the break.
            self.lines.push_back(String::new());
            let half = line.len() / 2;
            let sent = if entropy.below(2) == 0 { line } else { line.chars().take(half).collect() };
            return Ok(Frame::data(Bytes::from(sent)));
        }
        Ok(Frame::data(Bytes::from(line)))
    }

    /// Makes lines of what happened.
    fn look(&mut self) {
        if self.has_ended || !self.lines.is_empty() {
            return;
        }
        let state = self.inner.state();
        let changes = state.store.after(self.wish.version, BATCH);
        let (bookmarks, newest) = (state.bookmarks, state.store.version());
        drop(state);
        let Some(changes) = changes else {
            let failure = failure(410, &format!("too old resource version: {}", self.wish.version));
            self.lines.push_back(format!("{}\n", json!({"type": "ERROR", "object": failure})));
            self.has_ended = true;
            return;
        };
        let is_all = changes.len() < BATCH;
        for change in changes {
            self.wish.version = change.version;
            self.lines.extend(self.line_of(&change));
        }
        if is_all && bookmarks != self.bookmarks {
            self.bookmarks = bookmarks;
            self.wish.version = newest;
            self.bookmark();
        }
    }

    /// A watch that ends in order says how far it came.
    fn end(&mut self) {
        self.look();
        self.bookmark();
        self.has_ended = true;
    }

    fn bookmark(&mut self) {
        if self.wish.takes_bookmarks {
            let metadata = json!({"resourceVersion": self.wish.version.to_string()});
            self.lines.push_back(line("BOOKMARK", &json!({"metadata": metadata}), &self.wish.target));
        }
    }

    /// What a change is to this watch: an object that no longer has the labels is one that is gone.
    fn line_of(&self, change: &Change) -> Option<String> {
        let target = &self.wish.target;
        let (plural, namespace, _) = &change.key;
        if *plural != target.resource.plural
            || !(target.namespace.is_empty() || *namespace == target.namespace)
        {
            return None;
        }
        let meant =
            |object: &Option<Arc<Value>>| object.clone().filter(|object| self.wish.selector.takes(object));
        match (meant(&change.before), meant(&change.after)) {
            (None, None) => None,
            (None, Some(after)) => Some(line("ADDED", &after, target)),
            (Some(_), Some(after)) => Some(line("MODIFIED", &after, target)),
            (Some(before), None) => {
                let mut last = (*before).clone();
                last["metadata"]["resourceVersion"] = change.version.to_string().into();
                Some(line("DELETED", &last, target))
            }
        }
    }
}

/// A line of a watch, with the object in the version that was asked for.
fn line(kind: &str, object: &Value, target: &Target) -> String {
    let mut object = object.clone();
    object["apiVersion"] = api_version(&target.resource).into();
    format!("{}\n", json!({"type": kind, "object": object}))
}

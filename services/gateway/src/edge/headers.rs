//! Headers as routes look them up, and changes as the data plane makes them.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use tradewind_data_plane::{HeaderEdits, Request};
use tradewind_routing::{HeaderChanges, Headers};

/// The headers of a request.
#[derive(Debug)]
pub(crate) struct Seen<'request>(pub(crate) &'request Request<'request>);

impl Headers for Seen<'_> {
    fn each(&self, name: &HeaderName, show: &mut dyn FnMut(&[u8])) {
        self.0.headers(name.as_str(), &mut |value| show(value));
    }
}

/// Some headers of a request as a map.
pub(crate) fn some(request: &Request<'_>, names: &[HeaderName]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for name in names {
        request.headers(name.as_str(), &mut |value| {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                map.append(name, value);
            }
        });
    }
    map
}

/// The changes of a document.
pub(crate) fn edits(changes: &HeaderChanges) -> Arc<HeaderEdits> {
    let mut edits = HeaderEdits::default();
    for (name, value) in changes.set() {
        edits = edits.set(name.clone(), value.clone());
    }
    for (name, value) in changes.added() {
        edits = edits.add(name.clone(), value.clone());
    }
    for name in changes.removed() {
        edits = edits.remove(name.clone());
    }
    Arc::new(edits)
}

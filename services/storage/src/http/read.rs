//! Answers with the bytes of an object, or a part of them, or that its sender has them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
    LAST_MODIFIED, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, Method, StatusCode};
use tradewind_chassis::http::{Call, Reply};
use tradewind_client::{Body, BodySender};
use tradewind_kernel::{Clock, Id, Slug};
use tradewind_problem::Problem;
use tradewind_storage_contract::ObjectName;

use crate::blobs::Blobs;
use crate::domain::{Conditions, Judged, Part, http_date, named, part};
use crate::error;
use crate::http::is_public;
use crate::state::Storage;
use crate::store::{self, Kept};

/// The most bytes that are read at once. What is longer goes out in pieces of this size, a few of which wait in memory.
const PIECE: u64 = 64 * 1024;

/// How long a reader may take for a piece.
const PIECE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long what everybody may read is taken from a cache unasked.
const FOR_ALL: &str = "public, max-age=60";

/// What is for some is asked for each time, and kept by its reader alone.
const FOR_SOME: &str = "private, no-cache";

/// A browser that is led to an object by itself runs nothing in it and fetches nothing from it, whatever it is.
const POLICY: &str = "sandbox; default-src 'none'";

pub(super) async fn answer(
    storage: &Arc<Storage>,
    call: &Call,
    bucket: &Slug,
    name: &ObjectName,
) -> Result<Reply, Problem> {
    call.no_query()?;
    let conditions = conditions(call)?;
    let asked = call.header(&RANGE)?.filter(|_| call.method() == Method::GET);
    let kept = store::find(&storage.db, bucket, name).await?.ok_or_else(error::no_object)?;
    match conditions.judge(Some(kept.state())) {
        Judged::Other => return Err(error::other_state()),
        Judged::Had => return around(Reply::not_modified(), &kept),
        Judged::Meant => {}
    }
    let size = kept.object.size;
    match asked.filter(|_| still_meant(call, &kept)).map_or(Part::Whole, |asked| part(asked, size)) {
        Part::Whole => bytes(storage, call, &kept, (StatusCode::OK, 0, size)).await,
        Part::Bytes(first, end) => {
            let reply = bytes(storage, call, &kept, (StatusCode::PARTIAL_CONTENT, first, end)).await?;
            reply.header(CONTENT_RANGE, &format!("bytes {first}-{}/{size}", end.saturating_sub(1)))
        }
        Part::None => none(call, size),
    }
}

/// The conditions of a call; further headers of a name go on with those before.
pub(super) fn conditions(call: &Call) -> Result<Conditions, Problem> {
    let joined = |name: &HeaderName| {
        let values = call.headers().get_all(name).iter();
        let texts: Result<Vec<&str>, _> = values.map(|value| value.to_str()).collect();
        let texts = texts.map_err(|_| error::header(name.as_str(), "send visible ASCII characters"))?;
        Ok::<_, Problem>((!texts.is_empty()).then(|| texts.join(", ")))
    };
    let (matching, none_matching) = (joined(&IF_MATCH)?, joined(&IF_NONE_MATCH)?);
    let (modified, unmodified) = (call.header(&IF_MODIFIED_SINCE)?, call.header(&IF_UNMODIFIED_SINCE)?);
    Conditions::of([matching.as_deref(), none_matching.as_deref()], [modified, unmodified])
        .map_err(|_| error::header("If-Match", "send * or tags in quotes; the same for If-None-Match"))
}

/// Whether a part goes on with what its reader has (RFC 9110 §13.1.5). A date cannot tell that: two states of an object may
/// be of the same second.
fn still_meant(call: &Call, kept: &Kept) -> bool {
    match call.headers().get(IF_RANGE) {
        None => true,
        Some(tag) => tag.to_str().is_ok_and(|tag| tag.trim() == kept.object.etag),
    }
}

async fn bytes(
    storage: &Arc<Storage>,
    call: &Call,
    kept: &Kept,
    (status, first, end): (StatusCode, u64, u64),
) -> Result<Reply, Problem> {
    let media_type = named(&kept.object.media_type).name;
    let reply = match end.saturating_sub(first) {
        _ if call.method() == Method::HEAD => Reply::bytes(status, media_type, Bytes::new()),
        length if length <= PIECE => {
            let read = storage.blobs.read(kept.blob, (first, end)).await?;
            Reply::bytes(status, media_type, read.ok_or_else(|| missing(kept.blob))?)
        }
        _ => {
            let (sender, body) = Body::pieces();
            let (blobs, clock) = (storage.blobs.clone(), call.clock().clone());
            let pieces = send(blobs, clock, kept.blob, (first, end), sender);
            call.scope().spawn("object", pieces);
            Reply::stream(status, media_type, body)
        }
    };
    around(reply, kept)?.header(CONTENT_LENGTH, &end.saturating_sub(first).to_string())
}

/// Sends the pieces of a blob as they are taken. One that cannot be read ends the body before its end, which its reader
/// notices.
async fn send(blobs: Blobs, clock: Clock, blob: Id, (first, end): (u64, u64), sender: BodySender) {
    let mut at = first;
    while at < end {
        let next = at.saturating_add(PIECE).min(end);
        let piece = match blobs.read(blob, (at, next)).await {
            Ok(Some(piece)) => piece,
            Ok(None) => return tracing::error!(problem = %missing(blob), "an object broke off"),
            Err(problem) => return tracing::error!(%problem, "an object broke off"),
        };
        if !matches!(clock.timeout(PIECE_TIMEOUT, sender.send(piece)).await, Ok(Ok(()))) {
            return;
        }
        at = next;
    }
    // Whoever has left does not need to know that it was all.
    let _ = clock.timeout(PIECE_TIMEOUT, sender.end()).await;
}

fn missing(blob: Id) -> Problem {
    Problem::internal(format!("the bytes of blob {blob} are missing; put the object once more"))
}

/// The headers that an object is answered with, whole, in part or not at all.
fn around(reply: Reply, kept: &Kept) -> Result<Reply, Problem> {
    let (object, media) = (&kept.object, named(&kept.object.media_type));
    let caching = if is_public(&object.bucket) { FOR_ALL } else { FOR_SOME };
    let shown = if media.is_shown { "inline" } else { "attachment" };
    // Names hold nothing that would have to be escaped.
    let disposition = format!("{shown}; filename=\"{}\"", object.name.last_part());
    let reply = reply
        .header(ETAG, &object.etag)?
        .header(CACHE_CONTROL, caching)?
        .header(ACCEPT_RANGES, "bytes")?
        .header(CONTENT_DISPOSITION, &disposition)?
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")?
        .header(CONTENT_SECURITY_POLICY, POLICY)?;
    match http_date(object.modified_at) {
        Some(date) => reply.header(LAST_MODIFIED, &date),
        None => Ok(reply),
    }
}

/// A refusal that says how long the object is (RFC 9110 §15.5.17).
fn none(call: &Call, size: u64) -> Result<Reply, Problem> {
    let problem = error::no_bytes(size).trace_id(call.context().trace.trace_id());
    Reply::forward(problem.to_response().map(Body::from)).header(CONTENT_RANGE, &format!("bytes */{size}"))
}

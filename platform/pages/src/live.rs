//! Telling a page what happens while somebody looks at it: server-sent events.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderName, X_CONTENT_TYPE_OPTIONS};
use tradewind_chassis::http::{Call, Reply};
use tradewind_client::{Body, BodySender};
use tradewind_problem::Problem;

const MEDIA_TYPE: &str = "text/event-stream";

/// Some that stand in front collect an answer before they pass it on.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How long a page that reads slowly is waited for at the end.
const LAST_WORD: Duration = Duration::from_secs(1);

/// What sends events to one page.
#[derive(Debug)]
pub struct Live(Arc<BodySender>);

/// The page is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageGone;

impl Live {
    /// Sends an event. Its name has letters and hyphens only.
    ///
    /// # Errors
    /// [`PageGone`] when nobody listens any more.
    pub async fn send(&mut self, name: &str, text: &str) -> Result<(), PageGone> {
        self.push(event(name, text)).await
    }

    /// Lets those in between know that the connection is used.
    ///
    /// # Errors
    /// [`PageGone`] when nobody listens any more.
    pub async fn still_here(&mut self) -> Result<(), PageGone> {
        self.push(":\n\n".to_owned()).await
    }

    async fn push(&mut self, text: String) -> Result<(), PageGone> {
        self.0.send(Bytes::from(text)).await.map_err(|_| PageGone)
    }
}

fn event(name: &str, text: &str) -> String {
    let mut written = format!("event: {name}\n");
    // Other breaks of lines would end a field as well.
    for line in text.split(['\n', '\r']) {
        written.push_str(&format!("data: {line}\n"));
    }
    written.push('\n');
    written
}

/// Answers with events: `tell` sends them, until it ends, the page is gone, the service stops or `lifetime` is over.
/// The browser asks again by itself after `again`; answer 204 when there is nothing more to be told.
///
/// # Errors
/// Internal, when a header cannot be written.
pub fn live<F, R>(call: &Call, (lifetime, again): (Duration, Duration), tell: F) -> Result<Reply, Problem>
where
    F: FnOnce(Live) -> R + Send + 'static,
    R: Future<Output = Result<(), PageGone>> + Send + 'static,
{
    let (sender, body) = Body::pieces();
    let (clock, closing) = (call.clock().clone(), call.closing().clone());
    let first = format!("retry: {}\n\n", again.as_millis());
    call.scope().spawn("live", async move {
        let sender = Arc::new(sender);
        let mut live = Live(sender.clone());
        let telling = async move {
            live.push(first).await?;
            tell(live).await
        };
        tokio::select! {
            biased;
            () = closing.stopping() => {}
            _ = clock.timeout(lifetime, telling) => {}
        }
        // A stream that just stops would look like one that broke.
        if let Some(sender) = Arc::into_inner(sender) {
            let _ = clock.timeout(LAST_WORD, sender.end()).await;
        }
    });
    Reply::stream(StatusCode::OK, MEDIA_TYPE, body)
        .header(CACHE_CONTROL, "no-store")?
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")?
        .header(BUFFERING, "no")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_no_event_early() {
        assert_eq!(event("state", "a"), "event: state\ndata: a\n\n");
        assert_eq!(
            event("state", "a\r\rdata: b\n\nx"),
            "event: state\ndata: a\ndata: \ndata: data: b\ndata: \ndata: x\n\n"
        );
    }
}

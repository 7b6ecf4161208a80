//! Answers that are compressed on their way.

use bytes::Bytes;
use futures_util::FutureExt;
use http::Response;
use tradewind_chassis::Scope;
use tradewind_client::{Body, BodySender, ReaderGone};
use tradewind_data_plane::{Compression, Encoder};

use crate::domain::places::{Place, Places};

/// What answers are compressed with.
pub(crate) struct Compressing<'a> {
    /// Whether the request was one for the head alone.
    pub(crate) to_head: bool,
    pub(crate) places: &'a Places,
    pub(crate) scope: &'a Scope,
}

impl Compressing<'_> {
    /// The answer as a client gets it, by a policy that may be none. Without a free place it goes on as it is.
    pub(crate) fn apply(&self, response: Response<Body>, policy: Option<&Compression>) -> Response<Body> {
        let Some((policy, place)) = policy.zip(self.places.take()) else { return response };
        let (mut parts, body) = response.into_parts();
        let head = (parts.status.as_u16(), &mut parts.headers);
        let body = match policy.begin(head, body.length(), self.to_head) {
            Some(encoder) => compressed(body, encoder, place, self.scope),
            None => body,
        };
        Response::from_parts(parts, body)
    }
}

/// The body, compressed in a task of its own as it comes.
fn compressed(body: Body, encoder: Encoder, place: Place, scope: &Scope) -> Body {
    let (to, compressed) = Body::pieces();
    scope.spawn("compression", async move {
        pump(body, encoder, to).await;
        drop(place);
    });
    compressed
}

/// Ends when all is through, when nobody reads any more, or without an end where the body breaks off.
async fn pump(mut body: Body, mut encoder: Encoder, to: BodySender) {
    let mut holds = false;
    loop {
        let next = match body.next().now_or_never() {
            Some(next) => next,
            None => {
                // A client may be waiting for what has come so far, as an answer that goes on for long.
                if std::mem::take(&mut holds) {
                    encoder.flush();
                    if give(&mut encoder, &to).await.is_err() {
                        return;
                    }
                }
                body.next().await
            }
        };
        match next {
            Some(Ok(piece)) => {
                encoder.write(&piece);
                holds = true;
            }
            Some(Err(_)) => return,
            None => break,
        }
        if give(&mut encoder, &to).await.is_err() {
            return;
        }
    }
    encoder.end();
    if give(&mut encoder, &to).await.is_ok() {
        // Who has left needs no end.
        to.end().await.unwrap_or_default();
    }
}

async fn give(encoder: &mut Encoder, to: &BodySender) -> Result<(), ReaderGone> {
    let mut out = Vec::new();
    encoder.take(&mut out);
    if out.is_empty() { Ok(()) } else { to.send(Bytes::from(out)).await }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use tradewind_data_plane::Coding;

    use super::*;

    fn unpacked(packed: &[u8]) -> String {
        let mut text = String::new();
        // What is not whole yet is read as far as it goes.
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap_or_default();
        text
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_come_goes_on_while_more_is_waited_for() {
        let (to, body) = Body::pieces();
        let places = Places::new(1);
        let scope = Scope::new("test");
        let mut packed = compressed(body, Encoder::new(Coding::Gzip), places.take().unwrap(), &scope);
        to.send(Bytes::from_static(b"first, ")).await.unwrap();
        let mut all = Vec::new();
        let first = async {
            while !flows(&all, "first, ") {
                all.extend(packed.next().await.unwrap().unwrap());
            }
        };
        tradewind_testkit::within("what has come", first).await;
        assert!(places.take().is_none(), "it is under way");
        to.send(Bytes::from_static(b"second")).await.unwrap();
        to.end().await.unwrap();
        while let Some(piece) = packed.next().await {
            all.extend(piece.unwrap());
        }
        assert_eq!(unpacked(&all), "first, second");
        scope.idle().await;
        assert!(places.take().is_some());
    }

    /// Whether so much can be read of what has come.
    fn flows(packed: &[u8], expected: &str) -> bool {
        let mut read = vec![0; expected.len()];
        flate2::read::GzDecoder::new(packed).read_exact(&mut read).is_ok() && read == expected.as_bytes()
    }

    #[tokio::test(start_paused = true)]
    async fn half_an_answer_is_not_taken_for_a_whole_one() {
        let (to, body) = Body::pieces();
        let (places, scope) = (Places::new(1), Scope::new("test"));
        let mut packed = compressed(body, Encoder::new(Coding::Gzip), places.take().unwrap(), &scope);
        to.send(Bytes::from_static(b"first")).await.unwrap();
        drop(to);
        let mut last = None;
        while let Some(piece) = packed.next().await {
            last = Some(piece);
            if last.as_ref().is_some_and(Result::is_err) {
                break;
            }
        }
        assert!(last.unwrap().is_err());
    }
}

//! Bodies: bytes in memory or a stream, with a bound when they are collected.

mod watched;

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::sync::mpsc;
use tradewind_problem::{MALFORMED_JSON, Problem};

pub use watched::BodyWatch;
use watched::Watched;

/// The body of a request or a response.
pub struct Body(Inner);

enum Inner {
    Full(Full<Bytes>),
    /// What is left of bytes in memory, and what follows them.
    Trailed(Bytes, Option<HeaderMap>),
    Incoming(Incoming),
    Pieces(mpsc::Receiver<Piece>),
    Watched(Box<Watched>),
}

/// A piece of a body, its end, or that it cannot be finished.
enum Piece {
    Bytes(Bytes),
    End,
}

/// Pieces that wait for a slow reader.
const PIECES: usize = 4;

/// Where the pieces of a body are put in as they come. Dropping it without [`BodySender::end`] makes the
/// reader fail: half a body is not taken for a whole one.
pub struct BodySender(mpsc::Sender<Piece>);

/// The reader of a body has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody reads the body any more")]
pub struct ReaderGone;

impl BodySender {
    /// Adds a piece; waits while the reader is behind. Give it a deadline.
    ///
    /// # Errors
    /// [`ReaderGone`] when nobody will read it.
    pub async fn send(&self, bytes: Bytes) -> Result<(), ReaderGone> {
        self.0.send(Piece::Bytes(bytes)).await.map_err(|_| ReaderGone)
    }

    /// Says that the body is whole.
    ///
    /// # Errors
    /// [`ReaderGone`] when nobody will read it.
    pub async fn end(self) -> Result<(), ReaderGone> {
        self.0.send(Piece::End).await.map_err(|_| ReaderGone)
    }
}

impl fmt::Debug for BodySender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodySender")
    }
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is longer than allowed.
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// The greatest length, in bytes.
        limit: usize,
    },
    /// It ended early or was malformed.
    #[error("the body could not be read to its end")]
    Broken,
}

impl Body {
    /// No bytes at all.
    #[must_use]
    pub fn empty() -> Self {
        Self::from(Bytes::new())
    }

    /// These bytes, followed by trailers (RFC 9110 §6.5). Over HTTP/1.1 the trailers are left out: they would have
    /// to be announced there, and nobody who wants them speaks it.
    #[must_use]
    pub fn with_trailers(bytes: Bytes, trailers: HeaderMap) -> Self {
        Self(Inner::Trailed(bytes, Some(trailers)))
    }

    /// A body that arrives from a connection.
    #[doc(hidden)]
    #[must_use]
    pub fn incoming(body: Incoming) -> Self {
        Self(Inner::Incoming(body))
    }

    /// A body whose pieces come one after the other, a bounded number of them waiting.
    #[must_use]
    pub fn pieces() -> (BodySender, Self) {
        let (to, pieces) = mpsc::channel(PIECES);
        (BodySender(to), Self(Inner::Pieces(pieces)))
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// [`BodyError::Broken`] when the sender failed.
    pub async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            match self.frame().await? {
                Ok(frame) => match frame.into_data() {
                    Ok(bytes) => return Some(Ok(bytes)),
                    // Who wants trailers uses `collect_with_trailers`.
                    Err(_) => continue,
                },
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// The length in bytes, when it is known beforehand.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.size_hint().exact()
    }

    /// A second body with the same bytes, when all of them are in memory; a stream can be sent only once.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        match &self.0 {
            Inner::Full(body) => Some(Self(Inner::Full(body.clone()))),
            Inner::Trailed(bytes, trailers) => Some(Self(Inner::Trailed(bytes.clone(), trailers.clone()))),
            Inner::Incoming(_) | Inner::Pieces(_) | Inner::Watched(_) => None,
        }
    }

    /// Reads the whole body, up to `limit` bytes.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] without reading further, [`BodyError::Broken`] when the sender failed.
    pub async fn collect(self, limit: usize) -> Result<Bytes, BodyError> {
        self.collect_with_trailers(limit).await.map(|(bytes, _)| bytes)
    }

    /// Reads the whole body, up to `limit` bytes, and the trailers behind it, none if there are none.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] without reading further, [`BodyError::Broken`] when the sender failed.
    pub async fn collect_with_trailers(self, limit: usize) -> Result<(Bytes, HeaderMap), BodyError> {
        let too_large = self.size_hint().lower() > limit as u64;
        if too_large {
            return Err(BodyError::TooLarge { limit });
        }
        match Limited::new(self, limit).collect().await {
            Ok(collected) => {
                let trailers = collected.trailers().cloned().unwrap_or_default();
                Ok((collected.to_bytes(), trailers))
            }
            Err(error) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge { limit }),
            Err(_) => Err(BodyError::Broken),
        }
    }
}

/// What the sender of a body is told that broke off.
pub(crate) fn broke_off() -> Problem {
    Problem::new(&MALFORMED_JSON).detail("The body ended before it was complete.")
}

/// The same, when that is what an error came from while it was passed on: it is no fault of the peer.
pub(crate) fn broken_body(error: &(dyn Error + 'static)) -> Option<Problem> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if matches!(error.downcast_ref(), Some(BodyError::Broken)) {
            return Some(broke_off());
        }
        cause = error.source();
    }
    None
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Full(Full::new(bytes)))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::from(Bytes::from(text))
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.get_mut().0 {
            Inner::Full(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Inner::Trailed(bytes, _) if !bytes.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes)))))
            }
            Inner::Trailed(_, trailers) => Poll::Ready(trailers.take().map(Frame::trailers).map(Ok)),
            Inner::Incoming(body) => Pin::new(body).poll_frame(context).map_err(|_| BodyError::Broken),
            Inner::Pieces(pieces) => poll_piece(pieces, context),
            Inner::Watched(watched) => watched.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Full(body) => body.is_end_stream(),
            Inner::Trailed(bytes, trailers) => bytes.is_empty() && trailers.is_none(),
            Inner::Incoming(body) => body.is_end_stream(),
            Inner::Pieces(_) => false,
            Inner::Watched(watched) => watched.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Full(body) => body.size_hint(),
            Inner::Trailed(bytes, _) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Incoming(body) => body.size_hint(),
            Inner::Pieces(_) => SizeHint::default(),
            Inner::Watched(watched) => watched.size_hint(),
        }
    }
}

fn poll_piece(
    pieces: &mut mpsc::Receiver<Piece>,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
    pieces.poll_recv(context).map(|piece| match piece {
        Some(Piece::Bytes(bytes)) => Some(Ok(Frame::data(bytes))),
        Some(Piece::End) => {
            pieces.close();
            None
        }
        None => Some(Err(BodyError::Broken)),
    })
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The length only: bodies may be personal.
        write!(f, "Body({:?} bytes)", self.length())
    }
}

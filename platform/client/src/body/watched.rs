//! A body that is watched on its way: whether all of it has come, and whether it is too much.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use crate::body::{Body, BodyError, Inner};

/// Says of a body, wherever it has gone, whether it was too much.
#[derive(Debug, Clone)]
pub struct BodyWatch(Arc<AtomicBool>);

impl BodyWatch {
    /// Whether it broke off because there was more than there may be.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is called when all has come.
type Whole = Box<dyn FnOnce() + Send + Sync>;

pub(super) struct Watched {
    inner: Body,
    left: u64,
    too_long: Arc<AtomicBool>,
    whole: Option<Whole>,
}

impl Body {
    /// The same body, which breaks off beyond so many bytes. `whole` is called when all of it has come; at once where
    /// nothing more comes.
    #[must_use]
    pub fn watched(self, most: u64, whole: impl FnOnce() + Send + Sync + 'static) -> (Self, BodyWatch) {
        let watch = BodyWatch(Arc::default());
        let is_here = self.is_end_stream() || matches!(self.0, Inner::Full(_) | Inner::Trailed(..));
        if is_here && self.length().is_some_and(|length| length <= most) {
            whole();
            return (self, watch);
        }
        let (too_long, whole): (_, Whole) = (watch.0.clone(), Box::new(whole));
        let watched = Watched { inner: self, left: most, too_long, whole: Some(whole) };
        (Self(Inner::Watched(Box::new(watched))), watch)
    }
}

impl Watched {
    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            let length = frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
            let Some(left) = self.left.checked_sub(length) else {
                self.too_long.store(true, Ordering::Relaxed);
                return Poll::Ready(Some(Err(BodyError::Broken)));
            };
            self.left = left;
        }
        // Who reads may stop at the last frame.
        let is_whole = frame.is_none() || self.inner.is_end_stream();
        if let Some(whole) = self.whole.take_if(|_| is_whole) {
            whole();
        }
        Poll::Ready(frame)
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// A body in two pieces, watched, and how often it was said to be whole.
    async fn watched(most: u64) -> (Body, BodyWatch, Arc<AtomicUsize>) {
        let (to, body) = Body::pieces();
        let times = Arc::new(AtomicUsize::new(0));
        let counted = times.clone();
        let (body, watch) = body.watched(most, move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        to.send(Bytes::from_static(b"12345")).await.unwrap();
        to.send(Bytes::from_static(b"67890")).await.unwrap();
        to.end().await.unwrap();
        (body, watch, times)
    }

    #[tokio::test]
    async fn it_is_whole_when_its_end_has_come() {
        let (mut body, watch, times) = watched(10).await;
        body.next().await.unwrap().unwrap();
        body.next().await.unwrap().unwrap();
        assert_eq!(times.load(Ordering::Relaxed), 0, "more might come");
        assert!(body.next().await.is_none() && !watch.is_too_long());
        assert_eq!(times.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn it_breaks_off_beyond_its_bound() {
        let (mut body, watch, times) = watched(9).await;
        body.next().await.unwrap().unwrap();
        assert!(body.next().await.unwrap().is_err() && watch.is_too_long());
        assert_eq!(times.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_is_here_is_whole_at_once() {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let (body, _) = Body::from("12345".to_owned()).watched(5, move || sender.send(()).unwrap());
        receiver.try_recv().unwrap();
        assert!(body.try_clone().is_some(), "it is as it was");
    }
}

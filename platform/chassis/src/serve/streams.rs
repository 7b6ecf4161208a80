//! Whether anything moves on a connection that carries many requests.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tradewind_client::{Body, BodyError};
use tradewind_kernel::Clock;

/// What moves on one connection; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// Requests whose answers are not sent to their end.
    open: usize,
    /// When something moved last, on the clock's stopwatch.
    moved: Duration,
}

/// Why a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No request has been under way for too long.
    Unused,
    /// Requests are under way, and nothing has moved for longer than any of them may take.
    Stalled,
}

/// One request under way, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    activity: Activity,
    _place: OwnedSemaphorePermit,
}

impl Activity {
    pub(crate) fn new(clock: Clock) -> Self {
        let moved = clock.monotonic();
        Self { clock, state: Arc::new(Mutex::new(State { open: 0, moved })) }
    }

    /// A request begins.
    pub(crate) fn begin(&self, place: OwnedSemaphorePermit) -> Stream {
        self.change(|state| state.open += 1);
        Stream { activity: self.clone(), _place: place }
    }

    /// Something moved.
    pub(crate) fn touch(&self) {
        self.change(|_| {});
    }

    /// Waits until nothing has moved for `unused` while no request is under way, or for `stalled` while some are.
    pub(crate) async fn watch(&self, unused: Duration, stalled: Duration) -> Phase {
        loop {
            let (phase, until) = {
                let state = self.state();
                let (phase, limit) =
                    if state.open == 0 { (Phase::Unused, unused) } else { (Phase::Stalled, stalled) };
                (phase, state.moved.saturating_add(limit))
            };
            let left = until.saturating_sub(self.clock.monotonic());
            if left.is_zero() {
                return phase;
            }
            // Never past the nearer of both: the last request may end meanwhile.
            self.clock.sleep(left.min(unused)).await;
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let now = self.clock.monotonic();
        let mut state = self.state();
        change(&mut state);
        state.moved = now;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.activity.change(|state| state.open = state.open.saturating_sub(1));
    }
}

/// The body of an answer; each piece that is taken is a sign of life.
#[derive(Debug)]
pub(crate) struct Watched {
    body: Body,
    stream: Option<Stream>,
}

impl Watched {
    pub(crate) fn new(body: Body, stream: Stream) -> Self {
        Self { body, stream: Some(stream) }
    }

    /// The answer to a request for which there was no place.
    pub(crate) fn unbounded(body: Body) -> Self {
        Self { body, stream: None }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        if let (Poll::Ready(_), Some(stream)) = (&polled, &this.stream) {
            stream.activity.touch();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;
    use tradewind_kernel::Timestamp;

    use super::*;

    const UNUSED: Duration = Duration::from_secs(30);
    const STALLED: Duration = Duration::from_secs(40);

    fn place() -> OwnedSemaphorePermit {
        Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap()
    }

    /// What ends the connection, and after how many seconds.
    async fn ends(activity: &Activity, clock: &Clock) -> (Phase, u64) {
        let phase = activity.watch(UNUSED, STALLED).await;
        (phase, clock.monotonic().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_requests_ends_when_it_was_unused_for_so_long() {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let activity = Activity::new(clock.clone());
        assert_eq!(ends(&activity, &clock).await, (Phase::Unused, 30));
        // One that had a request is unused from its end on.
        let activity = Activity::new(clock.clone());
        let stream = activity.begin(place());
        clock.sleep(Duration::from_secs(20)).await;
        drop(stream);
        assert_eq!(ends(&activity, &clock).await, (Phase::Unused, 80));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_keeps_its_connection_as_long_as_it_moves() {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let activity = Activity::new(clock.clone());
        let stream = activity.begin(place());
        let moving = async {
            for _ in 0..3 {
                clock.sleep(Duration::from_secs(39)).await;
                stream.activity.touch();
            }
        };
        let (ended, ()) = tokio::join!(ends(&activity, &clock), moving);
        assert_eq!(ended, (Phase::Stalled, 3 * 39 + 40));
    }
}

//! Handling the letters of a key again, in order.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::{DbError, Tx, Work, params, sql};
use tradewind_kernel::{Clock, Entropy, SpanRecorder};

use crate::handling::context_of;
use crate::letters::{Letter, LetterError, find, first};
use crate::{HandleError, Progress, Recorded, Subscription, observed, parking};

/// Letters handled in one transaction.
const BATCH: u16 = 128;

sql! {
    FAILED = "update dead_letters set attempts = attempts + 1, last_error = $3
        where subscription = $1 and position = $2";
}

/// A letter that failed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedLetter {
    /// Its position.
    pub position: i64,
    /// What went wrong.
    pub error: String,
}

/// What a replay did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    /// How many letters were handled and are gone.
    pub replayed: u32,
    /// The first letter of the key that is left; none when the key flows again.
    pub next: Option<i64>,
    /// The letter before which it stopped, because it failed again.
    pub failed: Option<FailedLetter>,
}

/// Handles the letters of one key in order and removes each, in one transaction with their effects.
///
/// A letter that fails again fails the whole work with [`LetterError::Failed`] and nothing is kept; the same
/// work with [`Replay::stopping_at`] that letter handles those before it and counts the failure. At most 128
/// letters are handled; [`Replayed::next`] says where to go on.
pub struct Replay<S> {
    subscription: Arc<Subscription<S>>,
    state: Arc<S>,
    entropy: Entropy,
    progress: Arc<Progress>,
    position: i64,
    stop: Option<FailedLetter>,
    spans: Option<(SpanRecorder, Clock)>,
}

impl<S> Replay<S> {
    /// Replays the key of the letter at `position`, with the handlers of `subscription`.
    #[must_use]
    pub fn new(
        subscription: Arc<Subscription<S>>,
        state: Arc<S>,
        position: i64,
        entropy: Entropy,
        progress: Arc<Progress>,
    ) -> Self {
        Self { subscription, state, entropy, progress, position, stop: None, spans: None }
    }

    /// Stops before the letter that failed, and writes down that it did.
    #[must_use]
    pub fn stopping_at(mut self, failed: FailedLetter) -> Self {
        self.stop = Some(failed);
        self
    }

    /// Records each letter's handling. A transaction that is run again records it again.
    #[must_use]
    pub fn recording(mut self, spans: SpanRecorder, clock: Clock) -> Self {
        self.spans = Some((spans, clock));
        self
    }
}

impl<S: Send + Sync + 'static> Work for Replay<S> {
    type Output = Replayed;
    type Error = LetterError;

    async fn run(&self, tx: &mut Tx) -> Result<Replayed, LetterError> {
        let name = self.subscription.producer();
        let key = find(tx, name, self.position).await?.event.partitionkey;
        let mut done = Replayed { replayed: 0, next: None, failed: None };
        for letter in first(tx, name, &key, BATCH).await? {
            if let Some(failed) = self.stop.as_ref().filter(|failed| failed.position == letter.position) {
                let error = parking::shortened(&failed.error);
                tx.execute(&FAILED, params![name, failed.position, error]).await?;
                done.failed = Some(failed.clone());
                break;
            }
            let position = letter.position;
            self.handle(tx, letter).await?;
            parking::remove(tx, name, position, &key).await?;
            done.replayed += 1;
        }
        done.next = first(tx, name, &key, 1).await?.first().map(|letter| letter.position);
        parking::report(tx, name, &self.progress).await?;
        Ok(done)
    }
}

impl<S: Send + Sync + 'static> Replay<S> {
    async fn handle(&self, tx: &mut Tx, letter: Letter) -> Result<(), LetterError> {
        let recorded = Recorded { position: letter.position, event: letter.event };
        let failed = |error: String| LetterError::Failed(FailedLetter { position: letter.position, error });
        let Some(handler) = self.subscription.handler(&recorded.event.kind) else {
            // Passing over it would drop it in silence.
            return Err(failed(format!("no handler for {}", recorded.event.kind)));
        };
        let before = tx.context().cloned();
        let context = context_of(&recorded.event, &self.entropy);
        let span =
            self.spans.as_ref().map(|(spans, clock)| observed::begin(spans, clock, &recorded, &context));
        tx.set_context(context);
        let outcome = caught(handler.handle(&self.state, tx, &recorded)).await;
        if let Some(mut span) = span {
            if let Err(error) = &outcome {
                span.fail(error.to_string());
            }
            span.end();
        }
        if let Some(before) = before {
            tx.set_context(before);
        }
        match (outcome, tx.failure()) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(lost)) if lost.is_transient() => Err(lost.clone().into()),
            // The handler hid a failed statement; its effect would be lost.
            (Ok(()), Some(lost)) => Err(failed(lost.to_string())),
            (Err(error), _) if error.is_poison() => Err(failed(error.to_string())),
            (Err(HandleError::Db(error)), _) => Err(error.into()),
            (Err(error), _) => Err(LetterError::Unavailable(error.to_string())),
        }
    }
}

/// A panic as the failure that it is, so that it can be told which letter panicked.
async fn caught(handling: impl Future<Output = Result<(), HandleError>> + Send) -> Result<(), HandleError> {
    let mut handling = pin!(handling);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| {
            let message = panic_message(panic.as_ref());
            Poll::Ready(Err(DbError::Panicked { message }.into()))
        })
    })
    .await
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

impl<S> fmt::Debug for Replay<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replay({:?} at {})", self.subscription, self.position)
    }
}

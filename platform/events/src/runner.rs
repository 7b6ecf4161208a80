//! The loop behind a subscription: read, handle in one transaction with the cursor, wait.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tracing::Instrument;
use tradewind_db::{Db, DbError, Tx, Work};
use tradewind_kernel::{Clock, Context, Entropy, Principal, TraceContext};

use crate::cursor::{self, Create};
use crate::{Feed, HandleError, Recorded, Start, Subscription};

/// Events read and handled together.
const BATCH: u16 = 128;

/// Events of no interest after which the cursor is stored all the same, so that a restart skips them.
const MAX_UNSTORED: i64 = 1_000;

/// The first pause after a failure; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause after failures, and the longest wait for a wake-up before looking again.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// What the runner needs besides the subscription and the feed.
#[derive(Debug, Clone)]
pub struct RunnerOptions {
    /// The consuming service's name.
    pub consumer: &'static str,
    /// The consuming service's database.
    pub db: Db,
    /// The consuming service's clock.
    pub clock: Clock,
    /// The consuming service's randomness.
    pub entropy: Entropy,
    /// Where the runner reports how far it has come.
    pub progress: Arc<Progress>,
}

/// How far a subscription has come; read by metrics.
#[derive(Debug, Default)]
pub struct Progress {
    position: AtomicI64,
    moved: Notify,
    handled: AtomicU64,
    failures: AtomicU64,
}

impl Progress {
    /// The position of the last event that was handled or passed over.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position.load(Ordering::Acquire)
    }

    /// Waits until the events up to `position` were handled or passed over.
    pub async fn reached(&self, position: i64) {
        loop {
            let mut moved = pin!(self.moved.notified());
            // In line before looking: a move between the two must not be missed.
            moved.as_mut().enable();
            if self.position() >= position {
                return;
            }
            moved.await;
        }
    }

    fn move_to(&self, position: i64) {
        self.position.store(position, Ordering::Release);
        self.moved.notify_waiters();
    }

    /// Events handled since the start.
    #[must_use]
    pub fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    /// Attempts that failed since the start.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

/// Follows the feed until the returned future is dropped, which is safe at any await.
///
/// An event whose handler fails is tried again with growing pauses, and the events behind it wait: order
/// is kept and nothing is skipped.
pub async fn run<S: Send + Sync + 'static>(
    subscription: Arc<Subscription<S>>,
    state: Arc<S>,
    mut feed: Box<dyn Feed>,
    options: RunnerOptions,
) {
    let mut runner = Runner { subscription, state, options, cursor: Cursor::default() };
    let mut pause = FIRST_PAUSE;
    loop {
        // After a failure the stored cursor decides again: another reader may have moved it.
        let handled = runner.options.progress.handled();
        let Err(error) = runner.follow(feed.as_mut()).await;
        if runner.options.progress.handled() > handled {
            pause = FIRST_PAUSE;
        }
        pause = runner.rest(&error, pause).await;
    }
}

/// `stored` is what the database holds, `reached` what has been read; between them lie only events of no
/// interest.
#[derive(Debug, Default, Clone, Copy)]
struct Cursor {
    stored: i64,
    reached: i64,
}

struct Runner<S> {
    subscription: Arc<Subscription<S>>,
    state: Arc<S>,
    options: RunnerOptions,
    cursor: Cursor,
}

impl<S: Send + Sync + 'static> Runner<S> {
    /// The name under which the consumer keeps its cursor.
    fn name(&self) -> String {
        self.subscription.producer().to_owned()
    }

    async fn follow(&mut self, feed: &mut dyn Feed) -> Result<Infallible, String> {
        self.begin(feed).await?;
        loop {
            self.step(feed).await?;
        }
    }

    async fn begin(&mut self, feed: &mut dyn Feed) -> Result<(), String> {
        let text = |error: DbError| error.to_string();
        let name = self.name();
        let position = match cursor::find(&self.options.db, &name).await.map_err(text)? {
            Some(position) => position,
            None => {
                let position = match self.subscription.beginning() {
                    Start::Beginning => 0,
                    Start::Now => feed.head().await.map_err(|error| error.to_string())?,
                };
                let create = Create { subscription: name, position };
                self.options.db.write(&self.context(), create).await.map_err(text)?;
                position
            }
        };
        self.cursor = Cursor { stored: position, reached: position };
        self.report();
        Ok(())
    }

    async fn step(&mut self, feed: &mut dyn Feed) -> Result<(), String> {
        let batch = feed.read(self.cursor.reached, BATCH).await.map_err(|error| error.to_string())?;
        let Some(last) = batch.last().map(|recorded| recorded.position) else {
            // Normally the commit wakes us; the bound is the net under a lost wake-up.
            self.options.clock.timeout(MAX_PAUSE, feed.wait()).await.unwrap_or_default();
            return Ok(());
        };
        let interesting: Vec<Recorded> =
            batch.into_iter().filter(|event| self.is_interesting(event)).collect();
        if interesting.is_empty() && last - self.cursor.stored < MAX_UNSTORED {
            self.cursor.reached = last;
        } else {
            self.handle(interesting, last).await?;
        }
        self.report();
        Ok(())
    }

    fn is_interesting(&self, recorded: &Recorded) -> bool {
        self.subscription.handler(&recorded.event.kind).is_some()
    }

    /// Handles a batch in one transaction; after a failure one event at a time, up to the failing one.
    async fn handle(&mut self, events: Vec<Recorded>, last: i64) -> Result<(), String> {
        let count = events.len();
        match self.commit(events.clone(), last).await {
            Ok(()) => Ok(()),
            Err(error) if count <= 1 => Err(error.to_string()),
            Err(_) => {
                for event in events {
                    let position = event.position;
                    self.commit(vec![event], position).await.map_err(|error| error.to_string())?;
                }
                self.cursor.reached = last;
                Ok(())
            }
        }
    }

    async fn commit(&mut self, events: Vec<Recorded>, to: i64) -> Result<(), HandleError> {
        let count = events.len() as u64;
        let work = HandleBatch {
            subscription: self.subscription.clone(),
            state: self.state.clone(),
            consumer: self.options.consumer,
            name: self.name(),
            events,
            from: self.cursor.stored,
            to,
            entropy: self.options.entropy.clone(),
        };
        self.options.db.write(&self.context(), work).await?;
        self.cursor = Cursor { stored: to, reached: to };
        self.options.progress.handled.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    fn report(&self) {
        self.options.progress.move_to(self.cursor.reached);
    }

    async fn rest(&self, error: &str, pause: Duration) -> Duration {
        self.options.progress.failures.fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            consumer = self.options.consumer,
            producer = self.subscription.producer(),
            after = self.cursor.stored,
            error,
            retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            "an event could not be handled and is tried again"
        );
        self.options.clock.sleep(pause).await;
        (pause * 2).min(MAX_PAUSE)
    }

    fn context(&self) -> Context {
        let principal = Principal::Service(self.options.consumer.to_owned());
        Context::begin(principal, &self.options.clock, &self.options.entropy)
    }
}

/// The effects of some events and the move of the cursor, as one work.
struct HandleBatch<S> {
    subscription: Arc<Subscription<S>>,
    state: Arc<S>,
    consumer: &'static str,
    name: String,
    events: Vec<Recorded>,
    from: i64,
    to: i64,
    entropy: Entropy,
}

impl<S: Send + Sync + 'static> Work for HandleBatch<S> {
    type Output = ();
    type Error = HandleError;

    async fn run(&self, tx: &mut Tx) -> Result<(), HandleError> {
        for recorded in &self.events {
            let Some(handler) = self.subscription.handler(&recorded.event.kind) else {
                continue;
            };
            let context = self.context_of(recorded);
            let span = tracing::info_span!(
                "event",
                service = self.consumer,
                trace_id = context.trace.trace_id(),
                span_id = context.trace.span_id(),
                correlation = %context.correlation,
            );
            tx.set_context(context);
            handler.handle(&self.state, tx, recorded).instrument(span).await?;
        }
        cursor::advance(tx, &self.name, self.from, self.to).await?;
        Ok(())
    }
}

impl<S> HandleBatch<S> {
    /// What an effect of `recorded` causes belongs to the same process and trace.
    fn context_of(&self, recorded: &Recorded) -> Context {
        let event = &recorded.event;
        let trace = event.traceparent.parse::<TraceContext>();
        let trace = trace.map_or_else(|()| TraceContext::begin(&self.entropy), |t| t.child(&self.entropy));
        Context {
            principal: Principal::Service(event.source.clone()),
            trace,
            correlation: event.correlationid,
            causation: Some(event.id),
        }
    }
}

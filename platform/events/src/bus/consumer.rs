//! Taking messages from a queue.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tracing::Instrument;
use tradewind_kernel::{Context, Principal};
use tradewind_problem::{DEADLINE_EXCEEDED, Problem};

use super::{Binding, Bus, Deliveries, Delivery, Exchange, Message, Outcome, Queue, Settled};

/// The pause before a message is given back after its first attempt; it doubles with each, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest such pause.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// A message, as a handler gets it.
#[derive(Debug)]
pub struct Delivered {
    /// The message.
    pub message: Message,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// What comes of it belongs to the same process and trace.
    pub context: Context,
}

/// A consumer of a queue: takes one message after the other. For several at a time there are several consumers.
pub struct Consumer {
    bus: Bus,
    queue: Queue,
    bindings: Vec<Binding>,
    deliveries: Option<Box<dyn Deliveries>>,
}

impl Consumer {
    pub(super) fn new(bus: Bus, queue: Queue) -> Self {
        Self { bus, queue, bindings: Vec::new(), deliveries: None }
    }

    /// Wants what is published to `exchange` with this key, or with one that fits this pattern. The binding of a shared
    /// queue stays when its consumers have gone.
    #[must_use]
    pub fn bind(mut self, exchange: &Exchange, key: &str) -> Self {
        self.bindings.push(Binding { exchange: exchange.clone(), key: key.to_owned() });
        self
    }

    /// Makes sure that the queue is there: it gets what is sent from now on. [`Consumer::run`] does so by itself, as
    /// soon as it can.
    ///
    /// # Errors
    /// [`UNAVAILABLE`](tradewind_problem::UNAVAILABLE) when the broker is away; internal when the queue or an exchange
    /// is there and is another.
    pub async fn attach(&mut self) -> Result<(), Problem> {
        self.deliveries().attach().await
    }

    /// Handles messages until the returned future is dropped, which is safe at any await: what is under way then is
    /// delivered again. So is what the handler fails at, until it is a dead letter.
    pub async fn run<F, R>(mut self, handler: F)
    where
        F: Fn(Delivered) -> R + Send + Sync,
        R: Future<Output = Result<(), Problem>> + Send,
    {
        loop {
            let delivery = self.deliveries().next().await;
            let result = handle((&self.bus, &self.queue), &delivery, &handler).await;
            self.settle(&delivery, result.err()).await;
        }
    }

    /// Answers questions until the returned future is dropped. A failure is an answer too, and nothing is tried again;
    /// what was sent without waiting for an answer is handled as by [`Consumer::run`].
    pub async fn respond<F, R>(mut self, handler: F)
    where
        F: Fn(Delivered) -> R + Send + Sync,
        R: Future<Output = Outcome> + Send,
    {
        loop {
            let delivery = self.deliveries().next().await;
            let outcome = handle((&self.bus, &self.queue), &delivery, &handler).await;
            if delivery.reply_to.is_some() {
                if let Err(problem) = &outcome {
                    let (queue, kind) = (self.queue.name(), &delivery.message.kind);
                    tracing::info!(queue, kind, %problem, "a question is answered with a problem");
                }
                self.deliveries().reply(&delivery, &outcome).await;
                self.settle(&delivery, None).await;
            } else {
                self.settle(&delivery, outcome.err()).await;
            }
        }
    }

    async fn settle(&mut self, delivery: &Delivery, failed: Option<Problem>) {
        let Some(problem) = failed else {
            return self.deliveries().settle(delivery.tag, Settled::Done).await;
        };
        let (queue, kind, id) = (self.queue.name(), &delivery.message.kind, delivery.message.id);
        let attempt = delivery.attempt;
        let is_last = attempt >= self.queue.most_attempts();
        if is_last {
            tracing::error!(queue, kind, %id, attempt, %problem, "a message is not tried any more");
        } else {
            tracing::warn!(queue, kind, %id, attempt, %problem, "a message failed and is tried again");
            let pause = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(10)).min(MAX_PAUSE);
            self.bus.clock().sleep(pause).await;
        }
        self.deliveries().settle(delivery.tag, Settled::Again).await;
    }

    fn deliveries(&mut self) -> &mut dyn Deliveries {
        let Self { bus, queue, bindings, deliveries } = self;
        let new = || {
            let id = bus.entropy().id(bus.clock()).to_string();
            bus.driver().consume(queue, bindings, &id)
        };
        &mut **deliveries.get_or_insert_with(new)
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer").field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// Runs the handler, within the limit of the queue, whatever it does.
async fn handle<F, R, T>((bus, queue): (&Bus, &Queue), delivery: &Delivery, handler: &F) -> Result<T, Problem>
where
    F: Fn(Delivered) -> R + Send + Sync,
    R: Future<Output = Result<T, Problem>> + Send,
{
    let message = delivery.message.clone();
    let context = Context {
        principal: Principal::Service(queue.name().to_owned()),
        trace: message.trace.child(bus.entropy()),
        correlation: message.correlation,
        causation: Some(message.id),
    };
    let span = tracing::info_span!(
        "message",
        queue = queue.name(),
        trace_id = context.trace.trace_id(),
        span_id = context.trace.span_id(),
        correlation = %context.correlation,
    );
    let handling = async { handler(Delivered { message, attempt: delivery.attempt, context }).await };
    // A message that lets its handler panic must not end the consumer: it is tried as often as others.
    let handling = AssertUnwindSafe(handling).catch_unwind().instrument(span);
    match bus.clock().timeout(queue.limit(), handling).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Problem::internal("the handler panicked")),
        Err(_) => {
            let limit = queue.limit();
            Err(Problem::new(&DEADLINE_EXCEEDED).operator(format!("the handler took more than {limit:?}")))
        }
    }
}

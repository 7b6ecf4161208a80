//! Handling some events in one transaction with the cursor.

use std::collections::BTreeSet;
use std::sync::Arc;

use tracing::{Instrument, Span};
use tradewind_db::{Tx, Work};
use tradewind_kernel::{Context, Entropy, Principal, TraceContext};

use crate::envelope::{Envelope, Recorded};
use crate::fault_points::{CURSOR_MOVED, EFFECT_DONE};
use crate::progress::Progress;
use crate::subscription::{HandleError, Subscription};
use crate::turn::Pass;
use crate::{attempts, cursor, mutants, parking};

/// The effects of some events and the move of the cursor, as one work.
pub(crate) struct HandleBatch<S> {
    pub(crate) subscription: Arc<Subscription<S>>,
    pub(crate) state: Arc<S>,
    /// The service that handles them.
    pub(crate) consumer: &'static str,
    pub(crate) name: String,
    pub(crate) events: Vec<Recorded>,
    /// What each of them is handled within.
    pub(crate) contexts: Vec<Context>,
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// Whether attempts were counted for one of the events.
    pub(crate) is_counted: bool,
    pub(crate) progress: Arc<Progress>,
    pub(crate) pass: Pass,
}

impl<S: Send + Sync + 'static> Work for HandleBatch<S> {
    /// Which of the events were parked behind others of their key.
    type Output = Vec<usize>;
    type Error = HandleError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<usize>, HandleError> {
        let mut parked = Vec::new();
        // Read within the transaction: a replay may empty a key at any time.
        let keys =
            if self.events.is_empty() { BTreeSet::new() } else { parking::keys(tx, &self.name).await? };
        for (at, (recorded, context)) in self.events.iter().zip(&self.contexts).enumerate() {
            if keys.contains(&recorded.event.partitionkey) {
                parking::behind(tx, &self.name, recorded).await?;
                parked.push(at);
                continue;
            }
            let Some(handler) = self.subscription.handler(&recorded.event.kind) else {
                continue;
            };
            let span = span(self.consumer, context);
            tx.set_context(context.clone());
            handler.handle(&self.state, tx, recorded).instrument(span).await?;
            EFFECT_DONE.pass();
        }
        if !parked.is_empty() {
            parking::report(tx, &self.name, &self.progress).await?;
        }
        if mutants::CURSOR_APART.is_planted() && !self.events.is_empty() {
            return Ok(parked);
        }
        if self.is_counted {
            attempts::forget(tx, &self.name, self.to).await?;
        }
        cursor::advance(tx, &self.name, self.from, self.to, &self.pass).await?;
        CURSOR_MOVED.pass();
        Ok(parked)
    }
}

/// Where the log lines of an effect belong.
fn span(consumer: &'static str, context: &Context) -> Span {
    tracing::info_span!(
        "event",
        service = consumer,
        trace_id = context.trace.trace_id(),
        span_id = context.trace.span_id(),
        correlation = %context.correlation,
    )
}

/// What an effect of `event` causes belongs to the same process and trace.
pub(crate) fn context_of(event: &Envelope, entropy: &Entropy) -> Context {
    let trace = event.traceparent.parse::<TraceContext>();
    let trace = trace.map_or_else(|()| TraceContext::begin(entropy), |trace| trace.child(entropy));
    Context {
        principal: Principal::Service(event.source.clone()),
        trace,
        correlation: event.correlationid,
        causation: Some(event.id),
    }
}

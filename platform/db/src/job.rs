//! A work on its way through the writer: run once or more, then answered once.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker};

use tokio::sync::oneshot;
use tracing::Instrument as _;
use tradewind_kernel::Context;

use crate::{DbError, Tx, Work};

/// How one run of a work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The transaction may be committed with it: it succeeded, or it refused without having written.
    Keep,
    /// What it wrote must be rolled back.
    Void {
        /// Whether another run may end differently.
        retry: bool,
        /// Whether the storage itself failed, so that no other run of the batch can be trusted.
        storage: bool,
    },
}

/// A work whose types are hidden, so that works of all kinds wait in one queue.
pub(crate) trait Job: Send {
    /// Runs the work once; the answer of an earlier run is forgotten.
    fn attempt(&mut self, tx: &mut Tx) -> Verdict;
    /// The same on an engine that is waited for.
    fn attempt_waiting<'a>(&'a mut self, tx: &'a mut Tx) -> Attempt<'a>;
    /// Answers with what the last run gave.
    fn answer(&mut self);
    /// Answers with a failure instead of what the last run gave.
    fn fail(&mut self, error: DbError);
    /// Whether somebody still waits for the answer.
    fn is_wanted(&self) -> bool;
}

/// One run of a work that waits for the database.
pub(crate) type Attempt<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

pub(crate) struct Pending<W: Work> {
    work: W,
    context: Option<Context>,
    /// Where the work was asked for: its log lines belong there, whatever thread it runs on.
    span: tracing::Span,
    result: Option<Result<W::Output, W::Error>>,
    reply: Option<oneshot::Sender<Result<W::Output, W::Error>>>,
}

/// Where the answer to a work arrives.
pub(crate) type Answer<W> = oneshot::Receiver<Result<<W as Work>::Output, <W as Work>::Error>>;

impl<W: Work> Pending<W> {
    pub(crate) fn new(work: W, context: Option<Context>) -> (Self, Answer<W>) {
        let (reply, answer) = oneshot::channel();
        let span = tracing::Span::current();
        (Self { work, context, span, result: None, reply: Some(reply) }, answer)
    }
}

impl<W: Work> Job for Pending<W> {
    fn attempt(&mut self, tx: &mut Tx) -> Verdict {
        tx.enter(self.context.clone());
        let outcome = self.span.in_scope(|| run_once(&self.work, tx));
        self.judge(tx, outcome)
    }

    fn attempt_waiting<'a>(&'a mut self, tx: &'a mut Tx) -> Attempt<'a> {
        Box::pin(async move {
            tx.enter(self.context.clone());
            let outcome = run_waiting(&self.work, tx).instrument(self.span.clone()).await;
            self.judge(tx, outcome)
        })
    }

    fn answer(&mut self) {
        if let (Some(reply), Some(result)) = (self.reply.take(), self.result.take()) {
            // Nobody listening any more is no failure: what is committed stays committed.
            drop(reply.send(result));
        }
    }

    fn fail(&mut self, error: DbError) {
        if let Some(reply) = self.reply.take() {
            drop(reply.send(Err(error.into())));
        }
    }

    fn is_wanted(&self) -> bool {
        self.reply.as_ref().is_some_and(|reply| !reply.is_closed())
    }
}

impl<W: Work> Pending<W> {
    /// Keeps the result of a run, and says what has to become of the transaction.
    fn judge(&mut self, tx: &mut Tx, outcome: Result<Result<W::Output, W::Error>, DbError>) -> Verdict {
        let failure = tx.failure().cloned();
        let verdict = match (&outcome, &failure) {
            (_, Some(error)) => Verdict::Void {
                retry: matches!(error, DbError::Conflict { .. }),
                storage: matches!(error, DbError::Storage { .. }),
            },
            (Ok(Ok(_)), None) => Verdict::Keep,
            (Ok(Err(_)), None) if !tx.has_written() => Verdict::Keep,
            _ => Verdict::Void { retry: false, storage: false },
        };
        self.result = Some(match (outcome, failure) {
            (Err(stopped), _) => Err(stopped.into()),
            // A work that hides a failed statement is rolled back; its `Ok` would be a lie.
            (Ok(Ok(_)), Some(error)) => Err(error.into()),
            (Ok(result), _) => result,
        });
        if matches!(self.result, Some(Err(_))) {
            drop(tx.take_hooks());
        }
        verdict
    }
}

/// Polls the work's future for as long as it waits for the database; pending for anything else it is stopped.
async fn run_waiting<W: Work>(work: &W, tx: &mut Tx) -> Result<Result<W::Output, W::Error>, DbError> {
    let waiting = tx.waiting();
    let mut run = pin!(work.run(tx));
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(context)));
        match polled {
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Ok(Poll::Pending) if waiting.load(Ordering::Relaxed) => Poll::Pending,
            Ok(Poll::Pending) => Poll::Ready(Err(DbError::ForeignAwait)),
            Err(panic) => Poll::Ready(Err(DbError::Panicked { message: panic_message(panic.as_ref()) })),
        }
    })
    .await
}

/// Polls the work's future once: everything it may await is ready at once.
fn run_once<W: Work>(work: &W, tx: &mut Tx) -> Result<Result<W::Output, W::Error>, DbError> {
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let mut context = std::task::Context::from_waker(Waker::noop());
        pin!(work.run(tx)).poll(&mut context)
    }));
    match polled {
        Ok(Poll::Ready(result)) => Ok(result),
        Ok(Poll::Pending) => Err(DbError::ForeignAwait),
        Err(panic) => Err(DbError::Panicked { message: panic_message(panic.as_ref()) }),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

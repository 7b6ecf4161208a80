//! What is written down around an attempt: that it is made, and how it ended.

use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Timestamp;

use crate::store;
use crate::store::deliveries::{self, First, Lane, Said};
use crate::store::secrets::{self, Sealed};

/// Makes an attempt one's own, before it is made.
pub(crate) struct Claim {
    pub(crate) lane: Lane,
    /// For how long nobody else sends from the lane.
    pub(crate) hold: Duration,
}

/// What is to be sent, and until when it is ours.
pub(crate) struct Claimed {
    pub(crate) first: First,
    pub(crate) secrets: Vec<Sealed>,
    pub(crate) until: Timestamp,
}

impl Work for Claim {
    type Output = Option<Claimed>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Claimed>, DbError> {
        let until = tx.now().plus(self.hold);
        let Some(first) = deliveries::claim(tx, &self.lane, until).await? else { return Ok(None) };
        let secrets = secrets::holding(tx, self.lane.endpoint).await?;
        Ok(Some(Claimed { first, secrets, until }))
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The endpoint has it.
    Delivered,
    /// It is made again after a pause.
    Again(Duration),
    /// It was the last.
    Failed,
    /// It was the last, and the endpoint wants nothing more.
    Gone,
}

/// Writes down how an attempt ended.
pub(crate) struct End {
    pub(crate) lane: Lane,
    pub(crate) number: i64,
    pub(crate) until: Timestamp,
    pub(crate) ending: Ending,
    pub(crate) said: Said,
    /// How long nothing may arrive before the endpoint is disabled.
    pub(crate) disable_after: Duration,
}

/// Why an endpoint is disabled that wants nothing more.
const GONE: &str = "It answered 410: it wants nothing more.";

impl Work for End {
    /// Why the endpoint was disabled, if it was.
    type Output = Option<String>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<String>, DbError> {
        let Self { lane, number, until, said, .. } = self;
        match self.ending {
            Ending::Delivered => {
                deliveries::end(tx, lane, *number, ("delivered", said)).await?;
                store::works(tx, lane.endpoint).await?;
                Ok(None)
            }
            Ending::Again(pause) => {
                let due = tx.now().plus(pause);
                deliveries::postpone(tx, lane, (*number, said), (*until, due)).await?;
                self.failed(tx).await
            }
            Ending::Failed => {
                deliveries::end(tx, lane, *number, ("failed", said)).await?;
                self.failed(tx).await
            }
            Ending::Gone => {
                deliveries::end(tx, lane, *number, ("failed", said)).await?;
                let disabled = store::disable(tx, lane.endpoint, GONE).await?;
                Ok(disabled.then(|| GONE.to_owned()))
            }
        }
    }
}

impl End {
    /// Disables the endpoint when nothing has arrived there for too long.
    async fn failed(&self, tx: &mut Tx) -> Result<Option<String>, DbError> {
        let Some(since) = store::fails(tx, self.lane.endpoint).await? else { return Ok(None) };
        if tx.now().since(since) < self.disable_after {
            return Ok(None);
        }
        let reason = format!("Nothing has arrived there since {since}.");
        let disabled = store::disable(tx, self.lane.endpoint, &reason).await?;
        Ok(disabled.then_some(reason))
    }
}

/// Stops an endpoint whose secrets cannot be opened.
pub(crate) struct Stop {
    pub(crate) lane: Lane,
    pub(crate) reason: &'static str,
}

impl Work for Stop {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        store::disable(tx, self.lane.endpoint, self.reason).await.map(drop)
    }
}

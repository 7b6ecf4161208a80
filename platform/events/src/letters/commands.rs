//! Changing and dropping letters, with a trace of both.

use std::sync::Arc;

use serde_json::value::RawValue;
use tradewind_db::{DbError, Json, Tx, Work, params, sql};

use crate::letters::{Letter, LetterError, find, first};
use crate::{Progress, parking};

sql! {
    EDIT = "update dead_letters set envelope = $3, original = coalesce(original, $4)
        where subscription = $1 and position = $2";
    AUDIT = "insert into letter_audit
        (subscription, position, event_id, action, reason, actor, envelope, acted_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
}

/// Replaces what the event of a letter says. The event as it arrived is kept beside it, and what is replaced
/// in `letter_audit`, which outlives the letter.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The letter's subscription.
    pub subscription: String,
    /// The letter's position.
    pub position: i64,
    /// The new `data` of the event.
    pub data: Box<RawValue>,
    /// Why, for those who ask later.
    pub reason: String,
}

impl Work for Edit {
    type Output = Letter;
    type Error = LetterError;

    async fn run(&self, tx: &mut Tx) -> Result<Letter, LetterError> {
        let letter = find(tx, &self.subscription, self.position).await?;
        write_down(tx, &self.subscription, &letter, "edit", &self.reason).await?;
        let mut event = letter.event.clone();
        event.data.clone_from(&self.data);
        let (event, original) = (Json(&event), Json(&letter.event));
        let values = params![self.subscription, self.position, event, original];
        tx.execute(&EDIT, values).await?;
        find(tx, &self.subscription, self.position).await
    }
}

/// Gives a letter up: the event is never handled. It stays in `letter_audit` with the reason.
#[derive(Debug, Clone)]
pub struct Discard {
    /// The letter's subscription.
    pub subscription: String,
    /// The letter's position.
    pub position: i64,
    /// Whether the first letter of the same key is meant instead.
    pub head: bool,
    /// Why, for those who ask later.
    pub reason: String,
    /// Where the subscription reports what is parked.
    pub progress: Arc<Progress>,
}

impl Work for Discard {
    /// The letter that was given up.
    type Output = Letter;
    type Error = LetterError;

    async fn run(&self, tx: &mut Tx) -> Result<Letter, LetterError> {
        let mut letter = find(tx, &self.subscription, self.position).await?;
        let key = letter.event.partitionkey.clone();
        if self.head {
            letter = first(tx, &self.subscription, &key, 1).await?.pop().unwrap_or(letter);
        }
        write_down(tx, &self.subscription, &letter, "drop", &self.reason).await?;
        parking::remove(tx, &self.subscription, letter.position, &key).await?;
        parking::report(tx, &self.subscription, &self.progress).await?;
        Ok(letter)
    }
}

async fn write_down(
    tx: &mut Tx,
    subscription: &str,
    letter: &Letter,
    action: &str,
    reason: &str,
) -> Result<(), DbError> {
    let now = tx.now();
    let actor = tx.context().map(|context| context.principal.scope()).unwrap_or_default();
    let event = Json(&letter.event);
    let id = letter.event.id;
    let values = params![subscription, letter.position, id, action, reason, actor, event, now];
    tx.execute(&AUDIT, values).await.map(drop)
}

//! The books: cards, charges, movements and callbacks in the database.

use std::time::Duration;

use tradewind_db::{Db, DbError, Evidence, FromRow, Migration, MigrationSet, Row, Sql, Tx, params, sql};
use tradewind_kernel::{Currency, Id, Money, Timestamp};
use tradewind_provider_contract::{CardToken, Charge, ChargeState, DeclineReason};

use crate::domain::{Behaviour, KnownCard};

pub(crate) mod outgoing;

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "provider",
    migrations: &[Migration {
        version: 1,
        name: "create_charge",
        text: include_str!("../migrations/0001_create_charge.sql"),
    }],
};

/// What is shown to be checked.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "charge", rows: &SHOWN_CHARGES },
    Evidence { table: "movement", rows: &SHOWN_MOVEMENTS },
];

sql! {
    SHOWN_CHARGES = "select reference, currency, amount, captured, refunded, state from charge order by reference";
    SHOWN_MOVEMENTS = "select reference, number, kind, amount from movement order by reference, number";
    KEEP = "insert into card (token_id, last4, brand, behaviour, registered_at) values ($1, $2, $3, $4, $5)";
    BEHAVIOUR = "select behaviour from card where token_id = $1";
    FORGET_CARDS = "delete from card where registered_at < $1
        and not exists (select 1 from charge where charge.card_id = card.token_id)";
    FIND = "select reference, state, currency, amount, captured, refunded, updated_at, card_id, reason
        from charge where reference = $1";
    PAGE = "select reference, state, currency, amount, captured, refunded, updated_at, card_id, reason
        from charge where reference > $1 order by reference limit $2";
    ADD = "insert into charge (reference, card_id, currency, amount, captured, refunded, state, reason, changes,
            updated_at)
        values ($1, $2, $3, $4, 0, 0, $5, $6, 1, $7) on conflict (reference) do nothing";
    CAPTURE = "update charge set state = 'captured', captured = amount, changes = changes + 1, updated_at = $2
        where reference = $1 and state = 'authorised'";
    VOID = "update charge set state = 'cancelled', changes = changes + 1, updated_at = $2
        where reference = $1 and state = 'authorised'";
    RETURN_REST = "update charge set state = 'cancelled', refunded = captured, changes = changes + 1,
            updated_at = $2
        where reference = $1 and state = 'captured' and refunded = $3";
    REFUND = "update charge set refunded = refunded + $2, changes = changes + 1, updated_at = $3
        where reference = $1 and state = 'captured' and currency = $4 and $2 <= captured - refunded";
    REFUNDED = "select amount from refund where reference = $1 and refund_id = $2";
    RECORD_REFUND = "insert into refund (reference, refund_id, amount) values ($1, $2, $3)";
    MOVE = "insert into movement (reference, number, kind, amount, moved_at)
        select reference, changes, $2, $3, updated_at from charge where reference = $1";
}

/// How a change is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Telling {
    /// How often.
    pub(crate) sends: u32,
    /// How long after the change.
    pub(crate) delay: Duration,
}

/// A charge with what the caller is not told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Booked {
    pub(crate) charge: Charge,
    /// None was named when it was cancelled before it was asked for.
    pub(crate) card: Option<CardToken>,
    /// Why it was declined, if it was.
    pub(crate) reason: Option<DeclineReason>,
}

impl FromRow for Booked {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (state, currency): (String, Currency) = (row.get(1)?, row.get(2)?);
        let money = |minor| Money::from_minor(minor, currency);
        let (card, reason): (Option<Id>, Option<String>) = (row.get(7)?, row.get(8)?);
        Ok(Self {
            charge: Charge {
                reference: row.get(0)?,
                state: state_named(&state),
                amount: money(row.get(3)?),
                captured: money(row.get(4)?),
                refunded: money(row.get(5)?),
                updated_at: row.get(6)?,
            },
            card: card.map(CardToken::new),
            reason: reason.and_then(|reason| reason.parse().ok()),
        })
    }
}

fn state_named(text: &str) -> ChargeState {
    match text {
        "authorised" => ChargeState::Authorised,
        "captured" => ChargeState::Captured,
        "cancelled" => ChargeState::Cancelled,
        "declined" => ChargeState::Declined,
        _ => ChargeState::Other,
    }
}

fn state_text(state: ChargeState) -> &'static str {
    match state {
        ChargeState::Authorised => "authorised",
        ChargeState::Captured => "captured",
        ChargeState::Cancelled => "cancelled",
        ChargeState::Declined | ChargeState::Other => "declined",
    }
}

const ACCEPTS: &str = "accepts";

pub(crate) async fn keep(tx: &mut Tx, token: CardToken, card: &KnownCard) -> Result<(), DbError> {
    let (now, behaviour) = (tx.now(), card.behaviour.map_or(ACCEPTS, DeclineReason::code));
    tx.execute(&KEEP, params![token.id(), card.last4, card.brand, behaviour, now]).await.map(drop)
}

/// What a card says to charges; `None` when there is no such card.
pub(crate) async fn behaviour(tx: &mut Tx, card: CardToken) -> Result<Option<Behaviour>, DbError> {
    let row: Option<(String,)> = tx.query_optional(&BEHAVIOUR, params![card.id()]).await?;
    Ok(row.map(|(text,)| text.parse().ok()))
}

/// Forgets the cards from before `since` that nothing was charged to.
pub(crate) async fn forget_cards(tx: &mut Tx, since: Timestamp) -> Result<u64, DbError> {
    tx.execute(&FORGET_CARDS, params![since]).await
}

pub(crate) async fn find(db: &Db, reference: Id) -> Result<Option<Charge>, DbError> {
    Ok(db.query_optional::<Booked>(&FIND, params![reference]).await?.map(|booked| booked.charge))
}

pub(crate) async fn find_in(tx: &mut Tx, reference: Id) -> Result<Option<Booked>, DbError> {
    tx.query_optional(&FIND, params![reference]).await
}

/// Up to `limit` charges after one, by reference.
pub(crate) async fn page(db: &Db, after: Option<Id>, limit: u16) -> Result<Vec<Charge>, DbError> {
    let after = after.unwrap_or(Id::from_u128(0));
    Ok(db
        .query::<Booked>(&PAGE, params![after, limit])
        .await?
        .into_iter()
        .map(|booked| booked.charge)
        .collect())
}

/// A charge that is entered for the first time.
pub(crate) struct Entry {
    pub(crate) reference: Id,
    pub(crate) card: Option<CardToken>,
    pub(crate) amount: Money,
    pub(crate) state: ChargeState,
    pub(crate) reason: Option<DeclineReason>,
}

/// Enters a charge; somebody who entered the same one meanwhile makes the transaction run again.
pub(crate) async fn add(tx: &mut Tx, entry: &Entry) -> Result<(), DbError> {
    let Entry { reference, card, amount, state, reason } = entry;
    let (card, reason) = (card.map(CardToken::id), reason.map(DeclineReason::code));
    let (now, state) = (tx.now(), state_text(*state));
    let (currency, minor) = (amount.currency(), amount.minor());
    let values = params![reference, card, currency, minor, state, reason, now];
    if tx.execute(&ADD, values).await? == 0 { Err(tx.conflict()) } else { Ok(()) }
}

/// Captures what is held; `false` when nothing is.
pub(crate) async fn capture(tx: &mut Tx, reference: Id) -> Result<bool, DbError> {
    changes(tx, &CAPTURE, reference).await
}

/// Lets go what is held; `false` when nothing is.
pub(crate) async fn void(tx: &mut Tx, reference: Id) -> Result<bool, DbError> {
    changes(tx, &VOID, reference).await
}

async fn changes(tx: &mut Tx, sql: &Sql, reference: Id) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.execute(sql, params![reference, now]).await? == 1)
}

/// Gives back what is left of a capture, of which `refunded` was given back; `false` when that is no longer so.
pub(crate) async fn return_rest(tx: &mut Tx, reference: Id, refunded: Money) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.execute(&RETURN_REST, params![reference, now, refunded.minor()]).await? == 1)
}

/// Gives a part back if there is enough left; the check and the change are one statement.
pub(crate) async fn refund(tx: &mut Tx, reference: Id, refund: Id, amount: Money) -> Result<bool, DbError> {
    let (now, minor, currency) = (tx.now(), amount.minor(), amount.currency());
    if tx.execute(&REFUND, params![reference, minor, now, currency]).await? == 0 {
        return Ok(false);
    }
    tx.execute(&RECORD_REFUND, params![reference, refund, minor]).await?;
    Ok(true)
}

/// How much was given back by a refund, in minor units; `None` when it was not made.
pub(crate) async fn refunded(tx: &mut Tx, reference: Id, refund: Id) -> Result<Option<i64>, DbError> {
    let row: Option<(i64,)> = tx.query_optional(&REFUNDED, params![reference, refund]).await?;
    Ok(row.map(|(amount,)| amount))
}

/// What moved with the last change of a charge.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moved {
    Authorised,
    Voided,
    Captured,
    Refunded,
}

impl Moved {
    fn text(self) -> &'static str {
        match self {
            Self::Authorised => "authorised",
            Self::Voided => "voided",
            Self::Captured => "captured",
            Self::Refunded => "refunded",
        }
    }
}

/// Writes down what moved with the last change of a charge, if something did.
pub(crate) async fn record(tx: &mut Tx, reference: Id, kind: Moved, amount: Money) -> Result<(), DbError> {
    if amount.minor() == 0 {
        return Ok(());
    }
    tx.execute(&MOVE, params![reference, kind.text(), amount.minor()]).await.map(drop)
}

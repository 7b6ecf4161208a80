//! The log of deliveries, and what is sent from it once more.

use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};
use tradewind_webhooks_contract::{Delivery, DeliveryState};

use crate::store::deliveries::WRITTEN;

sql! {
    PAGE = "select delivery.number, event.event_id, event.type, delivery.lane, delivery.state, delivery.attempts,
            event.recorded_at, delivery.ended_at, delivery.status, delivery.answer
        from delivery join event on event.number = delivery.number
        where delivery.endpoint_id = $1 and delivery.number < $2
        order by delivery.number desc limit $3";
    FIND = "select delivery.number, delivery.state from delivery join event on event.number = delivery.number
        where delivery.endpoint_id = $1 and event.event_id = $2";
    SINCE = "select coalesce(min(event.number), 0) from event where event.recorded_at >= $1";
    /// The first number that one replay leaves to the next.
    BEYOND = "select delivery.number, event.recorded_at from delivery join event on event.number = delivery.number
        where delivery.endpoint_id = $1 and delivery.number >= $2
        order by delivery.number limit 1 offset $3";
    AGAIN = "update delivery set state = 'waiting', replays = replays + 1, attempts = 0, ended_at = null
        where endpoint_id = $1 and number >= $2 and number < $3 and state <> 'waiting'";
    WAIT = "insert into lane (endpoint_id, lane, due_at)
        select distinct endpoint_id, lane, cast($4 as bigint) from delivery
        where endpoint_id = $1 and number >= $2 and number < $3 and state = 'waiting'
        on conflict (endpoint_id, lane) do update set due_at = lane.due_at";
}

/// A delivery with its place.
pub(crate) struct Kept {
    pub(crate) number: i64,
    pub(crate) delivery: Delivery,
}

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let state: String = row.get(4)?;
        let delivery = Delivery {
            event_id: row.get(1)?,
            kind: row.get(2)?,
            key: row.get(3)?,
            state: state_named(&state),
            attempts: row.get(5)?,
            recorded_at: row.get(6)?,
            ended_at: row.get(7)?,
            status: row.get(8)?,
            answer: row.get(9)?,
        };
        Ok(Self { number: row.get(0)?, delivery })
    }
}

fn state_named(text: &str) -> DeliveryState {
    match text {
        "waiting" => DeliveryState::Waiting,
        "delivered" => DeliveryState::Delivered,
        "failed" => DeliveryState::Failed,
        _ => DeliveryState::Other,
    }
}

/// Up to `limit` deliveries of an endpoint before a place, the newest first.
pub(crate) async fn page(db: &Db, endpoint: Id, before: i64, limit: u16) -> Result<Vec<Kept>, DbError> {
    db.query(&PAGE, params![endpoint, before, limit]).await
}

/// Sends the delivery of an event once more; `None` when the endpoint has none, nought when it waits anyhow.
pub(crate) async fn replay_one(tx: &mut Tx, endpoint: Id, event: Id) -> Result<Option<u64>, DbError> {
    let found: Option<(i64, String)> = tx.query_optional(&FIND, params![endpoint, event]).await?;
    let Some((number, _)) = found else { return Ok(None) };
    again(tx, endpoint, (number, number + 1)).await.map(Some)
}

/// Sends up to `most` deliveries of events that were recorded since `from` once more; gives how many, and from when on
/// there are more.
pub(crate) async fn replay_since(
    tx: &mut Tx,
    endpoint: Id,
    from: Timestamp,
    most: i64,
) -> Result<(u64, Option<Timestamp>), DbError> {
    let (first,): (i64,) = tx.query_one(&SINCE, params![from]).await?;
    if first == 0 {
        return Ok((0, None));
    }
    let beyond: Option<(i64, Timestamp)> = tx.query_optional(&BEYOND, params![endpoint, first, most]).await?;
    let (until, more_from) = beyond.map_or((i64::MAX, None), |(number, at)| (number, Some(at)));
    Ok((again(tx, endpoint, (first, until)).await?, more_from))
}

async fn again(tx: &mut Tx, endpoint: Id, (first, until): (i64, i64)) -> Result<u64, DbError> {
    let now = tx.now();
    let taken_up = tx.execute(&AGAIN, params![endpoint, first, until]).await?;
    if taken_up > 0 {
        tx.execute(&WAIT, params![endpoint, first, until, now]).await?;
        tx.signal(WRITTEN);
    }
    Ok(taken_up)
}

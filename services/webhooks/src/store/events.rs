//! Events that endpoints want, and the deliveries that come of them.

use tradewind_db::{DbError, Tx, params, sql};
use tradewind_events::Recorded;
use tradewind_kernel::{Id, Timestamp};

use crate::store::deliveries;

sql! {
    /// Every transaction that records an event or changes who wants them passes here, one after the other.
    NEXT = "update event_count set number = number + 1 where place = 1 returning number";
    MEET = "update event_count set number = number where place = 1";
    IS_WANTED = "select type from endpoint_type where type = $1 limit 1";
    IS_KNOWN = "select number from event where event_id = $1";
    ADD = "insert into event (number, event_id, producer, position, type, lane, correlation_id, recorded_at, content)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    DELIVER = "insert into delivery (endpoint_id, number, lane, state, replays, attempts)
        select endpoint_id, $1, $2, 'waiting', 0, 0 from endpoint_type where type = $3";
    DELIVER_TO = "insert into delivery (endpoint_id, number, lane, state, replays, attempts)
        values ($1, $2, $3, 'waiting', 0, 0)";
    OLD = "select coalesce(max(number), 0) from (select number from event where recorded_at < $1
        order by recorded_at, number limit $2) as old";
    GIVEN_UP = "select count(*) from delivery where number <= $1 and state = 'waiting'";
    FORGET_DELIVERIES = "delete from delivery where number <= $1";
    /// What is gone here is not missing.
    MOVE_STARTS = "update endpoint_start set position = (select coalesce(max(event.position), endpoint_start.position)
            from event where event.producer = endpoint_start.producer and event.number <= $1)
        where position < (select coalesce(max(event.position), 0)
            from event where event.producer = endpoint_start.producer and event.number <= $1)";
    FORGET = "delete from event where number <= $1";
    FORGET_LANES = "delete from lane where not exists (select 1 from delivery
        where delivery.endpoint_id = lane.endpoint_id and delivery.lane = lane.lane
            and delivery.state = 'waiting')";
}

/// The lane of pings: they wait for nothing but each other.
pub(crate) const PINGS: &str = "ping";

/// Lets nothing be recorded until the transaction ends.
pub(crate) async fn meet(tx: &mut Tx) -> Result<(), DbError> {
    tx.execute(&MEET, &[]).await.map(drop)
}

async fn next(tx: &mut Tx) -> Result<i64, DbError> {
    tx.query_one::<(i64,)>(&NEXT, &[]).await.map(|(number,)| number)
}

/// Records an event of `producer` for all endpoints that want it, if any does. Heard again, it is the same.
pub(crate) async fn record(
    tx: &mut Tx,
    producer: &str,
    recorded: &Recorded,
    content: &str,
) -> Result<(), DbError> {
    let event = &recorded.event;
    let number = next(tx).await?;
    let is_wanted = tx.query_optional::<(String,)>(&IS_WANTED, params![event.kind]).await?.is_some();
    if !is_wanted || tx.query_optional::<(i64,)>(&IS_KNOWN, params![event.id]).await?.is_some() {
        return Ok(());
    }
    let lane = event.partitionkey.as_str();
    let row = (Some(producer), Some(recorded.position), event.kind.as_str(), lane);
    add(tx, number, (event.id, event.correlationid), row, content).await?;
    tx.execute(&DELIVER, params![number, lane, event.kind]).await?;
    deliveries::wait(tx, number).await
}

/// Records a message for one endpoint.
pub(crate) async fn record_ping(
    tx: &mut Tx,
    endpoint: Id,
    (id, correlation): (Id, Id),
    kind: &str,
    content: &str,
) -> Result<(), DbError> {
    let number = next(tx).await?;
    add(tx, number, (id, correlation), (None, None, kind, PINGS), content).await?;
    tx.execute(&DELIVER_TO, params![endpoint, number, PINGS]).await?;
    deliveries::wait(tx, number).await
}

async fn add(
    tx: &mut Tx,
    number: i64,
    (id, correlation): (Id, Id),
    (producer, position, kind, lane): (Option<&str>, Option<i64>, &str, &str),
    content: &str,
) -> Result<(), DbError> {
    let (now, content) = (tx.now(), deliveries::Content::of(content)?);
    let content = content.bound();
    tx.execute(&ADD, params![number, id, producer, position, kind, lane, correlation, now, content])
        .await
        .map(drop)
}

/// What a portion of forgetting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forgotten {
    /// Whether there may be more.
    pub(crate) is_full: bool,
    /// Deliveries that waited still.
    pub(crate) given_up: i64,
}

/// Forgets up to `portion` events that were recorded before `before`, with their deliveries.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp, portion: u16) -> Result<Forgotten, DbError> {
    let (until,): (i64,) = tx.query_one(&OLD, params![before, portion]).await?;
    if until == 0 {
        return Ok(Forgotten { is_full: false, given_up: 0 });
    }
    let (given_up,): (i64,) = tx.query_one(&GIVEN_UP, params![until]).await?;
    tx.execute(&MOVE_STARTS, params![until]).await?;
    tx.execute(&FORGET_DELIVERIES, params![until]).await?;
    let gone = tx.execute(&FORGET, params![until]).await?;
    tx.execute(&FORGET_LANES, &[]).await?;
    Ok(Forgotten { is_full: gone >= u64::from(portion), given_up })
}

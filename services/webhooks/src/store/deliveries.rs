//! Deliveries that wait, and the lanes in which they wait: of each endpoint and key one is under way at a time.

use serde_json::value::RawValue;
use tradewind_db::{Column, Db, DbError, FromColumn, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

/// Raised when there may be something to send.
pub(crate) const WRITTEN: &str = "deliveries";

sql! {
    /// Written even where nothing changes: who ends the delivery before must not miss this one, nor this one that.
    WAIT = "insert into lane (endpoint_id, lane, due_at)
        select endpoint_id, lane, cast($2 as bigint) from delivery where number = $1 and state = 'waiting'
        on conflict (endpoint_id, lane) do update set due_at = lane.due_at";
    ENDPOINTS = "select endpoint_id, url, (select min(lane.due_at) from lane
            where lane.endpoint_id = endpoint.endpoint_id)
        from endpoint where state = 'enabled' order by endpoint_id";
    LANES = "select lane, due_at from lane where endpoint_id = $1 and due_at <= $2 order by due_at, lane limit $3";
    CLAIM = "update lane set due_at = $4 where endpoint_id = $1 and lane = $2 and due_at = $3";
    FIRST = "select delivery.number, event.event_id, event.correlation_id, delivery.attempts, event.content
        from delivery join event on event.number = delivery.number
        where delivery.endpoint_id = $1 and delivery.lane = $2 and delivery.state = 'waiting'
        order by delivery.number limit 1";
    COUNT = "update delivery set attempts = attempts + 1 where endpoint_id = $1 and number = $2";
    END = "update delivery set state = $3, status = $4, answer = $5, ended_at = $6
        where endpoint_id = $1 and number = $2 and state = 'waiting'";
    NOTE = "update delivery set status = $3, answer = $4
        where endpoint_id = $1 and number = $2 and state = 'waiting'";
    DUE = "update lane set due_at = $3 where endpoint_id = $1 and lane = $2";
    DUE_AFTER = "update lane set due_at = $4 where endpoint_id = $1 and lane = $2 and due_at = $3";
    CLOSE = "delete from lane where endpoint_id = $1 and lane = $2 and not exists (select 1 from delivery
        where delivery.endpoint_id = $1 and delivery.lane = $2 and delivery.state = 'waiting')";
}

/// A JSON document that is passed on as it was written.
pub(crate) struct Content(Box<RawValue>);

impl Content {
    pub(crate) fn of(text: &str) -> Result<Self, DbError> {
        let value = RawValue::from_string(text.to_owned());
        value.map(Self).map_err(|error| DbError::Column { message: error.to_string() })
    }

    pub(crate) fn bound(&self) -> Json<&RawValue> {
        Json(&self.0)
    }
}

impl FromColumn for Content {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        Self::of(&String::from_column(column)?)
    }
}

/// An endpoint that is enabled.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) id: Id,
    pub(crate) url: String,
    /// When the first of its lanes is due; `None` when none waits.
    pub(crate) due_at: Option<Timestamp>,
}

impl FromRow for Open {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { id: row.get(0)?, url: row.get(1)?, due_at: row.get(2)? })
    }
}

/// A lane of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) endpoint: Id,
    pub(crate) key: String,
    pub(crate) due_at: Timestamp,
}

/// The first delivery of a lane.
pub(crate) struct First {
    pub(crate) number: i64,
    pub(crate) event: Id,
    pub(crate) correlation: Id,
    /// Attempts, with the one that is about to be made.
    pub(crate) attempts: i64,
    pub(crate) content: String,
}

impl FromRow for First {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let content: Content = row.get(4)?;
        Ok(Self {
            number: row.get(0)?,
            event: row.get(1)?,
            correlation: row.get(2)?,
            attempts: row.get::<i64>(3)? + 1,
            content: content.0.get().to_owned(),
        })
    }
}

/// Puts the deliveries of an event into their lanes.
pub(crate) async fn wait(tx: &mut Tx, number: i64) -> Result<(), DbError> {
    let now = tx.now();
    if tx.execute(&WAIT, params![number, now]).await? > 0 {
        tx.signal(WRITTEN);
    }
    Ok(())
}

/// The endpoints that are enabled.
pub(crate) async fn open(db: &Db) -> Result<Vec<Open>, DbError> {
    db.query(&ENDPOINTS, &[]).await
}

/// Up to `limit` lanes of an endpoint that are due, those first that are due for longest.
pub(crate) async fn due(db: &Db, endpoint: Id, now: Timestamp, limit: u16) -> Result<Vec<Lane>, DbError> {
    let rows: Vec<(String, Timestamp)> = db.query(&LANES, params![endpoint, now, limit]).await?;
    Ok(rows.into_iter().map(|(key, due_at)| Lane { endpoint, key, due_at }).collect())
}

/// Makes an attempt one's own, counted before it is made: nobody else sends from this lane until `until`. `None` when
/// somebody else was faster.
pub(crate) async fn claim(tx: &mut Tx, lane: &Lane, until: Timestamp) -> Result<Option<First>, DbError> {
    let Lane { endpoint, key, due_at } = lane;
    if tx.execute(&CLAIM, params![*endpoint, key, *due_at, until]).await? == 0 {
        return Ok(None);
    }
    let first: Option<First> = tx.query_optional(&FIRST, params![*endpoint, key]).await?;
    let Some(first) = first else {
        close(tx, lane).await?;
        return Ok(None);
    };
    tx.execute(&COUNT, params![*endpoint, first.number]).await?;
    Ok(Some(first))
}

/// How an attempt ended, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
    /// Why there was none, or how it began.
    pub(crate) text: String,
}

/// Ends a delivery, and lets the next of its lane go. `false` when somebody else has ended it.
pub(crate) async fn end(
    tx: &mut Tx,
    lane: &Lane,
    number: i64,
    (state, said): (&'static str, &Said),
) -> Result<bool, DbError> {
    let now = tx.now();
    let values = params![lane.endpoint, number, state, said.status, said.text, now];
    if tx.execute(&END, values).await? == 0 {
        return Ok(false);
    }
    tx.execute(&DUE, params![lane.endpoint, lane.key, now]).await?;
    close(tx, lane).await?;
    tx.signal(WRITTEN);
    Ok(true)
}

async fn close(tx: &mut Tx, lane: &Lane) -> Result<(), DbError> {
    tx.execute(&CLOSE, params![lane.endpoint, lane.key]).await.map(drop)
}

/// Writes down how an attempt failed after which there is another, unless somebody else has taken the lane over.
pub(crate) async fn postpone(
    tx: &mut Tx,
    lane: &Lane,
    (number, said): (i64, &Said),
    (claimed, due): (Timestamp, Timestamp),
) -> Result<(), DbError> {
    tx.execute(&NOTE, params![lane.endpoint, number, said.status, said.text]).await?;
    tx.execute(&DUE_AFTER, params![lane.endpoint, lane.key, claimed, due]).await.map(drop)
}

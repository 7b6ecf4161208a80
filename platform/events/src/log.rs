//! The log: events as rows of the service's own database, in commit order.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::value::RawValue;
use tradewind_db::{Column, Db, DbError, Engine, FromColumn, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

use crate::{Envelope, Event, Recorded, mutants};

/// The signal raised after each commit that announced something.
pub const TOPIC: &str = "event_log";

sql! {
    NEXT_SEQUENCE = "insert into event_key (partition_key, sequence) values ($1, 1)
        on conflict (partition_key) do update set sequence = event_key.sequence + 1 returning sequence";
    APPEND = "insert into event_log
        (id, type, partition_key, sequence, correlation, causation, traceparent, recorded_at, release, data)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        returning position";
    /// Both at once, where each statement is a round trip; the embedded engine has no such form, and needs none.
    APPEND_NEXT = {
        postgres: "with next as (insert into event_key (partition_key, sequence) values (cast($3 as text), 1)
                on conflict (partition_key) do update set sequence = event_key.sequence + 1 returning sequence)
            insert into event_log
                (id, type, partition_key, sequence, correlation, causation, traceparent, recorded_at, release,
                data)
            select cast($1 as uuid), cast($2 as text), cast($3 as text), next.sequence, cast($4 as uuid),
                cast($5 as uuid), cast($6 as text), cast($7 as bigint), cast($8 as text), cast($9 as json)
            from next
            returning position, sequence",
        sqlite: "select 0, 0 where false",
    };
    READ = "select position, id, type, partition_key, sequence, correlation, causation, traceparent,
        recorded_at, release, data from event_log where position > $1 order by position limit $2";
    FIND_KEY = "select position, id, type, partition_key, sequence, correlation, causation, traceparent,
        recorded_at, release, data from event_log where position > $1 and partition_key = $3 order by position limit $2";
    FIND_CORRELATIONS = "select position, id, type, partition_key, sequence, correlation, causation,
        traceparent, recorded_at, release, data from event_log
        where position > $1 and correlation in ($3, $4, $5, $6, $7, $8, $9, $10)
        order by position limit $2";
    /// Transactions that may still write a position below those that can be seen: each holds this lock on the
    /// table from before it draws a position until after it has ended.
    WRITERS = {
        postgres: "select distinct virtualtransaction from pg_catalog.pg_locks
            where relation = 'event_log'::regclass and mode = 'RowExclusiveLock' and granted
            and database = (select oid from pg_catalog.pg_database where datname = current_database())",
        sqlite: "select '' where false",
    };
    KINDS = "select type from event_log where position > $1 and position <= $2 order by position";
    HEAD = "select coalesce((select max(position) from event_log), (select position from event_horizon), 0)";
}

/// Writes an event into the log as part of the transaction, and wakes its readers after the commit.
///
/// Gives its position in the log.
///
/// # Errors
/// Any failure of the database; the transaction is lost then.
pub async fn announce<E: Event>(tx: &mut Tx, event: &E) -> Result<i64, DbError> {
    let Some(context) = tx.context().cloned() else {
        return Err(DbError::Column { message: format!("{} was announced without a context", E::TYPE) });
    };
    let (id, key, now) = (tx.id(), event.partition_key(), tx.now());
    let trace = context.trace.to_string();
    let release = tx.release().map(str::to_owned);
    let data = Json(event);
    let (correlation, causation) = (context.correlation, context.causation);
    let (position, sequence) = match tx.engine() {
        Engine::Postgres => {
            let values = params![id, E::TYPE, key, correlation, causation, trace, now, release, data];
            tx.query_one::<(i64, i64)>(&APPEND_NEXT, values).await?
        }
        Engine::Sqlite => {
            let (sequence,): (i64,) = tx.query_one(&NEXT_SEQUENCE, params![key]).await?;
            let values =
                params![id, E::TYPE, key, sequence, correlation, causation, trace, now, release, data];
            let (position,): (i64,) = tx.query_one(&APPEND, values).await?;
            (position, sequence)
        }
    };
    tx.note(position);
    if !mutants::NOBODY_WOKEN.is_planted() {
        tx.signal(TOPIC);
    }
    tracing::debug!(event = E::TYPE, key, sequence, position, "announced");
    Ok(position)
}

/// The position of the newest event; 0 when there is none.
///
/// # Errors
/// Any failure of the database.
pub async fn head(db: &Db) -> Result<i64, DbError> {
    Ok(db.query_optional::<(i64,)>(&HEAD, &[]).await?.map_or(0, |(position,)| position))
}

/// The types of the events after one position up to another, oldest first: for who wants to know whether there is
/// something new, and not what.
///
/// # Errors
/// Any failure of the database.
pub async fn kinds(db: &Db, after: i64, until: i64) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = db.query(&KINDS, params![after, until]).await?;
    Ok(rows.into_iter().map(|(kind,)| kind).collect())
}

/// Correlation ids that can be asked for at once.
pub const MAX_CORRELATIONS: usize = 8;

/// Which events are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventFilter {
    /// Those of one partition key; found by an index.
    Key(String),
    /// Those of these processes, [`MAX_CORRELATIONS`] at most; the log is read through for them.
    Correlations(Vec<Id>),
}

/// Up to `limit` events of the log of `producer` after `position` that fit `filter`, oldest first. For looking
/// on: who handles events reads all of them, through a [`Feed`](crate::Feed).
///
/// # Errors
/// Any failure of the database. Correlation ids beyond the first eight are not looked for.
pub async fn find(
    db: &Db,
    producer: &str,
    position: i64,
    limit: u16,
    filter: &EventFilter,
) -> Result<Vec<Recorded>, DbError> {
    let rows: Vec<LogRow> = match filter {
        EventFilter::Key(key) => db.query(&FIND_KEY, params![position, limit, key.as_str()]).await?,
        EventFilter::Correlations(ids) => {
            let Some(last) = ids.last().copied() else { return Ok(Vec::new()) };
            // An id that is asked for twice is found once.
            let id = |at: usize| ids.get(at).copied().unwrap_or(last);
            let (a, b, c, d) = (id(0), id(1), id(2), id(3));
            let (e, f, g, h) = (id(4), id(5), id(6), id(7));
            db.query(&FIND_CORRELATIONS, params![position, limit, a, b, c, d, e, f, g, h]).await?
        }
    };
    let source: Arc<str> = format!("/tradewind/{producer}").into();
    Ok(rows.into_iter().map(|row| row.recorded(&source)).collect())
}

/// Up to `limit` events after `position`, oldest first.
pub(crate) async fn read(
    db: &Db,
    source: &Arc<str>,
    position: i64,
    limit: u16,
) -> Result<Vec<Recorded>, DbError> {
    let rows: Vec<LogRow> = db.query(&READ, params![position, limit]).await?;
    Ok(rows.into_iter().map(|row| row.recorded(source)).collect())
}

/// The transactions that write into the log now, on an engine where several do at a time.
pub(crate) async fn writers(db: &Db) -> Result<BTreeSet<String>, DbError> {
    let rows: Vec<(String,)> = db.query(&WRITERS, &[]).await?;
    Ok(rows.into_iter().map(|(writer,)| writer).collect())
}

struct LogRow {
    position: i64,
    id: Id,
    kind: String,
    key: String,
    sequence: i64,
    correlation: Id,
    causation: Option<Id>,
    traceparent: String,
    time: Timestamp,
    release: Option<String>,
    data: Document,
}

impl FromRow for LogRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            position: row.get(0)?,
            id: row.get(1)?,
            kind: row.get(2)?,
            key: row.get(3)?,
            sequence: row.get(4)?,
            correlation: row.get(5)?,
            causation: row.get(6)?,
            traceparent: row.get(7)?,
            time: row.get(8)?,
            release: row.get(9)?,
            data: row.get(10)?,
        })
    }
}

impl LogRow {
    fn recorded(self, source: &Arc<str>) -> Recorded {
        let event = Envelope {
            specversion: "1.0".to_owned(),
            id: self.id,
            source: source.to_string(),
            kind: self.kind,
            time: self.time,
            datacontenttype: "application/json".to_owned(),
            partitionkey: self.key,
            sequence: self.sequence,
            correlationid: self.correlation,
            causationid: self.causation,
            traceparent: self.traceparent,
            release: self.release,
            data: self.data.0,
        };
        Recorded { position: self.position, event }
    }
}

/// A JSON document passed on as it was written.
struct Document(Box<RawValue>);

impl FromColumn for Document {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        let text = String::from_column(column)?;
        let value = RawValue::from_string(text);
        value.map(Self).map_err(|error| DbError::Column { message: error.to_string() })
    }
}

//! Rows: one for each instance, one for each thing that happened to it.

use std::collections::BTreeMap;

use serde_json::Value;
use tradewind_db::{Column, Db, DbError, FromColumn, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

use crate::history::{Happened, UnderWay};
use crate::machine::{Progress, Told};
use crate::outline::Outline;
use crate::reason::{Reason, shortened};
use crate::state::{State, What};
use crate::turn::turn_lease;

/// The signal raised, with the name of the saga as its key, after each commit that gives a runner something to do.
pub(crate) const TOPIC: &str = "saga";

sql! {
    START = "insert into saga_instance (saga, id, version, shape, state, step, step_name, attempts, is_stuck,
            is_cancelled, due, deadline, data, signals, correlation, traceparent, token, revision, started_at, moved_at)
        values ($1, $2, $3, $4, 'running', 0, $5, 0, 0, 0, $6, $7, $8, $9, $10, $11,
            coalesce((select token from lease where name = $12), 0), 1, $13, $14)
        on conflict (saga, id) do nothing";
    FIND = "select saga, id, version, shape, state, step, attempts, is_stuck, is_cancelled, due, deadline, reason,
        last_error, data, signals, correlation, traceparent, token, revision, started_at, ended_at,
        step_name from saga_instance where saga = $1 and id = $2";
    SAVE = "update saga_instance set state = $4, step = $5, step_name = $6, attempts = $7, is_stuck = $8,
            is_cancelled = $9, due = $10, deadline = $11, reason = $12, last_error = $13, data = $14, signals = $15,
            token = $16, revision = revision + 1, moved_at = $17, ended_at = $18
        where saga = $1 and id = $2 and revision = $3";
    TELL = "insert into saga_history (saga, id, happened_at, what, step, detail) values ($1, $2, $3, $4, $5, $6)";
    HISTORY = "select happened_at, what, step, detail from saga_history where saga = $1 and id = $2 order by entry";
    DUE = "select id, due from saga_instance
        where saga = $1 and version = $2 and shape = $3 and ended_at is null and due is not null
        order by due, id limit $4";
    COUNTS = "select state, is_stuck, count(*) from saga_instance
        where saga = $1 and version = $2 and shape = $3 and ended_at is null
        group by state, is_stuck order by state, is_stuck";
    LIVE = "select version, shape, count(*) from saga_instance
        where saga = $1 and ended_at is null group by version, shape order by version, shape";
    STUCK = "select id from saga_instance where saga = $1 and ended_at is null and is_stuck = 1
        order by moved_at, id limit $2";
    UNDER_WAY = "select saga, version, id, correlation, state, step_name, attempts, is_stuck, last_error, started_at,
        moved_at from saga_instance where saga = $1 and ended_at is null and is_stuck >= $2
        order by is_stuck desc, moved_at, id limit $3";
    OF_PROCESSES = "select id from saga_instance
        where saga = $1 and correlation in ($2, $3, $4, $5, $6, $7, $8, $9) order by started_at, id limit $10";
    COUNT = "select count(*), cast(coalesce(sum(is_stuck), 0) as bigint) from saga_instance
        where saga = $1 and ended_at is null";
    PRUNE_HISTORY = "delete from saga_history where saga = $1 and id in
        (select id from saga_instance where saga = $1 and ended_at < $2 order by ended_at, id limit $3)";
    PRUNE = "delete from saga_instance where saga = $1 and id in
        (select id from saga_instance where saga = $1 and ended_at < $2 order by ended_at, id limit $3)";
}

/// One instance.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) saga: String,
    pub(crate) id: Id,
    pub(crate) version: u32,
    pub(crate) shape: String,
    pub(crate) progress: Progress,
    /// The name of its step; empty once it is done.
    pub(crate) step: String,
    pub(crate) data: Value,
    pub(crate) correlation: Id,
    pub(crate) traceparent: String,
    pub(crate) token: i64,
    revision: i64,
    pub(crate) started_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

/// A value that is written in kebab case.
struct Word<T>(T);

impl<T: serde::de::DeserializeOwned> FromColumn for Word<T> {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        let text = Value::String(String::from_column(column)?);
        let word = serde_json::from_value(text).map(Self);
        word.map_err(|error| DbError::Column { message: error.to_string() })
    }
}

impl FromRow for Instance {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let step: u32 = row.get(5)?;
        let Json(signals) = row.get::<Json<BTreeMap<String, Value>>>(14)?;
        let progress = Progress {
            state: row.get::<Word<State>>(4)?.0,
            step: usize::try_from(step).unwrap_or(usize::MAX),
            attempts: row.get(6)?,
            is_stuck: row.get(7)?,
            is_cancelled: row.get(8)?,
            due: row.get(9)?,
            deadline: row.get(10)?,
            reason: row.get::<Option<Json<Reason>>>(11)?.map(|reason| reason.0),
            last_error: row.get(12)?,
            signals,
        };
        Ok(Self {
            saga: row.get(0)?,
            id: row.get(1)?,
            version: row.get(2)?,
            shape: row.get(3)?,
            progress,
            data: row.get::<Json<Value>>(13)?.0,
            correlation: row.get(15)?,
            traceparent: row.get(16)?,
            token: row.get(17)?,
            revision: row.get(18)?,
            started_at: row.get(19)?,
            ended_at: row.get(20)?,
            step: row.get(21)?,
        })
    }
}

impl Instance {
    /// Whether it began with this definition.
    pub(crate) fn fits(&self, outline: &Outline, shape: &str) -> bool {
        self.version == outline.version && self.shape == shape
    }
}

/// Writes down a new instance; `false` when there is one of this id.
pub(crate) async fn start(
    tx: &mut Tx,
    (outline, shape): (&Outline, &str),
    id: Id,
    data: &Value,
    progress: &Progress,
) -> Result<bool, DbError> {
    let Some(context) = tx.context().cloned() else {
        return Err(DbError::Column { message: format!("{} was started without a context", outline.saga) });
    };
    let (now, trace, saga) = (tx.now(), context.trace.to_string(), outline.saga);
    let (first, lease) = (outline.name_of(0), turn_lease(saga, outline.version));
    let (data, signals, correlation) = (Json(data), Json(&progress.signals), context.correlation);
    let (version, due, deadline) = (outline.version, progress.due, progress.deadline);
    let values = params![
        saga,
        id,
        version,
        shape,
        first,
        due,
        deadline,
        data,
        signals,
        correlation,
        trace,
        lease,
        now,
        now
    ];
    if tx.execute(&START, values).await? == 0 {
        return Ok(false);
    }
    tell(tx, saga, id, vec![(What::Started, None, None)]).await?;
    tx.signal_key(TOPIC, saga.to_owned());
    Ok(true)
}

/// Reads an instance within a transaction.
pub(crate) async fn find(tx: &mut Tx, saga: &str, id: Id) -> Result<Option<Instance>, DbError> {
    tx.query_optional(&FIND, params![saga, id]).await
}

/// Reads an instance.
pub(crate) async fn look(db: &Db, saga: &str, id: Id) -> Result<Option<Instance>, DbError> {
    db.query_optional(&FIND, params![saga, id]).await
}

/// Writes an instance, if nobody wrote it since it was read, and what happened to it.
pub(crate) async fn save(
    tx: &mut Tx,
    outline: Option<&Outline>,
    instance: &mut Instance,
    told: Told,
) -> Result<(), DbError> {
    let now = tx.now();
    if instance.progress.has_ended() {
        instance.ended_at = Some(now);
    }
    if let Some(outline) = outline {
        instance.step = outline.name_of(instance.progress.step).to_owned();
    }
    let Instance { saga, id, progress, data, token, revision, ended_at, .. } = &*instance;
    let Progress { step, attempts, is_stuck, is_cancelled, due, deadline, .. } = progress;
    let (number, name) = (i64::try_from(*step).unwrap_or(i64::MAX), &instance.step);
    let (state, error) = (progress.state.name(), progress.last_error.as_deref().map(shortened));
    let (stuck, cancelled) = (i64::from(*is_stuck), i64::from(*is_cancelled));
    let (reason, signals) = (progress.reason.as_ref().map(Json), Json(&progress.signals));
    let data = Json(data);
    let values = params![
        saga, id, revision, state, number, name, attempts, stuck, cancelled, due, deadline, reason, error,
        data, signals, token, now, ended_at
    ];
    if tx.execute(&SAVE, values).await? == 0 {
        // The next run of the work reads what the other has written.
        return Err(tx.conflict());
    }
    instance.revision += 1;
    let (saga, id) = (instance.saga.clone(), instance.id);
    tell(tx, &saga, id, told).await
}

async fn tell(tx: &mut Tx, saga: &str, id: Id, told: Told) -> Result<(), DbError> {
    let now = tx.now();
    for (what, step, detail) in told {
        let detail = detail.as_deref().map(shortened);
        tx.execute(&TELL, params![saga, id, now, what.name(), step, detail]).await?;
    }
    Ok(())
}

impl FromRow for Happened {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let what = row.get::<Word<What>>(1)?.0;
        Ok(Self { at: row.get(0)?, what, step: row.get(2)?, detail: row.get(3)? })
    }
}

/// What happened to an instance, oldest first.
pub(crate) async fn happened(db: &Db, saga: &str, id: Id) -> Result<Vec<Happened>, DbError> {
    db.query(&HISTORY, params![saga, id]).await
}

/// Instances in the sequence in which there is something to do for them, and when.
pub(crate) async fn due(
    db: &Db,
    (outline, shape): (&Outline, &str),
    limit: u32,
) -> Result<Vec<(Id, Timestamp)>, DbError> {
    db.query(&DUE, params![outline.saga, outline.version, shape, limit]).await
}

/// How many instances of one definition run, are undone, and are stuck.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) running: i64,
    pub(crate) undoing: i64,
    pub(crate) stuck: i64,
}

pub(crate) async fn counts(db: &Db, outline: &Outline, shape: &str) -> Result<Counts, DbError> {
    let values = params![outline.saga, outline.version, shape];
    let rows: Vec<(Word<State>, bool, i64)> = db.query(&COUNTS, values).await?;
    let mut counts = Counts::default();
    for (Word(state), is_stuck, count) in rows {
        match state {
            State::Undoing => counts.undoing += count,
            State::Running | State::Done | State::Undone => counts.running += count,
        }
        counts.stuck += if is_stuck { count } else { 0 };
    }
    Ok(counts)
}

/// The definitions that instances under way began with: version, shape, and how many.
pub(crate) async fn live(db: &Db, saga: &str) -> Result<Vec<(u32, String, i64)>, DbError> {
    db.query(&LIVE, params![saga]).await
}

/// The instances that are stuck, longest first.
pub(crate) async fn stuck(db: &Db, saga: &str, limit: u16) -> Result<Vec<Id>, DbError> {
    let rows: Vec<(Id,)> = db.query(&STUCK, params![saga, limit]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

impl FromRow for UnderWay {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            saga: row.get(0)?,
            version: row.get(1)?,
            id: row.get(2)?,
            correlation: row.get(3)?,
            state: row.get::<Word<State>>(4)?.0,
            step: row.get(5)?,
            attempts: row.get(6)?,
            is_stuck: row.get(7)?,
            last_error: row.get(8)?,
            started_at: row.get(9)?,
            moved_at: row.get(10)?,
        })
    }
}

/// Instances that have not ended, those that are stuck first, then by when they last moved.
pub(crate) async fn under_way(
    db: &Db,
    saga: &str,
    only_stuck: bool,
    limit: u16,
) -> Result<Vec<UnderWay>, DbError> {
    db.query(&UNDER_WAY, params![saga, i64::from(only_stuck), limit]).await
}

/// The instances of up to eight processes; the table is read through for them.
pub(crate) async fn of_processes(
    db: &Db,
    saga: &str,
    correlations: &[Id],
    limit: u16,
) -> Result<Vec<Id>, DbError> {
    let Some(last) = correlations.last().copied() else { return Ok(Vec::new()) };
    // An id that is asked for twice is found once.
    let id = |at: usize| correlations.get(at).copied().unwrap_or(last);
    let (a, b, c, d) = (id(0), id(1), id(2), id(3));
    let (e, f, g, h) = (id(4), id(5), id(6), id(7));
    let rows: Vec<(Id,)> = db.query(&OF_PROCESSES, params![saga, a, b, c, d, e, f, g, h, limit]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// How many instances have not ended, and how many of them are stuck.
pub(crate) async fn count(db: &Db, saga: &str) -> Result<(i64, i64), DbError> {
    Ok(db.query_optional(&COUNT, params![saga]).await?.unwrap_or_default())
}

/// Removes up to `limit` instances that ended before `before`, and what happened to them; gives how many.
pub(crate) async fn prune(tx: &mut Tx, saga: &str, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    tx.execute(&PRUNE_HISTORY, params![saga, before, limit]).await?;
    tx.execute(&PRUNE, params![saga, before, limit]).await
}

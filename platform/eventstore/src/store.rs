//! Streams in the service's own database.

use tradewind_db::{DbError, Evidence, FromRow, Json, Migration, MigrationSet, Row, Tx, params, sql};

use crate::{Aggregate, DomainEvent, Snapshots, mutants, read_event};

/// The tables of the streams.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    component: "eventstore",
    migrations: &[
        Migration {
            version: 1,
            name: "create_stream_event",
            text: "create table stream_event (
                   stream text not null,
                   version bigint not null,
                   type text not null,
                   data {json} not null,
                   recorded_at bigint not null,
                   primary key (stream, version)
               );",
        },
        Migration {
            version: 2,
            name: "add_event_versions_and_snapshots",
            text: "alter table stream_event add column type_version bigint not null default 1;
                create table stream_snapshot (
                    stream text primary key,
                    version bigint not null,
                    fingerprint text not null,
                    state {json} not null,
                    taken_at bigint not null
                );",
        },
    ],
};

sql! {
    LOAD = "select version, type, type_version, data from stream_event where stream = $1 order by version";
    LOAD_BY_TIME = "select version, type, type_version, data from stream_event where stream = $1
        order by recorded_at";
    /// A snapshot comes first, as a row without a type, and only what followed it comes behind.
    LOAD_FROM_SNAPSHOT = "select version, type, type_version, data from stream_event where stream = $1
            and version > coalesce((select version from stream_snapshot where stream = $1 and fingerprint = $2), 0)
        union all
        select version, '', 0, state from stream_snapshot where stream = $1 and fingerprint = $2
        order by 1";
    APPEND = "insert into stream_event (stream, version, type, type_version, data, recorded_at)
        values ($1, $2, $3, $4, $5, $6) on conflict (stream, version) do nothing";
    KEEP = "insert into stream_snapshot (stream, version, fingerprint, state, taken_at) values ($1, $2, $3, $4, $5)
        on conflict (stream) do update set version = excluded.version, fingerprint = excluded.fingerprint,
            state = excluded.state, taken_at = excluded.taken_at";
    SHOWN = "select stream, version, type from stream_event order by stream, version";
    SHOWN_SNAPSHOTS = "select stream, version, fingerprint from stream_snapshot order by stream";
}

/// What is shown of the streams, to be checked from outside. The states in snapshots are not: whoever has some shows
/// what may be seen of them.
pub static EVIDENCE: &[Evidence] = &[
    Evidence { table: "stream_event", rows: &SHOWN },
    Evidence { table: "stream_snapshot", rows: &SHOWN_SNAPSHOTS },
];

/// An object as its events say it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded<A> {
    /// Its state; the default state when the stream is empty.
    pub state: A,
    /// The version of its last event; 0 when the stream is empty.
    pub version: i64,
}

/// An event, or a snapshot when it has no type.
struct Kept {
    version: i64,
    name: String,
    type_version: u32,
    data: String,
}

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { version: row.get(0)?, name: row.get(1)?, type_version: row.get(2)?, data: row.get(3)? })
    }
}

/// Folds a stream into a state: from its snapshot on, where there is one that can be believed.
///
/// # Errors
/// Any failure of the database, and [`DbError::Column`] when an event cannot be read.
pub async fn load<A: Aggregate>(tx: &mut Tx, stream: &str) -> Result<Loaded<A>, DbError> {
    let Some(snapshots) = A::snapshots().filter(|_| !mutants::BY_TIME.is_planted()) else {
        return replay(tx, stream).await;
    };
    let kept: Vec<Kept> = tx.query(&LOAD_FROM_SNAPSHOT, params![stream, snapshots.fingerprint()]).await?;
    fold(stream, kept, Some(snapshots))
}

/// Folds a whole stream into a state, whatever snapshots there are.
///
/// # Errors
/// As [`load`].
pub async fn replay<A: Aggregate>(tx: &mut Tx, stream: &str) -> Result<Loaded<A>, DbError> {
    let statement = if mutants::BY_TIME.is_planted() { &LOAD_BY_TIME } else { &LOAD };
    let kept: Vec<Kept> = tx.query(statement, params![stream]).await?;
    fold(stream, kept, None)
}

fn fold<A: Aggregate>(
    stream: &str,
    kept: Vec<Kept>,
    snapshots: Option<&Snapshots<A>>,
) -> Result<Loaded<A>, DbError> {
    let mut loaded = Loaded { state: A::default(), version: 0 };
    for Kept { version, name, type_version, data } in kept {
        if let (0, Some(snapshots)) = (type_version, snapshots) {
            let wrong = |error| DbError::Column { message: format!("the snapshot of {stream}: {error}") };
            loaded = Loaded { state: snapshots.read(&data).map_err(wrong)?, version };
            continue;
        }
        if version != loaded.version + 1 {
            let message = format!("stream {stream} has no version {}", loaded.version + 1);
            return Err(DbError::Column { message });
        }
        let event: A::Event = read_event(&name, type_version, &data)?;
        loaded = Loaded { state: loaded.state.apply(&event), version };
    }
    Ok(loaded)
}

/// Appends `events` behind version `expected` and gives the new version. Where the stream has grown enough since its
/// last snapshot, the next one is taken in the same transaction.
///
/// # Errors
/// [`DbError::Conflict`] when the stream has grown since, which runs the whole work again; any other
/// failure of the database.
pub async fn append<A: Aggregate>(
    tx: &mut Tx,
    stream: &str,
    expected: i64,
    events: &[A::Event],
) -> Result<i64, DbError> {
    let now = tx.now();
    let mut version = expected;
    for event in events {
        if mutants::LAST_LOST.is_planted() && version > expected {
            break;
        }
        version += 1;
        let (name, type_version, data) = (event.name(), event.version(), Json(event));
        let values = params![stream, version, name, type_version, data, now];
        if tx.execute(&APPEND, values).await? == 0 {
            return Err(tx.conflict());
        }
    }
    match A::snapshots() {
        Some(snapshots) if snapshots.is_due(expected, version) => keep(tx, stream, snapshots).await?,
        _ => {}
    }
    Ok(version)
}

/// Takes a snapshot of what a stream is now: from what is stored, not from what somebody has in hand.
async fn keep<A: Aggregate>(tx: &mut Tx, stream: &str, snapshots: &Snapshots<A>) -> Result<(), DbError> {
    let Loaded { state, mut version }: Loaded<A> = load(tx, stream).await?;
    if mutants::SNAPSHOT_AHEAD.is_planted() {
        version += 1;
    }
    let state = snapshots.write(&state).map_err(|message| DbError::Column { message })?;
    let (fingerprint, now) = (snapshots.fingerprint(), tx.now());
    tx.execute(&KEEP, params![stream, version, fingerprint, state, now]).await.map(drop)
}

//! Streams in the service's own database.

use tradewind_db::{DbError, Evidence, Json, Migration, MigrationSet, Tx, params, sql};

use crate::{Aggregate, DomainEvent, mutants};

/// The table of the streams.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    component: "eventstore",
    migrations: &[Migration {
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
    }],
};

sql! {
    LOAD = "select version, data from stream_event where stream = $1 order by version";
    LOAD_BY_TIME = "select version, data from stream_event where stream = $1 order by recorded_at";
    APPEND = "insert into stream_event (stream, version, type, data, recorded_at)
        values ($1, $2, $3, $4, $5) on conflict (stream, version) do nothing";
    SHOWN = "select stream, version, type from stream_event order by stream, version";
}

/// What is shown of the streams, to be checked from outside.
pub static EVIDENCE: &[Evidence] = &[Evidence { table: "stream_event", rows: &SHOWN }];

/// An object as its events say it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded<A> {
    /// Its state; the default state when the stream is empty.
    pub state: A,
    /// The version of its last event; 0 when the stream is empty.
    pub version: i64,
}

/// Folds a stream into a state.
///
/// # Errors
/// Any failure of the database, and [`DbError::Column`] when an event cannot be read.
pub async fn load<A: Aggregate>(tx: &mut Tx, stream: &str) -> Result<Loaded<A>, DbError> {
    let statement = if mutants::BY_TIME.is_planted() { &LOAD_BY_TIME } else { &LOAD };
    let rows: Vec<(i64, Json<A::Event>)> = tx.query(statement, params![stream]).await?;
    let mut loaded = Loaded { state: A::default(), version: 0 };
    for (version, Json(event)) in rows {
        if version != loaded.version + 1 {
            let message = format!("stream {stream} has no version {}", loaded.version + 1);
            return Err(DbError::Column { message });
        }
        loaded = Loaded { state: loaded.state.apply(&event), version };
    }
    Ok(loaded)
}

/// Appends `events` behind version `expected` and gives the new version.
///
/// # Errors
/// [`DbError::Conflict`] when the stream has grown since, which runs the whole work again; any other
/// failure of the database.
pub async fn append<E: DomainEvent>(
    tx: &mut Tx,
    stream: &str,
    expected: i64,
    events: &[E],
) -> Result<i64, DbError> {
    let now = tx.now();
    let mut version = expected;
    for event in events {
        if mutants::LAST_LOST.is_planted() && version > expected {
            break;
        }
        version += 1;
        let written = tx.execute(&APPEND, params![stream, version, event.name(), Json(event), now]).await?;
        if written == 0 {
            return Err(tx.conflict());
        }
    }
    Ok(version)
}

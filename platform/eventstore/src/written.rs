//! Reading many streams, one after the other, for whoever makes something of all of them.

use tradewind_db::{DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::Timestamp;

use crate::{DomainEvent, read_event};

sql! {
    AFTER = "select stream, version, type, type_version, data, recorded_at from stream_event
        where stream > $1 and substr(stream, 1, $2) = $3 order by stream, version limit $4";
    COUNT = "select count(*) from stream_event where substr(stream, 1, $1) = $2";
}

/// An event as it was written, with where and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The stream that it is part of.
    pub stream: String,
    /// Its number there.
    pub version: i64,
    /// When it was written.
    pub at: Timestamp,
    name: String,
    type_version: u32,
    data: String,
}

impl Written {
    /// The event as this program knows it.
    ///
    /// # Errors
    /// As [`read_event`].
    pub fn read<E: DomainEvent>(&self) -> Result<E, DbError> {
        read_event(&self.name, self.type_version, &self.data)
    }
}

impl FromRow for Written {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            stream: row.get(0)?,
            version: row.get(1)?,
            at: row.get(5)?,
            name: row.get(2)?,
            type_version: row.get(3)?,
            data: row.get(4)?,
        })
    }
}

/// The events of the streams behind `after` whose names begin with `prefix`, whole streams only: at least `least`
/// events, unless there are no more, and more only where one stream alone is longer.
///
/// # Errors
/// Any failure of the database; the transaction is lost then.
pub async fn streams_after(
    tx: &mut Tx,
    after: &str,
    prefix: &str,
    least: u32,
) -> Result<(Vec<Written>, bool), DbError> {
    let mut limit = least.max(1);
    loop {
        let length = i64::try_from(prefix.len()).unwrap_or(i64::MAX);
        let mut found: Vec<Written> = tx.query(&AFTER, params![after, length, prefix, limit]).await?;
        if found.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
            return Ok((found, true));
        }
        // The last stream may go on behind the limit: it comes whole next time.
        let cut = found.last().map(|last| last.stream.clone()).unwrap_or_default();
        let whole = found.partition_point(|written| written.stream != cut);
        if whole > 0 {
            found.truncate(whole);
            return Ok((found, false));
        }
        limit = limit.saturating_mul(2);
    }
}

/// How many events there are in streams whose names begin with `prefix`.
///
/// # Errors
/// Any failure of the database; the transaction is lost then.
pub async fn count_events(tx: &mut Tx, prefix: &str) -> Result<i64, DbError> {
    let length = i64::try_from(prefix.len()).unwrap_or(i64::MAX);
    tx.query_one::<(i64,)>(&COUNT, params![length, prefix]).await.map(|(count,)| count)
}

//! What was answered to which key, kept in the service's own database.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use tradewind_db::{DbError, Evidence, FromRow, Json, Migration, MigrationSet, Row, Tx, Work, params, sql};
use tradewind_problem::Problem;

use crate::http::Reply;
use crate::http::reply::Content;

/// How long an answer is kept.
pub(crate) const RETENTION: Duration = Duration::from_secs(48 * 3600);

/// Rows removed at a time: a bound on how long the writer is held.
pub(crate) const PRUNE_LIMIT: u32 = 2_000;

/// The table of answers.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    component: "idempotency",
    migrations: &[Migration {
        version: 1,
        name: "create_idempotency",
        text: "create table idempotency (
                   scope text not null,
                   key text not null,
                   fingerprint {bytes} not null,
                   status integer not null,
                   headers {json} not null,
                   body text not null,
                   recorded_at bigint not null,
                   primary key (scope, key)
               );
               create index idempotency_recorded_at on idempotency (recorded_at);",
    }],
};

sql! {
    FIND = "select fingerprint, status, headers, body from idempotency where scope = $1 and key = $2";
    RECORD = "insert into idempotency (scope, key, fingerprint, status, headers, body, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7)";
    SHOWN = "select scope, key, status, headers, recorded_at from idempotency order by scope, key";
    PRUNE = "delete from idempotency where (scope, key) in
        (select scope, key from idempotency where recorded_at < $1 order by recorded_at limit $2)";
}

/// What is shown to be checked: which key got which answer.
pub static EVIDENCE: &[Evidence] = &[Evidence { table: "idempotency", rows: &SHOWN }];

/// Which answer is meant: who asked, what for, under which key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) scope: String,
    pub(crate) key: String,
    pub(crate) fingerprint: [u8; 32],
}

/// An answer that can be given again, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) fingerprint: Vec<u8>,
    status: u16,
    headers: Headers,
    body: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Headers(Vec<(String, String)>);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(headers) = row.get(2)?;
        Ok(Self { fingerprint: row.get(0)?, status: row.get(1)?, headers, body: row.get(3)? })
    }
}

impl Stored {
    /// The answer to keep for a reply or a refusal.
    pub(crate) fn of(key: &Key, outcome: &Result<Reply, Problem>) -> Result<Self, Problem> {
        let (status, headers, bytes) = match outcome {
            Ok(reply) => match &reply.content {
                Content::Bytes(bytes) => (reply.status, reply.headers.clone(), bytes.clone()),
                Content::Stream(_) => return Err(Problem::internal("a stream cannot be kept for a replay")),
            },
            Err(problem) => {
                let (parts, bytes) = problem.to_response().into_parts();
                (parts.status, parts.headers, bytes)
            }
        };
        let texts =
            headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())));
        let body = String::from_utf8(bytes.to_vec()).map_err(Problem::internal)?;
        let headers = Headers(texts.collect());
        Ok(Self { fingerprint: key.fingerprint.to_vec(), status: status.as_u16(), headers, body })
    }

    pub(crate) fn into_reply(self) -> Reply {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.0 {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Reply { status, headers, content: Content::Bytes(Bytes::from(self.body)), label: None }
    }
}

pub(crate) async fn find(tx: &mut Tx, key: &Key) -> Result<Option<Stored>, DbError> {
    tx.query_optional(&FIND, params![key.scope, key.key]).await
}

pub(crate) async fn record(tx: &mut Tx, key: &Key, stored: &Stored) -> Result<(), DbError> {
    let now = tx.now();
    let headers = Json(&stored.headers);
    let values = params![key.scope, key.key, stored.fingerprint, stored.status, headers, stored.body, now];
    tx.execute(&RECORD, values).await.map(drop)
}

/// Removes answers past their time; gives how many.
pub(crate) fn prune() -> impl Work<Output = u64, Error = DbError> {
    tradewind_db::work(|tx| {
        let before = tx.now().minus(RETENTION);
        Box::pin(async move { tx.execute(&PRUNE, params![before, PRUNE_LIMIT]).await })
    })
}

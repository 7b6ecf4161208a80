//! A chain in the database of its service.

use tradewind_db::{Db, DbError, FromRow, Row, Tx, Work, params, sql};
use tradewind_kernel::{Id, Timestamp};

use crate::digest::Digest;
use crate::document::Document;
use crate::encode::{genesis, hash};
use crate::entry::Entry;
use crate::record::{Actor, Head, Record, Role, Target};

/// The most records of one answer.
pub const MAX_PAGE: u16 = 500;

sql! {
    /// Takes the end of the chain for this transaction: on the served engine whoever else records waits here, and finds
    /// a concurrent change.
    TAKE_HEAD = "insert into audit_head (place, records, hash) values (1, 0, $1)
        on conflict (place) do update set records = audit_head.records returning records, hash";
    /// What a run begins with that met such a change, so that it is not overtaken again.
    WAIT = {
        postgres: "select records from audit_head where place = 1 for update",
        sqlite: "select records from audit_head where place = 1",
    };
    APPEND = "insert into audit_record (sequence, at, role, actor, on_behalf_of, action, target_kind, target_id, before,
        after, correlation, trace_id, outcome, previous, hash)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    MOVE_HEAD = "update audit_head set records = cast($1 as bigint), hash = $2
        where place = 1 and records = cast($1 as bigint) - 1";
    HEAD = "select records, hash from audit_head where place = 1";
    AFTER = "select sequence, at, role, actor, on_behalf_of, action, target_kind, target_id, before, after, correlation,
        trace_id, outcome, previous, hash from audit_record where sequence > $1 order by sequence limit $2";
    /// A filter that is empty lets everything through.
    LIST = "select sequence, at, role, actor, on_behalf_of, action, target_kind, target_id, before, after, correlation,
        trace_id, outcome, previous, hash from audit_record
        where sequence < $1
        and (cast($2 as text) = '' or actor = $2)
        and (cast($3 as text) = '' or action = $3)
        and (cast($4 as text) = '' or target_kind = $4)
        and (cast($5 as text) = '' or target_id = $5)
        order by sequence desc limit $6";
}

/// Which records are wanted; an empty text is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The person or service who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The kind of what it was done to.
    pub target_kind: String,
    /// What it was done to.
    pub target_id: String,
}

#[derive(Clone, Copy)]
struct End {
    records: i64,
    hash: Digest,
}

impl FromRow for End {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { records: row.get(0)?, hash: digest(row, 1)? })
    }
}

fn digest(row: &Row<'_>, column: usize) -> Result<Digest, DbError> {
    let bytes: Vec<u8> = row.get(column)?;
    let bytes = <[u8; 32]>::try_from(bytes.as_slice());
    bytes.map(Digest::from_bytes).map_err(|_| damaged("a hash has 32 bytes"))
}

fn damaged(what: &str) -> DbError {
    DbError::Column { message: what.to_owned() }
}

impl FromRow for Record {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let role: String = row.get(2)?;
        let on_behalf_of: Option<String> = row.get(4)?;
        let on_behalf_of = on_behalf_of.map(|id| id.parse::<Id>()).transpose();
        let actor = Actor {
            role: Role::named(&role).ok_or_else(|| damaged("a role that nobody has"))?,
            id: row.get(3)?,
            on_behalf_of: on_behalf_of.map_err(|_| damaged("expected an id"))?,
        };
        let (correlation, outcome): (String, String) = (row.get(10)?, row.get(12)?);
        Ok(Self {
            sequence: row.get(0)?,
            at: row.get::<Timestamp>(1)?,
            actor,
            action: row.get(5)?,
            target: Target { kind: row.get(6)?, id: row.get(7)? },
            before: row.get::<Option<String>>(8)?.map(Document::stored),
            after: row.get::<Option<String>>(9)?.map(Document::stored),
            correlation: correlation.parse().map_err(|_| damaged("expected an id"))?,
            trace_id: row.get(11)?,
            outcome: outcome.parse().map_err(damaged)?,
            previous: digest(row, 13)?,
            hash: digest(row, 14)?,
        })
    }
}

/// Records `entry` at the end of `chain`, in the transaction of what it tells of: both are there, or neither.
///
/// Who, when and within which request comes from the transaction.
///
/// # Errors
/// Any of the engine's failures; the transaction is lost then.
pub async fn record(tx: &mut Tx, chain: &str, entry: Entry) -> Result<Record, DbError> {
    tx.begin_again_with(&WAIT);
    let beginning = genesis(chain);
    let end: End = tx.query_one(&TAKE_HEAD, params![beginning.as_bytes().as_slice()]).await?;
    let record = made(tx, chain, end, entry);
    let Record { sequence, at, actor, action, target, before, after, .. } = &record;
    let on_behalf_of = actor.on_behalf_of.map(|id| id.to_string());
    let (before, after) = (before.as_ref().map(Document::as_str), after.as_ref().map(Document::as_str));
    let (correlation, outcome) = (record.correlation.to_string(), record.outcome.to_string());
    let (role, trace_id) = (actor.role.name(), &record.trace_id);
    let (previous, own) = (record.previous.as_bytes().as_slice(), record.hash.as_bytes().as_slice());
    let values = params![
        *sequence,
        *at,
        role,
        actor.id,
        on_behalf_of,
        action,
        target.kind,
        target.id,
        before,
        after,
        correlation,
        trace_id,
        outcome,
        previous,
        own,
    ];
    tx.execute(&APPEND, values).await?;
    match tx.execute(&MOVE_HEAD, params![*sequence, own]).await? {
        1 => Ok(record),
        _ => Err(tx.conflict()),
    }
}

/// The record, before it is written.
fn made(tx: &Tx, chain: &str, end: End, entry: Entry) -> Record {
    let Entry { action, target, on_behalf_of, before, after, outcome } = entry;
    let context = tx.context();
    let mut record = Record {
        sequence: end.records.saturating_add(1),
        at: tx.now(),
        actor: Actor::of(context.map(|context| &context.principal), on_behalf_of),
        action: action.to_owned(),
        target,
        before: before.map(|facts| facts.document()),
        after: after.map(|facts| facts.document()),
        correlation: context.map_or(Id::from_u128(0), |context| context.correlation),
        trace_id: context.map(|context| context.trace.trace_id()).unwrap_or_default(),
        outcome,
        previous: end.hash,
        hash: end.hash,
    };
    record.hash = hash(chain, &record);
    record
}

/// Something to record that changes nothing else, such as a refusal.
#[derive(Debug, Clone)]
pub struct Noted {
    chain: &'static str,
    entry: Entry,
}

impl Noted {
    /// `entry` in `chain`.
    #[must_use]
    pub fn new(chain: &'static str, entry: Entry) -> Self {
        Self { chain, entry }
    }
}

impl Work for Noted {
    type Output = Record;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Record, DbError> {
        record(tx, self.chain, self.entry.clone()).await
    }
}

/// How far `chain` has grown.
///
/// # Errors
/// Any of the engine's failures.
pub async fn head(db: &Db, chain: &str) -> Result<Head, DbError> {
    let end: Option<End> = db.query_optional(&HEAD, &[]).await?;
    let End { records, hash } = end.unwrap_or(End { records: 0, hash: genesis(chain) });
    Ok(Head { chain: chain.to_owned(), records, hash })
}

/// Records after number `after`, oldest first.
///
/// # Errors
/// Any of the engine's failures.
pub async fn after(db: &Db, after: i64, limit: u16) -> Result<Vec<Record>, DbError> {
    db.query(&AFTER, params![after, limit.min(MAX_PAGE)]).await
}

/// Records before number `before`, newest first, as far as they pass the filter.
///
/// # Errors
/// Any of the engine's failures.
pub async fn list(db: &Db, filter: &Filter, before: i64, limit: u16) -> Result<Vec<Record>, DbError> {
    let Filter { actor, action, target_kind, target_id } = filter;
    let limit = limit.min(MAX_PAGE);
    db.query(&LIST, params![before, actor, action, target_kind, target_id, limit]).await
}

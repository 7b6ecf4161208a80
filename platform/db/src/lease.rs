//! Leases: who of several may do something now, and how the writes of all others are kept out.
//!
//! A lease is a row with a holder, an end and a *fencing token*. Whoever takes a lease gets a token greater than
//! every token before it, and shows it with each write that the lease protects ([`check`] or [`renew`], within the
//! write's own transaction). The end only says when others may try; the token decides. A holder that slept past
//! its end, or whose clock is wrong, is refused as soon as somebody else has taken the lease, and not before.
//!
//! What time it is, is up to whoever keeps the rows: PostgreSQL's clock there, this machine's for the embedded engine.
//! Holders whose own clocks differ by more than a lease lasts would otherwise take it from each other all the time.
//!
//! Rows are never deleted: the token would begin anew.

use std::time::Duration;

use tradewind_kernel::{Clock, Timestamp};

use crate::{Db, DbError, Engine, FromRow, Migration, MigrationSet, Row, Tx, mutants, params};

/// The signal raised after a lease was given back, and by those who move what a lease protects.
pub const TOPIC: &str = "lease";

/// The table of leases.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    component: "leases",
    migrations: &[Migration {
        version: 1,
        name: "create_lease",
        text: "create table lease (
                   name text primary key,
                   holder text not null,
                   token bigint not null,
                   lasts bigint not null,
                   expires_at bigint not null
               );",
    }],
};

/// The end of a lease that was given back.
const GIVEN_BACK: Timestamp = Timestamp::from_micros(i64::MIN);

crate::sql! {
    FIND = {
        postgres: "select holder, token, lasts, expires_at,
            (extract(epoch from clock_timestamp()) * 1000000)::bigint + $2 from lease where name = $1",
        sqlite: "select holder, token, lasts, expires_at, $2 from lease where name = $1",
    };
    NOW = {
        postgres: "select (extract(epoch from clock_timestamp()) * 1000000)::bigint + $1",
        sqlite: "select $1",
    };
    TAKE = "insert into lease (name, holder, token, lasts, expires_at) values ($1, $2, 1, $3, $4)
        on conflict (name) do update set holder = excluded.holder, token = lease.token + 1,
            lasts = excluded.lasts, expires_at = excluded.expires_at
        where lease.token = $5 and lease.expires_at = $6
        returning token";
    SEIZE = "insert into lease (name, holder, token, lasts, expires_at) values ($1, $2, 1, $3, $4)
        on conflict (name) do update set holder = excluded.holder, token = lease.token + 1,
            lasts = excluded.lasts, expires_at = excluded.expires_at
        returning token";
    RENEW = "update lease set lasts = $3, expires_at = $4 where name = $1 and token = $2";
    RELEASE = "update lease set expires_at = $3 where name = $1 and token = $2";
    RELEASE_ALL = "update lease set expires_at = $2 where holder = $1 and expires_at > $2";
    /// The lock makes a takeover wait for this transaction, or this one notice it; the embedded engine has one
    /// writer at a time.
    CHECK = {
        postgres: "select token from lease where name = $1 for share",
        sqlite: "select token from lease where name = $1",
    };
    CHECK_WITHOUT_LOCK = "select token from lease where name = $1";
}

/// A lease as it was seen: by its token and its end it can be told whether anything happened to it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who has it.
    pub holder: String,
    /// Under which token.
    pub token: i64,
    /// How long it was taken or extended for, the last time.
    pub lasts: Duration,
    /// Until when, by the database's clock; long ago when it was given back.
    pub until: Timestamp,
    /// When it was seen, by the database's clock.
    pub seen: Timestamp,
}

/// What came of an attempt to take a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// It is the caller's.
    Ours {
        /// To be shown with every write that the lease protects.
        token: i64,
        /// When the hold of another ended that did not give it back: it may have died in the middle of its work.
        lapsed: Option<Timestamp>,
    },
    /// Another has it.
    Theirs(Held),
}

impl Held {
    /// Whether it had been given back or was past its end when it was seen.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.until <= self.seen
    }

    /// How long to wait, from when it was seen on, before taking it over. Never longer than it lasts, also when the
    /// database's clock was put back.
    #[must_use]
    pub fn wait(&self) -> Duration {
        self.until.since(self.seen).min(self.lasts)
    }

    /// Whether nothing happened to it from when `earlier` was seen until this was.
    #[must_use]
    pub fn is_unchanged_since(&self, earlier: &Self) -> bool {
        (self.token, self.until) == (earlier.token, earlier.until)
    }
}

impl FromRow for Held {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let lasts: i64 = row.get(2)?;
        let lasts = Duration::from_micros(u64::try_from(lasts).unwrap_or(0));
        Ok(Self { holder: row.get(0)?, token: row.get(1)?, lasts, until: row.get(3)?, seen: row.get(4)? })
    }
}

/// What the statements add the engine's own time to. The embedded engine has none, and takes this machine's: without
/// the error that a simulation gives to the clock of one process, as if all of them asked one server.
fn base(engine: Engine, clock: &Clock) -> Timestamp {
    match engine {
        Engine::Postgres => Timestamp::from_micros(0),
        Engine::Sqlite => clock.with_skew(0).now(),
    }
}

/// What time it is for leases.
async fn now(tx: &mut Tx, base: Timestamp) -> Result<Timestamp, DbError> {
    tx.query_one::<(Timestamp,)>(&NOW, params![base]).await.map(|(now,)| now)
}

/// Looks at a lease without taking it; `None` when nobody ever did.
///
/// # Errors
/// Any failure of the database.
pub async fn find(db: &Db, name: &str) -> Result<Option<Held>, DbError> {
    db.query_optional(&FIND, params![name, base(db.engine(), db.clock())]).await
}

/// Takes the lease called `name` for `holder` if nobody has it, if its end has passed, or if `holder` has it
/// already. Each time the token is a new one: of two that call themselves by the same name one is kept out.
///
/// `outwaited` is a lease that was seen and then waited for, as long as [`Held::wait`] said: if nothing happened to
/// it since, it is taken whatever its end says.
///
/// # Errors
/// Any failure of the database; the transaction is lost then.
pub async fn acquire(
    tx: &mut Tx,
    name: &str,
    holder: &str,
    ttl: Duration,
    outwaited: Option<&Held>,
) -> Result<Acquired, DbError> {
    let base = base(tx.engine(), tx.clock());
    acquire_at(tx, (name, holder, ttl), outwaited, base).await
}

async fn acquire_at(
    tx: &mut Tx,
    (name, holder, ttl): (&str, &str, Duration),
    outwaited: Option<&Held>,
    base: Timestamp,
) -> Result<Acquired, DbError> {
    let found: Option<Held> = tx.query_optional(&FIND, params![name, base]).await?;
    let is_over = |held: &Held| held.is_free() || outwaited.is_some_and(|seen| held.is_unchanged_since(seen));
    let lapsed = match &found {
        Some(held) if held.holder == holder || held.until == GIVEN_BACK => None,
        Some(held) if is_over(held) => Some(held.until.min(held.seen)),
        Some(held) => return Ok(Acquired::Theirs(held.clone())),
        None => None,
    };
    let (seen_token, seen_end, now) = match found {
        Some(held) => (held.token, held.until, held.seen),
        None => (0, GIVEN_BACK, now(tx, base).await?),
    };
    let (lasts, end) = (micros(ttl), now.plus(ttl));
    let values = params![name, holder, lasts, end, seen_token, seen_end];
    match tx.query_optional::<(i64,)>(&TAKE, values).await? {
        Some((token,)) => Ok(Acquired::Ours { token, lapsed }),
        // Somebody else was faster; the next run of the work sees it.
        None => Err(tx.conflict()),
    }
}

/// Takes the lease whoever has it, and gives the new token. After the commit no write under an older token can
/// commit; its holder finds out with its next write.
///
/// # Errors
/// Any failure of the database; the transaction is lost then.
pub async fn seize(tx: &mut Tx, name: &str, holder: &str, ttl: Duration) -> Result<i64, DbError> {
    let base = base(tx.engine(), tx.clock());
    let end = now(tx, base).await?.plus(ttl);
    let (token,) = tx.query_one::<(i64,)>(&SEIZE, params![name, holder, micros(ttl), end]).await?;
    Ok(token)
}

/// Extends the lease by `ttl` from now on, also past its end if nobody took it meanwhile; checks the token as
/// [`check`] does.
///
/// # Errors
/// [`DbError::Fenced`] when the lease was taken since; the transaction is lost then, as by any failure.
pub async fn renew(tx: &mut Tx, name: &str, token: i64, ttl: Duration) -> Result<(), DbError> {
    let base = base(tx.engine(), tx.clock());
    let now = now(tx, base).await?;
    renew_at(tx, name, token, ttl, now).await
}

async fn renew_at(tx: &mut Tx, name: &str, token: i64, ttl: Duration, now: Timestamp) -> Result<(), DbError> {
    match tx.execute(&RENEW, params![name, token, micros(ttl), now.plus(ttl)]).await? {
        0 => Err(tx.fenced(name)),
        _ => Ok(()),
    }
}

/// Gives the lease back: it ends at once, and its token stays used. One that was taken since is left alone.
///
/// # Errors
/// Any failure of the database; the transaction is lost then.
pub async fn release(tx: &mut Tx, name: &str, token: i64) -> Result<(), DbError> {
    if tx.execute(&RELEASE, params![name, token, GIVEN_BACK]).await? > 0 {
        tx.signal(TOPIC);
    }
    Ok(())
}

/// Gives back all that `holder` has, and tells how many that were.
///
/// # Errors
/// Any failure of the database; the transaction is lost then.
pub async fn release_all(tx: &mut Tx, holder: &str) -> Result<u64, DbError> {
    let released = tx.execute(&RELEASE_ALL, params![holder, GIVEN_BACK]).await?;
    if released > 0 {
        tx.signal(TOPIC);
    }
    Ok(released)
}

/// Fails the transaction if the lease was taken by anybody since `token` was given, and keeps it from being taken
/// until the transaction has ended.
///
/// # Errors
/// [`DbError::Fenced`] then, or any failure of the database; the transaction is lost.
pub async fn check(tx: &mut Tx, name: &str, token: i64) -> Result<(), DbError> {
    let statement = if mutants::CHECK_WITHOUT_LOCK.is_planted() { &CHECK_WITHOUT_LOCK } else { &CHECK };
    match tx.query_optional::<(i64,)>(statement, params![name]).await? {
        Some((current,)) if current == token => Ok(()),
        _ => Err(tx.fenced(name)),
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

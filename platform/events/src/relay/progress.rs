//! How far a relay has come: in the producer's database, and for metrics.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use tradewind_db::{Db, DbError, Tx, Work, params, sql};

use crate::turn::Pass;

sql! {
    FIND = "select position from event_relay where relay = $1";
    CREATE = "insert into event_relay (relay, position, moved_at) values ($1, $2, $3)
        on conflict (relay) do update set position = excluded.position, moved_at = excluded.moved_at";
    /// Moves only under the newest token; see the cursor of a subscription.
    MOVE = {
        postgres: "update event_relay set position = $3, moved_at = $4
            where relay = $1 and position = $2
            and exists (select 1 from lease where name = $5 and token = $6 for share)",
        sqlite: "update event_relay set position = $3, moved_at = $4
            where relay = $1 and position = $2
            and exists (select 1 from lease where name = $5 and token = $6)",
    };
}

/// How far a relay has come; read by metrics.
#[derive(Debug, Default)]
pub struct RelayProgress {
    position: AtomicI64,
    head: AtomicI64,
    relayed: AtomicU64,
    failures: AtomicU64,
    active: AtomicBool,
}

impl RelayProgress {
    /// The position up to which the other side has confirmed all events.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position.load(Ordering::Relaxed)
    }

    /// How many positions of the log are not confirmed, as far as the relay has seen the log; `None` while another
    /// replica does the work.
    #[must_use]
    pub fn behind(&self) -> Option<i64> {
        let behind = self.head.load(Ordering::Relaxed) - self.position();
        self.active.load(Ordering::Relaxed).then_some(behind.max(0))
    }

    /// Events handed over since the start; one that goes out twice counts twice.
    #[must_use]
    pub fn relayed(&self) -> u64 {
        self.relayed.load(Ordering::Relaxed)
    }

    /// How often the relay had to begin again since the start.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Whether this replica relays.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }

    pub(super) fn move_to(&self, position: i64) {
        self.position.store(position, Ordering::Relaxed);
        self.saw(position);
    }

    pub(super) fn saw(&self, head: i64) {
        self.head.fetch_max(head, Ordering::Relaxed);
    }

    pub(super) fn add_relayed(&self) {
        self.relayed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_active(&self, active: bool) {
        self.active.store(active, Ordering::Relaxed);
    }
}

/// The stored position of a relay, or `None` when it is new.
pub(super) async fn find(db: &Db, relay: &str) -> Result<Option<i64>, DbError> {
    Ok(db.query_optional::<(i64,)>(&FIND, params![relay]).await?.map(|(position,)| position))
}

/// Writes down where a relay begins.
pub(super) struct Create {
    pub(super) relay: &'static str,
    pub(super) position: i64,
}

impl Work for Create {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let now = tx.now();
        tx.execute(&CREATE, params![self.relay, self.position, now]).await.map(drop)
    }
}

/// Writes down how far a relay has come, and extends its turn when it is time to.
pub(super) struct Mark {
    pub(super) relay: &'static str,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) pass: Pass,
}

impl Work for Mark {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Self { relay, from, to, pass } = self;
        pass.extend(tx).await?;
        let now = tx.now();
        if tx.execute(&MOVE, params![*relay, from, to, now, pass.lease, pass.token]).await? == 1 {
            return Ok(());
        }
        pass.check(tx).await?;
        Err(tx.conflict())
    }
}

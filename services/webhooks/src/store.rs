//! Endpoints in the database.

pub(crate) mod deliveries;
pub(crate) mod events;
pub(crate) mod log;
pub(crate) mod secrets;

use tradewind_db::{Db, DbError, Evidence, FromRow, Migration, MigrationSet, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};
use tradewind_webhooks_contract::{Endpoint, EndpointState, RegisterEndpoint};

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "webhooks",
    migrations: &[Migration {
        version: 1,
        name: "create_endpoint",
        text: include_str!("../migrations/0001_create_endpoint.sql"),
    }],
};

/// What is shown to be checked. Neither addresses nor secrets.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "endpoint", rows: &SHOWN_ENDPOINTS },
    Evidence { table: "endpoint_type", rows: &SHOWN_TYPES },
    Evidence { table: "endpoint_start", rows: &SHOWN_STARTS },
    Evidence { table: "webhook_event", rows: &SHOWN_EVENTS },
    Evidence { table: "delivery", rows: &SHOWN_DELIVERIES },
    Evidence { table: "lane", rows: &SHOWN_LANES },
];

sql! {
    SHOWN_ENDPOINTS = "select endpoint_id, state from endpoint order by endpoint_id";
    SHOWN_TYPES = "select endpoint_id, type from endpoint_type order by endpoint_id, type";
    SHOWN_STARTS = "select endpoint_id, producer, position from endpoint_start order by endpoint_id, producer";
    SHOWN_EVENTS = "select number, event_id, producer, position, type, lane from event order by number";
    SHOWN_DELIVERIES = "select endpoint_id, number, lane, state, replays from delivery order by endpoint_id, number";
    SHOWN_LANES = "select endpoint_id, lane from lane order by endpoint_id, lane";
    ALL = "select endpoint_id, url, about, state, reason, registered_at, failing_since from endpoint
        order by registered_at, endpoint_id";
    FIND = "select endpoint_id, url, about, state, reason, registered_at, failing_since from endpoint
        where endpoint_id = $1";
    ALL_TYPES = "select endpoint_id, type from endpoint_type order by endpoint_id, type";
    TYPES = "select endpoint_id, type from endpoint_type where endpoint_id = $1 order by type";
    COUNT = "select count(*) from endpoint";
    ADD = "insert into endpoint (endpoint_id, url, about, state, registered_at) values ($1, $2, $3, 'enabled', $4)";
    ADD_TYPE = "insert into endpoint_type (endpoint_id, type) values ($1, $2)";
    ADD_START = "insert into endpoint_start (endpoint_id, producer, position) values ($1, $2, $3)";
    REMOVE_LANES = "delete from lane where endpoint_id = $1";
    REMOVE_DELIVERIES = "delete from delivery where endpoint_id = $1";
    REMOVE_SECRETS = "delete from endpoint_secret where endpoint_id = $1";
    REMOVE_STARTS = "delete from endpoint_start where endpoint_id = $1";
    REMOVE_TYPES = "delete from endpoint_type where endpoint_id = $1";
    REMOVE = "delete from endpoint where endpoint_id = $1";
    ENABLE = "update endpoint set state = 'enabled', reason = null, failing_since = null where endpoint_id = $1";
    /// What waited for its next attempt is sent at once.
    HURRY = "update lane set due_at = $2 where endpoint_id = $1 and due_at > $2";
    DISABLE = "update endpoint set state = 'disabled', reason = $2 where endpoint_id = $1 and state = 'enabled'";
    FAILS = "update endpoint set failing_since = coalesce(failing_since, $2) where endpoint_id = $1
        returning failing_since";
    WORKS = "update endpoint set failing_since = null where endpoint_id = $1 and failing_since is not null";
}

/// An endpoint without its types.
struct Head(Endpoint);

impl FromRow for Head {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let state: String = row.get(3)?;
        let state = if state == "enabled" { EndpointState::Enabled } else { EndpointState::Disabled };
        Ok(Self(Endpoint {
            id: row.get(0)?,
            url: row.get(1)?,
            types: Vec::new(),
            about: row.get(2)?,
            state,
            reason: row.get(4)?,
            registered_at: row.get(5)?,
            failing_since: row.get(6)?,
        }))
    }
}

fn whole(head: Head, types: &[(Id, String)]) -> Endpoint {
    let Head(endpoint) = head;
    let own = types.iter().filter(|(id, _)| *id == endpoint.id);
    Endpoint { types: own.map(|(_, kind)| kind.clone()).collect(), ..endpoint }
}

/// All endpoints, the oldest first.
pub(crate) async fn all(db: &Db) -> Result<Vec<Endpoint>, DbError> {
    let heads: Vec<Head> = db.query(&ALL, &[]).await?;
    let types: Vec<(Id, String)> = db.query(&ALL_TYPES, &[]).await?;
    Ok(heads.into_iter().map(|head| whole(head, &types)).collect())
}

/// An endpoint.
pub(crate) async fn show(db: &Db, id: Id) -> Result<Option<Endpoint>, DbError> {
    let Some(head) = db.query_optional::<Head>(&FIND, params![id]).await? else { return Ok(None) };
    Ok(Some(whole(head, &db.query(&TYPES, params![id]).await?)))
}

pub(crate) async fn find(tx: &mut Tx, id: Id) -> Result<Option<Endpoint>, DbError> {
    let Some(head) = tx.query_optional::<Head>(&FIND, params![id]).await? else { return Ok(None) };
    Ok(Some(whole(head, &tx.query(&TYPES, params![id]).await?)))
}

pub(crate) async fn count(tx: &mut Tx) -> Result<i64, DbError> {
    tx.query_one::<(i64,)>(&COUNT, &[]).await.map(|(count,)| count)
}

/// Writes an endpoint down. It gets what the subscriptions handle from now on: `producers` are those that they follow.
pub(crate) async fn add(
    tx: &mut Tx,
    id: Id,
    endpoint: &RegisterEndpoint,
    producers: &[&'static str],
) -> Result<(), DbError> {
    // Nothing is recorded between this and the commit.
    events::meet(tx).await?;
    let now = tx.now();
    tx.execute(&ADD, params![id, endpoint.url, endpoint.about, now]).await?;
    for kind in &endpoint.types {
        tx.execute(&ADD_TYPE, params![id, kind]).await?;
    }
    for producer in producers {
        let position = tradewind_events::reached(tx, producer).await?;
        tx.execute(&ADD_START, params![id, *producer, position]).await?;
    }
    Ok(())
}

/// Removes an endpoint with its deliveries.
pub(crate) async fn remove(tx: &mut Tx, id: Id) -> Result<(), DbError> {
    events::meet(tx).await?;
    for statement in
        [&REMOVE_LANES, &REMOVE_DELIVERIES, &REMOVE_SECRETS, &REMOVE_STARTS, &REMOVE_TYPES, &REMOVE]
    {
        tx.execute(statement, params![id]).await?;
    }
    Ok(())
}

/// Lets deliveries go on, now.
pub(crate) async fn enable(tx: &mut Tx, id: Id) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&ENABLE, params![id]).await?;
    tx.execute(&HURRY, params![id, now]).await?;
    tx.signal(deliveries::WRITTEN);
    Ok(())
}

/// Lets deliveries wait; `false` when they do already.
pub(crate) async fn disable(tx: &mut Tx, id: Id, reason: &str) -> Result<bool, DbError> {
    tx.execute(&DISABLE, params![id, reason]).await.map(|changed| changed == 1)
}

/// Remembers that nothing arrived; gives since when.
pub(crate) async fn fails(tx: &mut Tx, id: Id) -> Result<Option<Timestamp>, DbError> {
    let now = tx.now();
    let since: Option<(Timestamp,)> = tx.query_optional(&FAILS, params![id, now]).await?;
    Ok(since.map(|(since,)| since))
}

/// Remembers that something arrived.
pub(crate) async fn works(tx: &mut Tx, id: Id) -> Result<(), DbError> {
    tx.execute(&WORKS, params![id]).await.map(drop)
}

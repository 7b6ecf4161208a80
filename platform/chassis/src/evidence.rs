//! The evidence of a service behind its internal door: the rows by which its promises can be checked.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use tradewind_client::{Body, BodySender};
use tradewind_db::{Db, Evidence, Export};
use tradewind_kernel::Clock;
use tradewind_problem::Problem;

use crate::http::{Call, Reply, Routes, WATCHED, operation};
use crate::tasks::Scope;

/// How long a reader may leave one piece untouched; the state of the database is kept meanwhile.
const READER_LIMIT: Duration = Duration::from_secs(10);

/// Newline-delimited JSON.
pub(crate) const MEDIA_TYPE: &str = "application/x-ndjson";

/// What the routes of the evidence need.
pub(crate) struct Evidences {
    pub(crate) db: Db,
    pub(crate) tables: Vec<Evidence>,
    /// Ends first in a drain: who reads evidence then finds it cut off.
    pub(crate) consumers: Scope,
}

#[derive(Serialize, JsonSchema)]
struct Head {
    position: i64,
}

impl Evidences {
    pub(crate) fn add_to<S: Send + Sync + 'static>(self, routes: Routes<S>) -> Routes<S> {
        let Self { db, tables, consumers } = self;
        let log = db.clone();
        routes
            .get(WATCHED[3], move |_, call| export(db.clone(), tables.clone(), consumers.clone(), call))
            .describe(operation("Show the rows by which promises can be checked").answers_text(MEDIA_TYPE))
            .get(WATCHED[4], move |_, call| head(log.clone(), call))
            .describe(operation("Show the position of the last event").answers::<Head>(200))
    }
}

/// The position of the last event: who finds it unmoved knows that nothing was announced meanwhile.
async fn head(db: Db, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    Reply::ok(&Head { position: tradewind_events::head(&db).await? })
}

async fn export(db: Db, tables: Vec<Evidence>, consumers: Scope, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let export = db.export(tables).await?;
    let (to, body) = Body::pieces();
    let clock = call.clock().clone();
    consumers.spawn("evidence", pump("evidence", export, to, clock));
    Ok(Reply::stream(StatusCode::OK, MEDIA_TYPE, body))
}

/// Passes the pieces on. Returning early cuts the answer off, which its reader notices.
pub(crate) async fn pump(what: &'static str, mut export: Export, to: BodySender, clock: Clock) {
    while let Some(piece) = export.next().await {
        let piece = match piece {
            Ok(piece) => Bytes::from(piece),
            Err(error) => return tracing::error!(%error, "{what} could not be read to its end"),
        };
        match clock.timeout(READER_LIMIT, to.send(piece)).await {
            Ok(Ok(())) => {}
            Ok(Err(gone)) => return tracing::debug!(%gone, "{what} was not read to its end"),
            Err(_) => return tracing::warn!("{what} was read too slowly and is cut off"),
        }
    }
    clock.timeout(READER_LIMIT, to.end()).await.map_or_else(|_| (), drop);
}

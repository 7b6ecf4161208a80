//! Opening databases one after the other, and adding up what they take from each server.

use std::collections::BTreeMap;
use std::time::Duration;

use tradewind_db::Db;

use crate::database::Place;
use crate::start_error::StartError;

/// The servers that databases were opened on so far.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: BTreeMap<String, u32>,
    /// Until when servers are waited for: all services together wait no longer than one.
    patience: Option<Duration>,
}

impl Places {
    /// Opens the database of a service, unless the server has no room for the connections of all.
    pub(super) async fn open(
        &mut self,
        place: &Place<'_>,
        progress: &mut (dyn FnMut(&str, &str) + Send),
    ) -> Result<Db, StartError> {
        let failed = |reason: String| StartError::new(place.service, reason);
        let now = place.clock.monotonic();
        let patience = *self.patience.get_or_insert(now.saturating_add(place.settings.wait));
        let db = place.open(patience, progress).await?;
        let Some(options) = place.settings.served(place.service, place.folder).map_err(failed)? else {
            return Ok(db);
        };
        let room = db.server_connections().await;
        let room = room.map_err(|error| failed(place.mend(&error)).of_database())?.unwrap_or(i64::MAX);
        let taken = self.taken.entry(options.server()).or_default();
        *taken += options.most_connections();
        if i64::from(*taken) > room {
            let reason = format!(
                "the services of this process may open {taken} connections to {}, which has {room} for all; \
                 lower database.connections (now {}), or raise max_connections of the server",
                options.server(),
                place.settings.connections
            );
            db.close().await;
            return Err(failed(reason).of_database());
        }
        Ok(db)
    }
}

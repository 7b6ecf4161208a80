//! How far the fleet has come: orders that were acknowledged, events that were announced.

use std::time::{Duration, Instant};

use super::Siege;
use crate::meters;

/// How long a fleet that was hit may take to have enough acknowledged and announced.
const LIMIT: Duration = Duration::from_secs(120);

/// The pause before orders are counted again, which costs nothing.
const LOOK: Duration = Duration::from_millis(2);

/// The pause before events are counted again, which is a query for each database.
const COUNT: Duration = Duration::from_millis(250);

/// Counts since the beginning of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) acknowledged: u64,
    pub(super) events: u64,
}

impl std::ops::Sub for Progress {
    type Output = Self;

    fn sub(self, since: Self) -> Self {
        let acknowledged = self.acknowledged.saturating_sub(since.acknowledged);
        Self { acknowledged, events: self.events.saturating_sub(since.events) }
    }
}

impl Siege {
    pub(super) async fn progress(&self) -> Result<Progress, String> {
        Ok(Progress { acknowledged: self.rig.clients.acknowledged() as u64, events: self.events().await? })
    }

    /// Waits until so much has come since then; gives what there is.
    pub(super) async fn await_progress(
        &mut self,
        since: Progress,
        acknowledged: u32,
        events: u32,
    ) -> Result<Progress, String> {
        let started = Instant::now();
        loop {
            self.rig.alive().await?;
            let enough =
                self.rig.clients.acknowledged() as u64 >= since.acknowledged + u64::from(acknowledged);
            if enough {
                let now = self.progress().await?;
                if now.events >= since.events + u64::from(events) {
                    return Ok(now);
                }
            }
            if started.elapsed() > LIMIT {
                return Err(format!(
                    "{acknowledged} orders and {events} events did not come within {LIMIT:?}"
                ));
            }
            tokio::time::sleep(if enough { COUNT } else { LOOK }).await;
        }
    }

    /// Events in all logs. Counted, because positions have gaps on a server.
    async fn events(&self) -> Result<u64, String> {
        let Some(server) = &self.rig.servers.postgres else {
            let heads = self.rig.fleet.quiet().heads().await;
            // On SQLite the position of the newest is their number; a door that is away is asked again later.
            let sum: i64 = heads.map(|heads| heads.values().sum()).unwrap_or_default();
            return Ok(u64::try_from(sum).unwrap_or_default());
        };
        let mut sum = 0;
        for service in meters::SERVICES {
            let database = format!("tradewind_{service}");
            let said = server.psql(&database, "select count(*) from event_log").await;
            sum += said.parse::<u64>().map_err(|_| format!("{database} counts {said:?} events"))?;
        }
        Ok(sum)
    }
}

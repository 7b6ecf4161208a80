//! Whether the services of a running fleet have heard of each other.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::Following;
use tradewind_client::{Caller, PhoneBook};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_problem::{DEADLINE_EXCEEDED, Problem};

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The pause before services that are behind are asked again.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks the services of a fleet, through their internal doors, how far they have come.
#[derive(Debug, Clone)]
pub struct Quiet {
    /// The services.
    pub services: Vec<String>,
    /// Where they are, as `service/internal`.
    pub book: PhoneBook,
    /// What opens their internal doors.
    pub secret: Secret,
    /// The time.
    pub clock: Clock,
    /// The randomness of the traces.
    pub entropy: Entropy,
}

#[derive(Deserialize)]
struct Head {
    position: i64,
}

impl Quiet {
    /// The position of the newest event of each service.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn heads(&self) -> Result<BTreeMap<String, i64>, Problem> {
        let mut heads = BTreeMap::new();
        for service in &self.services {
            heads.insert(service.clone(), self.head(service).await?);
        }
        Ok(heads)
    }

    /// The position of the newest event of `service`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn head(&self, service: &str) -> Result<i64, Problem> {
        let head: Head = self.caller(service).get("/evidence/head").await?;
        Ok(head.position)
    }

    /// Waits until every subscription has handled what its producer had told when this was called.
    ///
    /// # Errors
    /// When that takes longer than `limit`, with the subscription that is behind, or a service does not answer.
    pub async fn caught_up(&self, limit: Duration) -> Result<(), Problem> {
        let deadline = Deadline::after(&self.clock, limit);
        let heads = self.heads().await?;
        loop {
            let Some(behind) = self.behind(&heads).await? else { return Ok(()) };
            if deadline.remaining(&self.clock).is_zero() {
                return Err(Problem::new(&DEADLINE_EXCEEDED).detail(behind));
            }
            self.clock.sleep(PAUSE).await;
        }
    }

    /// Whether every subscription has handled the events up to these positions of their producers.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn has_reached(&self, positions: &BTreeMap<String, i64>) -> Result<bool, Problem> {
        Ok(self.behind(positions).await?.is_none())
    }

    /// The first subscription that has not come as far as `heads`.
    async fn behind(&self, heads: &BTreeMap<String, i64>) -> Result<Option<String>, Problem> {
        for service in &self.services {
            let followed: Vec<Following> = self.caller(service).get("/subscriptions").await?;
            for Following { producer, position, .. } in followed {
                // A producer that does not run here is waited for by nobody.
                let Some(head) = heads.get(&producer).filter(|head| **head > position) else { continue };
                return Ok(Some(format!(
                    "{service} has handled the events of {producer} up to {position} of {head}."
                )));
            }
        }
        Ok(None)
    }

    fn caller(&self, service: &str) -> Caller {
        let context = Context::begin(Principal::Service("fleet".to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = self.book.peer(&format!("{service}/internal"));
        Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone())
            .bearer(self.secret.clone())
    }
}

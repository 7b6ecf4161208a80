//! Fetching the evidence of running services.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use tradewind_client::{Body, Caller, PhoneBook};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_problem::Problem;

use crate::platform::unhandled;
use crate::{MalformedOracle, Scratch, ScratchError};

/// How long a service may take to begin its answer, and between two pieces of it.
const LIMIT: Duration = Duration::from_secs(10);

/// The pause before a busy fleet is looked at again.
const PAUSE: Duration = Duration::from_millis(200);

/// Who listens to whom: a row per type of event.
const SUBSCRIBED: &str = "subscribed_type";

/// Evidence could not be fetched.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CollectError {
    /// A service refused or did not answer.
    #[error("{service}: {problem}")]
    Refused {
        /// The service.
        service: String,
        /// What it said.
        problem: Problem,
    },
    /// What a service gave could not be taken in.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// An oracle of the platform does not have its form: a defect.
    #[error(transparent)]
    Oracle(#[from] MalformedOracle),
}

/// The evidence of a fleet.
#[derive(Debug)]
pub struct Evidence {
    /// All of it.
    pub scratch: Scratch,
    /// Whether nothing was under way while it was taken.
    pub is_quiet: bool,
}

/// Fetches evidence through the internal doors of a fleet.
#[derive(Debug, Clone)]
pub struct Collector {
    /// The services.
    pub services: Vec<String>,
    /// Who listens to whom and to what: consumer, producer, type of event.
    pub subscribed: Vec<(String, String, String)>,
    /// Where they are, as `service/internal`.
    pub book: PhoneBook,
    /// The secret of the internal doors.
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

impl Collector {
    /// Takes evidence until the fleet was quiet meanwhile, or until `settle` is over: the last is given then.
    ///
    /// # Errors
    /// When a service does not give its evidence.
    pub async fn collect(&self, settle: Duration) -> Result<Evidence, CollectError> {
        let deadline = Deadline::after(&self.clock, settle);
        loop {
            let evidence = self.collect_once().await?;
            if evidence.is_quiet || deadline.remaining(&self.clock).is_zero() {
                return Ok(evidence);
            }
            self.clock.sleep(PAUSE).await;
        }
    }

    async fn collect_once(&self) -> Result<Evidence, CollectError> {
        let scratch = Scratch::new()?;
        let rows = self
            .subscribed
            .iter()
            .map(|(consumer, producer, kind)| vec![consumer.clone(), producer.clone(), kind.clone()]);
        scratch.add(SUBSCRIBED, &["service", "producer", "type"], &rows.collect::<Vec<_>>())?;
        let before = self.heads().await?;
        for service in &self.services {
            self.load(&scratch, service).await?;
        }
        // Each service gave one state, but not all of the same moment: had anything been announced in between,
        // a later state could know what an earlier one does not.
        let unmoved = before == self.heads().await?;
        let is_quiet = unmoved && scratch.rows(unhandled()?, 1)?.0 == 0;
        Ok(Evidence { scratch, is_quiet })
    }

    async fn heads(&self) -> Result<BTreeMap<&str, i64>, CollectError> {
        let mut heads = BTreeMap::new();
        for service in &self.services {
            let head: Result<Head, Problem> = self.caller(service).get("/evidence/head").await;
            heads.insert(service.as_str(), head.map_err(|problem| refused(service, problem))?.position);
        }
        Ok(heads)
    }

    async fn load(&self, scratch: &Scratch, service: &str) -> Result<(), CollectError> {
        let body = self.caller(service).stream("/evidence").await;
        let mut body = body.map_err(|problem| refused(service, problem))?;
        let mut loader = scratch.load(service)?;
        while let Some(piece) = self.next(&mut body).await.map_err(|problem| refused(service, problem))? {
            loader.take(&piece)?;
        }
        Ok(loader.finish()?)
    }

    async fn next(&self, body: &mut Body) -> Result<Option<bytes::Bytes>, Problem> {
        match self.clock.timeout(LIMIT, body.next()).await {
            Ok(piece) => piece.transpose().map_err(Problem::internal),
            Err(_) => Err(Problem::internal("the evidence stopped coming")),
        }
    }

    fn caller(&self, service: &str) -> Caller {
        let context = Context::begin(Principal::Service("verify".to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = self.book.peer(&format!("{service}/internal"));
        Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone())
            .bearer(self.secret.clone())
    }
}

fn refused(service: &str, problem: Problem) -> CollectError {
    CollectError::Refused { service: service.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use http::{Request, Response};
    use tradewind_client::{Address, near};
    use tradewind_kernel::Timestamp;

    use super::*;

    const EVIDENCE: &str = concat!(
        r#"{"table":"event_log","columns":["position","type"]}"#,
        "\n",
        r#"{"table":"event_horizon","columns":["position"]}"#,
        "\n",
        r#"{"table":"event_cursor","columns":["subscription","position"]}"#,
        "\n",
        r#"{"end":true}"#,
        "\n",
    );

    /// Answers like a service that announces something right after it has shown its evidence, `moves` times.
    #[expect(clippy::disallowed_methods, reason = "a stand-in has no scope to run in")]
    fn busy_service(book: &PhoneBook, name: &str, moves: u32) -> Arc<AtomicU32> {
        let (door, mut receiver) = near(8);
        book.enter(format!("{name}/internal"), Address::Near(door));
        let shown = Arc::new(AtomicU32::new(0));
        let counted = shown.clone();
        let answer = move |request: &Request<Body>| match request.uri().path() {
            "/evidence" => {
                counted.fetch_add(1, Ordering::Relaxed);
                EVIDENCE.to_owned()
            }
            _ => format!(r#"{{"position":{}}}"#, counted.load(Ordering::Relaxed).min(moves)),
        };
        tokio::spawn(async move {
            while let Some((request, reply)) = receiver.next().await {
                reply(Response::new(Body::from(answer(&request))));
            }
        });
        shown
    }

    fn collector(book: &PhoneBook) -> Collector {
        Collector {
            services: vec!["still".to_owned(), "moving".to_owned()],
            subscribed: Vec::new(),
            book: book.clone(),
            secret: Secret::new("secret"),
            clock: Clock::simulated(Timestamp::from_micros(0)),
            entropy: Entropy::seeded(1),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn evidence_is_of_a_quiet_fleet_only_when_nothing_was_announced_while_it_was_taken() {
        let book = PhoneBook::default();
        busy_service(&book, "still", 0);
        let shown = busy_service(&book, "moving", 3);
        assert!(!collector(&book).collect(Duration::ZERO).await.unwrap().is_quiet);
        assert_eq!(shown.load(Ordering::Relaxed), 1);
        // It is taken again until nothing moves.
        assert!(collector(&book).collect(Duration::from_secs(10)).await.unwrap().is_quiet);
        assert_eq!(shown.load(Ordering::Relaxed), 4);
    }
}

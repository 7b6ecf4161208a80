//! What the oracles say of a shop.

use std::time::Duration;

use tradewind_fleet::{Watcher, oracles, services, subscribed};
use tradewind_verify::{Collector, Evidence, Finding, Verdict, judge};

use crate::Fleet;

/// How long a shop may take to become quiet; one that holds a service back on purpose never does.
const SETTLE: Duration = Duration::from_secs(1);

impl Fleet {
    /// The evidence of all services.
    pub async fn evidence(&self) -> Evidence {
        let services: Vec<String> = services().iter().map(|each| each.description().name.clone()).collect();
        let collector = Collector {
            services,
            subscribed: subscribed(),
            book: self.running.book().clone(),
            secret: self.secret().clone(),
            clock: self.running.clock().clone(),
            entropy: self.running.entropy().clone(),
        };
        collector.collect(SETTLE).await.unwrap()
    }

    /// Looks on, as `tradewind events` does.
    #[must_use]
    pub fn watcher(&self) -> Watcher {
        let names = services().iter().map(|each| each.description().name.clone()).collect();
        let running = &self.running;
        let (book, secret) = (running.book().clone(), self.secret().clone());
        Watcher::new(names, book, secret, running.clock().clone(), running.entropy().clone())
    }

    /// Asks every oracle; those that find nothing to examine are content.
    ///
    /// # Panics
    /// When a promise is broken.
    pub async fn keeps_its_promises(&self) {
        let evidence = self.evidence().await;
        let findings = judge(&evidence.scratch, &oracles().unwrap(), evidence.is_quiet);
        let fine = |finding: &&Finding| !matches!(finding.verdict, Verdict::Broken | Verdict::Unanswered);
        let broken: Vec<_> = findings.iter().filter(|finding| !fine(finding)).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

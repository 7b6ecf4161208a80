//! What the oracles say of a shop.

use std::time::Duration;

use tradewind_fleet::{Watcher, oracles, services, subscribed};
use tradewind_verify::{Collector, Evidence, Finding, Verdict, judge};

use crate::Fleet;

/// How long a shop may take to become quiet: on a busy machine some seconds.
const SETTLE: Duration = Duration::from_secs(60);

/// The same where a service may be held back on purpose: such a shop never becomes quiet.
const SETTLE_IF_HELD: Duration = Duration::from_secs(1);

impl Fleet {
    /// The evidence of all services, when nothing is under way.
    pub async fn evidence(&self) -> Evidence {
        self.evidence_within(SETTLE).await
    }

    /// The evidence of all services of a shop that may be held back: it is waited for only so long until it is quiet.
    pub async fn evidence_if_held(&self) -> Evidence {
        self.evidence_within(SETTLE_IF_HELD).await
    }

    async fn evidence_within(&self, settle: Duration) -> Evidence {
        let services: Vec<String> = services().iter().map(|each| each.description().name.clone()).collect();
        let collector = Collector {
            services,
            subscribed: subscribed(),
            book: self.running.book().clone(),
            secret: self.secret().clone(),
            clock: self.running.clock().clone(),
            entropy: self.running.entropy().clone(),
        };
        collector.collect(settle).await.unwrap()
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
        let evidence = self.evidence_if_held().await;
        let findings = judge(&evidence.scratch, &oracles().unwrap(), evidence.is_quiet);
        let fine = |finding: &&Finding| !matches!(finding.verdict, Verdict::Broken | Verdict::Unanswered);
        let broken: Vec<_> = findings.iter().filter(|finding| !fine(finding)).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

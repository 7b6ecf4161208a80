//! What those do who look after the fleet.

use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::Following;
use tradewind_events::Recorded;
use tradewind_history::What;
use tradewind_problem::{NOT_FOUND, Problem};
use tradewind_sim::Failure;
use tradewind_verify::{Collector, Verdict, judge};
use tradewind_views::Phase;

use crate::letters::{LetterDesk, LetterName, LettersError};
use crate::simulation::client::{Client, broken};
use crate::simulation::judge::failure;
use crate::simulation::objects::Object;
use crate::views::ViewDesk;
use crate::{oracles, subscribed};

/// Events read at a time.
const PAGE: usize = 256;

/// The consumer that all audits are.
const AUDITOR: &str = "auditor";

/// A position that no log of a run comes to.
const NO_POSITION: i64 = 1_000_000_000;

#[derive(Deserialize)]
struct Head {
    position: i64,
}

impl Client<'_> {
    /// Reads on where the last audit of this log ended, as a consumer of its own.
    pub(super) async fn audit(&self, service: &'static str) -> Vec<Failure> {
        let mut after = self.shop.with(|known| known.cursors.get(service).copied().unwrap_or_default());
        loop {
            let path = format!("/events?after={after}&limit={PAGE}&waitMs=0");
            let invoked = self.moment();
            let page: Result<Vec<Recorded>, Problem> = self.internal(service).get(&path).await;
            let Ok(page) = page else { return Vec::new() };
            for Recorded { position, event } in &page {
                if *position <= after {
                    return broken("a log goes on", format!("{service}: {position} after {after}"));
                }
                after = *position;
                let sequence = event.sequence.unsigned_abs();
                let object = Object::Events(service, &event.partitionkey);
                let what = What::Event { sequence, has_effect: true };
                self.shop.with(|known| known.record(true, AUDITOR, &object.to_string(), invoked, what));
            }
            self.shop.with(|known| known.cursors.insert(service, after));
            if page.len() < PAGE {
                return Vec::new();
            }
        }
    }

    /// Where the letters of all services are.
    pub(super) fn desk(&self) -> LetterDesk {
        let clock = self.world.clock().clone();
        let (book, entropy) = (self.book.clone(), self.entropy.clone());
        LetterDesk::new(self.world.services(), book, self.world.secret(), clock, entropy)
    }

    /// Letters are handled again; one that is not there is not dropped.
    pub(super) async fn letters(&self) -> Vec<Failure> {
        let desk = self.desk();
        let Ok(found) = desk.list(None).await else { return Vec::new() };
        for (service, letter) in &found {
            let name = LetterName { subscription: letter.subscription.clone(), position: letter.position };
            // Whether it works now is for the handlers to say; at the end no letter may be left.
            drop(desk.replay(service, &name).await);
        }
        self.shop.count("letters found", found.len() as u64);
        let nobodys = LetterName { subscription: "orders".to_owned(), position: NO_POSITION };
        match desk.discard("stock", &nobodys, false, "nobody knows it").await {
            Ok(letter) => broken("only a letter that is there is dropped", format!("{letter:?}")),
            Err(LettersError::Refused { problem, .. }) if problem.is(&NOT_FOUND) => {
                self.shop.count("letters looked after", 1);
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }

    /// Nobody has handled what was not told.
    pub(super) async fn status(&self, service: &'static str) -> Vec<Failure> {
        let followed: Result<Vec<Following>, Problem> = self.internal(service).get("/subscriptions").await;
        let mut failures = Vec::new();
        for Following { producer, position, .. } in followed.unwrap_or_default() {
            let head: Result<Head, Problem> = self.internal(&producer).get("/evidence/head").await;
            let Ok(head) = head else { continue };
            self.shop.count("subscriptions asked", 1);
            if position > head.position {
                let row = format!("{service} is at {position} of {producer}, which is at {}", head.position);
                failures.extend(broken("nobody has handled what was not told", row));
            }
        }
        failures
    }

    /// Views are made again while they are followed, and come out the same.
    pub(super) async fn views(&self, service: &'static str) -> Vec<Failure> {
        let clock = self.world.clock().clone();
        let (book, entropy) = (self.book.clone(), self.entropy.clone());
        let desk = ViewDesk::new(self.world.services(), book, self.world.secret(), clock, entropy);
        let Ok(found) = desk.list(Some(service)).await else { return Vec::new() };
        let mut failures = Vec::new();
        for (service, status) in &found {
            if status.phase == Phase::Differs {
                failures.extend(broken("a view is what its events lead to", format!("{status:?}")));
            }
            // One may be under way already.
            if desk.rebuild(service, &status.view, false).await.is_ok() {
                self.shop.count("views made again", 1);
            }
        }
        failures
    }

    /// What the oracles find that need no quiet fleet.
    pub(super) async fn ask_oracles(&self) -> Vec<Failure> {
        let (services, secret) = (self.world.services(), self.world.secret());
        let (clock, entropy) = (self.world.clock().clone(), self.entropy.clone());
        let (book, subscribed) = (self.book.clone(), subscribed());
        let collector = Collector { services, subscribed, book, secret, clock, entropy };
        // A service that is away gives no evidence, and nothing is shown.
        let (Ok(evidence), Ok(oracles)) = (collector.collect(Duration::ZERO).await, oracles()) else {
            return Vec::new();
        };
        let findings = judge(&evidence.scratch, &oracles, false);
        let clean = findings.iter().filter(|finding| finding.verdict == Verdict::Clean).count();
        self.shop.count("promises judged meanwhile", clean as u64);
        let is_bad = |verdict| matches!(verdict, Verdict::Broken | Verdict::Unanswered);
        findings.into_iter().filter(|finding| is_bad(finding.verdict)).map(failure).collect()
    }
}

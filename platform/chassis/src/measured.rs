//! What the metrics of every service show, beside those of its doors.

use std::sync::Arc;

use tradewind_events::Progress;

use crate::identity;
use crate::instance::{Environment, Scopes};
use crate::metrics::{Kind, Metrics};

/// Shows what a service's database and its tasks do, and how long the certificate of its process holds.
pub(crate) fn observe(metrics: &Metrics, environment: &Environment, scopes: &Scopes) {
    if let Some(identity) = &environment.identity {
        identity::observe(metrics, identity);
    }
    let db = &environment.db;
    type Read = fn(&tradewind_db::Stats) -> u64;
    let readings: [(&'static str, &'static str, Read); 4] = [
        ("db_commits_total", "Commits, one sync of the disk each", |stats| stats.commits),
        ("db_works_total", "Transactions committed, several to a commit", |stats| stats.works),
        ("db_rollbacks_total", "Runs of transactions that were thrown away", |stats| stats.rollbacks),
        ("db_statements_total", "Statements executed", |stats| stats.statements),
    ];
    for (name, help, read) in readings {
        let db = db.clone();
        metrics.observe(name, help, Kind::Counter, move || read(&db.stats()));
    }
    for (part, scope) in [("consumers", &scopes.consumers), ("requests", &scopes.requests)] {
        let labels = [("scope", part.to_owned())];
        let (running, panics) = (scope.clone(), scope.clone());
        metrics
            .observe_with("tasks_running", "Tasks that run", Kind::Gauge, &labels, move || running.running());
        metrics.observe_with(
            "tasks_panicked_total",
            "Tasks that panicked",
            Kind::Counter,
            &labels,
            move || panics.panics(),
        );
    }
}

/// Shows how far a subscription is.
pub(crate) fn observe_subscription(metrics: &Metrics, producer: &'static str, progress: &Arc<Progress>) {
    type Count = fn(&Progress) -> u64;
    let counts: [(&'static str, &'static str, Count); 4] = [
        ("subscription_handled_total", "Events handled", Progress::handled),
        ("subscription_failures_total", "What failed, whoever was at fault", Progress::failures),
        ("subscription_attempts_total", "Failed attempts counted against their event", Progress::attempts),
        ("subscription_unknown_total", "Events of a version or name that is not known", Progress::strange),
    ];
    type Level = fn(&Progress) -> i64;
    let levels: [(&'static str, &'static str, Level); 4] = [
        ("subscription_position", "Position of the last event handled, parked or passed over", |progress| {
            progress.position()
        }),
        ("subscription_parked_letters", "Letters that are parked", Progress::parked_letters),
        ("subscription_parked_keys", "Keys with parked letters", Progress::parked_keys),
        ("subscription_stopped", "1 while it stands still until somebody does something", |progress| {
            i64::from(progress.is_stopped())
        }),
    ];
    let labels = [("producer", producer.to_owned())];
    for (name, help, read) in counts {
        let progress = progress.clone();
        metrics.observe_with(name, help, Kind::Counter, &labels, move || read(&progress));
    }
    for (name, help, read) in levels {
        let progress = progress.clone();
        metrics.observe_with(name, help, Kind::Gauge, &labels, move || read(&progress));
    }
}

//! Ending: phase by phase, and by force at the deadline.

use std::time::Duration;

use tradewind_db::{DbError, lease};
use tradewind_kernel::{Context, Principal};

use crate::assembly::Running;
use crate::health::Stage;
use crate::tasks::Scope;

/// How long the databases may take to close after the deadline.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Everything that was accepted was finished.
    Clean,
    /// The deadline came first.
    Forced {
        /// Tasks that were dropped.
        dropped: usize,
    },
}

impl Running {
    /// Ends all services in phases: not ready, wait for balancers, stop consumers, stop accepting, finish
    /// what was accepted, close the databases. At the deadline of the settings the rest is dropped.
    pub async fn shutdown(self) -> Drained {
        let clock = self.clock.clone();
        let drained = match clock.timeout(self.platform.shutdown.deadline, self.drain()).await {
            Ok(()) => Drained::Clean,
            Err(_) => self.force(),
        };
        if clock.timeout(CLOSE_LIMIT, self.close()).await.is_err() {
            tracing::error!(
                "a database could not be closed in time; its journal is replayed at the next start"
            );
        }
        drained
    }

    /// Ends everything at once, at whatever it awaits, and hands back nothing: as a process ends that is killed. Its
    /// databases are not closed but let go.
    pub fn crash(self) {
        self.kill();
    }

    fn kill(&self) {
        self.finder.scope.kill();
        self.instances.iter().flat_map(|instance| instance.scopes.all()).for_each(Scope::kill);
        if let Some(broker) = &self.broker {
            broker.scope().kill();
        }
        self.absent.iter().for_each(|absent| absent.scope.kill());
    }

    async fn drain(&self) {
        for instance in &self.instances {
            instance.health.advance(Stage::Draining);
        }
        self.tell_leaving().await;
        self.clock.sleep(self.balancer_wait()).await;
        tracing::info!("draining: subscriptions and jobs stop");
        self.end(|scopes| &scopes.consumers).await;
        self.give_back().await;
        if let Some(broker) = &self.broker {
            broker.end().await;
        }
        tracing::info!("draining: doors close, accepted requests are finished");
        self.end(|scopes| &scopes.connections).await;
        self.tell_gone().await;
        self.end(|scopes| &scopes.requests).await;
        self.end(|scopes| &scopes.exports).await;
        self.finder.scope.stop();
        self.finder.scope.idle().await;
        for absent in &self.absent {
            absent.scope.stop();
            absent.scope.idle().await;
        }
        tracing::info!("drained");
    }

    /// How long to go on serving: callers that were told need a moment to leave.
    fn balancer_wait(&self) -> Duration {
        let told = if self.finder.announced.is_empty() {
            Duration::ZERO
        } else {
            self.platform.discovery.leave_wait
        };
        self.platform.shutdown.balancer_wait.max(told)
    }

    /// Gives back the leases, so that no other instance waits for their end.
    async fn give_back(&self) {
        for instance in &self.instances {
            let principal = Principal::Service(instance.name.to_owned());
            let context = Context::begin(principal, &self.clock, &self.entropy);
            let holder = instance.holder.clone();
            let release = tradewind_db::work(move |tx| {
                let holder = holder.clone();
                Box::pin(async move { lease::release_all(tx, &holder).await })
            });
            let released: Result<u64, DbError> = instance.db.write(&context, release).await;
            if let Err(error) = released {
                let service = instance.name;
                tracing::warn!(service, %error, "leases were not given back; others wait for their end");
            }
        }
    }

    async fn end(&self, part: impl Fn(&crate::instance::Scopes) -> &Scope) {
        for instance in &self.instances {
            part(&instance.scopes).stop();
        }
        for instance in &self.instances {
            part(&instance.scopes).idle().await;
        }
    }

    fn force(&self) -> Drained {
        let scopes = self.instances.iter().flat_map(|instance| instance.scopes.all());
        let dropped = scopes.map(Scope::running).sum();
        tracing::error!(dropped, "the deadline for draining has passed; what still runs is dropped");
        self.kill();
        Drained::Forced { dropped }
    }

    async fn close(&self) {
        for instance in &self.instances {
            instance.db.close().await;
        }
    }
}

//! How processes begin and end.

use std::sync::{Arc, PoisonError};

use tradewind_chassis::{Assembly, Host, Network, Storage};

use crate::wire::NodeWiring;
use crate::world::World;

impl World {
    /// Begins the process of `service`, with what its last life had committed.
    ///
    /// # Errors
    /// What the start failed with; one that was ended while it started is no failure.
    pub(crate) async fn begin(&self, service: &str) -> Result<(), String> {
        let begun = self.with_node(service, |node| {
            node.lives += 1;
            node.lives
        });
        let life = begun.ok_or_else(|| format!("there is no service {service}"))?;
        self.note(&format!("{service} begins its life {life}"));
        self.net().begin(service, life);
        let started = self.assembly(service)?.start(self.host(service, life), &mut |_, _| {}).await;
        if !self.net().is_alive(service, life) {
            if let Ok(running) = started {
                running.crash();
            }
            return Ok(());
        }
        let running = started.map_err(|error| format!("{service} does not start: {error}"))?;
        running.mark_ready();
        self.with_node(service, |node| node.running = Some(running));
        Ok(())
    }

    /// Ends the process of `service` at once. What it had not committed is lost, and nothing that it still says is
    /// heard.
    pub(crate) fn end(&self, service: &str) {
        self.inner.volume.cut(service, service);
        self.net().end(service);
        let running = self.with_node(service, |node| node.running.take()).flatten();
        self.note(&format!("{service} is dead"));
        if let Some(running) = running {
            running.crash();
        }
    }

    /// Ends the process of `service` at its commit with number `commits` from now, which is kept or not.
    pub(crate) fn end_at_commit(&self, service: &str, commits: u32, keeps_last: bool) {
        let Some(life) = self.with_node(service, |node| node.lives) else { return };
        let (world, name) = (self.clone(), service.to_owned());
        // Within a commit: what it does from here on is neither kept nor heard; its tasks are dropped right after.
        let tell = move || {
            world.net().end(&name);
            world.note(&format!("{name} falls at a commit, kept: {keeps_last}"));
            world.inner.fallen.lock().unwrap_or_else(PoisonError::into_inner).push((name.clone(), life));
            world.inner.fell.notify_one();
        };
        self.inner.volume.cut_at_commit((service, service), commits, keeps_last, tell);
    }

    /// Nothing that was to happen at a commit happens any more.
    pub(crate) fn spare_all(&self) {
        self.services().iter().for_each(|service| self.inner.volume.spare(service, service));
    }

    /// Waits for a process that ended at a commit, and takes it away.
    pub(crate) async fn fallen(&self) -> String {
        loop {
            let next = self.inner.fallen.lock().unwrap_or_else(PoisonError::into_inner).pop();
            if let Some((service, life)) = next {
                let is_same = self.with_node(&service, |node| node.lives == life).unwrap_or_default();
                if is_same {
                    self.end(&service);
                    return service;
                }
                continue;
            }
            self.inner.fell.notified().await;
        }
    }

    /// Whether the process of `service` is alive.
    pub(crate) fn is_up(&self, service: &str) -> bool {
        self.with_node(service, |node| (node.lives, node.running.is_some()))
            .is_some_and(|(life, is_running)| is_running && self.net().is_alive(service, life))
    }

    /// How far the wall clock of `service` is off, in microseconds: the same in all of its lives, half a second at most.
    fn skew(&self, service: &str) -> i64 {
        let off = self.entropy(&format!("skew of {service}")).below(1_000_000);
        i64::try_from(off).unwrap_or_default() - 500_000
    }

    fn assembly(&self, service: &str) -> Result<Assembly, String> {
        let mut spare = self.inner.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.get(service).is_none_or(Vec::is_empty) {
            for each in (self.inner.services)() {
                spare.entry(each.description().name.clone()).or_default().push(each);
            }
        }
        let names: Vec<String> = spare.keys().cloned().collect();
        let one = spare.get_mut(service).and_then(Vec::pop);
        let one = one.ok_or_else(|| format!("there is no service {service}"))?;
        Ok(Assembly::new(vec![one]).beside(&names))
    }

    fn host(&self, service: &str, life: u32) -> Host {
        let wiring = NodeWiring { net: self.net().clone(), node: service.to_owned(), life };
        Host {
            clock: self.clock().with_skew(self.skew(service)),
            entropy: self.entropy(&format!("{service} in its life {life}")),
            settings: self.inner.settings.clone(),
            storage: Storage::Volume { volume: self.inner.volume.clone(), holder: service.to_owned() },
            network: Network::Wired(Arc::new(wiring)),
        }
    }
}

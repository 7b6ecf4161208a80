//! How processes begin and end.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tradewind_chassis::{Assembly, Host, Network, Running, Storage, step_by_step};

use crate::journal::Change;
use crate::life::{Fall, Fallen, Life, Trigger};
use crate::wire::NodeWiring;
use crate::world::{Stage, World};

impl World {
    /// Begins the process `node`, with what its last life had committed. One that is there already stays as it is.
    ///
    /// # Errors
    /// What the start failed with; one that was ended while it started is no failure.
    pub(crate) async fn begin(&self, node: &str) -> Result<(), String> {
        let Some((service, number, life)) = self.enter_life(node) else { return Ok(()) };
        self.net().journal().node(node, Change::Begins(number));
        self.net().begin(node, number);
        let assembly = self.assembly(&service)?;
        let host = self.host(node, number, &life);
        let start = async { assembly.start(host, &mut |_, _| {}).await };
        let started = tokio::select! {
            biased;
            () = life.ended() => return Ok(()),
            started = step_by_step(life.clone(), start) => started,
        };
        if !self.net().is_alive(node, number) {
            if let Ok(running) = started {
                running.crash();
            }
            return Ok(());
        }
        let running = started.map_err(|error| format!("{node} does not start: {error}"))?;
        running.mark_ready();
        self.with_node(node, |state| state.stage = Stage::Up(Box::new(running), life));
        Ok(())
    }

    fn enter_life(&self, node: &str) -> Option<(String, u32, Arc<Life>)> {
        self.with_node(node, |state| {
            if !matches!(state.stage, Stage::Down) {
                return None;
            }
            state.lives += 1;
            let life = Life::new();
            state.stage = Stage::Beginning(life.clone());
            Some((state.service.clone(), state.lives, life))
        })
        .flatten()
    }

    /// Ends the process `node` at once, in whatever stage it is. What it had not committed is lost, and nothing that it
    /// still says is heard. Gives whether there was one.
    pub(crate) fn end(&self, node: &str) -> bool {
        let Some(stage) = self.with_node(node, |state| std::mem::take(&mut state.stage)) else {
            return false;
        };
        if matches!(stage, Stage::Down) {
            return false;
        }
        self.silence(node);
        self.net().journal().node(node, Change::Ends);
        match stage {
            Stage::Down => {}
            Stage::Beginning(life) => life.end(),
            Stage::Up(running, life) => {
                running.crash();
                life.end();
            }
            // Its tasks are held by what drains it.
            Stage::Draining(life) => life.end_frozen(),
        }
        true
    }

    /// From now on nothing that `node` does is kept or heard.
    fn silence(&self, node: &str) {
        if let Some(service) = self.with_node(node, |state| state.service.clone()) {
            self.inner.volume.cut(&service, node);
        }
        self.net().end(node);
        self.broker().left(node);
    }

    /// Ends the process `node` in order, and gives whether it came to that: it may be killed meanwhile.
    pub(crate) async fn drain(&self, node: &str) -> bool {
        let Some((running, life)) = self.leave(node) else { return false };
        self.net().journal().node(node, Change::Drains);
        let drained = tokio::select! {
            biased;
            () = life.ended() => false,
            _ = running.shutdown() => true,
        };
        if drained {
            self.silence(node);
            life.end();
            self.with_node(node, |state| state.stage = Stage::Down);
            self.net().journal().node(node, Change::Leaves);
        }
        drained
    }

    fn leave(&self, node: &str) -> Option<(Running, Arc<Life>)> {
        self.with_node(node, |state| match std::mem::take(&mut state.stage) {
            Stage::Up(running, life) => {
                state.stage = Stage::Draining(life.clone());
                Some((*running, life))
            }
            other => {
                state.stage = other;
                None
            }
        })
        .flatten()
    }

    /// Ends the process `node` where `trigger` says, for fault `number`.
    pub(crate) fn end_at(&self, node: &str, trigger: Trigger, fault: (u32, &'static str), away: Duration) {
        let Some((life, number)) = self.life(node) else { return };
        life.arm(trigger, self.fall(node, (number, &life), fault, away));
    }

    /// Ends the process `node` at its commit with number `commits` from now, which is kept or not.
    pub(crate) fn end_at_commit(
        &self,
        node: &str,
        (commits, keeps_last): (u32, bool),
        fault: (u32, &'static str),
        away: Duration,
    ) {
        let Some((life, number)) = self.life(node) else { return };
        let service = self.with_node(node, |state| state.service.clone()).unwrap_or_default();
        let fall = self.fall(node, (number, &life), fault, away);
        self.inner.volume.cut_at_commit((&service, node), commits, keeps_last, fall);
    }

    fn life(&self, node: &str) -> Option<(Arc<Life>, u32)> {
        let found = self.with_node(node, |state| state.stage.life().map(|life| (life.clone(), state.lives)));
        found.flatten()
    }

    /// What is done when a process comes to where it ends: what it does from there on is neither kept nor heard, and it
    /// is taken away right after. Within a commit the engine itself sees to it that nothing is kept.
    fn fall(
        &self,
        node: &str,
        (number, life): (u32, &Arc<Life>),
        (fault, kind): (u32, &'static str),
        away: Duration,
    ) -> Fall {
        let (world, node, life) = (self.clone(), node.to_owned(), Arc::downgrade(life));
        Box::new(move || {
            world.net().end(&node);
            world.broker().left(&node);
            if let Some(life) = life.upgrade() {
                life.freeze();
            }
            world.felt(fault, kind);
            world.net().journal().node(&node, Change::Falls(kind));
            let fallen = Fallen { node, life: number, away };
            world.inner.fallen.lock().unwrap_or_else(PoisonError::into_inner).push(fallen);
            world.inner.fell.notify_one();
        })
    }

    /// Nothing that was to happen to a process where it comes to something happens any more.
    pub(crate) fn spare_all(&self) {
        for node in self.nodes() {
            if let Some(service) = self.with_node(&node, |state| state.service.clone()) {
                self.inner.volume.spare(&service, &node);
            }
            if let Some((life, _)) = self.life(&node) {
                life.spare();
            }
        }
    }

    /// Waits for a process that came to its end, and takes it away; gives its name and how long it stays away.
    pub(crate) async fn fallen(&self) -> (String, Duration) {
        loop {
            let next = self.inner.fallen.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match next {
                None => self.inner.fell.notified().await,
                Some(Fallen { node, life, away }) => {
                    let is_same = self.with_node(&node, |state| state.lives == life).unwrap_or_default();
                    if is_same && self.end(&node) {
                        return (node, away);
                    }
                }
            }
        }
    }

    /// Whether the process `node` is up.
    pub(crate) fn is_up(&self, node: &str) -> bool {
        let up = |state: &mut crate::world::Node| matches!(state.stage, Stage::Up(..)).then_some(state.lives);
        self.with_node(node, up).flatten().is_some_and(|life| self.net().is_alive(node, life))
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

    fn host(&self, node: &str, number: u32, life: &Arc<Life>) -> Host {
        let (net, broker) = (self.net().clone(), self.broker().clone());
        let wiring = NodeWiring { net, broker, node: node.to_owned(), number, life: life.clone() };
        let clock = self.with_node(node, |state| state.clock.clone());
        Host {
            clock: clock.unwrap_or_else(|| self.clock().clone()),
            entropy: self.entropy(&format!("{node} in its life {number}")),
            settings: self.inner.settings.clone(),
            storage: Storage::Volume { volume: self.inner.volume.clone(), holder: node.to_owned() },
            network: Network::Wired(Arc::new(wiring)),
        }
    }
}

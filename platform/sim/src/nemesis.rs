//! Brings planned faults about.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{FuturesUnordered, Stream};
use tradewind_broker_model::BrokerFault;

use crate::fault::Fault;
use crate::journal::What;
use crate::life::Trigger;
use crate::script::Planned;
use crate::world::World;

/// The pause between two looks whether a process is up.
const PAUSE: Duration = Duration::from_millis(20);

/// Brings each of the faults about at its time, and goes on until `length` is over.
pub(crate) async fn rage(world: &World, faults: Vec<Planned<Fault>>, length: Duration) {
    let begun = world.clock().monotonic();
    // What goes on for a while and needs the processes themselves, which may not leave this thread.
    let mut rolls = FuturesUnordered::new();
    for fault in faults {
        wait_until(world, begun + fault.at, &mut rolls).await;
        let until = fault.what.lasts().map(|lasts| world.clock().monotonic() + lasts);
        let nodes = fault.what.about().into_iter().map(Into::into).collect();
        let text = fault.what.to_string();
        world.net().journal().enter(What::Fault { number: fault.number, text, until, nodes });
        let stroke = Stroke { world: world.clone(), number: fault.number, kind: fault.what.kind() };
        match fault.what {
            Fault::Roll { service } => rolls.push(async move { stroke.roll(&service).await }),
            other => stroke.fall(other),
        }
    }
    wait_until(world, begun + length, &mut rolls).await;
    while rolls.next().await.is_some() {}
}

/// Waits until then, and goes on with `rolls` meanwhile.
async fn wait_until(world: &World, then: Duration, rolls: &mut (impl Stream<Item = ()> + Unpin)) {
    let left = then.saturating_sub(world.clock().monotonic());
    let mut waiting = pin!(world.sleep(left));
    loop {
        tokio::select! {
            biased;
            () = &mut waiting => return,
            Some(()) = rolls.next() => {}
        }
    }
}

/// One fault on its way.
struct Stroke {
    world: World,
    number: u32,
    kind: &'static str,
}

impl Stroke {
    fn fall(self, fault: Fault) {
        let (number, kind) = (self.number, self.kind);
        match fault {
            Fault::Kill { node, away } => self.kill(&[node], away),
            Fault::KillAll { away } => {
                let nodes = self.world.nodes();
                self.kill(&nodes, away);
            }
            Fault::KillAtCommit { node, commits, keeps_last, away } => {
                self.world.end_at_commit(&node, (commits, keeps_last), (number, kind), away);
            }
            Fault::KillAtStep { node, steps, away } => {
                self.world.end_at(&node, Trigger::Step(steps), (number, kind), away);
            }
            Fault::KillAtPoint { node, point, passes, away } => {
                self.world.end_at(&node, Trigger::Point(point, passes), (number, kind), away);
            }
            Fault::Stall { node, lasts } => self.stall(&node, lasts),
            Fault::Jump { node, micros } => self.jump(&node, micros),
            Fault::Part { from, to, both_ways, lasts } => {
                self.world.net().part(&from, &to, number);
                if both_ways {
                    self.world.net().part(&to, &from, number);
                }
                self.lasts(lasts);
            }
            Fault::BadNetwork { lasts } => {
                self.world.net().disturb(number);
                self.lasts(lasts);
            }
            Fault::Broker(fault) => self.broker(&fault),
            // Needs the processes themselves: see `rage`.
            Fault::Roll { .. } => {}
        }
    }

    fn kill(&self, nodes: &[String], away: Duration) {
        for node in nodes {
            if self.world.end(node) {
                self.world.felt(self.number, self.kind);
                begin_later(&self.world, node.clone(), away);
            }
        }
    }

    /// A fault of the network that ends by itself.
    fn lasts(self, lasts: Duration) {
        let world = self.world.clone();
        world.spawn("network", async move {
            self.world.sleep(lasts).await;
            if self.world.net().is_over(self.number) {
                self.world.felt(self.number, self.kind);
            }
        });
    }

    fn broker(self, fault: &BrokerFault) {
        if let BrokerFault::BadMessages { lasts } = *fault {
            let world = self.world.clone();
            world.broker().disturb(self.number);
            return world.spawn("broker", async move {
                self.world.sleep(lasts).await;
                if self.world.broker().is_over(self.number) {
                    self.world.felt(self.number, self.kind);
                }
            });
        }
        if self.world.broker().suffer(fault) {
            self.world.felt(self.number, self.kind);
        }
    }

    fn stall(self, node: &str, lasts: Duration) {
        let Some(life) = self.world.with_node(node, |state| state.stage.life().cloned()).flatten() else {
            return;
        };
        life.stall(self.number);
        let world = self.world.clone();
        world.spawn("stall", async move {
            self.world.sleep(lasts).await;
            if life.go_on(self.number) {
                self.world.felt(self.number, self.kind);
            }
        });
    }

    fn jump(&self, node: &str, micros: i64) {
        if let Some(()) = self.world.with_node(node, |state| state.clock.jump(micros)) {
            self.world.felt(self.number, self.kind);
        }
    }

    /// One process after the other, as a rolling update does; one that is away anyhow comes back as the other version.
    async fn roll(&self, service: &str) {
        if let Err(error) = self.world.widen(service) {
            return self.world.note(&error);
        }
        for node in self.world.nodes() {
            let is_of_it = self.world.with_node(&node, |state| state.service == service).unwrap_or_default();
            if !is_of_it {
                continue;
            }
            let was_other = self.world.net().is_other_version(&node);
            if self.world.drain(&node).await {
                self.world.felt(self.number, self.kind);
            }
            self.world.net().set_version(&node, !was_other);
            if let Err(error) = self.world.begin(&node).await {
                self.world.note(&error);
            }
        }
    }
}

/// How long it may take until whatever still lasts is over, and everybody is there.
const SETTLES: Duration = Duration::from_secs(60);

/// Waits until all faults are over, and every process is up again.
///
/// # Errors
/// When one does not begin.
pub(crate) async fn settle(world: &World) -> Result<(), String> {
    world.net().heal();
    world.broker().heal();
    world.note("faults are over");
    let until = world.clock().monotonic() + SETTLES;
    for node in world.nodes() {
        while !world.is_up(&node) {
            if world.clock().monotonic() > until {
                return Err(format!("{node} is up once nothing goes wrong"));
            }
            world.begin(&node).await?;
            world.sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Takes away whoever came to its end, and begins its next life after a while.
pub(crate) async fn undertake(world: World) {
    loop {
        let (node, away) = world.fallen().await;
        begin_later(&world, node, away);
    }
}

fn begin_later(world: &World, node: String, away: Duration) {
    let beginning = world.clone();
    world.spawn("begin", async move {
        beginning.sleep(away).await;
        if let Err(error) = beginning.begin(&node).await {
            beginning.note(&error);
        }
    });
}

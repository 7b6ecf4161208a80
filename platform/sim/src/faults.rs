//! What goes wrong, and when: drawn from the seed before it happens.

use std::collections::BTreeMap;
use std::time::Duration;

use tradewind_kernel::Entropy;

use crate::trouble::Trouble;
use crate::world::World;

/// How much goes wrong in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    /// The mean pause between two of them; none when it is zero.
    pub every: Duration,
    /// How long each lasts at most: a process that is down, a network that is parted or bad.
    pub lasts: Duration,
}

impl Default for Faults {
    fn default() -> Self {
        Self { every: Duration::from_millis(1_800), lasts: Duration::from_secs(4) }
    }
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self { every: Duration::ZERO, lasts: Duration::ZERO }
    }
}

/// How many faults of each kind there were.
pub(crate) type Counts = BTreeMap<&'static str, u32>;

/// Brings faults about, one after the other.
pub(crate) struct Nemesis {
    world: World,
    faults: Faults,
    dice: Entropy,
    clients: Vec<String>,
    pub(crate) counts: Counts,
}

impl Nemesis {
    pub(crate) fn new(world: &World, faults: Faults, clients: &[String]) -> Self {
        let (dice, counts) = (world.entropy("nemesis"), Counts::new());
        Self { world: world.clone(), faults, dice, clients: clients.to_vec(), counts }
    }

    /// Goes on for `length`.
    pub(crate) async fn rage(&mut self, length: Duration) {
        if self.faults.every.is_zero() {
            return self.world.sleep(length).await;
        }
        let until = self.world.clock().monotonic() + length;
        loop {
            let pause = self.span(self.faults.every * 2);
            let left = until.saturating_sub(self.world.clock().monotonic());
            self.world.sleep(pause.min(left)).await;
            if pause >= left {
                return;
            }
            self.strike();
        }
    }

    fn strike(&mut self) {
        let kind = match self.dice.below(8) {
            0 | 1 => self.kill(),
            2 | 3 => self.kill_at_commit(),
            4 => self.part(true),
            5 => self.part(false),
            6 => self.trouble(),
            _ => self.kill_all(),
        };
        *self.counts.entry(kind).or_default() += 1;
    }

    fn kill(&mut self) -> &'static str {
        let service = self.service();
        if self.world.is_up(&service) {
            self.world.end(&service);
            self.begin_later(service);
        }
        "process killed"
    }

    fn kill_at_commit(&mut self) -> &'static str {
        let (service, keeps_last) = (self.service(), self.dice.below(2) == 0);
        let commits = u32::try_from(1 + self.dice.below(12)).unwrap_or(1);
        self.world.note(&format!("{service} shall fall at its commit {commits}"));
        self.world.end_at_commit(&service, commits, keeps_last);
        if keeps_last { "process killed after a commit" } else { "process killed before a commit" }
    }

    fn kill_all(&mut self) -> &'static str {
        for service in self.world.services() {
            if self.world.is_up(&service) {
                self.world.end(&service);
                self.begin_later(service);
            }
        }
        "all processes killed"
    }

    fn begin_later(&mut self, service: String) {
        let (world, pause) = (self.world.clone(), self.span(self.faults.lasts));
        self.world.spawn("begin", begin_after(world, service, pause));
    }

    fn part(&mut self, both_ways: bool) -> &'static str {
        let mut ends = self.world.services();
        ends.extend(self.clients.iter().cloned());
        let from = ends.swap_remove(self.index(ends.len()));
        let to = ends.swap_remove(self.index(ends.len()));
        let (world, lasts) = (self.world.clone(), self.span(self.faults.lasts));
        self.world.note(&format!("{from} and {to} are parted, both ways: {both_ways}"));
        self.world.spawn("part", async move {
            world.net().part(&from, &to);
            if both_ways {
                world.net().part(&to, &from);
            }
            world.sleep(lasts).await;
            world.net().join(&from, &to);
            world.net().join(&to, &from);
        });
        if both_ways { "network parted both ways" } else { "network parted one way" }
    }

    fn trouble(&mut self) -> &'static str {
        let (world, lasts) = (self.world.clone(), self.span(self.faults.lasts));
        self.world.note("the network is bad");
        self.world.spawn("trouble", async move {
            world.net().set_trouble(Trouble::bad());
            world.sleep(lasts).await;
            world.net().set_trouble(Trouble::calm());
        });
        "network bad"
    }

    fn service(&mut self) -> String {
        let mut services = self.world.services();
        let index = self.index(services.len());
        services.swap_remove(index)
    }

    fn index(&self, length: usize) -> usize {
        usize::try_from(self.dice.below(length as u64)).unwrap_or_default()
    }

    fn span(&self, most: Duration) -> Duration {
        Duration::from_micros(self.dice.below(u64::try_from(most.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// Takes away whoever fell at a commit, and begins its next life after a while.
pub(crate) async fn undertake(world: World, lasts: Duration) {
    let dice = world.entropy("undertaker");
    loop {
        let service = world.fallen().await;
        let pause = Duration::from_micros(dice.below(u64::try_from(lasts.as_micros()).unwrap_or(u64::MAX)));
        world.spawn("begin", begin_after(world.clone(), service, pause));
    }
}

async fn begin_after(world: World, service: String, pause: Duration) {
    world.sleep(pause).await;
    if !world.is_up(&service)
        && let Err(error) = world.begin(&service).await
    {
        world.note(&error);
    }
}

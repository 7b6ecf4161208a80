//! Who is killed when and how, chosen by a seed.

use std::time::Duration;

use tradewind_kernel::Entropy;

/// The longest time between the wanted acknowledgements and a kill from outside, in milliseconds: the kill shall hit
/// commits, feeds and handlers at random.
const JITTER_MS: u64 = 50;

/// A point ends its process at one of this many passes.
const COUNTDOWN: u64 = 40;

/// One kill in this many comes from outside where there are points.
const OUTSIDE: u64 = 3;

/// The longest time that a server stays away, in milliseconds.
const DOWN_MS: u64 = 2_000;

/// The services that write while orders are placed: the others pass no point.
const WRITERS: [&str; 3] = ["stock", "customers", "orders"];

/// What is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A process of the fleet, by its name; its supervisor starts it again.
    Part { label: String, service: String },
    /// All processes of the server of the databases; started again by the run.
    Postgres,
    /// All processes of the broker; started again by the run.
    Rabbitmq,
}

impl Target {
    /// How it is called in figures and on the command line.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Part { label, .. } => label,
            Self::Postgres => "postgres",
            Self::Rabbitmq => "rabbitmq",
        }
    }

    fn is_writer(&self) -> bool {
        matches!(self, Self::Part { service, .. } if WRITERS.contains(&service.as_str()))
    }
}

/// What is waited for after a kill, before the next is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settle {
    /// Nothing: the next may hit while this target is still away, unless it is the same.
    Nothing,
    /// The target takes requests again.
    Ready,
    /// And an order placed since is open.
    Open,
}

/// One kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blow {
    pub(super) target: Target,
    /// How long after enough was acknowledged.
    pub(super) jitter: Duration,
    /// From within, at this pass of this point; from outside without it.
    pub(super) point: Option<(String, u64)>,
    /// How long a server stays away.
    pub(super) down: Duration,
    pub(super) settle: Settle,
}

/// So many kills in an order chosen at random; each target gets its share, some of them one more than others.
pub(super) fn plan(entropy: &Entropy, kills: u32, targets: &[Target], points: &[String]) -> Vec<Blow> {
    let mut order: Vec<usize> = (0..targets.len()).collect();
    shuffle(entropy, &mut order);
    let mut hits: Vec<usize> = order.iter().copied().cycle().take(kills as usize).collect();
    shuffle(entropy, &mut hits);
    hits.into_iter().map(|index| blow(entropy, targets[index].clone(), points)).collect()
}

fn blow(entropy: &Entropy, target: Target, points: &[String]) -> Blow {
    let from_within = target.is_writer() && !points.is_empty() && entropy.below(OUTSIDE) != 0;
    let point = from_within.then(|| {
        let index = usize::try_from(entropy.below(points.len() as u64)).unwrap_or(0);
        (points[index].clone(), 1 + entropy.below(COUNTDOWN))
    });
    let settle = match entropy.below(4) {
        0 => Settle::Nothing,
        1 => Settle::Ready,
        _ => Settle::Open,
    };
    let (jitter, down) = (entropy.below(JITTER_MS), entropy.below(DOWN_MS));
    Blow { target, jitter: Duration::from_millis(jitter), point, down: Duration::from_millis(down), settle }
}

fn shuffle<T>(entropy: &Entropy, items: &mut [T]) {
    for at in (1..items.len()).rev() {
        items.swap(at, usize::try_from(entropy.below(at as u64 + 1)).unwrap_or(at));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn targets() -> Vec<Target> {
        let part = |label: &str, service: &str| Target::Part { label: label.into(), service: service.into() };
        let parts = [part("gateway", "gateway"), part("orders", "orders"), part("orders-2", "orders")];
        parts.into_iter().chain([Target::Postgres, Target::Rabbitmq]).collect()
    }

    fn blows(seed: u64, points: &[&str]) -> Vec<Blow> {
        let points: Vec<String> = points.iter().map(|point| (*point).to_owned()).collect();
        plan(&Entropy::seeded(seed), 103, &targets(), &points)
    }

    #[test]
    fn every_target_gets_its_share_in_an_order_of_the_seed() {
        let plan = blows(7, &[]);
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for blow in &plan {
            *counts.entry(blow.target.name()).or_default() += 1;
        }
        assert_eq!(counts.len(), targets().len());
        assert!(counts.values().all(|count| (20..=21).contains(count)), "{counts:?}");
        assert_eq!(plan, blows(7, &[]));
        assert_ne!(plan, blows(8, &[]));
        let repeats = plan.windows(2).filter(|pair| pair[0].target == pair[1].target).count();
        assert!((5..=40).contains(&repeats), "{repeats}");
        for settle in [Settle::Nothing, Settle::Ready, Settle::Open] {
            assert!(plan.iter().any(|blow| blow.settle == settle), "{settle:?}");
        }
    }

    #[test]
    fn only_who_writes_is_ended_from_within_and_at_every_point() {
        assert!(blows(7, &[]).iter().all(|blow| blow.point.is_none()));
        let points = ["a", "b", "c", "d"];
        let plan = blows(7, &points);
        let within: Vec<&Blow> = plan.iter().filter(|blow| blow.point.is_some()).collect();
        assert!(within.iter().all(|blow| blow.target.name().starts_with("orders")));
        let hit = within.iter().filter_map(|blow| blow.point.as_ref().map(|(name, _)| name.as_str()));
        assert_eq!(hit.collect::<BTreeSet<_>>(), BTreeSet::from(points));
        let is_outside = |blow: &&Blow| blow.target.name() == "orders" && blow.point.is_none();
        assert!(plan.iter().any(|blow| is_outside(&blow)));
    }
}

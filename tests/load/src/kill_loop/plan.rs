//! How each life ends, chosen by a seed.

use std::time::Duration;

use tradewind_kernel::Entropy;

/// The longest time between the wanted acknowledgements and a kill from outside, in milliseconds: the kill
/// shall hit commits, feeds and handlers at random.
const JITTER_MS: u64 = 50;

/// A point ends the process at one of this many passes.
const COUNTDOWN: u64 = 40;

/// One life in this many is ended from outside when the binary has fault points.
const OUTSIDE: u64 = 4;

/// The longest time that the server stays away, in milliseconds.
const DOWN_MS: u64 = 2_000;

/// What is hit, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blow {
    /// A signal, this long after enough was acknowledged.
    Outside(Duration),
    /// The server of the databases is killed this long after enough was acknowledged, and started again `down`
    /// later; the fleet lives on.
    Server { jitter: Duration, down: Duration },
    /// From within, at this pass of this point after enough was acknowledged.
    Point { name: String, countdown: u64 },
}

/// So many blows, of which `share` of a hundred hit the server, in an order chosen at random.
pub(super) fn plan(entropy: &Entropy, blows: u32, share: u32, points: &[String]) -> Vec<Blow> {
    let of_server = blows * share / 100;
    let mut is_of_server: Vec<bool> = (0..blows).map(|number| number < of_server).collect();
    for at in (1..is_of_server.len()).rev() {
        is_of_server.swap(at, usize::try_from(entropy.below(at as u64 + 1)).unwrap_or(at));
    }
    let choose = |is_of_server: &bool| match is_of_server {
        true => Blow::choose_server(entropy),
        false => Blow::choose(entropy, points),
    };
    is_of_server.iter().map(choose).collect()
}

impl Blow {
    /// Whether the fleet lives on.
    pub(super) fn is_of_server(&self) -> bool {
        matches!(self, Self::Server { .. })
    }

    fn choose_server(entropy: &Entropy) -> Self {
        let (jitter, down) = (entropy.below(JITTER_MS), entropy.below(DOWN_MS));
        Self::Server { jitter: Duration::from_millis(jitter), down: Duration::from_millis(down) }
    }

    /// Chooses among the outside and these points.
    fn choose(entropy: &Entropy, points: &[String]) -> Self {
        let outside = points.is_empty() || entropy.below(OUTSIDE) == 0;
        if outside {
            return Self::Outside(Duration::from_millis(entropy.below(JITTER_MS)));
        }
        let index = usize::try_from(entropy.below(points.len() as u64)).unwrap_or(0);
        Self::Point { name: points[index].clone(), countdown: 1 + entropy.below(COUNTDOWN) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::BTreeSet;

    fn blows(seed: u64, points: &[&str]) -> Vec<Blow> {
        let entropy = Entropy::seeded(seed);
        let points: Vec<String> = points.iter().map(|point| (*point).to_owned()).collect();
        plan(&entropy, 200, 0, &points)
    }

    #[test]
    fn the_server_gets_its_share_at_no_foreseeable_times() {
        let entropy = Entropy::seeded(7);
        let blows = plan(&entropy, 60, 55, &["a".to_owned()]);
        let hits: Vec<bool> = blows.iter().map(Blow::is_of_server).collect();
        assert_eq!((hits.len(), hits.iter().filter(|hit| **hit).count()), (60, 33));
        let changes = hits.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((15..=45).contains(&changes), "{hits:?}");
        assert!(blows.iter().any(|blow| matches!(blow, Blow::Point { .. })));
        assert!(plan(&entropy, 60, 0, &[]).iter().all(|blow| !blow.is_of_server()));
    }

    #[test]
    fn a_seed_repeats_its_choices_and_reaches_every_point() {
        let points = ["a", "b", "c", "d", "e", "f", "g", "h"];
        assert_eq!(blows(7, &points), blows(7, &points));
        assert_ne!(blows(7, &points), blows(8, &points));
        let blows = blows(7, &points);
        let hit = blows.iter().filter_map(|blow| match blow {
            Blow::Point { name, countdown } if (1..=COUNTDOWN).contains(countdown) => Some(name.as_str()),
            _ => None,
        });
        assert_eq!(hit.collect::<BTreeSet<_>>(), BTreeSet::from(points));
        assert!(blows.iter().any(|blow| matches!(blow, Blow::Outside(_))));
    }

    #[test]
    fn without_points_every_blow_comes_from_outside() {
        assert!(blows(7, &[]).iter().all(|blow| matches!(blow, Blow::Outside(_))));
    }
}

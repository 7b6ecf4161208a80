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

/// How one life ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blow {
    /// A signal, this long after enough was acknowledged.
    Outside(Duration),
    /// From within, at this pass of this point after enough was acknowledged.
    Point { name: String, countdown: u64 },
}

impl Blow {
    /// Chooses among the outside and these points.
    pub(super) fn choose(entropy: &Entropy, points: &[String]) -> Self {
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
        (0..200).map(|_| Blow::choose(&entropy, &points)).collect()
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

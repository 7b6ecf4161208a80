//! Chooses one of several endpoints.

use std::net::SocketAddr;
use std::rc::Rc;

use crate::timer::now;
use crate::upstream::endpoint::Endpoint;

/// How much greater a load has to be to count as greater: what differs less differs by chance, and to follow it would
/// send everything to whoever was a little quicker once.
const NOISE: f64 = 1.25;

/// Of two endpoints drawn at random the one with the lesser load ("the power of two choices", Mitzenmacher 2001).
///
/// Endpoints that were tried already, are left alone or have all they can bear come only when there are no others.
pub(crate) fn pick(
    endpoints: &[Rc<Endpoint>],
    tried: &[SocketAddr],
    most: u32,
    random: u64,
) -> Option<Rc<Endpoint>> {
    let now = now();
    let good = |endpoint: &Rc<Endpoint>| !tried.contains(&endpoint.address) && !endpoint.is_ejected(now);
    let count = endpoints.len() as u64;
    let (first, second) = (random % count, (random >> 32) % (count - 1));
    // The second is drawn from the others.
    let second = if second >= first { second + 1 } else { second };
    let drawn =
        |index: u64| endpoints.get(index as usize).filter(|one| good(one) && one.in_flight.get() < most);
    let chosen = match (drawn(first), drawn(second)) {
        (Some(one), Some(other)) => Some(if other.load(now) * NOISE < one.load(now) { other } else { one }),
        (one, other) => one.or(other),
    };
    let with_room = || endpoints.iter().filter(|endpoint| endpoint.in_flight.get() < most);
    let least = |left: &&Rc<Endpoint>, right: &&Rc<Endpoint>| left.load(now).total_cmp(&right.load(now));
    let chosen = chosen.or_else(|| with_room().filter(|endpoint| good(endpoint)).min_by(least));
    // One that is left alone is better than none, and so is one that was tried.
    let untried = || with_room().filter(|endpoint| !tried.contains(&endpoint.address)).min_by(least);
    chosen.or_else(untried).or_else(|| with_room().min_by(least)).cloned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn endpoints(count: u16) -> Vec<Rc<Endpoint>> {
        (0..count).map(|port| Rc::new(Endpoint::new(([127, 0, 0, 1], 1_000 + port).into()))).collect()
    }

    /// Many draws, spread as a generator spreads them.
    fn draws() -> impl Iterator<Item = u64> {
        (1..2_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ n)
    }

    #[test]
    fn all_endpoints_have_a_share() {
        let endpoints = endpoints(3);
        let mut seen = [0; 3];
        for random in draws() {
            let picked = pick(&endpoints, &[], 10, random).unwrap();
            seen[usize::from(picked.address.port() - 1_000)] += 1;
        }
        assert!(seen.iter().all(|count| *count > 300), "{seen:?}");
    }

    #[test]
    fn a_loaded_one_has_less_and_a_full_one_nothing() {
        let endpoints = endpoints(2);
        endpoints[0].in_flight.set(3);
        assert!(draws().all(|random| pick(&endpoints, &[], 10, random).unwrap().address.port() == 1_001));
        endpoints[1].in_flight.set(10);
        assert!(draws().all(|random| pick(&endpoints, &[], 10, random).unwrap().address.port() == 1_000));
        endpoints[0].in_flight.set(10);
        assert!(pick(&endpoints, &[], 10, 7).is_none());
    }

    #[test]
    fn tried_and_ejected_ones_come_last() {
        let endpoints = endpoints(3);
        let tried = [endpoints[0].address];
        endpoints[1].report(false, 1, Duration::from_secs(60), false);
        assert!(draws().all(|random| pick(&endpoints, &tried, 10, random).unwrap().address.port() == 1_002));
        let tried = [endpoints[0].address, endpoints[2].address];
        assert!(draws().all(|random| pick(&endpoints, &tried, 10, random).unwrap().address.port() == 1_001));
        let tried: Vec<_> = endpoints.iter().map(|endpoint| endpoint.address).collect();
        assert!(pick(&endpoints, &tried, 10, 7).is_some());
    }
}

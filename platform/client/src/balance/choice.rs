//! Which endpoint gets a call: the better of two drawn at random, and now and then one of which little is known.

use std::time::Duration;

use tradewind_kernel::Entropy;

use crate::balance::endpoint::{Endpoint, Rank};
use crate::policy::BalanceOptions;

/// What is asked of the endpoint of one attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The endpoints that have failed this call already: another one is taken, if there is one.
    pub(crate) tried: &'a [u64],
    /// Whether the call can go elsewhere when it fails: then it may find out how an endpoint is.
    pub(crate) is_repeatable: bool,
    /// Whether breakers are asked for leave.
    pub(crate) through_breakers: bool,
    /// Whether probing is worth its while because of it; a long poll, that only waits, does not care.
    pub(crate) is_urgent: bool,
}

/// The place of the endpoint to take; `None` when there is none, or no breaker lets the call through.
pub(super) fn choose(
    endpoints: &[Endpoint],
    wanted: &Wanted<'_>,
    options: &BalanceOptions,
    (now, entropy): (Duration, &Entropy),
) -> Option<usize> {
    let may = |endpoint: &Endpoint| !wanted.through_breakers || endpoint.admits(now);
    if let [only] = endpoints {
        return may(only).then_some(0);
    }
    // Better one that failed this call than one that fails every call.
    let key = |endpoint: &Endpoint| {
        let rank = endpoint.rank(now);
        (rank >= Rank::Tripped, wanted.tried.contains(&endpoint.serial), rank)
    };
    let usable = (0..).zip(endpoints).filter(|(_, endpoint)| may(endpoint));
    let ranked: Vec<(usize, _)> = usable.map(|(at, endpoint)| (at, key(endpoint))).collect();
    let best = ranked.iter().map(|(_, rank)| *rank).min()?;
    let fit: Vec<usize> = ranked.iter().filter(|(_, rank)| *rank == best).map(|(at, _)| *at).collect();
    if wanted.is_repeatable && wanted.tried.is_empty() {
        // Without leave of a breaker nothing would be told to it.
        let may_try = |endpoint: &Endpoint| wanted.through_breakers || endpoint.is_out();
        let is_unsure = |endpoint: &Endpoint| may_try(endpoint) && endpoint.wants_trial(now);
        if let Some((at, _)) = ranked.iter().find(|(at, _)| is_unsure(&endpoints[*at])) {
            return Some(*at);
        }
    }
    if let [only] = fit[..] {
        return Some(only);
    }
    Some(forgotten(endpoints, &fit, options, now).unwrap_or_else(|| {
        let (first, second) = two_of(&fit, entropy);
        better(endpoints, (first, second), options, (now, entropy))
    }))
}

/// The one that was not chosen for the longest time, if that is too long or was never.
fn forgotten(
    endpoints: &[Endpoint],
    fit: &[usize],
    options: &BalanceOptions,
    now: Duration,
) -> Option<usize> {
    let is_old = |at: &&usize| {
        let endpoint = &endpoints[**at];
        let age = now.saturating_sub(endpoint.picked);
        endpoint.in_flight == 0 && (endpoint.picks == 0 || age >= options.forced_every)
    };
    fit.iter().filter(is_old).min_by_key(|at| endpoints[**at].picked).copied()
}

/// Two different ones; of two there is nothing to draw.
fn two_of(fit: &[usize], entropy: &Entropy) -> (usize, usize) {
    if let [first, second] = *fit {
        return (first, second);
    }
    let count = fit.len() as u64;
    let first = entropy.below(count);
    let second = entropy.below(count.saturating_sub(1));
    let second = if second >= first { second + 1 } else { second };
    let at = |place: u64| fit[usize::try_from(place).unwrap_or(0)];
    (at(first), at(second))
}

/// The one that costs less; of equal ones that which was chosen longer ago. A cold one steps back now and then.
fn better(
    endpoints: &[Endpoint],
    (first, second): (usize, usize),
    options: &BalanceOptions,
    (now, entropy): (Duration, &Entropy),
) -> usize {
    let key = |at: usize| (endpoints[at].cost(now), endpoints[at].picked, at);
    let (winner, other) = if key(first) <= key(second) { (first, second) } else { (second, first) };
    let share = endpoints[winner].share(options, now);
    let steps_back = share < endpoints[other].share(options, now) && entropy.below(100) >= share;
    if steps_back { other } else { winner }
}

//! The endpoints of one backend, and the choice among them.

use std::time::Duration;

use crate::balance::key::Key;
use crate::balance::load::Load;
use crate::balance::options::{BalanceSettings, Ended, MAX_ENDPOINTS};
use crate::hash;
use crate::health::warmth;
use crate::places::Places;

/// So few under way overrun no endpoint, whatever the average is.
const FEW: u64 = 8;

/// Costs that differ by a fifth of the greater one differ by chance: to follow that would send everything to whoever
/// was a little quicker once. Of five parts so many are left then.
const NOISE: u64 = 4;

/// The endpoints of one backend as one thread knows them.
///
/// Each endpoint has a place as long as it is there, so that [`Places`] say which of them are fit.
#[derive(Debug)]
pub struct Balancer {
    settings: BalanceSettings,
    endpoints: Vec<Option<Endpoint>>,
    /// What keys are weighed with, by place; the same in every process. A choice by key reads nothing but these two.
    seeds: [u64; MAX_ENDPOINTS],
    in_flight: [u32; MAX_ENDPOINTS],
    /// The sum of `in_flight`.
    under_way: u64,
    present: Places,
    /// Those at which as much is under way as may be.
    full: Places,
    serial: u64,
    /// Before this no endpoint is forgotten.
    forgotten_at: Duration,
}

#[derive(Debug)]
struct Endpoint {
    name: Box<str>,
    serial: u64,
    load: Load,
    /// When it was chosen last.
    picked: Duration,
    /// Since when it is warmed up; nothing when it had its whole share from the beginning.
    cold_since: Option<Duration>,
}

/// An endpoint that was chosen for one request. Say how that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "what is under way at an endpoint is counted until `ended` is called"]
pub struct Picked {
    place: usize,
    serial: u64,
}

impl Picked {
    /// The place of the endpoint.
    #[must_use]
    pub fn place(self) -> usize {
        self.place
    }
}

impl Balancer {
    /// Without endpoints.
    #[must_use]
    pub fn new(settings: BalanceSettings) -> Self {
        let (present, full, forgotten_at) = (Places::NONE, Places::NONE, Duration::ZERO);
        let (seeds, in_flight) = ([0; MAX_ENDPOINTS], [0; MAX_ENDPOINTS]);
        Self {
            settings,
            endpoints: Vec::new(),
            seeds,
            in_flight,
            under_way: 0,
            present,
            full,
            serial: 0,
            forgotten_at,
        }
    }

    /// These are the endpoints from now on: those that stay keep their places and what is known of them. Of more than
    /// [`MAX_ENDPOINTS`] names as many are drawn, mostly the same ones each time. The first endpoints of all are not warmed up, since there is
    /// nobody who could do their work meanwhile.
    pub fn set<'a>(&mut self, names: impl IntoIterator<Item = &'a str>, now: Duration) {
        let mut names: Vec<&str> = names.into_iter().collect();
        if names.len() > MAX_ENDPOINTS {
            let seed = hash::finish(self.settings.seed);
            names.sort_by_cached_key(|name| hash::weigh(hash::of(0, name.as_bytes()), seed));
            names.truncate(MAX_ENDPOINTS);
        }
        let cold_since = (!self.present.is_empty()).then_some(now);
        for (place, endpoint) in self.endpoints.iter_mut().enumerate() {
            if endpoint.as_ref().is_some_and(|endpoint| !names.contains(&&*endpoint.name)) {
                *endpoint = None;
                self.present = self.present.without(place);
                self.full = self.full.without(place);
                let gone = self.in_flight.get_mut(place).map_or(0, std::mem::take);
                self.under_way = self.under_way.saturating_sub(u64::from(gone));
            }
        }
        for name in names {
            if self.place_of(name).is_none() {
                self.join(name, cold_since, now);
            }
        }
        self.forgotten_at = Duration::ZERO;
    }

    fn join(&mut self, name: &str, cold_since: Option<Duration>, now: Duration) {
        let place = self.endpoints.iter().position(Option::is_none).unwrap_or(self.endpoints.len());
        if place == self.endpoints.len() {
            self.endpoints.push(None);
        }
        self.serial += 1;
        let numbers = self.seeds.get_mut(place).zip(self.in_flight.get_mut(place));
        if let Some((free, (seed, in_flight))) = self.endpoints.get_mut(place).zip(numbers) {
            (*seed, *in_flight) = (hash::of(0, name.as_bytes()), 0);
            *free = Some(Endpoint {
                name: name.into(),
                serial: self.serial,
                load: Load::default(),
                // It is chosen soon, to find out how it is.
                picked: now.saturating_sub(self.settings.forced_every),
                cold_since,
            });
            self.present = self.present.with(place);
        }
    }

    /// The endpoint of a place was away, and begins as if it had joined now.
    pub fn warm_up(&mut self, place: usize, now: Duration) {
        let forced_every = self.settings.forced_every;
        if let Some(Some(endpoint)) = self.endpoints.get_mut(place) {
            (endpoint.load, endpoint.cold_since) = (Load::default(), Some(now));
            endpoint.picked = now.saturating_sub(forced_every);
            self.forgotten_at = Duration::ZERO;
        }
    }

    /// The place of an endpoint.
    #[must_use]
    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.endpoints.iter().position(|endpoint| endpoint.as_ref().is_some_and(|it| &*it.name == name))
    }

    /// The endpoint of a place.
    #[must_use]
    pub fn name(&self, place: usize) -> Option<&str> {
        self.endpoint(place).map(|endpoint| &*endpoint.name)
    }

    /// What is under way at the endpoint of a place.
    #[must_use]
    pub fn in_flight(&self, place: usize) -> u32 {
        self.in_flight.get(place).copied().unwrap_or(0)
    }

    /// The places of all endpoints.
    #[must_use]
    pub fn present(&self) -> Places {
        self.present
    }

    /// The better of two of the fit ones, drawn with these random bits; nothing when none is fit.
    pub fn pick(&mut self, fit: Places, now: Duration, random: u64) -> Option<Picked> {
        let fit = fit.and(self.present).minus(self.full);
        let place = match fit.len() {
            0 => return None,
            1 => fit.nth(0)?,
            count => match self.forgotten(fit, now) {
                Some(place) => place,
                None => {
                    let (first, second) = two_of(fit, count, random)?;
                    self.better((first, second), now, random)
                }
            },
        };
        self.take(place, now)
    }

    /// The endpoint of a key among the fit ones, or the next one when that has more than its share.
    pub fn pick_for(&mut self, key: Key, fit: Places, now: Duration) -> Option<Picked> {
        let fit = fit.and(self.present).minus(self.full);
        let all = if fit == self.present {
            self.under_way
        } else {
            fit.iter().map(|place| u64::from(self.in_flight(place))).sum()
        };
        let shares = u64::from(fit.len()).max(1) * 100;
        let bound = ((all + 1) * u64::from(self.settings.bound_percent.max(100))).div_ceil(shares);
        let bound = bound.max(FEW);
        let (mut most, mut best) = (0, None);
        for (place, (seed, in_flight)) in
            self.seeds.iter().zip(&self.in_flight).take(self.endpoints.len()).enumerate()
        {
            let weight = hash::weigh(*seed, key.0);
            // Not all can have reached the bound: it is above the average.
            if weight >= most && fit.has(place) && u64::from(*in_flight) < bound {
                (most, best) = (weight, Some(place));
            }
        }
        self.take(best?, now)
    }

    /// The endpoint of a place, if it is fit and has room.
    pub fn pick_at(&mut self, place: usize, fit: Places, now: Duration) -> Option<Picked> {
        if fit.and(self.present).minus(self.full).has(place) { self.take(place, now) } else { None }
    }

    /// Says how the request of an endpoint ended. An endpoint that is gone does not care.
    pub fn ended(&mut self, picked: Picked, ended: Ended, now: Duration) {
        self.told(picked, ended, now);
        self.left(picked);
    }

    /// Says what is known of a request that is under way still: its answer has begun, and may go on for long.
    pub fn told(&mut self, picked: Picked, ended: Ended, now: Duration) {
        let penalty = self.settings.penalty;
        let Some(endpoint) = self.picked(picked) else { return };
        match ended {
            Ended::Answered(took) => endpoint.load.observe(took, now),
            Ended::Failed(took) => endpoint.load.observe(took.max(penalty), now),
            Ended::Dropped => {}
        }
    }

    /// The request of an endpoint is under way no more.
    pub fn left(&mut self, picked: Picked) {
        if self.picked(picked).is_none() {
            return;
        }
        if let Some(in_flight) = self.in_flight.get_mut(picked.place) {
            *in_flight = in_flight.saturating_sub(1);
            self.under_way = self.under_way.saturating_sub(1);
        }
        if !self.full.is_empty() {
            self.full = self.full.without(picked.place);
        }
    }

    /// Whether the endpoint that was chosen is there still.
    #[must_use]
    pub fn is_there(&self, picked: Picked) -> bool {
        self.endpoint(picked.place).is_some_and(|endpoint| endpoint.serial == picked.serial)
    }

    /// The endpoint that was chosen, if it is there still.
    fn picked(&mut self, picked: Picked) -> Option<&mut Endpoint> {
        let endpoint = self.endpoints.get_mut(picked.place).and_then(Option::as_mut);
        endpoint.filter(|endpoint| endpoint.serial == picked.serial)
    }

    fn endpoint(&self, place: usize) -> Option<&Endpoint> {
        self.endpoints.get(place).and_then(Option::as_ref)
    }

    fn take(&mut self, place: usize, now: Duration) -> Option<Picked> {
        let endpoint = self.endpoints.get_mut(place).and_then(Option::as_mut)?;
        let in_flight = self.in_flight.get_mut(place)?;
        *in_flight += 1;
        if *in_flight >= self.settings.most_in_flight {
            self.full = self.full.with(place);
        }
        self.under_way += 1;
        endpoint.picked = now;
        Some(Picked { place, serial: endpoint.serial })
    }

    /// The fit one that was not chosen for the longest time, if that is too long. All are looked at only when one may
    /// have been forgotten since the last look: being chosen only puts that off.
    fn forgotten(&mut self, fit: Places, now: Duration) -> Option<usize> {
        if now < self.forgotten_at {
            return None;
        }
        let (mut oldest, mut next) = (None, now.saturating_add(self.settings.forced_every));
        for place in fit.iter() {
            let Some(endpoint) = self.endpoint(place).filter(|_| self.in_flight(place) == 0) else {
                continue;
            };
            let due = endpoint.picked.saturating_add(self.settings.forced_every);
            if due > now {
                next = next.min(due);
            } else if oldest.is_none_or(|(least, _)| endpoint.picked < least) {
                oldest = Some((endpoint.picked, place));
            }
        }
        // With one found there may be more, for the next requests.
        self.forgotten_at = if oldest.is_some() { now } else { next };
        oldest.map(|(_, place)| place)
    }

    /// The one that costs less; of equal ones that which was chosen longer ago. A cold one steps back now and then.
    fn better(&self, (first, second): (usize, usize), now: Duration, random: u64) -> usize {
        let (winner, other) =
            if self.is_better(second, first, now) { (second, first) } else { (first, second) };
        let share = |place| self.endpoint(place).map_or(100, |endpoint| endpoint.share(&self.settings, now));
        let share_of_winner = share(winner);
        if share_of_winner == 100 {
            return winner;
        }
        let steps_back = share_of_winner < share(other) && hash::finish(random) % 100 >= share_of_winner;
        if steps_back { other } else { winner }
    }

    fn is_better(&self, place: usize, other: usize, now: Duration) -> bool {
        let Some((one, two)) = self.endpoint(place).zip(self.endpoint(other)) else { return false };
        let (busy, busy_other) = (self.in_flight(place), self.in_flight(other));
        let (cost, cost_of_other) = (one.cost(busy, now), two.cost(busy_other, now));
        let (least, most) = (cost.min(cost_of_other), cost.max(cost_of_other));
        if busy == busy_other && most / 5 <= least / NOISE {
            return one.picked < two.picked;
        }
        (cost, one.picked) < (cost_of_other, two.picked)
    }
}

impl Endpoint {
    /// What choosing it costs: its latency once more for each request under way.
    fn cost(&self, in_flight: u32, now: Duration) -> u64 {
        (self.load.estimate(now) + 1).saturating_mul(u64::from(in_flight) + 1)
    }

    /// How much of its share it gets, in percent.
    fn share(&self, settings: &BalanceSettings, now: Duration) -> u64 {
        self.cold_since.map_or(100, |since| warmth(since, settings.slow_start, now))
    }
}

/// Two different ones of so many; each half of the random bits draws one.
fn two_of(fit: Places, count: u32, random: u64) -> Option<(usize, usize)> {
    let draw = |bits: u64, count: u32| (((bits & 0xffff_ffff) * u64::from(count)) >> 32) as u32;
    let first = draw(random, count);
    let second = draw(random >> 32, count.saturating_sub(1));
    let second = if second >= first { second + 1 } else { second };
    Some((fit.nth(first)?, fit.nth(second)?))
}

#[cfg(test)]
#[path = "balancer_tests.rs"]
mod tests;

//! What one thread knows of the endpoints of a cluster, and chooses by.

use std::cell::RefCell;
use std::time::Duration;

use tradewind_edge::balance::{BalanceSettings, Balancer, Ended, Key, Picked, Places};
use tradewind_edge::health::{EjectionSettings, Ejections};
use tradewind_edge::retry_budget::RetryBudget;

use crate::timer::Moment;
use crate::upstream::cluster::{ClusterSettings, Nobody};

/// The age of the world when a cluster begins: what has never been chosen was not chosen for long.
const PAST: Duration = Duration::from_secs(60);

/// How a request ended, for the endpoint that it went to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    pub(crate) took: Duration,
    pub(crate) is_well: bool,
}

/// Where a request belongs, if it belongs somewhere.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Belongs {
    pub(crate) place: Option<usize>,
    pub(crate) key: Option<Key>,
}

/// The standing of the endpoints, which requests under way share with their cluster.
pub(crate) struct Standing {
    /// What moments are counted from.
    start: Moment,
    inner: RefCell<Inner>,
}

struct Inner {
    balancer: Balancer,
    ejections: Ejections,
    budget: RetryBudget,
    /// Places of endpoints that fail their checks.
    down: Places,
    /// Places of endpoints that help out when the others are not enough.
    spare: Places,
    draws: u64,
}

impl Standing {
    pub(crate) fn new(settings: &ClusterSettings, start: Moment) -> Self {
        let ejection = EjectionSettings {
            failures: settings.failures,
            first: settings.ejection,
            longest: settings.longest_ejection,
            most_percent: settings.most_ejected_percent,
        };
        let balance = BalanceSettings {
            slow_start: settings.slow_start,
            most_in_flight: settings.most_requests,
            // All threads and gateways are to find the same endpoint for a client.
            seed: if settings.keeps_clients() { 0 } else { settings.seed },
            ..BalanceSettings::default()
        };
        let inner = Inner {
            balancer: Balancer::new(balance),
            ejections: Ejections::new(ejection),
            budget: RetryBudget::of_thread(settings.threads),
            down: Places::NONE,
            spare: Places::NONE,
            draws: settings.seed | 1,
        };
        Self { start, inner: RefCell::new(inner) }
    }

    fn since(&self, moment: Moment) -> Duration {
        PAST + moment.saturating_duration_since(self.start)
    }

    /// These are the endpoints from now on; gives their places in the same order. Where there are more than a balancer
    /// takes, some have none.
    pub(crate) fn set(&self, names: &[String], now: Moment) -> Vec<Option<usize>> {
        let mut inner = self.inner.borrow_mut();
        let Inner { balancer, ejections, down, spare, .. } = &mut *inner;
        let before = balancer.present();
        let known: Vec<bool> = names.iter().map(|name| balancer.place_of(name).is_some()).collect();
        balancer.set(names.iter().map(String::as_str), self.since(now));
        let places: Vec<_> = names.iter().map(|name| balancer.place_of(name)).collect();
        let stays =
            |place: &usize| places.iter().zip(&known).any(|(it, known)| *known && *it == Some(*place));
        let left = before.iter().filter(|place| !stays(place)).fold(Places::NONE, Places::with);
        left.iter().for_each(|place| ejections.leave(place));
        (*down, *spare) = (down.minus(left), spare.minus(left));
        let joined = places.iter().zip(known).filter(|(_, known)| !known);
        joined.filter_map(|(place, _)| *place).for_each(|place| ejections.join(place));
        places
    }

    /// These endpoints fail their checks.
    pub(crate) fn set_down(&self, down: Places, now: Moment) {
        let now = self.since(now);
        let Inner { balancer, down: before, .. } = &mut *self.inner.borrow_mut();
        let back = before.minus(down);
        // Where none works there is nobody who could do the work meanwhile.
        if !balancer.present().minus(*before).is_empty() {
            back.iter().for_each(|place| balancer.warm_up(place, now));
        }
        *before = down;
    }

    /// These endpoints help out when the others are not enough.
    pub(crate) fn set_spare(&self, spare: Places) {
        self.inner.borrow_mut().spare = spare;
    }

    /// Chooses an endpoint that is none of `tried`, unless there is no other.
    ///
    /// One that helps out is better than one that is left alone; that is better than none, and so is one that was tried.
    pub(crate) fn pick(&self, tried: Places, belongs: Belongs, now: Moment) -> Result<Picked, Nobody> {
        let now = self.since(now);
        let mut inner = self.inner.borrow_mut();
        let random = inner.draw();
        let Inner { balancer, ejections, down, spare, .. } = &mut *inner;
        let present = balancer.present();
        let sound = present.minus(*down);
        let all = if sound.is_empty() { present } else { sound };
        let out = ejections.out(now);
        let mut pick = |fit| {
            let kept = belongs.place.and_then(|place| balancer.pick_at(place, fit, now));
            kept.or_else(|| match belongs.key {
                Some(key) => balancer.pick_for(key, fit, now),
                None => balancer.pick(fit, now, random),
            })
        };
        let fit = all.minus(out);
        // A client that is kept somewhere stays there, wherever that is.
        let stays = belongs.place.is_some_and(|place| fit.has(place));
        let here = fit.minus(*spare);
        let is_enough = !spare.is_empty() && !stays && are_enough(here, present.minus(*spare));
        let mut picked = is_enough.then(|| pick(here.minus(tried))).flatten();
        picked = picked.or_else(|| pick(fit.minus(tried)));
        if picked.is_none() && !(out.is_empty() && tried.is_empty()) {
            picked = pick(all.minus(tried)).or_else(|| pick(all));
        }
        picked.ok_or(if all.is_empty() { Nobody::Empty } else { Nobody::Busy })
    }

    /// What became of a request; gives the endpoint that is left alone from now on.
    pub(crate) fn report(&self, picked: Picked, report: Report, now: Moment) -> Option<usize> {
        let now = self.since(now);
        let Inner { balancer, ejections, .. } = &mut *self.inner.borrow_mut();
        let Report { took, is_well } = report;
        balancer.told(picked, if is_well { Ended::Answered(took) } else { Ended::Failed(took) }, now);
        // What is known of an endpoint that has gone is not for the one that has its place now.
        let place = balancer.is_there(picked).then(|| picked.place())?;
        ejections.report(place, is_well, now).map(|_| place)
    }

    /// The request is under way no more.
    pub(crate) fn left(&self, picked: Picked) {
        self.inner.borrow_mut().balancer.left(picked);
    }

    /// The places of endpoints that are left alone.
    pub(crate) fn left_alone(&self, now: Moment) -> Places {
        self.inner.borrow_mut().ejections.out(self.since(now))
    }

    /// A live request: it pays a part of an attempt again.
    pub(crate) fn deposit(&self, now: Moment) {
        self.inner.borrow_mut().budget.deposit(self.since(now));
    }

    /// Takes an attempt again out of the budget, so that failing backends are not asked ever more often.
    pub(crate) fn withdraw(&self, now: Moment) -> bool {
        self.inner.borrow_mut().budget.withdraw(self.since(now))
    }
}

/// How much more than usual endpoints may get, in percent, before others help out: as much as when a zone is chosen.
const OVERLOAD: u32 = 20;

/// Whether those that work can do what all are there for.
fn are_enough(working: Places, all: Places) -> bool {
    !working.is_empty() && all.len() * 100 <= working.len() * (100 + OVERLOAD)
}

impl Inner {
    fn draw(&mut self) -> u64 {
        // xorshift: which of two endpoints is asked is no secret.
        self.draws ^= self.draws << 13;
        self.draws ^= self.draws >> 7;
        self.draws ^= self.draws << 17;
        self.draws
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;

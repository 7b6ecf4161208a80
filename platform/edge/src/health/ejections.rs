//! What requests find: endpoints that fail are left alone for a while.

use std::time::Duration;

use crate::places::Places;

/// When an endpoint is left alone, for how long, and how many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EjectionSettings {
    /// So many failures in a row.
    pub failures: u32,
    /// For how long the first time; it doubles with each further one.
    pub first: Duration,
    /// The longest time.
    pub longest: Duration,
    /// At most this share of the endpoints at once, in percent. One always may, and one is always left.
    pub most_percent: u32,
}

impl Default for EjectionSettings {
    fn default() -> Self {
        Self {
            failures: 5,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            most_percent: 50,
        }
    }
}

/// The endpoints of one backend, by the places that the balancer gives them.
///
/// One that comes back is on trial: its next failure counts as many. How long an endpoint is out grows with the number of times that it was: an endpoint that comes and goes is asked less
/// and less. For each `longest` that it then stays in, one of those times is forgotten.
#[derive(Debug, Clone)]
pub struct Ejections {
    settings: EjectionSettings,
    endpoints: Vec<Endpoint>,
    out: Places,
    /// Before this none of those comes back.
    back_at: Duration,
}

#[derive(Debug, Clone, Copy, Default)]
struct Endpoint {
    is_there: bool,
    /// Failures in a row.
    run: u32,
    /// How often it was taken out, as far as that is remembered.
    times: u32,
    /// Until when it is, or was, out.
    until: Duration,
}

impl Endpoint {
    fn is_out(&self, now: Duration) -> bool {
        self.is_there && now < self.until
    }
}

impl Ejections {
    /// No endpoints yet.
    #[must_use]
    pub fn new(settings: EjectionSettings) -> Self {
        Self { settings, endpoints: Vec::new(), out: Places::NONE, back_at: Duration::ZERO }
    }

    /// An endpoint joins at a place; nothing is known of it.
    pub fn join(&mut self, place: usize) {
        if place >= self.endpoints.len() {
            self.endpoints.resize(place + 1, Endpoint::default());
        }
        if let Some(endpoint) = self.endpoints.get_mut(place) {
            *endpoint = Endpoint { is_there: true, ..Endpoint::default() };
        }
        self.out = self.out.without(place);
    }

    /// The endpoint of a place leaves.
    pub fn leave(&mut self, place: usize) {
        if let Some(endpoint) = self.endpoints.get_mut(place) {
            *endpoint = Endpoint::default();
        }
        self.out = self.out.without(place);
    }

    /// Tells how a request went; gives for how long the endpoint is left alone, if it is from now on.
    pub fn report(&mut self, place: usize, good: bool, now: Duration) -> Option<Duration> {
        let endpoint = self.endpoints.get_mut(place)?;
        if good {
            endpoint.run = 0;
            return None;
        }
        // What was sent before it was taken out says nothing new.
        if !endpoint.is_there || endpoint.is_out(now) {
            return None;
        }
        endpoint.run = endpoint.run.saturating_add(1);
        if endpoint.run < self.settings.failures || !self.has_room(now) {
            return None;
        }
        let settings = self.settings;
        let endpoint = self.endpoints.get_mut(place)?;
        let longest = settings.longest.max(Duration::from_millis(1));
        let forgotten = now.saturating_sub(endpoint.until).as_millis() / longest.as_millis();
        endpoint.times = endpoint.times.saturating_sub(u32::try_from(forgotten).unwrap_or(u32::MAX));
        let pause = settings.first.saturating_mul(2_u32.saturating_pow(endpoint.times)).min(longest);
        endpoint.times = endpoint.times.saturating_add(1);
        endpoint.run = settings.failures.saturating_sub(1);
        endpoint.until = now.saturating_add(pause);
        self.back_at = if self.out.is_empty() { endpoint.until } else { self.back_at.min(endpoint.until) };
        self.out = self.out.with(place);
        Some(pause)
    }

    /// Whether the endpoint of a place is left alone.
    #[must_use]
    pub fn is_out(&self, place: usize, now: Duration) -> bool {
        self.endpoints.get(place).is_some_and(|endpoint| endpoint.is_out(now))
    }

    /// The places of those that are left alone. All are looked at only when one of them may have come back.
    pub fn out(&mut self, now: Duration) -> Places {
        if !self.out.is_empty() && now >= self.back_at {
            let left = self.out.iter().filter(|place| self.is_out(*place, now));
            self.out = left.fold(Places::NONE, Places::with);
            let of = |place: usize| self.endpoints.get(place).map(|endpoint| endpoint.until);
            self.back_at = self.out.iter().filter_map(of).min().unwrap_or_default();
        }
        self.out
    }

    /// Whether one more may be taken out.
    fn has_room(&self, now: Duration) -> bool {
        let all = self.endpoints.iter().filter(|endpoint| endpoint.is_there).count() as u64;
        let out = self.endpoints.iter().filter(|endpoint| endpoint.is_out(now)).count() as u64;
        let share = (all * u64::from(self.settings.most_percent) / 100).max(1);
        out < share.min(all.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(endpoints: usize, settings: EjectionSettings) -> Ejections {
        let mut ejections = Ejections::new(settings);
        (0..endpoints).for_each(|place| ejections.join(place));
        ejections
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Lets an endpoint fail until it is out.
    fn fail(ejections: &mut Ejections, place: usize, now: Duration) -> Option<u64> {
        (0..5).find_map(|_| ejections.report(place, false, now)).map(|pause| pause.as_secs())
    }

    #[test]
    fn only_failures_in_a_row_count() {
        let mut ejections = of(2, EjectionSettings::default());
        for good in [false, false, false, false, true, false, false, false, false] {
            assert_eq!(ejections.report(0, good, at(1)), None);
        }
        assert_eq!(ejections.report(0, false, at(1)), Some(at(1)));
        assert!(ejections.is_out(0, at(1)) && !ejections.is_out(0, at(2)) && !ejections.is_out(1, at(1)));
    }

    #[test]
    fn who_comes_and_goes_is_out_for_longer_and_longer() {
        let mut ejections = of(2, EjectionSettings::default());
        let (mut now, mut pauses) = (1, Vec::new());
        for _ in 0..9 {
            let pause = fail(&mut ejections, 0, at(now)).unwrap();
            pauses.push(pause);
            now += pause;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(fail(&mut ejections, 0, at(now + 60 * 6)), Some(8));
        ejections.join(0);
        assert_eq!(fail(&mut ejections, 0, at(now)), Some(1));
    }

    #[test]
    fn one_is_always_left() {
        let all = EjectionSettings { most_percent: 100, ..EjectionSettings::default() };
        let none = EjectionSettings { most_percent: 0, ..EjectionSettings::default() };
        for (endpoints, settings, out) in
            [(1, all, 0), (2, all, 1), (3, all, 2), (1, none, 0), (2, none, 1), (9, none, 1)]
        {
            let mut ejections = of(endpoints, settings);
            let found = (0..endpoints).filter(|place| fail(&mut ejections, *place, at(1)).is_some()).count();
            assert_eq!(found, out, "{endpoints}");
        }
    }

    #[test]
    fn those_that_left_do_not_count() {
        let mut ejections = of(3, EjectionSettings { most_percent: 100, ..EjectionSettings::default() });
        ejections.leave(2);
        assert_eq!(fail(&mut ejections, 2, at(1)), None);
        assert_eq!(fail(&mut ejections, 0, at(1)), Some(1));
        assert_eq!(fail(&mut ejections, 1, at(1)), None);
        assert_eq!(fail(&mut ejections, 7, at(1)), None);
    }

    #[test]
    fn who_comes_back_is_on_trial() {
        let mut ejections = of(2, EjectionSettings::default());
        assert_eq!(fail(&mut ejections, 0, at(1)), Some(1));
        assert_eq!(ejections.report(0, false, at(2)), Some(at(2)));
        assert_eq!(ejections.report(0, true, at(4)), None);
        for _ in 0..4 {
            assert_eq!(ejections.report(0, false, at(4)), None);
        }
        assert!(ejections.report(0, false, at(4)).is_some());
    }

    proptest! {
        #[test]
        fn never_more_are_out_than_may(
            endpoints in 1_usize..12,
            percent in 0_u32..=100,
            steps in prop::collection::vec((0_usize..12, 0_u64..3_000, any::<bool>()), 1..300),
        ) {
            let mut ejections =
                of(endpoints, EjectionSettings { failures: 2, most_percent: percent, ..EjectionSettings::default() });
            let mut now = at(1);
            for (place, pause, good) in steps {
                now += Duration::from_millis(pause);
                ejections.report(place, good, now);
                let out = (0..endpoints).filter(|place| ejections.is_out(*place, now)).count();
                let places = (0..endpoints).filter(|place| ejections.is_out(*place, now));
                let places = places.fold(Places::NONE, Places::with);
                prop_assert_eq!(ejections.out(now), places);
                prop_assert!(out < endpoints);
                prop_assert!(out <= (endpoints * percent as usize / 100).max(1));
            }
        }
    }
}

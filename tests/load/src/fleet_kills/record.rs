//! What happened to each target.

use std::collections::BTreeMap;

use super::{Blow, Options, Progress, Target};
use crate::figures::{Figures, median};

/// The most that a target should take until it takes requests again, in seconds.
const BACK: f64 = 15.0;

/// One kill as it went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kill {
    /// The point, or `outside`.
    pub(super) at: String,
    /// Whether a point was armed that was not passed.
    pub(super) is_missed: bool,
}

/// The kills of one target.
#[derive(Debug, Clone, Default)]
struct Tally {
    is_part: bool,
    kills: u32,
    before: Progress,
    seconds_away: Vec<f64>,
}

/// What happened in a run.
#[derive(Debug, Default)]
pub(super) struct Record {
    targets: BTreeMap<String, Tally>,
    at: BTreeMap<String, u32>,
    missed: u32,
    to_open: Vec<f64>,
}

impl Record {
    /// Nothing happened yet; a target that is never hit shall be seen.
    pub(super) fn new(plan: &[Blow]) -> Self {
        let mut record = Self::default();
        for Blow { target, .. } in plan {
            record.tally(target);
        }
        record
    }

    fn tally(&mut self, target: &Target) -> &mut Tally {
        let tally = self.targets.entry(target.name().to_owned()).or_default();
        tally.is_part = matches!(target, Target::Part { .. });
        tally
    }

    /// A kill, and what had come since the one before.
    pub(super) fn add(&mut self, blow: &Blow, kill: Kill, came: Progress) {
        self.missed += u32::from(kill.is_missed);
        *self.at.entry(kill.at).or_default() += 1;
        let tally = self.tally(&blow.target);
        tally.kills += 1;
        tally.before.acknowledged += came.acknowledged;
        tally.before.events += came.events;
    }

    pub(super) fn back(&mut self, target: &Target, seconds: f64) {
        self.tally(target).seconds_away.push(seconds);
    }

    pub(super) fn open(&mut self, seconds: f64) {
        self.to_open.push(seconds);
    }

    /// How often a process of the fleet was killed.
    pub(super) fn kills_of_parts(&self) -> u32 {
        self.targets.values().filter(|tally| tally.is_part).map(|tally| tally.kills).sum()
    }

    /// The processes of the fleet that are targets.
    pub(super) fn names_of_parts(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().filter(|(_, tally)| tally.is_part).map(|(name, _)| name.as_str())
    }

    pub(super) fn report(&self, options: &Options, figures: &mut Figures) {
        println!("{:<16} {:>6} {:>8} {:>8} {:>12}", "killed", "kills", "orders", "events", "s away");
        for (name, tally) in &self.targets {
            let Tally { kills, before: Progress { acknowledged, events }, seconds_away, .. } = tally;
            let away = median(seconds_away.clone());
            println!("{name:<16} {kills:>6} {acknowledged:>8} {events:>8} {away:>12.2}");
        }
        for (place, count) in &self.at {
            figures.note(&format!("kills at {place}"), f64::from(*count));
        }
        let least = |count: fn(&Tally) -> u64| self.targets.values().map(count).min().unwrap_or(0) as f64;
        let kills = self.targets.values().map(|tally| tally.kills).sum::<u32>();
        figures.at_least("kills", f64::from(kills), f64::from(options.kills));
        figures.at_least("kills_of_a_target_least", least(|tally| u64::from(tally.kills)), 1.0);
        let writes = f64::from(options.writes_per_target);
        figures.at_least(
            "orders_before_kills_of_a_target_least",
            least(|tally| tally.before.acknowledged),
            writes,
        );
        let events = f64::from(options.events_per_target);
        figures.at_least("events_before_kills_of_a_target_least", least(|tally| tally.before.events), events);
        // A replica without the turn of a subscription passes none of its points.
        figures.note("points_not_reached", f64::from(self.missed));
        let away: Vec<f64> = self.targets.values().flat_map(|tally| tally.seconds_away.clone()).collect();
        figures.pace_at_most("seconds_away_slowest", slowest(&away), BACK);
        figures.note("seconds_to_open_median", median(self.to_open.clone()));
        figures.note("seconds_to_open_slowest", slowest(&self.to_open));
    }
}

fn slowest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

//! The line of an object: what happened to it, in every service, in true time.
//!
//! The ids in a failure's rows lead to events in the services' logs, those to the processes that they belong to
//! (correlations), and those to all other events and requests of the same processes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tradewind_db::Engine;
use tradewind_events::EVIDENCE;
use tradewind_kernel::{Id, Timestamp};

use crate::failure::Failure;
use crate::journal::{Change, Entry, What};
use crate::world::{BEGINNING, OBSERVER, World};

/// Most lines that are told; from the middle of more some are left out.
const MOST: usize = 120;

/// The length of an id as text.
const ID: usize = 36;

/// An event in the log of a service.
struct Event {
    service: String,
    id: String,
    kind: String,
    key: String,
    sequence: String,
    correlation: Option<Id>,
    causation: String,
    recorded_at: Option<Timestamp>,
}

/// The line of what `failure` is about; empty when no event has to do with it.
pub(crate) fn line(world: &World, failure: &Failure) -> Vec<String> {
    let named: BTreeSet<Id> = failure.rows.iter().flat_map(|row| ids(row)).collect();
    let log = log(world);
    let is_named = |text: &str| text.parse().is_ok_and(|id: Id| named.contains(&id));
    let direct = log.iter().filter(|event| {
        is_named(&event.key) || is_named(&event.id) || event.correlation.is_some_and(|id| named.contains(&id))
    });
    let direct: Vec<&Event> = direct.collect();
    let objects: BTreeSet<&str> = direct.iter().map(|event| event.key.as_str()).collect();
    let processes: BTreeSet<Id> = direct.iter().filter_map(|event| event.correlation).collect();
    if direct.is_empty() {
        return Vec::new();
    }
    let of_it = |event: &&Event| event.correlation.is_some_and(|id| processes.contains(&id));
    let entries = world.net().journal().entries();
    let told = Told { world, log: &log, entries: &entries };
    let mut lines: Vec<(Duration, String)> =
        log.iter().filter(of_it).map(|event| told.event(event)).collect();
    lines.extend(told.requests(&processes, &objects));
    if let (Some(first), Some(last)) =
        (lines.iter().map(|line| line.0).min(), lines.iter().map(|line| line.0).max())
    {
        lines.extend(told.around(first, last));
    }
    lines.sort_by_key(|line| line.0);
    shortened(&lines)
}

/// What the lines are made of.
struct Told<'a> {
    world: &'a World,
    log: &'a [Event],
    entries: &'a [Entry],
}

impl Told<'_> {
    fn event(&self, event: &Event) -> (Duration, String) {
        let (at, node) = self.committed(event);
        let cause = self.log.iter().find(|other| other.id == event.causation);
        let because = cause.map_or_else(String::new, |cause| format!(", because of {}", cause.kind));
        (at, format!("{node} announces {} {} of {}{because}", event.kind, event.sequence, event.key))
    }

    /// When an event was committed, and by which process. Its own time is that of a clock that is off; the commit at
    /// which that clock showed it tells the true one.
    fn committed(&self, event: &Event) -> (Duration, String) {
        let node_of = |entry: &Entry| match &entry.what {
            What::Commit { node, wall } if Some(*wall) == event.recorded_at => {
                Some((entry.at, node.to_string()))
            }
            _ => None,
        };
        let is_of_it = |node: &str| self.world.service_of(node).as_deref() == Some(event.service.as_str());
        let found = self.entries.iter().filter_map(node_of).find(|(_, node)| is_of_it(node));
        let shown = event.recorded_at.map_or(Duration::ZERO, |at| at.since(BEGINNING));
        found.unwrap_or_else(|| (shown, event.service.clone()))
    }

    /// The requests that belong to the processes or name the objects, each with the act that it was made for.
    fn requests(&self, processes: &BTreeSet<Id>, objects: &BTreeSet<&str>) -> Vec<(Duration, String)> {
        let (mut lines, mut acts, mut latest) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        for (index, entry) in self.entries.iter().enumerate() {
            match &entry.what {
                What::Act { node, .. } => drop(latest.insert(node.clone(), index)),
                What::Message(message) => {
                    // Who looks on has no part in it.
                    let belongs = &*message.from != OBSERVER
                        && (message.correlation.is_some_and(|id| processes.contains(&id))
                            || objects.iter().any(|object| message.target.contains(object)));
                    // Who looks on would draw out the line until the end of the run.
                    let looks_on = *message.from == *OBSERVER && *message.method == *"GET";
                    if belongs && !looks_on {
                        lines.push((entry.at, entry.what.to_string()));
                        if let Some(act) = latest.get(&message.from) {
                            acts.insert(*act);
                        }
                    }
                }
                _ => {}
            }
        }
        let acts = acts.into_iter().map(|index| &self.entries[index]);
        lines.extend(acts.map(|entry| (entry.at, entry.what.to_string())));
        lines
    }

    /// What went wrong meanwhile.
    fn around(&self, first: Duration, last: Duration) -> impl Iterator<Item = (Duration, String)> {
        let is_wrong = |entry: &&Entry| {
            matches!(
                &entry.what,
                What::Fault { .. }
                    | What::Broken(_)
                    | What::Node { change: Change::Falls(_) | Change::Ends | Change::Begins(_), .. }
            )
        };
        let meanwhile = self.entries.iter().filter(move |entry| entry.at >= first && entry.at <= last);
        meanwhile.filter(is_wrong).map(|entry| (entry.at, entry.what.to_string()))
    }
}

/// The events that are in the logs of all services.
fn log(world: &World) -> Vec<Event> {
    let Some(evidence) = EVIDENCE.iter().find(|evidence| evidence.table == "event_log") else {
        return Vec::new();
    };
    let query = evidence.rows.text(Engine::Sqlite);
    let of = |service: String| {
        // A service without a log has nothing to tell.
        let rows = world.inner.volume.rows(&service, query).unwrap_or_default();
        rows.into_iter().filter_map(move |row| event(&service, row)).collect::<Vec<_>>()
    };
    world.services().into_iter().flat_map(of).collect()
}

fn event(service: &str, row: Vec<String>) -> Option<Event> {
    let row: [String; 8] = row.try_into().ok()?;
    let [_, id, kind, key, sequence, correlation, causation, recorded_at] = row;
    let recorded_at = recorded_at.parse().ok().map(Timestamp::from_micros);
    let correlation = correlation.parse().ok();
    Some(Event { service: service.to_owned(), id, kind, key, sequence, correlation, causation, recorded_at })
}

/// The ids in a text.
fn ids(text: &str) -> impl Iterator<Item = Id> {
    (0..text.len()).filter_map(|at| text.get(at..at + ID)?.parse().ok())
}

fn shortened(lines: &[(Duration, String)]) -> Vec<String> {
    let more = lines.len().saturating_sub(MOST);
    let told =
        |(at, text): &(Duration, String)| format!("{:>4}.{:06} {text}", at.as_secs(), at.subsec_micros());
    let mut all: Vec<String> = lines.iter().map(told).collect();
    if more > 0 {
        drop(all.splice(MOST / 2..MOST / 2 + more, [format!("     … {more} more …")]));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_wherever_they_stand_in_a_row() {
        let (one, two) = (Id::from_u128(1), Id::from_u128(u128::MAX));
        let found: Vec<Id> = ids(&format!("lamp={one} ü x-{two}… 0198-not-an-id")).collect();
        assert_eq!(found, [one, two]);
    }

    #[test]
    fn of_a_long_line_both_ends_are_told() {
        let lines = |count: u64| -> Vec<(Duration, String)> {
            (0..count).map(|at| (Duration::from_secs(at), format!("line {at}"))).collect()
        };
        assert_eq!(shortened(&lines(120)).len(), 120);
        let long = shortened(&lines(500));
        assert_eq!(long.len(), 121);
        assert!(long[60].contains("380 more") && long[120].ends_with("line 499"), "{long:#?}");
    }
}

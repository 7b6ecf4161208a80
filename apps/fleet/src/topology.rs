//! Who is where and who may talk to whom: what a cluster has to be told, derived from the descriptions.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tradewind_chassis::{AccessSettings, Description, DoorKind};

/// A fleet as a chart needs it. Maps and sets, so that its text is the same each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// The services by name.
    pub services: BTreeMap<String, Place>,
}

/// A service among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// What it is for, in one sentence.
    pub about: String,
    /// The ports of its doors, by their kind.
    pub doors: BTreeMap<String, u16>,
    /// Names of secrets in the data folder that all replicas of it have to share.
    pub secrets: BTreeSet<String>,
    /// Which doors of which others it goes to.
    pub peers: BTreeMap<String, BTreeSet<String>>,
    /// Who of the others comes to which of its doors.
    pub callers: BTreeMap<String, BTreeSet<String>>,
}

impl Topology {
    /// That of the whole fleet.
    #[must_use]
    pub fn of_fleet() -> Self {
        Self::of(&crate::assembly().descriptions(), &AccessSettings::default().issued_by)
    }

    /// That of `services`, whose tokens `issuer` signs.
    fn of(services: &[Description], issuer: &str) -> Self {
        let place = |service: &Description| Place {
            about: service.about.clone(),
            doors: service.doors.iter().map(|door| (door.kind.name().to_owned(), door.port)).collect(),
            secrets: service.secrets.iter().cloned().collect(),
            peers: peers(service, issuer),
            callers: BTreeMap::new(),
        };
        let mut places: BTreeMap<String, Place> =
            services.iter().map(|service| (service.name.clone(), place(service))).collect();
        let ways: Vec<(String, String, String)> =
            places.iter().flat_map(|(from, place)| ways(from, place)).collect();
        for (from, to, door) in ways {
            if let Some(place) = places.get_mut(&to) {
                place.callers.entry(door).or_default().insert(from);
            }
        }
        Self { services: places }
    }
}

/// Caller, callee, door.
fn ways(from: &str, place: &Place) -> Vec<(String, String, String)> {
    let to = |(to, doors): (&String, &BTreeSet<String>)| -> Vec<(String, String, String)> {
        doors.iter().map(|door| (from.to_owned(), to.clone(), door.clone())).collect()
    };
    place.peers.iter().flat_map(to).collect()
}

/// Where a service goes: what it calls, the logs that it follows, and the keys of those who sign tokens.
fn peers(service: &Description, issuer: &str) -> BTreeMap<String, BTreeSet<String>> {
    let (public, internal) = (DoorKind::Public.name(), DoorKind::Internal.name());
    let mut peers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut go = |to: &str, door: &str| {
        if to != service.name {
            peers.entry(to.to_owned()).or_default().insert(door.to_owned());
        }
    };
    for call in &service.calls {
        match call.split_once('/') {
            Some((to, door)) => go(to, door),
            // `stock`, or `stock:8030` as routes name it.
            None => go(call.split_once(':').map_or(call.as_str(), |(to, _)| to), public),
        }
    }
    for listens in &service.listens {
        go(&listens.producer, internal);
    }
    // Doors of people verify tokens, by keys that the issuer shows.
    if service.doors.iter().any(|door| matches!(door.kind, DoorKind::Public | DoorKind::Admin)) {
        go(issuer, public);
    }
    peers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service<'a>(topology: &'a Topology, name: &str) -> &'a Place {
        topology.services.get(name).unwrap()
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn whoever_goes_somewhere_is_among_the_callers_there() {
        let topology = Topology::of_fleet();
        let mut ways = 0;
        for (from, place) in &topology.services {
            for (to, doors) in &place.peers {
                for door in doors {
                    assert!(service(&topology, to).doors.contains_key(door), "{from} goes to {to}/{door}");
                    assert!(service(&topology, to).callers[door].contains(from), "{from} at {to}/{door}");
                    ways += 1;
                }
            }
        }
        let came = |place: &Place| place.callers.values().map(BTreeSet::len).sum::<usize>();
        assert_eq!(topology.services.values().map(came).sum::<usize>(), ways);
        assert!(ways > 40, "{ways}");
    }

    #[test]
    fn calls_logs_and_keys_are_ways() {
        let topology = Topology::of_fleet();
        let orders = service(&topology, "orders");
        assert_eq!(
            orders.doors,
            BTreeMap::from([("internal".to_owned(), 8150), ("public".to_owned(), 8050)])
        );
        // By its calls and by what it follows.
        assert_eq!(orders.peers["payments"], set(&["internal"]));
        assert_eq!(orders.peers["catalogue"], set(&["internal"]));
        // For the keys, though it never says that it calls accounts.
        assert_eq!(orders.peers["accounts"], set(&["public"]));
        assert!(service(&topology, "gateway").peers["orders"].contains("public"));
        assert!(!service(&topology, "accounts").peers.contains_key("accounts"));
        assert!(!orders.callers.contains_key("admin"));
        assert_eq!(service(&topology, "webhooks").secrets, set(&["webhooks-sealing-key"]));
    }

    #[test]
    fn callers_of_internal_doors_are_those_that_are_declared() {
        let declared = tradewind_chassis::declared_callers(&crate::assembly().descriptions());
        for (name, place) in &Topology::of_fleet().services {
            let callers = place.callers.get("internal").cloned().unwrap_or_default();
            assert_eq!(callers, declared[name].iter().cloned().collect(), "{name}");
        }
    }
}

//! No route without cases, and cases that would pass if they were not spoilt.

use std::collections::BTreeSet;

use tradewind_chassis::Description;
use tradewind_fleet::assembly;

use super::routes::{ELSEWHERE, OTHER_DOORS, ROUTES, Route};
use super::world::World;

type Address = (String, String, String);

fn described(services: &[Description]) -> (BTreeSet<Address>, BTreeSet<String>) {
    let (mut routes, mut doors) = (BTreeSet::new(), BTreeSet::new());
    for service in services {
        for door in &service.doors {
            let name = format!("{}/{}", service.name, door.kind.name());
            let listed = door.routes.iter().cloned();
            routes.extend(listed.map(|(method, path)| (name.clone(), method, path)));
            doors.insert(name);
        }
    }
    (routes, doors)
}

fn covered(routes: &[Route]) -> BTreeSet<Address> {
    let address = |route: &Route| (route.door.to_owned(), route.method.to_owned(), route.path.to_owned());
    let elsewhere = ELSEWHERE
        .iter()
        .map(|(door, method, path)| ((*door).to_owned(), (*method).to_owned(), (*path).to_owned()));
    routes.iter().map(address).chain(elsewhere).collect()
}

#[test]
fn every_route_and_every_door_has_cases() {
    let (routes, doors) = described(&assembly().descriptions());
    assert_eq!(covered(ROUTES), routes, "list the new route in bad_input/routes.rs");
    let mut known: BTreeSet<String> = OTHER_DOORS.iter().map(|&door| door.to_owned()).collect();
    known.extend(routes.into_iter().map(|(door, ..)| door));
    assert_eq!(known, doors, "a door without routes of its own needs cases too");
}

#[test]
fn a_route_without_cases_is_noticed() {
    let (routes, _) = described(&assembly().descriptions());
    assert_ne!(covered(&ROUTES[1..]), routes);
}

#[tokio::test]
async fn every_request_is_taken_while_it_is_not_spoilt() {
    let world = World::new().await;
    for route in ROUTES {
        for door in world.doors(route) {
            let mut draft = world.good(route);
            draft.key = draft.key.map(|_| world.key());
            let answer = draft.request().send(door).await;
            assert!((200..300).contains(&answer.status), "{route:?}: {} {}", answer.status, answer.text());
        }
    }
    world.end().await;
}

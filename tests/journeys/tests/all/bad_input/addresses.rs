//! Methods, paths, parameters and queries.

use std::collections::BTreeSet;

use super::routes::{Query, ROUTES, Route, Who};
use super::world::{World, routes};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"];

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let world = World::new().await;
    for route in routes(|route| route.method != "*") {
        let right: BTreeSet<&str> = ROUTES
            .iter()
            .filter(|other| (other.door, other.path) == (route.door, route.path))
            .flat_map(|other| if other.method == "GET" { vec!["GET", "HEAD"] } else { vec![other.method] })
            .collect();
        for method in METHODS.iter().filter(|method| !right.contains(*method)) {
            let mut draft = world.good(route);
            draft.method = (*method).to_owned();
            for refusal in world.refuses_at(route, &draft, (405, "method-not-allowed")).await {
                assert!(right.iter().all(|name| refusal.detail.contains(name)), "{}", refusal.detail);
            }
            let answer = draft.request().send(world.doors(route)[0]).await;
            let allowed: BTreeSet<&str> = answer.header("allow").unwrap().split(", ").collect();
            assert_eq!(allowed, right, "{route:?}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_path_beyond_a_route_leads_nowhere() {
    let world = World::new().await;
    for route in ROUTES {
        for beyond in ["/no/such/thing", "/no/such/thing/"] {
            let mut draft = world.good(route);
            draft.target.push_str(beyond);
            world.refuses_at(route, &draft, (404, "not-found")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn an_address_at_which_there_can_be_nothing_is_not_found() {
    let world = World::new().await;
    for route in routes(|route| !route.nothing.is_empty()) {
        for name in route.nothing {
            let mut draft = world.good(route);
            draft.target = route.at(name);
            world.refuses_at(route, &draft, (404, "not-found")).await;
        }
    }
    for route in routes(Route::has_parameter) {
        assert!(!route.nothing.is_empty(), "{route:?} has a parameter and no bad one here");
    }
    world.end().await;
}

#[tokio::test]
async fn an_unknown_query_parameter_is_refused() {
    let world = World::new().await;
    for route in routes(|route| route.query != Query::Ignored) {
        for query in ["nope=1", "nope", "Limit=5", "customerId=1"] {
            let draft = world.good(route).with_query(query);
            world.refuses_at(route, &draft, (400, "invalid-parameter")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn only_the_routes_of_the_original_contract_ignore_the_query() {
    let world = World::new().await;
    for route in routes(|route| route.query == Query::Ignored) {
        assert!(!route.path.starts_with("/api/") && route.who == Who::Anyone, "{route:?}");
        let draft = world.good(route).with_query("nope=1");
        assert_eq!(draft.request().send(world.doors(route)[0]).await.status, 200, "{route:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_page_that_cannot_be_given_is_refused() {
    let world = World::new().await;
    for route in routes(|route| route.query == Query::Page) {
        for query in ["limit=0", "limit=201", "limit=65536", "limit=-1", "limit=1.5", "limit=", "limit=ten"] {
            let draft = world.good(route).with_query(query);
            world.refuses_at(route, &draft, (400, "invalid-parameter")).await;
        }
        for query in ["limit=1&limit=1", "after=a&after=a"] {
            let draft = world.good(route).with_query(query);
            world.refuses_at(route, &draft, (400, "invalid-parameter")).await;
        }
        for query in ["limit=1", "limit=200"] {
            let answer = world.good(route).with_query(query).request().send(world.doors(route)[0]).await;
            assert_eq!(answer.status, 200, "{query}");
        }
    }
    let orders = super::world::route("GET", "/api/orders/v1/orders");
    for mark in ["x", "1", "01980000"] {
        let draft = world.good(orders).with_query(&format!("after={mark}"));
        let refusals = world.refuses_at(orders, &draft, (400, "invalid-parameter")).await;
        assert!(refusals.iter().all(|refusal| refusal.names("after")), "{refusals:?}");
    }
    world.end().await;
}

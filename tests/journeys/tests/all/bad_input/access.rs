//! Who asks, and who only says so.

use tradewind_journeys::{ada, staff};

use super::routes::{ROUTES, Who};
use super::world::{World, routes};

#[tokio::test]
async fn a_token_that_is_none_is_refused_everywhere() {
    let world = World::new().await;
    let header = |value: &str| ("Authorization", value.as_bytes().to_vec());
    let user = format!("Bearer {}", ada());
    for route in ROUTES {
        for headers in [
            vec![header("Bearer")],
            vec![header("Bearer nonsense")],
            vec![header("Bearer dev-user-1")],
            vec![header("Bearer dev-owner-01980000-0000-7000-8000-00000000000a")],
            vec![header(&format!("Bearer {} {}", ada(), ada()))],
            vec![header(&format!("Basic {}", ada()))],
            vec![header(&ada())],
            vec![header("")],
            vec![header(&user), header(&user)],
            vec![header(&user), header("Bearer nonsense")],
            vec![("Authorization", b"Bearer \xff".to_vec())],
        ] {
            let mut draft = world.good(route);
            draft.token = None;
            draft.headers = headers;
            world.refuses_at(route, &draft, (401, "unauthenticated")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn nobody_is_told_to_say_who_asks() {
    let world = World::new().await;
    for route in routes(|route| route.who != Who::Anyone) {
        let mut draft = world.good(route);
        draft.token = None;
        world.refuses_at(route, &draft, (401, "unauthenticated")).await;
    }
    world.end().await;
}

#[tokio::test]
async fn an_internal_door_opens_to_the_whole_secret_only() {
    let world = World::new().await;
    let secret = world.fleet.secret().expose().to_owned();
    let wrong = [
        ada(),
        staff(),
        secret[1..].to_owned(),
        secret[..secret.len() - 1].to_owned(),
        format!("{secret}x"),
        secret.to_ascii_lowercase(),
        "internal".to_owned(),
    ];
    for route in routes(|route| route.who == Who::Secret) {
        for token in &wrong {
            let mut draft = world.good(route);
            draft.token = Some(token.clone());
            world.refuses_at(route, &draft, (401, "unauthenticated")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn the_secret_of_the_fleet_is_no_token_of_a_user() {
    let world = World::new().await;
    for route in routes(|route| route.who != Who::Secret) {
        let mut draft = world.good(route);
        draft.token = Some(world.fleet.secret().expose().to_owned());
        world.refuses_at(route, &draft, (401, "unauthenticated")).await;
    }
    world.end().await;
}

#[tokio::test]
async fn without_development_tokens_nobody_comes_in_with_one() {
    let fleet = tradewind_journeys::Fleet::start_with(&["access.development_tokens=false"]).await;
    let request = tradewind_testkit::Request::new("GET", "/api/customers/v1/me").bearer(&ada());
    drop(fleet.send(request).await.refusal(401, "unauthenticated"));
    fleet.shutdown().await;
}

//! Services that know each other by certificates: what comes without being asked for.

use tradewind_testkit::{Connection, Request};

use crate::books::{agree, order};
use crate::processes::{kill, process_of, ps, replaced, secured};
use crate::support::{ADA, Place, SERVICES};

#[tokio::test]
async fn every_internal_door_wants_a_certificate_and_the_command_line_has_one() {
    let place = Place::new();
    let fleet = secured(&place).await;
    let accepted = order(&fleet, "first").await.end().await;
    agree(&fleet, &accepted).await;
    // One that she can pay for, so that every promise has something to show.
    let small = Request::new("POST", "/api/orders/v1/orders").bearer(ADA).header("Idempotency-Key", "small");
    let small = small.header("Prefer", "wait=2").json(r#"{"lines":[{"productId":"1","quantity":1}]}"#);
    assert_eq!(small.send(fleet.door("gateway/data-plane")).await.status, 202);
    for service in SERVICES {
        let door = fleet.door(&format!("{service}/internal"));
        // In the clear nobody comes in, whatever secret is shown.
        let mut plain = Connection::open(door).await;
        plain.send(&Request::new("GET", "/events").bearer(&fleet.secret()).to_bytes()).await;
        let answer = plain.answer().await;
        assert!(answer.is_none_or(|answer| answer.status >= 400), "{service}");
    }
    for command in [&["health"][..], &["verify"], &["events"], &["letters", "list"], &["seed"]] {
        let ended = place.run(&[command, &["--data", "data"]].concat()).await;
        assert_eq!(ended.code, Some(0), "{command:?}: {}{}", ended.output, ended.errors);
    }
    let backup = place.run(&["backup", "--data", "data", "--to", "copy"]).await;
    assert_eq!(backup.code, Some(0), "{}", backup.errors);
    assert_eq!(fleet.stop().await.code, Some(0));
}

#[tokio::test]
async fn processes_that_are_killed_or_swapped_keep_their_names() {
    let place = Place::new();
    let fleet = secured(&place).await;
    let load = order(&fleet, "first").await;
    let before = process_of(&place, "stock").await["process"].clone();
    kill(&before).await;
    replaced(&place, "stock", &before).await;
    let restarted = place.run(&["restart", "--data", "data"]).await;
    assert_eq!(restarted.code, Some(0), "{}", restarted.errors);
    agree(&fleet, &load.end().await).await;
    assert!(ps(&place).await.iter().all(|view| view["ready"] == true));
    assert_eq!(fleet.stop().await.code, Some(0));
}

#[tokio::test]
async fn one_certificate_for_all_is_refused() {
    let place = Place::new();
    let files = ["certificate", "key", "authority"].map(|name| format!("identity.{name}=x.pem"));
    let more: Vec<&str> = files.iter().flat_map(|file| ["--set", file]).collect();
    let refused = place.refused(&[&["--processes"][..], &more].concat(), &[]).await;
    assert!(refused.contains("identity.certificate: one certificate"), "{refused}");
}

//! Processes that end by themselves.

use tradewind_testkit::{Request, until};

use crate::books::{agree, give_credit, order};
use crate::processes::{kill, process_of, replaced, runs, up};
use crate::support::{Place, SERVICES};

#[tokio::test]
async fn killed_processes_come_back_and_nothing_accepted_is_lost() {
    let place = Place::new();
    let fleet = up(&place, &[]).await;
    give_credit(&fleet).await;
    let mut accepted = Vec::new();
    for service in ["orders", "stock", "customers"] {
        let load = order(&fleet, service).await;
        let before = process_of(&place, service).await["process"].clone();
        kill(&before).await;
        replaced(&place, service, &before).await;
        accepted.extend(load.end().await);
        assert_eq!(process_of(&place, service).await["restarts"], 1);
    }
    agree(&fleet, &accepted).await;
    let ended = fleet.stop().await;
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(
        ended
            .errors
            .contains("orders       | the process ended: signal: 9 (SIGKILL); started again in 0.1 s")
    );
}

#[tokio::test]
async fn every_process_may_be_killed_at_once() {
    let place = Place::new();
    let fleet = up(&place, &[]).await;
    let mut before = Vec::new();
    for service in SERVICES {
        before.push((service, process_of(&place, service).await["process"].clone()));
    }
    for (_, process) in &before {
        kill(process).await;
    }
    for (service, process) in &before {
        replaced(&place, service, process).await;
    }
    give_credit(&fleet).await;
    let accepted = order(&fleet, "after").await.end().await;
    agree(&fleet, &accepted).await;
    assert_eq!(fleet.stop().await.code, Some(0));
}

#[tokio::test]
async fn settings_that_no_start_can_mend_are_given_up_with_their_name_and_taken_up_on_request() {
    let place = Place::new();
    place.write("tradewind.toml", "[http]\ndeadline = \"9s\"\n");
    let fleet = up(&place, &[]).await;
    let before = process_of(&place, "orders").await["process"].clone();
    place.write("tradewind.toml", "[http]\nattic = 1\n");
    let refused = place.run(&["restart", "stock", "--data", "data"]).await;
    assert_eq!(refused.code, Some(1), "{}", refused.output);
    assert!(refused.errors.contains("stock: the process ended"), "{}", refused.errors);
    kill(&before).await;
    until("orders is given up", async || {
        (process_of(&place, "orders").await["gaveUp"] == true).then_some(())
    })
    .await;
    // Nobody waits for what does not come.
    let knocked = Request::new("GET", "/").attempt(fleet.door("orders/public")).await;
    assert!(knocked.is_none(), "{knocked:?}");
    place.write("tradewind.toml", "");
    let restarted = place.run(&["restart", "orders", "stock", "--data", "data"]).await;
    assert_eq!(restarted.code, Some(0), "{}", restarted.errors);
    assert_eq!(fleet.get("/api/orders/v1/orders").await.status, 200);
    let after = process_of(&place, "orders").await["process"].clone();
    assert!(runs(&after) && after != before);
    let ended = fleet.stop().await;
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    for part in ["orders       | ", "attic", "another start would mend nothing"] {
        assert!(ended.errors.contains(part), "{part}: {}", ended.errors);
    }
}

#[tokio::test]
async fn a_service_that_never_starts_stops_the_start() {
    let place = Place::new();
    // The supervisor reads no database: only the process meets it.
    place.write("data/stock.lock", "");
    let lock = std::fs::File::options().write(true).open(place.data().join("stock.lock")).unwrap();
    lock.lock().unwrap();
    let mut process = place.start(&["up", "--processes", "--port", "0", "--data", "data"], &[]);
    process.says("stock        | the process ended: exit status: 1; started again in 0.2 s").await;
    drop(lock);
    // What may mend itself is tried again.
    process.says("ready in ").await;
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code, Some(0));
}

//! What a saga looks like, as a drawing and as data; and which ones cannot be run.

use std::time::Duration;

use tradewind_saga::{Call, Errand, Local, Saga, Setback, Wait};

use crate::support::{Agency, Note, Trip, golden, trips};

#[test]
fn a_saga_is_drawn() {
    golden("trip.mmd", &trips().outline().mermaid());
}

#[test]
fn a_saga_is_data() {
    let json = serde_json::to_string_pretty(trips().outline()).unwrap();
    golden("trip.json", &(json + "\n"));
}

async fn nothing(_: std::sync::Arc<Agency>, errand: Errand<Trip>) -> Result<Trip, Setback> {
    Ok(errand.data)
}

fn call(name: &'static str) -> Call<Agency, Trip> {
    Call::new(name, nothing)
}

fn saga(name: &'static str) -> Saga<Agency, Trip> {
    Saga::new(name, 2)
}

#[test]
fn what_cannot_be_run_says_what_to_change() {
    let local = || Local::new("last", |_: &Agency, chore| Note(chore)).undo(|_, chore| Note(chore));
    let long = "a".repeat(61).leak();
    let cases = [
        (saga("trip"), "it has no step"),
        (saga("Trip").call(call("a")), "\"Trip\" is no name: use up to 60 of a-z, 0-9 and -"),
        (saga("trip").call(call(long)), "is no name: use up to 60 of a-z, 0-9 and -"),
        (saga("trip").call(call("a")).call(call("a")), "two steps are called a"),
        (saga("trip").call(call("a")).local(local()), "the undo of last can never run"),
        (saga("trip").call(call("a").pivot()).call(call("b").undo(nothing)), "the undo of b can never run"),
        (saga("trip").call(call("a").pivot()).call(call("b").pivot()), "it has several pivots"),
        (saga("trip").call(call("a")).still(saga("trip").call(call("a"))), "which is no older version of it"),
        (
            saga("trip").call(call("a")).still(saga("train").call(call("a"))),
            "which is no older version of it",
        ),
        (
            saga("trip").call(call("a")).still(Saga::new("trip", 1).call(call("a"))).still(trips()),
            "it carries version 1 twice",
        ),
    ];
    for (saga, says) in cases {
        let wrong = saga.check().unwrap_err().to_string();
        assert!(wrong.starts_with("saga ") && wrong.contains(says), "{wrong}");
    }
    let last = saga("trip").wait(Wait::pause("rest", Duration::from_secs(1))).call(call("a").undo(nothing));
    last.check().unwrap();
    trips().check().unwrap();
}

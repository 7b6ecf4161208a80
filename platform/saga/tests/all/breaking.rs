//! Every step of the trip, broken in every way; and that the breaker notices what is wrong with a saga.

use std::sync::Arc;

use tradewind_problem::Problem;
use tradewind_saga::breaker::{Breaker, Case, World};
use tradewind_saga::{Call, Errand, Local, Saga, Setback, State};

use crate::support::{Agency, Note, Trip, golden, states, trips, world};

async fn fresh() -> World<Agency, Trip> {
    let made = world().await;
    World { db: made.db, clock: made.clock, entropy: made.entropy, state: made.agency, data: Trip::default() }
}

/// All of it, or nothing of it.
async fn nothing_is_left(world: &World<Agency, Trip>, _: &Case, state: State) -> Result<(), String> {
    let Agency { rooms, seats, bank } = &*world.state;
    let held = [rooms.held().len(), seats.held().len(), bank.held().len()];
    let wanted = if state == State::Done { [1, 1, 1] } else { [0, 0, 0] };
    if held != wanted {
        return Err(format!("{held:?} are held"));
    }
    let trips: Vec<String> = states(&world.db).await.into_iter().map(|(state, _)| state).collect();
    let fits = match state {
        State::Done => trips == ["confirmed"],
        _ => trips == ["called-off"] || trips.is_empty(),
    };
    if fits { Ok(()) } else { Err(format!("the trips are {trips:?}")) }
}

fn breaker(saga: Saga<Agency, Trip>) -> Breaker<Agency, Trip> {
    Breaker::new(saga).signal("yes", "somebody".into())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_over_whatever_breaks() {
    let report = breaker(trips()).run(fresh, nothing_is_left).await.unwrap();
    // A line for each case, to be read by people: what is new, or ends otherwise, is seen in a review.
    golden("breaking.txt", &report.to_string());
}

#[tokio::test(start_paused = true)]
async fn what_is_cancelled_before_a_local_pivot_is_undone() {
    let saga = Saga::new("rooms", 1)
        .call(Call::new("room", hold).undo(give_back))
        .local(Local::new("note", |_: &Agency, chore| Note(chore)).pivot());
    let report = Breaker::new(saga).run(fresh, no_room_is_left).await.unwrap();
    let ends = |wanted: &str| report.to_string().lines().any(|line| line == wanted);
    assert!(ends("note: CancelledBefore: Undone") && ends("note: CancelledAfter: Done"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_step_without_a_case_fails() {
    let wrong = Breaker::new(trips()).run(fresh, nothing_is_left).await.unwrap_err();
    assert_eq!(wrong, "there is no case for the step yes: bring its signal");
}

/// A saga with a room, whose steps are given.
fn rooms(call: Call<Agency, Trip>) -> Saga<Agency, Trip> {
    Saga::new("rooms", 1)
        .call(call)
        .call(Call::new("pay", |_, errand: Errand<Trip>| async { Ok(errand.data) }))
}

async fn no_room_is_left(world: &World<Agency, Trip>, _: &Case, state: State) -> Result<(), String> {
    let held = world.state.rooms.held();
    let wanted = usize::from(state == State::Done);
    if held.len() == wanted { Ok(()) } else { Err(format!("{held:?} are held")) }
}

async fn broken(call: Call<Agency, Trip>) -> String {
    Breaker::new(rooms(call)).run(fresh, no_room_is_left).await.unwrap_err()
}

async fn hold(agency: Arc<Agency>, errand: Errand<Trip>) -> Result<Trip, Setback> {
    agency.rooms.hold(&errand.key).await?;
    Ok(errand.data)
}

async fn give_back(agency: Arc<Agency>, errand: Errand<Trip>) -> Result<Trip, Setback> {
    agency.rooms.give_back(&errand.key).await?;
    Ok(errand.data)
}

#[tokio::test(start_paused = true)]
async fn mistakes_of_a_saga_are_noticed() {
    let forgets = |call: Call<Agency, Trip>| call.undo(|_, errand| async { Ok(errand.data) });
    let cases: [(&str, Call<Agency, Trip>, &str); 4] = [
        ("no undo", Call::new("room", hold), "are held"),
        ("an undo that does nothing", forgets(Call::new("room", hold)), "are held"),
        (
            "a key of its own for each attempt",
            Call::new("room", |agency: Arc<Agency>, errand: Errand<Trip>| async move {
                let attempt = agency.rooms.asked().len();
                agency.rooms.hold(&format!("{}/{attempt}", errand.key)).await?;
                Ok(errand.data)
            })
            .undo(give_back),
            "are held",
        ),
        (
            "an undo that fails when there is nothing to undo",
            Call::new("room", hold).undo(|agency: Arc<Agency>, errand: Errand<Trip>| async move {
                if agency.rooms.held().is_empty() {
                    return Err(Setback::Failed(Problem::internal("there is none")));
                }
                give_back(agency, errand).await
            }),
            "it has not ended",
        ),
    ];
    for (mistake, call, noticed) in cases {
        let said = broken(call).await;
        assert!(said.contains(noticed), "{mistake}: {said}");
    }
    let call = Call::new("room", hold).undo(give_back);
    Breaker::new(rooms(call)).run(fresh, no_room_is_left).await.unwrap();
}

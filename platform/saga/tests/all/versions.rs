//! What becomes of instances under way when the definition changes.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_kernel::Id;
use tradewind_saga::{Call, Cancelled, Errand, Saga, Setback, Signalled, State};

use crate::support::{Agency, Trip, trips, world};

const ID: Id = Id::from_u128(7);

/// What is known of a trip by the next version.
#[derive(Debug, Serialize, Deserialize)]
struct Journey {
    legs: Vec<String>,
}

async fn plan(_: Arc<Agency>, errand: Errand<Journey>) -> Result<Journey, Setback> {
    Ok(errand.data)
}

fn journeys() -> Saga<Agency, Journey> {
    Saga::new("trip", 2).call(Call::new("plan", plan))
}

#[tokio::test(start_paused = true)]
async fn an_instance_keeps_the_version_that_it_began_with() {
    let world = world().await;
    let old = trips().instances();
    world.start(&old, ID).await;
    let saga = Arc::new(journeys().still(trips()));
    let runner = Box::pin(tradewind_saga::run(saga.clone(), world.agency.clone(), world.options("agency/1")));
    let driver = async {
        world.until(&old, ID, |h| h.step.as_deref() == Some("yes")).await;
        world.say_yes(&old, ID).await;
        world.until(&old, ID, |h| h.state == State::Done).await
    };
    let history = tokio::select! { biased; history = driver => history, () = runner => panic!() };
    assert_eq!(history.version, 1);
    assert_eq!(saga.outlines().iter().map(|outline| outline.version).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test(start_paused = true)]
async fn one_whose_version_is_not_there_is_not_touched_and_counted() {
    let world = world().await;
    let old = trips().instances();
    world.start(&old, ID).await;
    let saga = Arc::new(journeys());
    let new = saga.instances();
    assert_eq!(new.stranded(&world.db).await.unwrap().len(), 1);
    let runner = Box::pin(tradewind_saga::run(saga.clone(), world.agency.clone(), world.options("agency/1")));
    world.clock.timeout(Duration::from_secs(60), runner).await.unwrap_err();
    assert_eq!(world.tally.stranded(), 1);
    let history = new.history(&world.db, ID).await.unwrap().unwrap();
    assert_eq!((history.remains, history.would_undo, history.step.as_deref()), (None, None, Some("note")));
    assert_eq!(history.happened.len(), 1, "nothing was done");
}

#[tokio::test(start_paused = true)]
async fn one_whose_steps_were_changed_in_place_is_not_touched_either() {
    let world = world().await;
    world.start(&trips().instances(), ID).await;
    let changed: Saga<Agency, Trip> =
        Saga::new("trip", 1).call(Call::new("room", |_, errand: Errand<Trip>| async { Ok(errand.data) }));
    let stranded = changed.instances().stranded(&world.db).await.unwrap();
    assert_eq!((stranded[0].0, stranded[0].2), (1, 1));
    assert_ne!(stranded[0].1, "");
    let instances = changed.instances();
    let runner =
        Box::pin(tradewind_saga::run(Arc::new(changed), world.agency.clone(), world.options("agency/1")));
    world.clock.timeout(Duration::from_secs(60), runner).await.unwrap_err();
    let history = world.history(&instances, ID).await;
    assert_eq!((history.remains, history.happened.len()), (None, 1), "nothing was done");
}

#[tokio::test(start_paused = true)]
async fn in_the_middle_of_a_rollout_each_replica_carries_on_what_it_knows_and_passes_on_what_is_said() {
    let world = world().await;
    let (old, new) = (Arc::new(trips()), journeys().instances());
    world.start(&old.instances(), ID).await;
    // The replica of the other release hears of the signal, and does not know its step.
    assert_eq!(world.say_yes(&new, ID).await, Signalled::Kept);
    let done =
        world.run(&old, &world.agency, world.until(&old.instances(), ID, |h| h.state == State::Done)).await;
    assert_eq!(done.version, 1);
    assert_eq!(world.cancel(&new, ID).await, Cancelled::TooLate);
}

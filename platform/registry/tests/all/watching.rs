//! Who is there, as callers hear of it.

use std::time::Duration;

use tradewind_registry::Instance;

use super::{HEARTBEAT, Rig, SECOND, TTL, lamps, told, until};

#[tokio::test(start_paused = true)]
async fn an_instance_is_there_from_its_registration_until_it_withdraws() {
    let rig = Rig::new();
    let mut caller = rig.caller();
    assert_eq!(told(&mut caller).await.unwrap(), "");
    let (first, _) = rig.start("a", lamps(1));
    until(&rig, &mut caller, "1").await;
    let (_second, _) = rig.start("b", lamps(2));
    until(&rig, &mut caller, "1 2").await;
    let before = rig.clock.monotonic();
    first.leave().await.unwrap();
    assert_eq!(told(&mut caller).await.unwrap(), "1* 2");
    first.withdraw().await.unwrap();
    assert_eq!(told(&mut caller).await.unwrap(), "2");
    assert_eq!(rig.clock.monotonic(), before, "callers hear at once");
    // A heartbeat that was on its way does not bring it back.
    assert_eq!(rig.registry().hear("a", lamps(1)).unwrap_err().status(), 409);
    rig.clock.sleep(5 * SECOND).await;
    assert_eq!(rig.registry().listing().instances.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_is_silent_for_too_long_is_gone_and_nobody_else() {
    let rig = Rig::new();
    let mut caller = rig.caller();
    let (_one, dies) = rig.start("a", lamps(1));
    let (_other, _lives) = rig.start("b", lamps(2));
    until(&rig, &mut caller, "1 2").await;
    rig.clock.sleep(60 * SECOND).await;
    assert_eq!(rig.registry().listing().instances.len(), 2, "heartbeats keep them");
    dies.abort();
    let before = rig.clock.monotonic();
    until(&rig, &mut caller, "2").await;
    let took = rig.clock.monotonic().saturating_sub(before);
    assert!((TTL - HEARTBEAT..=TTL).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn who_looks_after_the_processes_tells_at_once_that_one_has_died() {
    let rig = Rig::new();
    let mut caller = rig.caller();
    let (_one, dies) = rig.start("a", lamps(1));
    let (_other, _lives) = rig.start("b", lamps(2));
    until(&rig, &mut caller, "1 2").await;
    dies.abort();
    rig.registry().forget_where(|instance: &Instance| instance.replica == "1");
    let before = rig.clock.monotonic();
    assert_eq!(told(&mut caller).await.unwrap(), "2");
    assert_eq!(rig.clock.monotonic(), before);
}

#[tokio::test(start_paused = true)]
async fn callers_keep_what_they_know_while_the_registry_is_away_and_while_it_begins_anew() {
    let mut rig = Rig::new();
    let mut caller = rig.caller();
    let (_one, dies) = rig.start("a", lamps(1));
    let (_other, _lives) = rig.start("b", lamps(2));
    until(&rig, &mut caller, "1 2").await;
    rig.away();
    // The long poll that was open is answered by the registry that was; the next question is not.
    let trouble = loop {
        if let Err(trouble) = told(&mut caller).await {
            break trouble;
        }
    };
    assert!(trouble.contains("the registry in this process: unavailable"), "{trouble}");
    rig.clock.sleep(600 * SECOND).await;
    dies.abort();
    rig.begin();
    // The first thing it says is what the caller knew, although only one of them has told the new registry.
    assert_eq!(told(&mut caller).await.unwrap(), "1 2");
    let before = rig.clock.monotonic();
    assert_eq!(told(&mut caller).await.unwrap(), "2");
    let took = rig.clock.monotonic().saturating_sub(before);
    assert!(took <= TTL, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_watcher_waits_for_a_change_and_no_longer_than_it_likes() {
    let rig = Rig::new();
    let registry = rig.registry();
    rig.clock.sleep(TTL).await;
    let seen = registry.listing();
    assert!(seen.is_settled);
    let same = registry.watch(&seen.epoch, seen.version, 3 * SECOND).await;
    assert_eq!((same, rig.clock.monotonic()), (seen.clone(), TTL + 3 * SECOND));
    let watching = registry.watch(&seen.epoch, seen.version, 3 * SECOND);
    let changing = async {
        rig.clock.sleep(Duration::from_millis(10)).await;
        registry.hear("a", lamps(1)).unwrap();
    };
    let (changed, ()) = tokio::join!(watching, changing);
    assert_eq!(changed.instances.len(), 1);
    assert_eq!(rig.clock.monotonic(), TTL + 3 * SECOND + Duration::from_millis(10));
    registry.hear("a", lamps(1)).unwrap();
    assert_eq!(registry.listing().version, changed.version, "a heartbeat is no change");
    let other = registry.watch("another life", changed.version, 3 * SECOND).await;
    assert_eq!(other, registry.listing());
}

#[tokio::test(start_paused = true)]
async fn of_two_lives_behind_one_address_the_newer_one_is_meant() {
    let rig = Rig::new();
    let mut caller = rig.caller();
    let (_killed, dies) = rig.start("z", lamps(1));
    until(&rig, &mut caller, "1").await;
    dies.abort();
    let (_again, _lives) = rig.start("a", lamps(1));
    let found = caller.next().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].instance.as_deref(), Some("a"));
}

#[tokio::test(start_paused = true)]
async fn a_caller_hears_of_its_service_and_door_only() {
    let rig = Rig::new();
    let mut caller = rig.caller();
    assert_eq!(told(&mut caller).await.unwrap(), "");
    let (_candles, _) = rig.start("c", Instance { service: "candles".to_owned(), ..lamps(3) });
    let mut internal = lamps(4);
    internal.doors = [("internal".to_owned(), "127.0.0.1:4".to_owned())].into();
    let (_internal, _) = rig.start("d", internal);
    rig.clock.sleep(SECOND).await;
    let (_lamps, _) = rig.start("a", lamps(1));
    assert_eq!(told(&mut caller).await.unwrap(), "1");
}

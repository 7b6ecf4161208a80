//! What whoever takes payments is told, and what goes wrong with that on purpose.

use std::time::Duration;

use tradewind_chassis::{Assembly, Storage};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_provider_contract::{ChargeState, DeclineReason, Refund};

use crate::payments::{REFERENCE, World, client, host};

fn states(heard: &[(Id, tradewind_provider_contract::Callback)]) -> Vec<ChargeState> {
    heard.iter().map(|(_, callback)| callback.state).collect()
}

#[tokio::test(start_paused = true)]
async fn each_change_is_told_once_and_in_sequence() {
    let world = World::new(&[]).await;
    world.authorise().await.unwrap();
    world.client().capture(REFERENCE).await.unwrap();
    let refund = Refund { amount: Money::from_minor(500, Currency::GBP) };
    for _ in 0..2 {
        world.client().refund(REFERENCE, Id::from_u128(7), &refund).await.unwrap();
    }
    let off = world.client().cancel(REFERENCE).await.unwrap();
    world.hears(4).await;
    world.pass(Duration::from_secs(3_600)).await;
    let heard = world.heard.all();
    let captured = ChargeState::Captured;
    assert_eq!(states(&heard), [ChargeState::Authorised, captured, captured, ChargeState::Cancelled]);
    let refunded: Vec<i64> = heard.iter().map(|(_, callback)| callback.refunded.minor()).collect();
    assert_eq!(refunded, [0, 0, 500, 1_500]);
    assert_eq!((off.refunded.minor(), off.updated_at), (1_500, heard[3].1.at));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_taken_is_told_again_before_what_came_later() {
    let world = World::new(&[]).await;
    *world.heard.refuse.lock().unwrap() = 5;
    world.authorise().await.unwrap();
    world.client().capture(REFERENCE).await.unwrap();
    assert_eq!(states(&world.hears(2).await), [ChargeState::Authorised, ChargeState::Captured]);
}

#[tokio::test(start_paused = true)]
async fn what_is_told_twice_is_the_same_callback() {
    let world = World::new(&["provider.callback_twice=100"]).await;
    world.authorise().await.unwrap();
    world.client().capture(REFERENCE).await.unwrap();
    let heard = world.hears(4).await;
    assert_eq!((&heard[0], &heard[2]), (&heard[1], &heard[3]));
    assert_ne!(heard[0].0, heard[2].0);
    world.pass(Duration::from_secs(3_600)).await;
    assert_eq!(world.heard.all().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_told_late_is_not_told_before() {
    let world = World::new(&["provider.callback_late=100", "provider.callback_delay=30s"]).await;
    world.authorise().await.unwrap();
    world.pass(Duration::from_secs(29)).await;
    assert_eq!(world.heard.all(), []);
    world.hears(1).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_told_early_is_heard_before_the_answer() {
    let world = World::new(&["provider.callback_early=100", "provider.callback_late=100"]).await;
    world.authorise().await.unwrap();
    assert_eq!(states(&world.heard.all()), [ChargeState::Authorised]);
    world.pass(Duration::from_secs(3_600)).await;
    assert_eq!(world.heard.all().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_gets_no_answer_was_done() {
    let world = World::new(&["provider.timeout_after_success=100"]).await;
    let problem = world.authorise().await.unwrap_err();
    assert_eq!(problem.code(), "deadline-exceeded");
    let charge = world.client().charge(REFERENCE).await.unwrap();
    assert_eq!(charge.state, ChargeState::Authorised);
    world.hears(1).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_declined_by_the_settings_says_why() {
    let world = World::new(&["provider.decline=100"]).await;
    let problem = world.authorise().await.unwrap_err();
    assert_eq!(DeclineReason::of(&problem), Some(DeclineReason::InsufficientFunds));
    assert_eq!(states(&world.hears(1).await), [ChargeState::Declined]);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_when_nobody_is_to_be() {
    let world = World::new(&["provider.callbacks=false"]).await;
    world.authorise().await.unwrap();
    world.pass(Duration::from_secs(3_600)).await;
    assert_eq!(world.heard.all(), []);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_without_payments_starts_and_charges() {
    let assembly = Assembly::new(vec![tradewind_provider::service()]);
    let running = assembly.start(host(&[], Storage::Memory), &mut |_, _| {}).await.unwrap();
    let charge = client(&running).cancel(REFERENCE).await.unwrap();
    assert_eq!(client(&running).charges(None).await.unwrap().items, [charge]);
}

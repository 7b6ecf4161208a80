//! What anybody would test.

use std::time::Duration;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Assembly, Host, Network, Running, Storage};
use tradewind_client::Caller;
use tradewind_example_tickets::contract::{PRICE, State, TicketsClient, WalletsClient};
use tradewind_example_tickets::services;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Timestamp};

/// Both services in memory and in virtual time.
async fn start() -> Running {
    let host = Host {
        clock: Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000)),
        entropy: Entropy::seeded(1),
        settings: SettingsSource::new(),
        storage: Storage::Memory,
        network: Network::None,
    };
    Assembly::new(services()).start(host, &mut |_, _| {}).await.unwrap()
}

fn caller(running: &Running, peer: &str) -> Caller {
    let (clock, entropy) = (running.clock().clone(), Entropy::seeded(2));
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, Duration::from_secs(60));
    Caller::new(running.book().peer(peer), context, deadline, clock, entropy)
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_paid_from_the_wallet() {
    let running = start().await;
    let wallets = WalletsClient(caller(&running, "wallets"));
    let tickets = TicketsClient(caller(&running, "tickets"));
    wallets.top_up("ada", 2 * PRICE - 1, "1").await.unwrap();
    running.clock().sleep(Duration::from_secs(1)).await;
    let first = tickets.buy("ada", "1").await.unwrap();
    let second = tickets.buy("ada", "2").await.unwrap();
    assert_eq!(tickets.buy("ada", "1").await.unwrap().id, first.id, "the same key is the same ticket");
    assert_eq!(tickets.buy("tom", "1").await.map_err(|problem| problem.status()).err(), Some(422));
    running.clock().sleep(Duration::from_secs(3)).await;
    assert_eq!(tickets.ticket(first.id).await.unwrap().state, State::Paid);
    assert_eq!(tickets.ticket(second.id).await.unwrap().state, State::Refused);
    let wallet = wallets.wallet("ada").await.unwrap();
    assert_eq!((wallet.cents, wallet.charges.len()), (PRICE - 1, 1));
}

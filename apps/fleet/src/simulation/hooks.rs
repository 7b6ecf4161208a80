//! A system outside that hears of orders. In a simulated fleet a door that takes any request stands in for it: what
//! matters is what is sent, and that it ends.

use std::time::Duration;

use tradewind_client::Caller;
use tradewind_kernel::{Context, Deadline, Id, Principal, Secret};
use tradewind_orders_contract::public_events;
use tradewind_problem::Problem;
use tradewind_sim::{Failure, World};
use tradewind_webhooks_contract::{Delivery, DeliveryState, RegisterEndpoint, WebhooksClient};

use crate::simulation::client::{Client, broken};

const HOOK: Id = Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00e1);

/// Answers whatever it is asked, by any method.
const URL: &str = "https://stock/stocks";

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How long deliveries may take to their end once nothing goes wrong.
const END: Duration = Duration::from_secs(120);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// How many looks there are between two times at which what waits for its next attempt is sent at once.
const HURRY: u32 = 50;

/// What has to hold of deliveries.
const ARRIVES: &str = "what an endpoint wants arrives there once nothing goes wrong";

fn caller(world: &World, label: &str) -> Caller {
    let (clock, entropy) = (world.clock().clone(), world.entropy(label));
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, LIMIT);
    let peer = world.observer().peer("gateway/data-plane");
    let token = Secret::new(format!("dev-staff-{}", Id::from_u128(0x57af)));
    Caller::new(peer, context, deadline, clock, entropy).bearer(token)
}

/// Lets the system hear of orders.
pub(super) async fn register(world: &World) -> Result<(), Problem> {
    let types = public_events().iter().map(|event| event.kind.to_owned()).collect();
    let endpoint = RegisterEndpoint { url: URL.to_owned(), types, about: String::new() };
    WebhooksClient::new(caller(world, "hooks")).register(HOOK, &endpoint).await.map(drop)
}

impl Client<'_> {
    /// Everything that was to be sent has been taken.
    pub(super) async fn hooks(&self) -> Vec<Failure> {
        let until = self.world.clock().monotonic() + END;
        for look in 0.. {
            let client = WebhooksClient::new(caller(self.world, "hooks judged"));
            if look % HURRY == 0
                && let Err(problem) = client.set_enabled(HOOK, true).await
            {
                return broken("every service answers at the end", problem.to_string());
            }
            let found = client.deliveries(HOOK).await;
            let deliveries = match found {
                Ok(page) => page.items,
                Err(problem) => return broken("every service answers at the end", problem.to_string()),
            };
            let is_open = |delivery: &&Delivery| delivery.state != DeliveryState::Delivered;
            let Some(open) = deliveries.iter().find(is_open) else {
                self.shop.count("deliveries judged", deliveries.len() as u64);
                return Vec::new();
            };
            if self.world.clock().monotonic() > until {
                return broken(ARRIVES, format!("{open:?}"));
            }
            self.world.sleep(PAUSE).await;
        }
        Vec::new()
    }
}

//! The bus over a broker: what it promises in memory too, and what only a broker can do to it.

mod outages;
#[path = "../../../../../platform/events/tests/all/bus/suite.rs"]
pub mod suite;

use std::time::Duration;

use tradewind_amqp::{Broker, BrokerOptions};
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_testkit::RabbitMq;
use tradewind_testkit::postgres::fresh_name;

use suite::{Pair, Task, spawn};

/// Two processes, as far as the broker can tell: each with connections of its own.
pub struct Processes {
    pub pair: Pair,
    /// Keep the connections.
    _running: [Task; 2],
}

impl std::ops::Deref for Processes {
    type Target = Pair;

    fn deref(&self) -> &Pair {
        &self.pair
    }
}

/// Two connected processes with a namespace of their own.
pub async fn processes(server: &RabbitMq) -> Processes {
    processes_in(server, &fresh_name("bus")).await
}

/// The same in a namespace that is known.
pub async fn processes_in(server: &RabbitMq, namespace: &str) -> Processes {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let broker = |name: &str| {
        let mut options = BrokerOptions::parse(&Secret::new(server.url()), None).unwrap();
        namespace.clone_into(&mut options.namespace);
        options.timeout = Duration::from_secs(5);
        Broker::new(options, clock.clone(), &entropy.fork(name))
    };
    let (here, there) = (broker("here"), broker("there"));
    let run = |broker: &Broker| {
        let broker = broker.clone();
        spawn(async move { broker.run().await })
    };
    let _running = [run(&here), run(&there)];
    for broker in [&here, &there] {
        let (publishing, consuming) = (broker.publishing(), broker.consuming());
        tradewind_testkit::until("the connections", async || {
            (publishing.is_connected() && consuming.is_connected()).then_some(())
        })
        .await;
    }
    let pair = Pair { here: here.bus(), there: there.bus(), clock, entropy };
    Processes { pair, _running }
}

async fn pair() -> Processes {
    processes(RabbitMq::shared().await).await
}

suite::tests!(pair, #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);

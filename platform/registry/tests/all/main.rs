//! A registry, its instances and those who watch it, in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    missing_debug_implementations,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod door;
mod watching;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Request};
use tokio::task::JoinHandle;
use tradewind_client::{Address, Body, Discovery, Handler, near};
use tradewind_kernel::{Clock, Entropy, Secret, Timestamp};
use tradewind_registry::{Announced, Instance, Registry, RegistryClient, RegistryOptions};

pub const SECOND: Duration = Duration::from_secs(1);
pub const TTL: Duration = Duration::from_millis(2_500);
pub const HEARTBEAT: Duration = Duration::from_millis(500);

pub fn secret() -> Secret {
    Secret::new("the secret of this test")
}

pub fn lamps(port: u16) -> Instance {
    Instance {
        service: "lamps".to_owned(),
        replica: port.to_string(),
        release: "1".to_owned(),
        doors: BTreeMap::from([("public".to_owned(), format!("127.0.0.1:{port}"))]),
        metadata: BTreeMap::new(),
        is_leaving: false,
    }
}

/// A registry that may be away and begin anew.
pub struct Rig {
    pub clock: Clock,
    entropy: Entropy,
    present: Arc<Mutex<Option<Registry>>>,
    address: Address,
    lives: u32,
}

impl Rig {
    #[allow(clippy::new_without_default, reason = "it starts a task")]
    pub fn new() -> Self {
        let (clock, entropy) = (Clock::simulated(Timestamp::from_micros(0)), Entropy::seeded(1));
        let present = Arc::<Mutex<Option<Registry>>>::default();
        let (door, mut receiver) = near(1_000);
        let there = present.clone();
        tokio::spawn(async move {
            while let Some((request, answer)) = receiver.next().await {
                let registry = there.lock().unwrap().clone();
                let Some(registry) = registry else { continue };
                let (handler, there): (Handler, _) = (registry.handler(secret()), there.clone());
                tokio::spawn(async move {
                    let response = handler(request).await;
                    // One that has died meanwhile does not answer.
                    let now = there.lock().unwrap().as_ref().map(|registry| registry.listing().epoch);
                    if now == Some(registry.listing().epoch) {
                        answer(response);
                    }
                });
            }
        });
        let mut rig = Self { clock, entropy, present, address: Address::Near(door), lives: 0 };
        rig.begin();
        rig
    }

    /// A registry that knows nothing.
    pub fn begin(&mut self) {
        self.lives += 1;
        let entropy = self.entropy.fork(&self.lives.to_string());
        let registry = Registry::new(RegistryOptions { ttl: TTL }, self.clock.clone(), &entropy);
        *self.present.lock().unwrap() = Some(registry);
    }

    pub fn away(&self) {
        *self.present.lock().unwrap() = None;
    }

    pub fn registry(&self) -> Registry {
        self.present.lock().unwrap().clone().unwrap()
    }

    pub fn client(&self) -> RegistryClient {
        RegistryClient::new(self.address.clone(), secret(), self.clock.clone(), self.entropy.fork("client"))
    }

    /// An instance that tells of itself until its task is ended.
    pub fn start(&self, life: &str, instance: Instance) -> (Announced, JoinHandle<()>) {
        let announced = self.client().announce(life, instance);
        let keeping = tokio::spawn(announced.clone().keep(HEARTBEAT));
        (announced, keeping)
    }

    /// A caller that watches the public doors of lamps.
    pub fn caller(&self) -> Box<dyn Discovery> {
        let client = self.client();
        tokio::spawn(client.clone().watch());
        client.source("lamps", "public")
    }

    pub async fn send(&self, method: Method, target: &str, token: Option<&str>, body: &str) -> (u16, String) {
        let mut request = Request::builder().method(method).uri(target);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let handler = self.registry().handler(secret());
        let response = handler(request.body(Body::from(body.to_owned())).unwrap()).await;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect(1_000_000).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }
}

/// What a source says next: the ports, and an asterisk behind those who leave.
pub async fn told(source: &mut Box<dyn Discovery>) -> Result<String, String> {
    let found = source.next().await?;
    let each = found.iter().map(|each| {
        let port = each.address.rsplit(':').next().unwrap();
        format!("{port}{}", if each.is_leaving { "*" } else { "" })
    });
    Ok(each.collect::<Vec<_>>().join(" "))
}

/// What a source says until it says `wanted`.
pub async fn until(rig: &Rig, source: &mut Box<dyn Discovery>, wanted: &str) {
    let waiting = async { while told(source).await.as_deref() != Ok(wanted) {} };
    rig.clock.timeout(60 * SECOND, waiting).await.unwrap();
}

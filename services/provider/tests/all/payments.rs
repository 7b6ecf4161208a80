//! Somebody who takes payments, as far as the provider sees it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Assembly, Definition, Host, Init, Network, NoSettings, Running, Service, Storage};
use tradewind_client::Caller;
use tradewind_kernel::{
    Clock, Context, Currency, Deadline, Entropy, Id, Money, Principal, Secret, Timestamp,
};
use tradewind_problem::{Problem, UNAVAILABLE};
use tradewind_provider_contract::{Authorise, CARDS_PATH, Callback, Card, CardToken, Charge, ProviderClient};

/// The state of the service: what it heard, which the test looks at too.
struct Payments(Arc<Heard>);

/// What was heard, and how many callbacks are not to be taken.
#[derive(Default)]
pub struct Heard {
    pub callbacks: Mutex<Vec<(Id, Callback)>>,
    pub refuse: Mutex<u32>,
}

impl Heard {
    pub fn all(&self) -> Vec<(Id, Callback)> {
        self.callbacks.lock().unwrap().clone()
    }
}

fn payments(heard: Arc<Heard>) -> Service {
    let start = move |_: &mut Init<NoSettings>| Ok(Payments(heard));
    Definition::new("payments", "Takes payments.", start)
        .public(4075, Routes::new())
        .internal(4175, Routes::new().put("/admin/callbacks/{id}", hear))
        .build()
}

async fn hear(payments: Arc<Payments>, mut call: Call) -> Result<Reply, Problem> {
    let (heard, id, callback) = (&payments.0, call.parameter("id")?, call.json().await?);
    let mut refuse = heard.refuse.lock().unwrap();
    if *refuse > 0 {
        *refuse -= 1;
        return Err(Problem::new(&UNAVAILABLE));
    }
    heard.callbacks.lock().unwrap().push((id, callback));
    Ok(Reply::no_content())
}

/// A provider, and whoever it tells of charges.
pub struct World {
    pub running: Running,
    pub heard: Arc<Heard>,
}

pub const REFERENCE: Id = Id::from_u128(1);
pub const NUMBER: &str = "4242424242424242";

/// A host in virtual time.
pub fn host(settings: &[&str], storage: Storage) -> Host {
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    Host {
        clock: Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000)),
        entropy: Entropy::seeded(1),
        settings: SettingsSource::new().overrides(&settings).unwrap(),
        storage,
        network: Network::None,
    }
}

impl World {
    pub async fn new(settings: &[&str]) -> Self {
        Self::on(host(settings, Storage::Memory)).await
    }

    pub async fn on(host: Host) -> Self {
        let heard = Arc::new(Heard::default());
        let services = vec![tradewind_provider::service(), payments(heard.clone())];
        let running = Assembly::new(services).start(host, &mut |_, _| {}).await.unwrap();
        running.mark_ready();
        Self { running, heard }
    }

    fn caller(&self, door: &str) -> Caller {
        caller(&self.running, door)
    }

    pub fn client(&self) -> ProviderClient {
        client(&self.running)
    }

    /// What the provider says to a card, as it stands.
    pub async fn card(&self, body: &serde_json::Value) -> Result<Card, Problem> {
        self.caller("provider").send(http::Method::POST, CARDS_PATH, body).await
    }

    pub async fn authorise(&self) -> Result<Charge, Problem> {
        authorise(&self.client(), self.token().await).await
    }

    pub async fn token(&self) -> CardToken {
        self.card(&serde_json::json!({"number": NUMBER, "expiry": "12/99", "cvc": "123"}))
            .await
            .unwrap()
            .token
    }

    /// Lets virtual time pass until so many callbacks were heard.
    pub async fn hears(&self, count: usize) -> Vec<(Id, Callback)> {
        let end = self.running.clock().now().plus(Duration::from_secs(3_600));
        while self.heard.all().len() < count {
            assert!(self.running.clock().now() < end, "{:?}", self.heard.all());
            self.pass(Duration::from_millis(100)).await;
        }
        self.heard.all()
    }

    pub async fn pass(&self, duration: Duration) {
        self.running.clock().sleep(duration).await;
    }
}

pub fn caller(running: &Running, door: &str) -> Caller {
    let (clock, entropy) = (running.clock().clone(), running.entropy().clone());
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, Duration::from_secs(5));
    Caller::new(running.book().peer(door), context, deadline, clock, entropy)
}

pub fn client(running: &Running) -> ProviderClient {
    let secret = Secret::new(running.secret().expose());
    ProviderClient::new(caller(running, "provider/internal").bearer(secret))
}

pub async fn authorise(client: &ProviderClient, card: CardToken) -> Result<Charge, Problem> {
    let amount = Money::from_minor(1_500, Currency::GBP);
    client.authorise(REFERENCE, &Authorise { amount, card }).await
}

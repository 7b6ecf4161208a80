//! Starting, restarting and ending a shop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Assembly, Host, Network, StartError, Storage};
use tradewind_db::Db;
use tradewind_fleet::{ACCOUNTS, Seeder, services};
use tradewind_kernel::{Clock, Entropy, Id, Secret, Timestamp};
use tradewind_saga::Interference;
use tradewind_testkit::{Answer, Folder, Request};

use crate::engine::{Databases, broker};
use crate::inside;
use crate::shop::Shop;

/// The token of a user, which nobody verifies.
#[must_use]
pub fn user(id: Id) -> String {
    format!("dev-user-{id}")
}

/// The token of the first account of the shop, which may owe 15.00.
#[must_use]
pub fn ada() -> String {
    user(ACCOUNTS[0].id)
}

/// The token of the second account of the shop, which may owe 15.00.
#[must_use]
pub fn grace() -> String {
    user(ACCOUNTS[1].id)
}

/// The token of somebody who works for the shop.
#[must_use]
pub fn staff() -> String {
    format!("dev-staff-{}", Id::from_u128(0x57af))
}

/// The token of somebody who decides for the shop.
#[must_use]
pub fn admin() -> String {
    format!("dev-admin-{}", Id::from_u128(0xad))
}

/// A running shop.
#[derive(Debug)]
pub struct Fleet {
    pub(crate) running: Shop,
    /// `None` in a simulation, which keeps everything in memory.
    folder: Option<Folder>,
    /// `None` when they are files in the folder, or in memory.
    pub(crate) databases: Option<Databases>,
    settings: Vec<String>,
}

/// Where a shop keeps its data.
#[derive(Debug)]
pub struct Home {
    folder: Folder,
    databases: Option<Databases>,
    settings: Vec<String>,
}

impl Home {
    /// An empty place on the engine of the other shops.
    pub async fn new() -> Self {
        let (databases, settings) = settled(Databases::empty().await, &[]).await;
        Self { folder: Folder::new("journeys"), databases, settings }
    }

    /// A data folder with files, whatever the engine of the others.
    #[must_use]
    pub fn files(folder: Folder) -> Self {
        let settings = vec!["access.development_tokens=true".to_owned()];
        Self { folder, databases: None, settings }
    }

    /// Its data folder.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What leads to its databases.
    #[must_use]
    pub fn settings(&self) -> SettingsSource {
        SettingsSource::new().overrides(&self.settings).unwrap()
    }

    /// Removes it.
    pub async fn remove(self) {
        if let Some(databases) = self.databases {
            databases.drop_all().await;
        }
    }
}

impl Fleet {
    /// A shop with the goods and accounts of the contract.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A shop with the goods and accounts of the contract, and settings as after `--set`.
    pub async fn start_with(settings: &[&str]) -> Self {
        let (databases, settings) = on_the_engine(settings).await;
        let folder = Folder::new("journeys");
        let running = launch(&folder, databases.as_ref(), &settings).await;
        let running = running.unwrap_or_else(|error| panic!("{error}"));
        Self { running, folder: Some(folder), databases, settings }.filled().await
    }

    /// The same on the calling thread, without files, servers and sockets, whatever the engine of the others, in the paused time of the runtime: hours pass
    /// as soon as everybody waits. Calls go to the near doors.
    pub async fn simulated(seed: u64, settings: &[&str]) -> Self {
        Self::meddled(seed, settings, &[]).await
    }

    /// As [`Fleet::simulated`], with somebody who meddles with sagas: each is named by its service and its own name.
    pub async fn meddled(
        seed: u64,
        settings: &[&str],
        meddled: &[(&str, &str, Arc<dyn Interference>)],
    ) -> Self {
        inside::is_listed();
        let settings: Vec<String> = USUAL.iter().chain(settings).map(|&setting| setting.to_owned()).collect();
        let host = Host {
            clock: Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000)),
            entropy: Entropy::seeded(seed),
            settings: SettingsSource::new().overrides(&settings).unwrap(),
            storage: Storage::Memory,
            network: Network::None,
        };
        let assembly = tradewind_fleet::assembly();
        let meddle =
            |assembly: Assembly, (service, saga, interference): &(&str, &str, Arc<dyn Interference>)| {
                assembly.meddle(service, saga, interference.clone())
            };
        let running = meddled.iter().fold(assembly, meddle).start(host, &mut |_, _| {}).await;
        let running = Shop::Inside(Box::new(running.unwrap_or_else(|error| panic!("{error}"))));
        Self { running, folder: None, databases: None, settings }.filled().await
    }

    async fn filled(self) -> Self {
        self.seeder().goods().await.expect("the shop can be filled");
        self.ready().await
    }

    /// What fills the shop, and gives out tokens of cards.
    #[must_use]
    pub fn seeder(&self) -> Seeder {
        let running = &self.running;
        let (book, secret) = (running.book().clone(), running.secret().clone());
        Seeder::new(book, secret, running.clock().clone(), running.entropy().fork("seed"))
    }

    /// A shop where there is something already; it is filled with nothing.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn open(home: Home) -> Result<Self, StartError> {
        let Home { folder, databases, settings } = home;
        match launch(&folder, databases.as_ref(), &settings).await {
            Ok(running) => Ok(Self { running, folder: Some(folder), databases, settings }.ready().await),
            Err(error) => {
                Home { folder, databases, settings }.remove().await;
                Err(error)
            }
        }
    }

    /// Why a shop with these settings does not start.
    pub async fn refused_with(setting: &str) -> StartError {
        let (databases, settings) = on_the_engine(&[setting]).await;
        let refused = launch(&Folder::new("journeys"), databases.as_ref(), &settings).await;
        let refused = refused.expect_err("it does not start");
        if let Some(databases) = databases {
            databases.drop_all().await;
        }
        refused
    }

    /// Ends the shop and starts it again on the same data folder and databases; the doors get other ports.
    pub async fn restart(self) -> Self {
        let Self { running, folder, databases, settings } = self;
        running.shutdown().await;
        let folder = folder.expect("a simulated shop has nothing to start from again");
        let running = launch(&folder, databases.as_ref(), &settings).await;
        let running = running.unwrap_or_else(|error| panic!("{error}"));
        Self { running, folder: Some(folder), databases, settings }.ready().await
    }

    /// Ends the shop, which finishes what it accepted and has kept its promises.
    pub async fn shutdown(self) {
        self.keeps_its_promises().await;
        self.running.shutdown().await;
        if let Some(databases) = self.databases {
            databases.drop_all().await;
        }
    }

    /// Ends the shop whatever became of its promises.
    pub async fn leave(self) {
        self.running.shutdown().await;
        if let Some(databases) = self.databases {
            databases.drop_all().await;
        }
    }

    async fn ready(self) -> Self {
        self.quiet().await;
        self.running.mark_ready();
        self
    }

    /// Waits until every event has been handled, and so has every event that followed from it.
    pub async fn quiet(&self) {
        loop {
            let before = self.heads().await;
            self.running.caught_up().await;
            if self.heads().await == before {
                return;
            }
        }
    }

    async fn heads(&self) -> Vec<i64> {
        let mut heads = Vec::new();
        for service in services() {
            heads.push(tradewind_events::head(self.database(&service.description().name)).await.unwrap());
        }
        heads
    }

    /// Lets time pass, simulated time at once.
    pub async fn pass(&self, duration: Duration) {
        self.running.clock().sleep(duration).await;
    }

    /// Whether time and network are simulated.
    pub(crate) fn is_simulated(&self) -> bool {
        self.folder.is_none()
    }

    /// The address of a door, such as `stock/internal`.
    #[must_use]
    pub fn door(&self, name: &str) -> SocketAddr {
        self.running.door(name).unwrap_or_else(|| panic!("no door {name}"))
    }

    /// The address of the gateway.
    #[must_use]
    pub fn gateway(&self) -> SocketAddr {
        self.door("gateway/data-plane")
    }

    /// Sends a request through the gateway.
    pub async fn send(&self, request: Request) -> Answer {
        request.send(self.gateway()).await
    }

    /// The secret of the internal doors.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        self.running.secret()
    }

    /// The database of a service.
    #[must_use]
    pub fn database(&self, service: &str) -> &Db {
        self.running.database(service).unwrap_or_else(|| panic!("no database of {service}"))
    }
}

/// The settings of every shop here: open orders stay open unless a test says otherwise, people are who they say they are,
/// and passwords cost little.
const USUAL: [&str; 4] = [
    "orders.cancellation_window=720h",
    "access.development_tokens=true",
    "accounts.hashing.memory_kib=8",
    "accounts.hashing.passes=1",
];

/// Where a shop keeps its data, and its settings: those of a test last.
async fn on_the_engine(settings: &[&str]) -> (Option<Databases>, Vec<String>) {
    settled(Databases::migrated().await, settings).await
}

async fn settled(
    databases: Option<(Databases, Vec<String>)>,
    settings: &[&str],
) -> (Option<Databases>, Vec<String>) {
    let (databases, mut all) = databases.unzip();
    let all = all.get_or_insert_default();
    all.extend(broker().await);
    all.extend(USUAL.map(str::to_owned));
    all.extend(settings.iter().map(|&setting| setting.to_owned()));
    (databases, std::mem::take(all))
}

async fn launch(
    folder: &Folder,
    databases: Option<&Databases>,
    settings: &[String],
) -> Result<Shop, StartError> {
    Shop::launch(folder, databases, settings).await
}

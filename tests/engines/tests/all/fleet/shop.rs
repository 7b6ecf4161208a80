//! Fleets on databases of a server.

use std::net::SocketAddr;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{DataFolder, Host, Network, Running, StartError, Storage};
use tradewind_client::{Address, Caller, FarClient, PhoneBook};
use tradewind_db::{PostgresOptions, provision};
use tradewind_fleet::{ACCOUNTS, Seeder, oracles, services, subscribed};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_testkit::postgres::fresh_name;
use tradewind_testkit::{Answer, Folder, LIMIT, Postgres, Request};
use tradewind_verify::{Collector, Verdict, judge};

/// The databases of one fleet.
pub struct Databases {
    pub prefix: String,
    pub passwords: Vec<(String, String)>,
    /// What leads there.
    pub settings: Vec<String>,
}

impl Databases {
    pub async fn on(server: &Postgres) -> Self {
        let prefix = format!("{}_", fresh_name("fleet"));
        let admin = PostgresOptions::parse(&server.url("postgres")).unwrap();
        let mut settings = vec![
            format!("database.url=postgres://{}", server.host_port()),
            format!("database.prefix={prefix}"),
            "access.development_tokens=true".to_owned(),
        ];
        let mut passwords = Vec::new();
        for service in services() {
            let service = service.description().name.clone();
            let password = format!("p-{}", Entropy::system().id(&Clock::system()));
            let name = format!("{prefix}{service}");
            let made = provision::provision(&admin, &name, &Secret::new(&*password), &Clock::system()).await;
            made.unwrap_or_else(|error| panic!("{name}: {error}"));
            settings.push(format!("database.passwords.{service}={password}"));
            passwords.push((service, password));
        }
        Self { prefix, passwords, settings }
    }

    pub fn password(&self, service: &str) -> &str {
        &self.passwords.iter().find(|(name, _)| name == service).unwrap().1
    }

    /// The address of a service's database at `host_port`.
    pub fn address(&self, service: &str, host_port: &str) -> String {
        let name = format!("{}{service}", self.prefix);
        format!("postgres://{name}:{}@{host_port}/{name}", self.password(service))
    }

    pub fn with(&self, more: &[String]) -> Vec<String> {
        [self.settings.clone(), more.to_vec()].concat()
    }
}

/// A fleet with a data folder of its own; dropped, its tasks run on until the runtime ends.
pub struct Shop {
    pub running: Running,
    _folder: Folder,
}

pub async fn launch(settings: &[String]) -> Result<Shop, StartError> {
    let folder = Folder::new("engines");
    let host = Host {
        clock: Clock::system(),
        entropy: Entropy::system(),
        settings: SettingsSource::new().overrides(settings).unwrap(),
        storage: Storage::Folder(DataFolder::open(folder.path()).unwrap()),
        network: Network::Free,
    };
    let running = tradewind_fleet::assembly().start(host, &mut |_, _| {}).await?;
    running.mark_ready();
    Ok(Shop { running, _folder: folder })
}

impl Shop {
    pub async fn start(settings: &[String]) -> Self {
        launch(settings).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Goods and accounts.
    pub async fn fill(&self) {
        let (book, secret) = (self.running.book().clone(), self.running.secret().clone());
        let (clock, entropy) = (self.running.clock().clone(), self.running.entropy().fork("seed"));
        Seeder::new(book, secret, clock, entropy).goods().await.unwrap();
        self.running.caught_up(LIMIT).await.unwrap();
    }

    pub fn door(&self, name: &str) -> SocketAddr {
        let doors = self.running.doors();
        let found = doors.iter().find(|door| format!("{}/{}", door.service, door.kind.name()) == name);
        found.unwrap_or_else(|| panic!("no door {name}")).address
    }

    /// Asks a door, with a user's token or the secret of internal doors.
    pub async fn get(&self, door: &str, path: &str) -> Answer {
        let token = match door.ends_with("/internal") {
            true => self.running.secret().expose().to_owned(),
            false => ada(),
        };
        Request::new("GET", path).bearer(&token).send(self.door(door)).await
    }

    /// Sends a command with a key.
    pub async fn command(&self, door: &str, path: &str, key: &str, body: &str) -> Answer {
        let token = match door.ends_with("/internal") {
            true => self.running.secret().expose().to_owned(),
            false => ada(),
        };
        let request = Request::new("POST", path).bearer(&token).header("Idempotency-Key", key).json(body);
        request.send(self.door(door)).await
    }

    /// Calls the gateway as a user.
    pub fn caller(&self) -> Caller {
        let book = PhoneBook::default();
        let address = self.door("gateway/data-plane").to_string();
        book.enter("gateway", Address::Far(FarClient::new(&address).unwrap()));
        let (clock, entropy) = (self.running.clock().clone(), self.running.entropy().clone());
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let deadline = Deadline::after(&clock, LIMIT);
        Caller::new(book.peer("gateway"), context, deadline, clock, entropy).bearer(Secret::new(ada()))
    }

    /// Asks every oracle.
    pub async fn keeps_its_promises(&self) {
        let collector = Collector {
            services: services().iter().map(|each| each.description().name.clone()).collect(),
            subscribed: subscribed(),
            book: self.running.book().clone(),
            secret: self.running.secret().clone(),
            clock: self.running.clock().clone(),
            entropy: self.running.entropy().clone(),
        };
        let evidence = collector.collect(LIMIT).await.unwrap();
        assert!(evidence.is_quiet, "it does not come to rest");
        let findings = judge(&evidence.scratch, &oracles().unwrap(), evidence.is_quiet);
        let wrong = |verdict: Verdict| matches!(verdict, Verdict::Broken | Verdict::Unanswered);
        let broken: Vec<_> = findings.iter().filter(|finding| wrong(finding.verdict)).collect();
        assert!(broken.is_empty() && !findings.is_empty(), "{broken:#?}");
    }

    pub async fn stop(self) {
        self.running.shutdown().await;
    }
}

pub fn ada() -> String {
    format!("dev-user-{}", ACCOUNTS[0].id)
}

/// An order of one piece.
pub const ORDER: &str = r#"{"lines":[{"productId":"1","quantity":1}]}"#;

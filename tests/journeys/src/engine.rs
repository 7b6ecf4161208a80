//! On which engine the shops of the tests keep their data: files of their own, or databases on a real server; and
//! whether their events travel by a real broker.

mod templates;

use std::fmt::Write;

use tradewind_db::{Location, PostgresOptions, provision};
use tradewind_fleet::services;
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_testkit::postgres::fresh_name;
use tradewind_testkit::{Postgres, RabbitMq};

/// Chooses the engine of every shop that is not simulated: `sqlite`, the default, or `postgres`.
const VARIABLE: &str = "TRADEWIND_TEST_ENGINE";

/// Chooses how events travel in every shop that is not simulated: `feed`, the default, or `rabbitmq`.
const BROKER: &str = "TRADEWIND_TEST_BROKER";

/// The settings that lead to a broker, with names for one shop, if events travel by one.
pub(crate) async fn broker() -> Vec<String> {
    if !has_broker() {
        return Vec::new();
    }
    let server = RabbitMq::shared().await;
    vec![format!("broker.url={}", server.url()), format!("broker.namespace={}", fresh_name("journeys"))]
}

/// The databases of one shop on a server, one per service, each with a role of the same name.
#[derive(Debug)]
pub(crate) struct Databases {
    server: &'static Postgres,
    prefix: String,
}

impl Databases {
    /// New databases for every service that were migrated, if that is the engine, and the settings that lead there.
    pub(crate) async fn migrated() -> Option<(Self, Vec<String>)> {
        let (this, passwords) = Self::named().await?;
        templates::copy(this.server, &this.prefix, &passwords).await;
        Some(this.reached(&passwords))
    }

    /// The same without a table.
    pub(crate) async fn empty() -> Option<(Self, Vec<String>)> {
        let (this, passwords) = Self::named().await?;
        provision(this.server, &this.prefix, &passwords).await;
        Some(this.reached(&passwords))
    }

    async fn named() -> Option<(Self, Vec<(String, String)>)> {
        if !is_postgres() {
            return None;
        }
        let server = Postgres::shared().await;
        Some((Self { server, prefix: format!("{}_", fresh_name("journeys")) }, passwords()))
    }

    fn reached(self, passwords: &[(String, String)]) -> (Self, Vec<String>) {
        let settings = settings(self.server, &self.prefix, passwords);
        (self, settings)
    }

    /// The server, and the name of a service's database.
    pub(crate) fn of(&self, service: &str) -> (&'static Postgres, String) {
        (self.server, format!("{}{service}", self.prefix))
    }

    /// Removes the databases, with whatever is still connected. Those of a test that fails stay as long as the
    /// server does.
    pub(crate) async fn drop_all(self) {
        let mut statements = String::new();
        for (service, _) in passwords() {
            let name = format!("\"{}{service}\"", self.prefix);
            writeln!(statements, "drop database {name} with (force); drop role {name};").unwrap();
        }
        self.server.psql("postgres", &statements).await;
    }
}

/// A new, empty database on the engine of the tests. One on a server stays as long as the server does.
///
/// # Panics
/// When the server cannot be started.
pub async fn scratch_location(label: &str) -> Location {
    if !is_postgres() {
        return Location::Memory;
    }
    let server = Postgres::shared().await;
    let (name, password) = (fresh_name(label), passwords().swap_remove(0).1);
    provision(server, "", &[(name.clone(), password.clone())]).await;
    let address = format!("postgres://{}", server.host_port());
    let options = PostgresOptions::parse(&address).unwrap().role(&name).database(&name);
    Location::Postgres(options.password(&Secret::new(password)))
}

pub(crate) fn is_postgres() -> bool {
    match std::env::var(VARIABLE).as_deref() {
        Err(_) | Ok("" | "sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("{VARIABLE} is {other:?}: say sqlite or postgres"),
    }
}

/// Whether events travel by a real broker in this run. The journeys run on each engine without one before: what has
/// nothing to do with events was judged then, and need not be judged again.
///
/// # Panics
/// When the variable names something else.
#[must_use]
pub fn has_broker() -> bool {
    match std::env::var(BROKER).as_deref() {
        Err(_) | Ok("" | "feed") => false,
        Ok("rabbitmq") => true,
        Ok(other) => panic!("{BROKER} is {other:?}: say feed or rabbitmq"),
    }
}

/// The settings that lead to the databases of this prefix.
fn settings(server: &Postgres, prefix: &str, passwords: &[(String, String)]) -> Vec<String> {
    let place =
        [format!("database.url=postgres://{}", server.host_port()), format!("database.prefix={prefix}")];
    let each = |(service, password): &(String, String)| format!("database.passwords.{service}={password}");
    place.into_iter().chain(passwords.iter().map(each)).collect()
}

/// The services, each with a new password.
fn passwords() -> Vec<(String, String)> {
    let password = || format!("p{}", Entropy::system().id(&Clock::system()));
    services().iter().map(|service| (service.description().name.clone(), password())).collect()
}

/// Makes for each service a role and a database that opens to no other, as `tradewind db provision` does.
async fn provision(server: &Postgres, prefix: &str, passwords: &[(String, String)]) {
    let admin = PostgresOptions::parse(&server.url("postgres")).unwrap();
    for (service, password) in passwords {
        let (name, password) = (format!("{prefix}{service}"), Secret::new(password));
        let made = provision::provision(&admin, &name, &password, &Clock::system()).await;
        made.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

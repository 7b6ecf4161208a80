//! Where the database of each service is, by settings alone.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use tradewind_db::{
    ConnectCause, Db, DbError, Execution, Location, MigrateMode, Options, PostgresOptions, Volume, provision,
};
use tradewind_kernel::{Clock, Entropy, Secret};

use crate::data_folder::DataFolder;
use crate::settings::duration;
use crate::start_error::StartError;

/// The pause before a server that does not answer is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// Section `database`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `auto` applies missing migrations at the start, `require` refuses to start without them.
    pub migrate: MigrateMode,
    /// Connections per embedded database that read at the same time.
    pub readers: usize,
    /// The PostgreSQL server of all services, as `postgres://host:port`. Without it each service has a file in the
    /// data folder.
    pub url: Option<Secret>,
    /// What the names of databases and roles begin with; the name of the service follows.
    pub prefix: String,
    /// The password of each service's role; without one, what `tradewind db provision` left in the data folder.
    pub passwords: BTreeMap<String, Secret>,
    /// Another address for some services, with role, password and database in it.
    pub urls: BTreeMap<String, Secret>,
    /// Connections per served database; two more are for wake-ups, and for exports and backups.
    pub connections: u32,
    /// How long the start waits for a server that does not answer yet.
    #[serde(with = "duration")]
    pub wait: Duration,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            migrate: MigrateMode::Auto,
            readers: 2,
            url: None,
            prefix: "tradewind_".to_owned(),
            passwords: BTreeMap::new(),
            urls: BTreeMap::new(),
            connections: 4,
            wait: Duration::from_secs(30),
        }
    }
}

impl DatabaseSettings {
    /// Whether the database of `service` is on a server, so that several processes can share it.
    #[must_use]
    pub fn is_served(&self, service: &str) -> bool {
        self.url.is_some() || self.urls.contains_key(service)
    }

    /// The name of the file among the secrets of a data folder that holds the password of a service's role.
    #[must_use]
    pub fn password_file(service: &str) -> String {
        format!("database-{service}")
    }

    /// Whether everything that is said fits together.
    ///
    /// # Errors
    /// The first setting that is wrong.
    pub fn check(&self, services: &[&str]) -> Result<(), String> {
        let unknown = |section: &str, name: &String| {
            format!("database.{section}.{name}: there is no such service; see `describe`")
        };
        for (section, names) in [("passwords", self.passwords.keys()), ("urls", self.urls.keys())] {
            if let Some(name) = names.into_iter().find(|name| !services.contains(&name.as_str())) {
                return Err(unknown(section, name));
            }
        }
        if self.connections == 0 {
            return Err("database.connections: at least 1 is needed".to_owned());
        }
        provision::check_name(&self.prefix).map_err(|wrong| format!("database.prefix: {wrong}"))?;
        if let Some(url) = &self.url {
            let server = PostgresOptions::parse(url.expose());
            let server = server.map_err(|wrong| format!("database.url: {wrong}"))?;
            if server.has_role() || server.has_database() {
                let mend = "it names the server alone; roles and databases follow from database.prefix, \
                            or give a service its own address in database.urls";
                return Err(format!("database.url: {mend}"));
            }
        }
        for (service, url) in &self.urls {
            let own = PostgresOptions::parse(url.expose());
            let own = own.map_err(|wrong| format!("database.urls.{service}: {wrong}"))?;
            if !own.has_role() || !own.has_database() {
                return Err(format!("database.urls.{service}: postgres://ROLE:PASSWORD@HOST:PORT/DATABASE"));
            }
        }
        Ok(())
    }

    /// The served database of `service`; `None` when it is embedded. A password that the data folder holds is
    /// read from `folder`.
    ///
    /// # Errors
    /// When an address or the folder's secret cannot be read.
    pub fn served(
        &self,
        service: &str,
        folder: Option<&DataFolder>,
    ) -> Result<Option<PostgresOptions>, String> {
        if let Some(url) = self.urls.get(service) {
            let options = PostgresOptions::parse(url.expose());
            let options = options.map_err(|wrong| format!("database.urls.{service}: {wrong}"))?;
            return Ok(Some(options.connections(self.connections)));
        }
        let Some(url) = &self.url else { return Ok(None) };
        let options =
            PostgresOptions::parse(url.expose()).map_err(|wrong| format!("database.url: {wrong}"))?;
        let name = format!("{}{service}", self.prefix);
        let options = options.role(&name).database(&name).connections(self.connections);
        let given = self.passwords.get(service).cloned();
        let kept = || match folder {
            Some(folder) => DataFolder::read_secret(folder.path(), &Self::password_file(service)),
            None => Ok(None),
        };
        let password = match given {
            Some(password) => Some(password),
            None => kept().map_err(|error| error.to_string())?,
        };
        Ok(Some(match password {
            Some(password) => options.password(&password),
            None => options,
        }))
    }
}

/// Where the database of a service is, and how it is opened.
pub(crate) struct Place<'a> {
    pub(crate) service: &'a str,
    pub(crate) folder: Option<&'a DataFolder>,
    pub(crate) volume: Option<&'a Volume>,
    /// What tells this process from other replicas.
    pub(crate) holder: &'a str,
    /// The release that its events name; empty where none are told.
    pub(crate) release: &'a str,
    pub(crate) settings: &'a DatabaseSettings,
    pub(crate) clock: &'a Clock,
    pub(crate) entropy: &'a Entropy,
}

impl Place<'_> {
    /// Opens the database, waiting for its server until `patience`, a time of the monotonic clock.
    pub(crate) async fn open(
        &self,
        patience: Duration,
        progress: &mut (dyn FnMut(&str, &str) + Send),
    ) -> Result<Db, StartError> {
        let failed = |reason: String| StartError::new(self.service, reason);
        let served = self.settings.served(self.service, self.folder).map_err(failed)?;
        let (location, execution) = match (served, self.folder) {
            (Some(options), _) => (Location::Postgres(options), Execution::Threaded),
            (None, Some(folder)) => (Location::File(folder.database(self.service)), Execution::Threaded),
            (None, None) => (self.in_memory(), Execution::Inline),
        };
        let options = Options {
            location,
            execution,
            readers: self.settings.readers,
            clock: self.clock.clone(),
            entropy: self.entropy.fork("db"),
        };
        let db = Db::open_by(options, self.release).map_err(|error| failed(error.to_string()))?;
        self.wait_for(&db, patience, progress).await?;
        Ok(db)
    }

    fn in_memory(&self) -> Location {
        let Some(volume) = self.volume.cloned() else { return Location::Memory };
        let (database, holder) = (self.service.to_owned(), self.holder.to_owned());
        Location::Volume { volume, database, holder }
    }

    async fn wait_for(
        &self,
        db: &Db,
        patience: Duration,
        progress: &mut (dyn FnMut(&str, &str) + Send),
    ) -> Result<(), StartError> {
        let mut is_told = false;
        loop {
            let error = match db.check().await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let may_pass = matches!(&error, DbError::Connect { cause, .. } if cause.is_transient());
            if !may_pass || self.clock.monotonic() >= patience {
                return Err(StartError::new(self.service, self.mend(&error)).of_database());
            }
            if !std::mem::replace(&mut is_told, true) {
                let wait = self.settings.wait.as_secs();
                progress(self.service, &format!("waits up to {wait} s for its database: {error}"));
            }
            self.clock.sleep(TRY_AGAIN).await;
        }
    }

    /// The failure with the setting that is concerned and what to do.
    pub(crate) fn mend(&self, error: &DbError) -> String {
        let service = self.service;
        let address = if self.settings.urls.contains_key(service) {
            format!("database.urls.{service}")
        } else {
            "database.url".to_owned()
        };
        let password = if self.settings.urls.contains_key(service) {
            format!("the role and password in {address}")
        } else {
            format!("database.passwords.{service}")
        };
        let provision = "`tradewind db provision` makes databases, roles and their rights";
        let mend = match error {
            DbError::Connect { cause, .. } => match cause {
                ConnectCause::Unreachable => format!("check {address}, and that the server runs"),
                ConnectCause::Starting => "the server is starting or stopping; try again".to_owned(),
                ConnectCause::TooManyConnections => {
                    "lower database.connections, or raise max_connections of the server".to_owned()
                }
                ConnectCause::Credentials => format!("check {password}; {provision}"),
                ConnectCause::NoDatabase | ConnectCause::Privilege => format!("check {address}; {provision}"),
                ConnectCause::Version => format!("upgrade the server, or let {address} name another"),
                ConnectCause::Tls => format!("check sslmode and sslrootcert in {address}"),
                ConnectCause::Other => format!("check {address}"),
            },
            DbError::Statement { message, .. } if message.contains("42501") => {
                format!("the role may not change the schema; {provision}")
            }
            DbError::Storage { .. } => "make room on the disk of the database, then start again".to_owned(),
            _ => return error.to_string(),
        };
        format!("{error}; {mend}")
    }
}

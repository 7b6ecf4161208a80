//! What all services of a process are built on, and building them one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_client::{Handler, NearReceiver, PhoneBook};
use tradewind_db::{Db, Volume};
use tradewind_events::bus::Bus;
use tradewind_identity::Identity;
use tradewind_kernel::{Clock, Entropy, Secret};

use crate::assembly::absent::Absent;
use crate::assembly::peers::Finder;
use crate::assembly::places::Places;
use crate::data_folder::DataFolder;
use crate::database::Place;
use crate::foreign::Outside;
use crate::host::PlatformSettings;
use crate::instance::{Environment, Instance};
use crate::sagas::Meddled;
use crate::secrets::secret_file;
use crate::service::Service;
use crate::settings::SettingsSource;
use crate::start_error::StartError;
use crate::tasks::{Pace, Scope};
use crate::telemetry::records::LogBook;
use crate::tokens::Tokens;

/// The queues before near doors, each with who answers and in which scope.
pub(super) type Receivers = Vec<(Scope, Handler, NearReceiver)>;

/// What all services of a process are built on.
pub(super) struct Ground {
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
    pub(super) settings: SettingsSource,
    pub(super) platform: PlatformSettings,
    pub(super) secret: Secret,
    pub(super) identity: Option<Identity>,
    /// What tells this process from other replicas.
    pub(super) instance: String,
    pub(super) book: PhoneBook,
    /// How addresses outside are reached.
    pub(super) outside: Outside,
    pub(super) tokens: Arc<Tokens>,
    /// The bus, or why there is none.
    pub(super) bus: Result<Bus, String>,
    pub(super) logs: LogBook,
    /// What tasks wait for before each step.
    pub(super) pace: Option<Arc<dyn Pace>>,
    /// Whether others may use the same databases at the same time though they are SQLite: under simulation.
    pub(super) has_replicas: bool,
    /// Whether what keeps a thread busy is done on the calling one.
    pub(super) is_inline: bool,
    /// What a test does to sagas.
    pub(super) meddled: Arc<[Meddled]>,
}

/// Services that are built and do nothing yet.
#[derive(Default)]
pub(super) struct Built {
    pub(super) instances: Vec<Instance>,
    /// Those without their database.
    pub(super) absent: Vec<Absent>,
    pub(super) receivers: Receivers,
}

impl Ground {
    /// Builds all services and enters their doors into the phone book.
    pub(super) async fn build(
        &self,
        services: Vec<Service>,
        (folder, volume): (Option<&DataFolder>, Option<&Volume>),
        finder: &mut Finder,
        progress: &mut (dyn FnMut(&str, &str) + Send),
    ) -> Result<Built, StartError> {
        let (mut built, mut places) = (Built::default(), Places::default());
        for service in services {
            let description = service.description;
            let entropy = self.entropy.fork(&description.name);
            let place = Place {
                service: &description.name,
                folder,
                volume,
                holder: &self.instance,
                release: &self.platform.telemetry.release,
                settings: &self.platform.database,
                clock: &self.clock,
                entropy: &entropy,
            };
            let launched = match places.open(&place, progress).await {
                Err(error) => Err(error),
                Ok(db) => {
                    let is_first = built.instances.is_empty();
                    let secrets = self.secrets(&description.name, &service.secrets, folder)?;
                    let folder = folder.map(|folder| folder.path().to_owned());
                    let environment =
                        Environment { secrets, folder, ..self.environment(db, entropy.clone(), is_first) };
                    service.launch.launch(environment).await
                }
            };
            match launched {
                Ok(instance) => {
                    let entered = finder.enter_doors(&self.book, &description, &instance, &self.platform)?;
                    built.receivers.extend(entered);
                    progress(&description.name, "built");
                    built.instances.push(instance);
                }
                Err(error) if error.is_of_database() => {
                    let failed = Absent::new(&description, error);
                    built.receivers.extend(failed.enter(&self.book));
                    progress(&description.name, &format!("does not run: {}", failed.reason()));
                    built.absent.push(failed);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(built)
    }

    /// What a service keeps secret. Where nothing is kept in files nobody else can read it either, and it has to be the
    /// same after a restart.
    fn secrets(
        &self,
        service: &str,
        names: &[&'static str],
        folder: Option<&DataFolder>,
    ) -> Result<BTreeMap<&'static str, Secret>, StartError> {
        let mut secrets = BTreeMap::new();
        for name in names {
            let called = secret_file(service, name);
            let secret = match folder {
                Some(folder) => folder.secret(&called, &self.entropy),
                None => Ok(Secret::new(format!("simulated {called}"))),
            };
            secrets.insert(*name, secret.map_err(|error| StartError::new("data folder", error))?);
        }
        Ok(secrets)
    }

    fn environment(&self, db: Db, entropy: Entropy, tells_of_process: bool) -> Environment {
        Environment {
            clock: self.clock.clone(),
            entropy,
            settings: self.settings.clone(),
            platform: self.platform.clone(),
            secret: self.secret.clone(),
            identity: self.identity.clone(),
            db,
            instance: self.instance.clone(),
            book: self.book.clone(),
            outside: self.outside.clone(),
            tokens: self.tokens.clone(),
            bus: self.bus.clone(),
            logs: self.logs.clone(),
            pace: self.pace.clone(),
            has_replicas: self.has_replicas,
            meddled: self.meddled.clone(),
            is_inline: self.is_inline,
            folder: None,
            secrets: BTreeMap::new(),
            tells_of_process,
        }
    }
}

//! Building each service on its database, and entering its doors into the phone book.

use tradewind_client::{Handler, NearReceiver, PhoneBook};
use tradewind_db::Db;
use tradewind_identity::Identity;
use tradewind_kernel::{Clock, Entropy, Secret};

use crate::assembly::absent::Absent;
use crate::assembly::peers::Finder;
use crate::assembly::places::Places;
use crate::data_folder::DataFolder;
use crate::database::Place;
use crate::host::PlatformSettings;
use crate::instance::{Environment, Instance};
use crate::service::Service;
use crate::settings::SettingsSource;
use crate::start_error::StartError;
use crate::tasks::Scope;
use crate::telemetry::records::LogBook;

/// What all services of a process stand on.
pub(super) struct Ground {
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
    pub(super) settings: SettingsSource,
    pub(super) platform: PlatformSettings,
    pub(super) secret: Secret,
    /// Who the process is, where it has a certificate.
    pub(super) identity: Option<Identity>,
    /// What tells this process from other replicas.
    pub(super) instance: String,
    pub(super) book: PhoneBook,
    pub(super) logs: LogBook,
}

/// What came of building the services.
pub(super) struct Launched {
    pub(super) instances: Vec<Instance>,
    /// Those whose database cannot be used: they only say why.
    pub(super) absent: Vec<Absent>,
    /// The ends of near doors at which requests arrive, with what answers them and where.
    pub(super) receivers: Vec<(Scope, Handler, NearReceiver)>,
}

/// Hears what was done, as (service, step).
type Progress<'a> = dyn FnMut(&str, &str) + Send + 'a;

impl Ground {
    /// Builds all services; fails when none of them has a usable database.
    pub(super) async fn launch_all(
        &self,
        services: Vec<Service>,
        folder: Option<&DataFolder>,
        finder: &mut Finder,
        progress: &mut Progress<'_>,
    ) -> Result<Launched, StartError> {
        let mut launched = Launched { instances: Vec::new(), absent: Vec::new(), receivers: Vec::new() };
        let mut places = Places::default();
        for service in services {
            let description = service.description;
            let entropy = self.entropy.fork(&description.name);
            let place = Place {
                service: &description.name,
                folder,
                settings: &self.platform.database,
                clock: &self.clock,
                entropy: &entropy,
            };
            let built = match places.open(&place, progress).await {
                Ok(db) => {
                    let is_first = launched.instances.is_empty();
                    service.launch.launch(self.environment(entropy, db, is_first)).await
                }
                Err(error) => Err(error),
            };
            match built {
                Ok(instance) => {
                    let doors = finder.enter_doors(&self.book, &description, &instance, &self.platform)?;
                    launched.receivers.extend(doors);
                    progress(&description.name, "built");
                    launched.instances.push(instance);
                }
                Err(error) if error.is_of_database() => {
                    let failed = Absent::new(&description, error);
                    launched.receivers.extend(failed.enter(&self.book));
                    progress(&description.name, &format!("does not run: {}", failed.reason()));
                    launched.absent.push(failed);
                }
                Err(error) => return Err(error),
            }
        }
        match launched.absent.first() {
            Some(first) if launched.instances.is_empty() => Err(first.error.clone()),
            _ => Ok(launched),
        }
    }

    fn environment(&self, entropy: Entropy, db: Db, is_first: bool) -> Environment {
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
            logs: self.logs.clone(),
            tells_of_process: is_first,
        }
    }
}

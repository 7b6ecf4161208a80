//! Who the processes are to each other: certificates of an authority in the data folder, renewed while the fleet runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tradewind_chassis::{Description, PlatformSettings, declared_callers};
use tradewind_fleet::FleetIdentity;
use tradewind_identity::{Authority, IdentityFiles, Member, TrustDomain};
use tradewind_kernel::{Clock, Entropy};

/// The folder of the authority, in the data folder.
const FOLDER: &str = "identity";

/// How often certificates are looked at that may have to be renewed.
const LOOK: Duration = Duration::from_secs(60);

/// The authority of the fleet, and who may call whom.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    authority: Arc<Authority>,
    domain: String,
    callers: BTreeMap<String, Vec<String>>,
}

impl Certificates {
    /// The authority in the data folder; made when there is none.
    pub(crate) fn open(
        data: &Path,
        platform: &PlatformSettings,
        all: &[Description],
        (clock, entropy): (Clock, Entropy),
    ) -> Result<Self, String> {
        if platform.identity.certificate.is_some() {
            return Err(
                "identity.certificate: one certificate cannot be that of every service; leave it out, and each gets \
                 one of its own, or start the services one by one"
                    .to_owned(),
            );
        }
        let domain = platform.identity.trust_domain.clone();
        let parsed: TrustDomain =
            domain.parse().map_err(|error| format!("identity.trust_domain: {error}"))?;
        let authority = Authority::open(&data.join(FOLDER), parsed, clock, entropy);
        let authority = authority.map_err(|error| error.to_string())?;
        let mut callers = declared_callers(all);
        for (name, process) in &platform.processes {
            for producer in &process.follows {
                callers.entry(producer.clone()).or_default().push(name.clone());
            }
        }
        Ok(Self { authority: Arc::new(authority), domain, callers })
    }

    /// The files of the process called `name`, which is a service or takes part as one.
    pub(crate) fn files(&self, name: &str) -> Result<IdentityFiles, String> {
        let member = Member::service(name).map_err(|error| error.to_string())?;
        self.authority.issue(&member).map_err(|error| error.to_string())
    }

    /// What a service is told: where its files are, and who may call its internal door.
    pub(crate) fn settings(&self, service: &str) -> Result<Vec<String>, String> {
        let mut settings = self.files(service)?.settings().to_vec();
        settings.push(format!("identity.trust_domain={}", self.domain));
        let callers = self.callers.get(service).filter(|callers| !callers.is_empty());
        settings.extend(callers.map(|callers| format!("identity.callers.{service}={}", callers.join(","))));
        Ok(settings)
    }

    /// The operator's files, for the command line.
    pub(crate) fn operator(&self) -> Result<FleetIdentity, String> {
        let files = self.authority.issue(&Member::Operator).map_err(|error| error.to_string())?;
        Ok(FleetIdentity::new(&self.domain, &files))
    }

    /// Renews what is due, again and again.
    pub(crate) async fn renew(self, clock: Clock) {
        loop {
            clock.sleep(LOOK).await;
            for error in self.authority.renew_when_due().failed {
                tracing::error!(%error, "a certificate could not be renewed; it is tried again");
            }
        }
    }
}

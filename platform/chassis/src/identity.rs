//! Section `identity`: who this process is, and who may call it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tradewind_identity::{Identity, IdentityFiles, Member, Outcome, Refreshed, Side, SpiffeId, TrustDomain};
use tradewind_kernel::{Clock, Principal};
use tradewind_problem::{Problem, UNDECLARED_CALLER};

use crate::description::{Description, DoorKind};
use crate::metrics::{Kind, Metrics};

/// How often the files of the identity are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the log says that a certificate should have been replaced by now.
const WARN_EVERY: Duration = Duration::from_secs(3600);

/// Section `identity`: the certificate of this process, and what its doors want of callers.
///
/// Without files there is no identity: doors are plain, and internal doors want the secret of the fleet.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentitySettings {
    /// PEM: the certificate of this process, then those between it and the authority.
    pub certificate: Option<PathBuf>,
    /// PEM: its key, readable for nobody else; may be the same file.
    pub key: Option<PathBuf>,
    /// PEM: the authorities that are trusted.
    pub authority: Option<PathBuf>,
    /// The trust domain of all names.
    pub trust_domain: String,
    /// What the public and the admin doors take.
    pub public: PublicDoors,
    /// Who may call the internal door of a service, besides the operator: by its name, the names of services.
    pub callers: BTreeMap<String, Vec<String>>,
}

/// What a public or an admin door takes, where the process has an identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublicDoors {
    /// HTTP in the clear and TLS, with a certificate of the caller or without.
    #[default]
    Both,
    /// TLS with a certificate of the trust domain, whoever's.
    Required,
}

impl Default for IdentitySettings {
    fn default() -> Self {
        Self {
            certificate: None,
            key: None,
            authority: None,
            trust_domain: "tradewind.local".to_owned(),
            public: PublicDoors::default(),
            callers: BTreeMap::new(),
        }
    }
}

impl IdentitySettings {
    /// Makes sure that names are names and that no file is missing; `services` are those that there are.
    pub(crate) fn check(&self, services: &[&str]) -> Result<(), String> {
        self.files()?;
        self.domain()?;
        for (service, callers) in &self.callers {
            if !services.contains(&service.as_str()) {
                return Err(format!("identity.callers.{service}: there is no such service; see `describe`"));
            }
            for caller in callers {
                let wrong = |error| format!("identity.callers.{service}: {error}");
                caller.parse::<Member>().map_err(wrong)?;
            }
        }
        Ok(())
    }

    /// The files, if they are named.
    fn files(&self) -> Result<Option<IdentityFiles>, String> {
        match (&self.certificate, &self.key, &self.authority) {
            (None, None, None) => Ok(None),
            (Some(certificate), Some(key), Some(authority)) => {
                let (certificate, key, authority) = (certificate.clone(), key.clone(), authority.clone());
                Ok(Some(IdentityFiles { certificate, key, authority }))
            }
            _ => Err("identity: certificate, key and authority belong together; set all of them".to_owned()),
        }
    }

    fn domain(&self) -> Result<TrustDomain, String> {
        self.trust_domain.parse().map_err(|error| format!("identity.trust_domain: {error}"))
    }

    /// The identity of a process that runs `services`, if files are named.
    pub(crate) fn load(&self, services: &[&str], clock: &Clock) -> Result<Option<Identity>, String> {
        let Some(files) = self.files()? else { return Ok(None) };
        let [service] = services else {
            let several = services.join(", ");
            return Err(format!(
                "identity: a certificate names one service, and this process runs {several}; run each service in a \
                 process of its own, or leave out identity.certificate, key and authority"
            ));
        };
        let identity = Identity::load(files, self.domain()?, clock.clone());
        let identity = identity.map_err(|error| format!("identity: {error}"))?;
        let member = identity.standing().member;
        if member != Member::Service((*service).to_owned()) {
            let name = member.name();
            return Err(format!("identity.certificate: it is for {name}, and this process runs {service}"));
        }
        Ok(Some(identity))
    }

    /// Who may come in at the internal door of `service`.
    pub(crate) fn declared(&self, service: &str) -> Arc<Declared> {
        let names = self.callers.get(service).into_iter().flatten().cloned().collect();
        Arc::new(Declared { names, setting: format!("identity.callers.{service}") })
    }
}

/// For each service the others that have something to do at its internal door: those that follow its events, and those
/// that say they call that door. The values of the settings `identity.callers.<service>`.
#[must_use]
pub fn declared_callers(services: &[Description]) -> BTreeMap<String, Vec<String>> {
    let calls_in = |caller: &Description, service: &Description| {
        let door = format!("{}/{}", service.name, DoorKind::Internal.name());
        caller.calls.contains(&door) || caller.listens.iter().any(|listens| listens.producer == service.name)
    };
    let callers = |service: &Description| {
        let others = services.iter().filter(|other| other.name != service.name && calls_in(other, service));
        others.map(|other| other.name.clone()).collect()
    };
    services.iter().map(|service| (service.name.clone(), callers(service))).collect()
}

/// Who may come in at an internal door.
#[derive(Debug)]
pub(crate) struct Declared {
    names: BTreeSet<String>,
    setting: String,
}

impl Declared {
    /// Lets a caller in who is declared; `is_open` says that everybody of the trust domain may ask for this.
    pub(crate) fn admit(&self, caller: &SpiffeId, is_open: bool) -> Result<Principal, Problem> {
        match caller.member() {
            Some(Member::Operator) => Ok(Principal::Service(Member::Operator.name().to_owned())),
            Some(Member::Service(name)) if is_open || self.names.contains(&name) => {
                Ok(Principal::Service(name))
            }
            None if is_open => Ok(Principal::Anonymous),
            _ => {
                let setting = &self.setting;
                Err(Problem::new(&UNDECLARED_CALLER).detail(format!(
                    "The caller {caller} is not among those that this door takes. If it has something to do here, \
                     name it in the setting {setting}."
                )))
            }
        }
    }
}

/// Shows what there is to see of an identity.
pub(crate) fn observe(metrics: &Metrics, identity: &Identity) {
    for side in Side::ALL {
        for outcome in Outcome::ALL {
            let labels = [("side", side.name().to_owned()), ("outcome", outcome.name().to_owned())];
            let (identity, help) = (identity.clone(), "TLS handshakes by how they ended");
            metrics.observe_with("tls_handshakes_total", help, Kind::Counter, &labels, move || {
                identity.handshakes(side, outcome)
            });
        }
    }
    let (expiring, changing) = (identity.clone(), identity.clone());
    let help = "When the certificate of the process expires, in seconds since 1970";
    metrics.observe("identity_certificate_expiry_seconds", help, Kind::Gauge, move || {
        expiring.standing().expires.as_micros() / 1_000_000
    });
    let help = "Changes of the files of the identity that were taken";
    metrics.observe("identity_changes_total", help, Kind::Counter, move || changing.generation());
}

/// Follows the files of the identity for as long as it is polled.
pub(crate) async fn watch(identity: Identity, clock: Clock) {
    let mut warned = None;
    loop {
        clock.sleep(LOOK_EVERY).await;
        match identity.refresh() {
            Refreshed::Unchanged => {}
            Refreshed::Swapped => {
                warned = None;
                let expires = identity.standing().expires;
                tracing::info!(%expires, "the certificate was replaced; new connections use it");
            }
            Refreshed::Refused(error) => {
                tracing::error!(%error, "a new certificate is refused; the one before stays in use");
            }
        }
        warned = warn_if_late(&identity, &clock, warned);
    }
}

/// Says that the certificate expires soon, now and then; gives when it was said last.
fn warn_if_late(identity: &Identity, clock: &Clock, warned: Option<Duration>) -> Option<Duration> {
    let now = clock.monotonic();
    let is_due = warned.is_none_or(|warned| now.saturating_sub(warned) >= WARN_EVERY);
    let standing = identity.standing();
    if !is_due || !standing.is_late(clock.now()) {
        return warned;
    }
    let expires = standing.expires;
    tracing::warn!(%expires, "less than a third of the certificate's life is left; nobody has replaced it");
    Some(now)
}

//! Telling the registry of the instances of this process: that they are there, that they leave, that they have gone.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use futures_util::future::join_all;
use tradewind_registry::{Announced, Instance as Told};

use crate::assembly::Running;
use crate::assembly::sockets::Sockets;
use crate::assembly::start::until_stopped;
use crate::host::PlatformSettings;
use crate::instance::Instance;
use crate::serve::Listener;
use crate::start_error::StartError;

/// The note by which whoever started a process recognises its instances.
const PROCESS: &str = "process";

impl Running {
    /// Makes what the registry will be told.
    pub(super) fn prepare_announcing(&mut self) {
        let Some(registry) = self.finder.registry.clone() else { return };
        for instance in &self.instances {
            let told = Told {
                service: instance.name.to_owned(),
                replica: self.finder.replica.clone(),
                release: env!("CARGO_PKG_VERSION").to_owned(),
                doors: self.advertised(instance),
                metadata: BTreeMap::from([(PROCESS.to_owned(), std::process::id().to_string())]),
                is_leaving: false,
            };
            let life = format!("{}-{}", instance.name, self.entropy.id(&self.clock));
            self.finder.announced.push(registry.announce(life, told));
        }
    }

    /// Registers all instances, and goes on telling that they are there.
    pub(super) fn announce(&self) {
        for announced in &self.finder.announced {
            let keeping = announced.clone().keep(self.platform.discovery.heartbeat);
            self.finder.scope.spawn("heartbeats", until_stopped(self.finder.scope.clone(), keeping));
        }
    }

    /// Tells that all instances are about to stop. Whoever does not hear it finds out when they have.
    pub(super) async fn tell_leaving(&self) {
        let left = join_all(self.finder.announced.iter().map(Announced::leave)).await;
        for problem in left.into_iter().filter_map(Result::err) {
            tracing::warn!(%problem, "the registry did not hear that an instance is about to stop");
        }
    }

    /// Tells that all instances have stopped.
    pub(super) async fn tell_gone(&self) {
        let gone = join_all(self.finder.announced.iter().map(Announced::withdraw)).await;
        for problem in gone.into_iter().filter_map(Result::err) {
            tracing::debug!(%problem, "the registry did not hear that an instance has stopped");
        }
    }

    fn advertised(&self, instance: &Instance) -> BTreeMap<String, String> {
        let reached_at = |address: SocketAddr| match &self.platform.discovery.advertise {
            Some(host) => format!("{host}:{}", address.port()),
            None => address.to_string(),
        };
        let open = instance.doors.iter().filter_map(|door| Some((door.kind.name(), door.address?)));
        open.map(|(kind, address)| (kind.to_owned(), reached_at(address))).collect()
    }
}

/// Makes sure that others can call the doors that the registry is told of.
///
/// # Errors
/// When a door listens everywhere and nobody says under which host it is reached.
pub(super) fn check_reachable(sockets: &Sockets, platform: &PlatformSettings) -> Result<(), StartError> {
    if platform.discovery.registry.is_none() || platform.discovery.advertise.is_some() {
        return Ok(());
    }
    let everywhere = |listener: &Listener| listener.address.ip().is_unspecified();
    let Some(((service, kind), listener)) = sockets.iter().find(|(_, listener)| everywhere(listener)) else {
        return Ok(());
    };
    let reason = format!(
        "the {} door listens on {}, which is no address to call: say under which host others reach it: \
         discovery.advertise",
        kind.name(),
        listener.address
    );
    Err(StartError::new(service, reason))
}

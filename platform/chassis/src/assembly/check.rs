//! Whether all settings fit, before anything is begun.

use std::collections::BTreeMap;

use crate::assembly::Assembly;
use crate::assembly::peers::check_addresses;
use crate::description::DoorKind;
use crate::host::PlatformSettings;
use crate::settings::SettingsSource;
use crate::start_error::StartError;

impl Assembly {
    /// Makes sure that all settings fit, those of the platform and those of every service, before anything
    /// is begun.
    ///
    /// # Errors
    /// The first setting that is wrong, with where it came from.
    pub fn check(&self, settings: &SettingsSource) -> Result<PlatformSettings, StartError> {
        let here = self.services.iter().map(|service| service.description().name.as_str());
        let names: Vec<&str> = here.chain(self.beside.iter().map(String::as_str)).collect();
        let platform =
            PlatformSettings::read(settings, &names).map_err(|error| StartError::new("settings", error))?;
        self.check_doors("doors", &platform.doors, &[])?;
        let foreign: Vec<&str> = platform.processes.keys().map(String::as_str).collect();
        self.check_doors("peers", &platform.peers, &foreign)?;
        platform.discovery.check().map_err(|wrong| StartError::new("settings", wrong))?;
        check_addresses(&platform)?;
        platform.database.check(&names).map_err(|wrong| StartError::new("settings", wrong))?;
        let names: Vec<&str> = names.into_iter().chain(foreign).collect();
        platform.identity.check(&names).map_err(|wrong| StartError::new("settings", wrong))?;
        platform.events.check().map_err(|wrong| StartError::new("settings", wrong))?;
        platform.views.check().map_err(|wrong| StartError::new("settings", wrong))?;
        let (broker, driver) = (&platform.broker, platform.events.driver);
        broker.check(driver).map_err(|wrong| StartError::new("settings", wrong))?;
        platform.client.check(&names).map_err(|wrong| StartError::new("settings", wrong))?;
        self.services.iter().try_for_each(|service| service.launch.check(settings))?;
        Ok(platform)
    }

    /// Whether every door named in `section` is there, or may be: of services elsewhere only the kinds are known.
    fn check_doors<T>(
        &self,
        section: &str,
        named: &BTreeMap<String, BTreeMap<String, T>>,
        foreign: &[&str],
    ) -> Result<(), StartError> {
        for (service, doors) in named {
            let found = self.services.iter().find(|known| known.description().name == *service);
            let known = found.map(|known| &known.description().doors);
            for kind in doors.keys() {
                let is_elsewhere = self.beside.contains(service) || foreign.contains(&service.as_str());
                if is_elsewhere && DoorKind::ALL.iter().any(|known| known.name() == kind) {
                    continue;
                }
                if !known.is_some_and(|known| known.iter().any(|door| door.kind.name() == kind)) {
                    let reason = format!("{section}.{service}.{kind}: there is no such door; see `describe`");
                    return Err(StartError::new("settings", reason));
                }
            }
        }
        Ok(())
    }
}

//! Where people find the shop, for what is written to them.

use tradewind_chassis::settings::{SettingsError, SettingsSource};

const SECTION: &str = "mail";
const KEY: &str = "shop_url";
/// The same by a variable that names a file.
const FILE: &str = "shop_url_file";

/// The assignment by which mails lead to the gateway where `--port` has put it, unless the settings say where they
/// lead. Of a free port nothing is known before it is taken: mails lead to the usual one then.
pub(crate) fn assignment(port: Option<u16>, settings: &SettingsSource) -> Option<String> {
    let port = port.filter(|port| *port != 0)?;
    let is_said = settings.holds(SECTION, KEY) || settings.holds(SECTION, FILE);
    (!is_said).then(|| format!("{SECTION}.{KEY}=http://localhost:{port}/shop"))
}

/// The settings with that.
///
/// # Errors
///
/// None that an assignment of here can have.
pub(crate) fn known(port: Option<u16>, settings: SettingsSource) -> Result<SettingsSource, SettingsError> {
    match assignment(port, &settings) {
        Some(assignment) => settings.overrides(&[assignment]),
        None => Ok(settings),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn shop_url(port: Option<u16>, said: &[&str]) -> Option<String> {
        let said: Vec<String> = said.iter().map(|each| (*each).to_owned()).collect();
        let settings = known(port, SettingsSource::new().overrides(&said).unwrap()).unwrap();
        settings.section::<BTreeMap<String, String>>(SECTION).unwrap().remove(KEY)
    }

    #[test]
    fn mails_lead_to_the_port_that_was_asked_for() {
        assert_eq!(shop_url(Some(18080), &[]).as_deref(), Some("http://localhost:18080/shop"));
    }

    #[test]
    fn the_usual_port_and_free_ones_leave_what_is_usual() {
        assert_eq!(shop_url(None, &[]), None);
        assert_eq!(shop_url(Some(0), &[]), None);
    }

    #[test]
    fn what_the_settings_say_stays() {
        let said = ["mail.shop_url=https://shop.example.com"];
        assert_eq!(shop_url(Some(18080), &said).as_deref(), Some("https://shop.example.com"));
        let variable = ("TRADEWIND_MAIL__SHOP_URL_FILE".to_owned(), "/run/shop".to_owned());
        let settings = SettingsSource::new().environment([variable]).unwrap();
        assert_eq!(assignment(Some(18080), &settings), None);
    }
}

//! Settings, section `notification`.

use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::settings::duration;
use tradewind_notification_contract::Language;

use crate::domain::Policy;

/// The settings of notification.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The language of those who chose none: `en` or `de`.
    pub(crate) language: Language,
    /// How old what happened may be when it is heard of: what is older is told nobody.
    #[serde(with = "duration")]
    pub(crate) news_for: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { language: Language::En, news_for: Duration::from_secs(24 * 3_600) }
    }
}

impl Settings {
    /// Makes sure that what is promised can be kept.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.language == Language::Other {
            return Err("notification.language is en or de".to_owned());
        }
        let bounds = Duration::from_secs(60)..=Duration::from_secs(30 * 24 * 3_600);
        if !bounds.contains(&self.news_for) {
            return Err("notification.news_for is 1m to 720h".to_owned());
        }
        Ok(())
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy { language: self.language, news_for: self.news_for }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_kept_are_named() {
        assert_eq!(Settings::default().check(), Ok(()));
        let usual = Settings::default;
        for (settings, name) in [
            (Settings { language: Language::Other, ..usual() }, "notification.language"),
            (Settings { news_for: Duration::from_secs(1), ..usual() }, "notification.news_for"),
        ] {
            assert!(settings.check().unwrap_err().starts_with(name), "{name}");
        }
    }
}

//! Where the message broker is, and whether events travel by it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_amqp::{BrokerOptions, check_namespace};
use tradewind_kernel::Secret;

use crate::settings::duration;

/// How events travel from the log of a producer to its subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventDriver {
    /// Subscribers read the log.
    Feed,
    /// By a broker, and what that does not bring is read from the log.
    Amqp,
}

/// Section `broker`: the message broker, if there is one.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrokerSettings {
    /// Where it is, as `amqp://USER:PASSWORD@HOST:PORT/VHOST`. Without it no event travels by a broker.
    pub url: Option<Secret>,
    /// The user's password, instead of one in the address.
    pub password: Option<Secret>,
    /// What the names of exchanges and queues begin with, so that several fleets share a broker.
    pub namespace: String,
    /// Messages that a subscription may hold without having handled them, 1 to 10,000.
    pub prefetch: u16,
    /// Messages of one service that may be on the way without a confirmation, 1 to 10,000.
    pub window: u16,
    /// How long the broker may take to confirm a message, or to answer anything else.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// The greatest message, in bytes; a greater event is read from the log of its producer.
    pub max_message_bytes: usize,
}

impl Default for BrokerSettings {
    fn default() -> Self {
        Self {
            url: None,
            password: None,
            namespace: "tradewind".to_owned(),
            prefetch: 512,
            window: 512,
            timeout: Duration::from_secs(10),
            max_message_bytes: 1024 * 1024,
        }
    }
}

/// The greatest prefetch and window.
const MOST: u16 = 10_000;

/// The least `broker.timeout`: below it a broker that is only busy would be given up.
const LEAST_TIMEOUT: Duration = Duration::from_secs(1);

impl BrokerSettings {
    /// Whether everything that is said fits together, with `events.driver` too.
    ///
    /// # Errors
    /// The first setting that is wrong.
    pub(crate) fn check(&self, driver: Option<EventDriver>) -> Result<(), String> {
        for (name, number) in [("prefetch", self.prefetch), ("window", self.window)] {
            if !(1..=MOST).contains(&number) {
                return Err(format!("broker.{name}: expected 1 to {MOST}"));
            }
        }
        if self.timeout < LEAST_TIMEOUT {
            return Err("broker.timeout: at least 1s".to_owned());
        }
        check_namespace(&self.namespace).map_err(|wrong| format!("broker.namespace: {wrong}"))?;
        match (&self.url, driver) {
            (None, Some(EventDriver::Amqp)) => {
                Err("events.driver: amqp needs a broker; say where it is: broker.url".to_owned())
            }
            _ => self.options().map(drop),
        }
    }

    /// What leads to the broker by which events travel; `None` when they do not.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub(crate) fn used(&self, driver: Option<EventDriver>) -> Result<Option<BrokerOptions>, String> {
        Ok(self.options()?.filter(|_| driver != Some(EventDriver::Feed)))
    }

    fn options(&self) -> Result<Option<BrokerOptions>, String> {
        let Some(url) = &self.url else { return Ok(None) };
        let options = BrokerOptions::parse(url, self.password.as_ref());
        let mut options = options.map_err(|wrong| format!("broker.url: {wrong}"))?;
        options.namespace.clone_from(&self.namespace);
        options.prefetch = self.prefetch;
        options.window = usize::from(self.window);
        options.timeout = self.timeout;
        options.max_message_bytes = self.max_message_bytes;
        Ok(Some(options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: Option<&str>) -> BrokerSettings {
        BrokerSettings { url: url.map(Secret::new), ..BrokerSettings::default() }
    }

    #[test]
    fn a_broker_is_used_when_there_is_one_and_nobody_says_otherwise() {
        let uses = |url, driver| with(url).used(driver).unwrap().is_some();
        let somewhere = Some("amqp://me:pw@127.0.0.1:1");
        assert!(!uses(None, None));
        assert!(!uses(None, Some(EventDriver::Feed)));
        assert!(uses(somewhere, None));
        assert!(uses(somewhere, Some(EventDriver::Amqp)));
        assert!(!uses(somewhere, Some(EventDriver::Feed)));
    }

    #[test]
    fn a_setting_that_is_wrong_is_named_without_the_password() {
        let somewhere = || with(Some("amqp://me:hidden@127.0.0.1:1"));
        assert_eq!(somewhere().check(Some(EventDriver::Amqp)), Ok(()));
        assert!(with(None).check(Some(EventDriver::Amqp)).unwrap_err().contains("broker.url"));
        let cases = [
            (BrokerSettings { prefetch: 0, ..somewhere() }, "broker.prefetch"),
            (BrokerSettings { window: 10_001, ..somewhere() }, "broker.window"),
            (BrokerSettings { timeout: Duration::from_millis(999), ..somewhere() }, "broker.timeout"),
            (BrokerSettings { namespace: "A".to_owned(), ..somewhere() }, "broker.namespace"),
            (with(Some("amqps://me:hidden@127.0.0.1")), "broker.url: amqps://"),
            (with(Some("rabbit:hidden")), "broker.url"),
        ];
        for (settings, part) in cases {
            let error = settings.check(None).unwrap_err();
            assert!(error.starts_with(part) && !error.contains("hidden"), "{error}");
            assert!(!format!("{settings:?}").contains("hidden"));
        }
    }
}

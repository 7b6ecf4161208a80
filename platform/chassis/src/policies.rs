//! Section `client`: the policies before peers, as settings.
//!
//! What is not set keeps the default of [`Policies`]; the defaults stand there and nowhere else.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use tradewind_client::{
    BalanceOptions, BreakerOptions, BulkheadOptions, Policies, RetryOptions, ThrottleOptions,
};

use crate::settings::duration;

/// Section `client`: what stands before each peer, and what differs for the peers of single services.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientSettings {
    /// Bounds on calls under way.
    pub bulkhead: BulkheadSettings,
    /// Fewer calls for a peer that refuses many.
    pub throttle: ThrottleSettings,
    /// Further tries.
    pub retry: RetrySettings,
    /// No calls for an endpoint that fails.
    pub breaker: BreakerSettings,
    /// How endpoints share the calls.
    pub balance: BalanceSettings,
    /// What differs for the doors of one service, by its name.
    pub peers: BTreeMap<String, PeerSettings>,
}

/// What differs for the doors of one service: `client.peers.<service>`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PeerSettings {
    /// Bounds on calls under way.
    pub bulkhead: BulkheadSettings,
    /// Fewer calls for a peer that refuses many.
    pub throttle: ThrottleSettings,
    /// Further tries.
    pub retry: RetrySettings,
    /// No calls for an endpoint that fails.
    pub breaker: BreakerSettings,
    /// How endpoints share the calls.
    pub balance: BalanceSettings,
}

/// The keys of `balance`. One endpoint has to be chosen, so that nothing of it can be switched off.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BalanceSettings {
    /// How long an endpoint that joined others gets less than its share.
    #[serde(deserialize_with = "some_duration")]
    pub slow_start: Option<Duration>,
    /// An endpoint that was not chosen for so long is chosen.
    #[serde(deserialize_with = "some_duration")]
    pub forced_every: Option<Duration>,
    /// The pause between two probes of an endpoint, while there are calls.
    #[serde(deserialize_with = "some_duration")]
    pub probe_every: Option<Duration>,
    /// How long a probe may take.
    #[serde(deserialize_with = "some_duration")]
    pub probe_timeout: Option<Duration>,
}

impl BalanceSettings {
    fn over(&self, usual: &BalanceOptions) -> BalanceOptions {
        BalanceOptions {
            slow_start: self.slow_start.unwrap_or(usual.slow_start),
            forced_every: self.forced_every.unwrap_or(usual.forced_every),
            probe_every: self.probe_every.unwrap_or(usual.probe_every),
            probe_timeout: self.probe_timeout.unwrap_or(usual.probe_timeout),
        }
    }
}

/// Declares the settings of one policy: each may be left out, and one switches the policy off.
macro_rules! policy {
    ($(#[$doc:meta])* $name:ident for $options:ident {
        $($(#[$about:meta])* $field:ident: $kind:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            /// Whether the policy stands there at all; by default it does.
            pub enabled: Option<bool>,
            $($(#[$about])* pub $field: Option<$kind>,)*
        }

        impl $name {
            /// `usual` with what is set here.
            fn over(&self, usual: Option<$options>) -> Option<$options> {
                let enabled = self.enabled.unwrap_or(usual.is_some());
                let mut options = usual.unwrap_or_default();
                $(if let Some(value) = self.$field {
                    options.$field = value;
                })*
                enabled.then_some(options)
            }
        }
    };
}

policy! {
    /// The keys of `bulkhead`.
    BulkheadSettings for BulkheadOptions {
        /// Calls under way at a time.
        calls: usize,
        /// Calls that wait for one of them to end.
        queue: usize,
        /// The longest wait.
        #[serde(deserialize_with = "some_duration")]
        wait: Duration,
    }
}

policy! {
    /// The keys of `throttle`.
    ThrottleSettings for ThrottleOptions {
        /// Failures of the last ten seconds that are overlooked.
        protected: u32,
        /// A call passes at least this often.
        #[serde(deserialize_with = "some_duration")]
        forced_every: Duration,
    }
}

policy! {
    /// The keys of `retry`.
    RetrySettings for RetryOptions {
        /// Most attempts per call, the first one included.
        attempts: u32,
        /// The greatest wait before the second attempt; it doubles for each further one.
        #[serde(deserialize_with = "some_duration")]
        base: Duration,
        /// The greatest wait that doubling leads to.
        #[serde(deserialize_with = "some_duration")]
        cap: Duration,
        /// Retries per hundred live calls of the last ten seconds.
        budget_percent: u32,
        /// Retries per second on top.
        budget_per_second: u32,
    }
}

policy! {
    /// The keys of `breaker`.
    BreakerSettings for BreakerOptions {
        /// So many failures in a row open it.
        failures: u32,
        /// The success rate counts only when so many calls ended within ten seconds.
        samples: u32,
        /// A success rate below this opens it.
        success_percent: u32,
        /// How long it stays open the first time; it doubles with each failed probe.
        #[serde(deserialize_with = "some_duration")]
        open: Duration,
        /// The longest time it stays open.
        #[serde(deserialize_with = "some_duration")]
        open_max: Duration,
    }
}

fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration::deserialize(deserializer).map(Some)
}

impl ClientSettings {
    /// The policies before the doors of `service`.
    #[must_use]
    pub fn policies(&self, service: &str) -> Policies {
        let Self { bulkhead, throttle, retry, breaker, balance, peers } = self;
        let usual = PeerSettings {
            bulkhead: *bulkhead,
            throttle: *throttle,
            retry: *retry,
            breaker: *breaker,
            balance: *balance,
        };
        let usual = usual.over(Policies::default());
        peers.get(service).map_or(usual.clone(), |own| own.over(usual))
    }

    /// Makes sure that the policies let something through; `services` are those that there are.
    pub(crate) fn check(&self, services: &[&str]) -> Result<(), String> {
        if let Some(unknown) = self.peers.keys().find(|name| !services.contains(&name.as_str())) {
            return Err(format!("client.peers.{unknown}: there is no such service; see `describe`"));
        }
        let policies = services.iter().map(|&service| (service, self.policies(service)));
        policies.into_iter().try_for_each(|(service, policies)| {
            let place = if self.peers.contains_key(service) {
                format!("client.peers.{service}")
            } else {
                "client".to_owned()
            };
            usable(&policies).map_err(|wrong| format!("{place}.{wrong}"))
        })
    }
}

impl PeerSettings {
    fn over(&self, usual: Policies) -> Policies {
        Policies {
            bulkhead: self.bulkhead.over(usual.bulkhead),
            throttle: self.throttle.over(usual.throttle),
            retry: self.retry.over(usual.retry),
            breaker: self.breaker.over(usual.breaker),
            balance: self.balance.over(&usual.balance),
        }
    }
}

/// What would keep every call back, or has no meaning.
fn usable(policies: &Policies) -> Result<(), &'static str> {
    let Policies { bulkhead, throttle, retry, breaker, balance } = policies;
    let wrong = [
        (bulkhead.as_ref().is_some_and(|it| it.calls == 0), "bulkhead.calls must be at least 1"),
        (
            throttle.as_ref().is_some_and(|it| it.forced_every.is_zero()),
            "throttle.forced_every must be above 0; to switch it off, set throttle.enabled = false",
        ),
        (retry.as_ref().is_some_and(|it| it.attempts == 0), "retry.attempts must be at least 1"),
        (breaker.as_ref().is_some_and(|it| it.failures == 0), "breaker.failures must be at least 1"),
        (breaker.as_ref().is_some_and(|it| it.samples == 0), "breaker.samples must be at least 1"),
        (
            breaker.as_ref().is_some_and(|it| it.success_percent > 100),
            "breaker.success_percent must be at most 100",
        ),
        (breaker.as_ref().is_some_and(|it| it.open.is_zero()), "breaker.open must be above 0"),
        (
            breaker.as_ref().is_some_and(|it| it.open_max < it.open),
            "breaker.open_max must not be below breaker.open",
        ),
        (balance.forced_every.is_zero(), "balance.forced_every must be above 0"),
        (balance.probe_every.is_zero(), "balance.probe_every must be above 0"),
        (balance.probe_timeout.is_zero(), "balance.probe_timeout must be above 0"),
    ];
    wrong.into_iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, what)| Err(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SettingsSource;

    fn read(settings: &[&str]) -> ClientSettings {
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        SettingsSource::new().overrides(&settings).unwrap().section("client").unwrap()
    }

    #[test]
    fn who_says_nothing_gets_every_policy_with_its_defaults() {
        assert_eq!(read(&[]).policies("lamps"), Policies::default());
        assert!(read(&[]).check(&["lamps"]).is_ok());
    }

    #[test]
    fn the_general_settings_hold_where_a_peer_has_none_of_its_own() {
        let settings = read(&[
            "client.breaker.open=2s",
            "client.retry.attempts=5",
            "client.peers.lamps.breaker.failures=3",
            "client.peers.lamps.retry.enabled=false",
            "client.bulkhead.calls=8",
        ]);
        let usual = settings.policies("candles");
        assert_eq!(usual.retry.unwrap().attempts, 5);
        let breaker = BreakerOptions { open: Duration::from_secs(2), ..BreakerOptions::default() };
        assert_eq!(usual.breaker, Some(breaker.clone()));
        let own = settings.policies("lamps");
        assert_eq!((own.retry, own.breaker), (None, Some(BreakerOptions { failures: 3, ..breaker })));
        assert_eq!(own.bulkhead.unwrap().calls, 8);
        assert!(settings.check(&["lamps", "candles"]).is_ok());
    }

    #[test]
    fn settings_that_let_nothing_pass_or_mean_nobody_are_refused() {
        for (setting, expected) in [
            ("client.bulkhead.calls=0", "client.bulkhead.calls must be at least 1"),
            ("client.throttle.forced_every=0s", "client.throttle.forced_every"),
            ("client.retry.attempts=0", "client.retry.attempts"),
            ("client.breaker.failures=0", "client.breaker.failures"),
            ("client.breaker.samples=0", "client.breaker.samples"),
            ("client.breaker.success_percent=101", "client.breaker.success_percent"),
            ("client.breaker.open=0s", "client.breaker.open must"),
            ("client.balance.probe_every=0s", "client.balance.probe_every must"),
            ("client.balance.forced_every=0s", "client.balance.forced_every must"),
            ("client.peers.lamps.balance.probe_timeout=0s", "client.peers.lamps.balance.probe_timeout must"),
            ("client.breaker.open=1h", "client.breaker.open_max"),
            ("client.peers.lamps.breaker.open=1h", "client.peers.lamps.breaker.open_max"),
            ("client.peers.lamp.retry.attempts=1", "client.peers.lamp: there is no such service"),
        ] {
            let refused = read(&[setting]).check(&["lamps"]).unwrap_err();
            assert!(refused.starts_with(expected), "{setting}: {refused}");
        }
        let off = read(&["client.breaker.enabled=false", "client.breaker.open=0s"]);
        assert!(off.check(&["lamps"]).is_ok());
    }

    #[test]
    fn unknown_keys_are_refused() {
        for setting in ["client.breakers.open=1s", "client.breaker.opens=1s", "client.peers.lamps.opens=1s"] {
            let source = SettingsSource::new().overrides(&[setting.to_owned()]).unwrap();
            let error = source.section::<ClientSettings>("client").unwrap_err().to_string();
            assert!(error.contains("unknown key"), "{setting}: {error}");
        }
    }
}

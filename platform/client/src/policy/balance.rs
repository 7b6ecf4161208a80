//! How calls are shared out, as values.

use std::time::Duration;

/// How the endpoints of a peer share its calls. There is no policy to switch off: one of them has to be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceOptions {
    /// How long an endpoint that joined others gets less than its share: it begins with a tenth.
    pub slow_start: Duration,
    /// An endpoint that was not chosen for so long is chosen, whatever it costs: what is known of it is old.
    pub forced_every: Duration,
    /// The pause between two probes of an endpoint, while there are calls.
    pub probe_every: Duration,
    /// How long a probe may take.
    pub probe_timeout: Duration,
}

impl Default for BalanceOptions {
    fn default() -> Self {
        Self {
            slow_start: Duration::from_secs(10),
            forced_every: Duration::from_secs(1),
            probe_every: Duration::from_millis(250),
            probe_timeout: Duration::from_millis(400),
        }
    }
}

//! Settings, section `shipping`.

use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::settings::duration;

/// The settings of shipping.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// A carrier that only pretends, so that shipments arrive on a laptop.
    pub(crate) pretend_carrier: PretendCarrier,
}

/// When a carrier that pretends does what a real one would tell of; 0 leaves it to somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PretendCarrier {
    /// How long after the booking it takes the goods.
    #[serde(with = "duration")]
    pub(crate) handed_over: Duration,
    /// How long after that it delivers them.
    #[serde(with = "duration")]
    pub(crate) delivered: Duration,
}

/// The longest way of a shipment.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The pause between two rounds when the carrier does nothing.
const REST: Duration = Duration::from_secs(600);

impl Default for PretendCarrier {
    fn default() -> Self {
        Self { handed_over: Duration::from_secs(30), delivered: Duration::from_secs(120) }
    }
}

impl PretendCarrier {
    /// Makes sure that every shipment arrives within a time that can be waited for.
    pub(crate) fn check(self) -> Result<(), String> {
        if self.handed_over.max(self.delivered) > LONGEST {
            return Err("shipping.pretend_carrier: durations are at most 720h".to_owned());
        }
        Ok(())
    }

    /// When what is booked is taken, if the carrier does it.
    pub(crate) fn takes_after(self) -> Option<Duration> {
        Some(self.handed_over).filter(|wait| !wait.is_zero())
    }

    /// When what is taken is delivered, if the carrier does it.
    pub(crate) fn delivers_after(self) -> Option<Duration> {
        Some(self.delivered).filter(|wait| !wait.is_zero())
    }

    /// How soon after a change at the earliest the carrier does something.
    pub(crate) fn horizon(self) -> Duration {
        self.takes_after().into_iter().chain(self.delivers_after()).min().unwrap_or(REST).min(REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nought_leaves_a_step_to_somebody_else() {
        let carrier = PretendCarrier { handed_over: Duration::ZERO, delivered: Duration::from_secs(7) };
        assert_eq!(carrier.takes_after(), None);
        assert_eq!(carrier.delivers_after(), Some(Duration::from_secs(7)));
        assert_eq!(carrier.horizon(), Duration::from_secs(7));
        let never = PretendCarrier { delivered: Duration::ZERO, ..carrier };
        assert_eq!((never.horizon(), never.check()), (REST, Ok(())));
        assert!(PretendCarrier { delivered: LONGEST * 2, ..carrier }.check().is_err());
    }
}

//! The refusals of the provider, for those who have to tell them apart.

use std::fmt;
use std::str::FromStr;

use tradewind_problem::{Kind, Problem};

/// The card refused; [`DeclineReason::of`] says why.
pub const CARD_DECLINED: Kind = Kind { code: "card-declined", status: 402, title: "The card was declined" };

/// The charge was cancelled before it was asked for.
pub const CHARGE_CANCELLED: Kind =
    Kind { code: "charge-cancelled", status: 409, title: "The charge was cancelled" };

/// There is no money held that could be moved.
pub const CHARGE_NOT_AUTHORISED: Kind =
    Kind { code: "charge-not-authorised", status: 409, title: "The charge is not authorised" };

/// More would be given back than was taken.
pub const REFUND_EXCEEDS_CAPTURE: Kind =
    Kind { code: "refund-exceeds-capture", status: 409, title: "The refund exceeds what was captured" };

/// Every kind above.
pub const KINDS: &[Kind] = &[CARD_DECLINED, CHARGE_CANCELLED, CHARGE_NOT_AUTHORISED, REFUND_EXCEEDS_CAPTURE];

/// Why a card refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeclineReason {
    /// The account has not got that much.
    InsufficientFunds,
    /// The card is no longer valid.
    Expired,
    /// The card was reported stolen.
    Stolen,
}

/// The text names no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownReason;

const BEFORE: &str = "The card was declined: ";

impl DeclineReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InsufficientFunds, Self::Expired, Self::Stolen];

    /// The reason as programs compare it, such as `insufficient-funds`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::InsufficientFunds => "insufficient-funds",
            Self::Expired => "expired",
            Self::Stolen => "stolen",
        }
    }

    /// The refusal for this reason.
    #[must_use]
    pub fn problem(self) -> Problem {
        Problem::new(&CARD_DECLINED).detail(format!("{BEFORE}{self}."))
    }

    /// Why the card was declined, if that is what `problem` is and the reason is known here.
    #[must_use]
    pub fn of(problem: &Problem) -> Option<Self> {
        let text = problem.caller_text().filter(|_| problem.is(&CARD_DECLINED))?;
        text.strip_prefix(BEFORE)?.strip_suffix('.')?.parse().ok()
    }
}

impl fmt::Display for DeclineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for DeclineReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL.into_iter().find(|reason| reason.code() == text).ok_or(UnknownReason)
    }
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no reason for which a card is declined")
    }
}

impl std::error::Error for UnknownReason {}

#[cfg(test)]
mod tests {
    use tradewind_problem::NOT_FOUND;

    use super::*;

    #[test]
    fn the_reason_is_read_from_the_refusal_and_from_nothing_else() {
        for reason in DeclineReason::ALL {
            assert_eq!(DeclineReason::of(&reason.problem()), Some(reason));
        }
        assert_eq!(DeclineReason::of(&Problem::new(&CARD_DECLINED)), None);
        assert_eq!(
            DeclineReason::of(&Problem::new(&CARD_DECLINED).detail("The card was declined: x.")),
            None
        );
        assert_eq!(
            DeclineReason::of(&Problem::new(&NOT_FOUND).detail("The card was declined: stolen.")),
            None
        );
    }
}

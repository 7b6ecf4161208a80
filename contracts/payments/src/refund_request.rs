//! Money that a customer asks for, and what staff says to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Money, Timestamp};

use crate::Note;

/// How often money can be asked back for one order. One request is decided before the next can be made.
pub const MAX_REFUND_REQUESTS: u16 = 10;

/// Where staff sees what is to be decided.
pub const REFUND_REQUESTS_PATH: &str = "/api/payments/v1/admin/refund-requests";

/// Asks for money back: `PUT /api/payments/v1/payments/{orderId}/refund-requests/{number}`, by the customer whose order
/// it is. Numbers begin with 1 and have no gap. The same again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskRefund {
    /// How much, in the currency of the payment: more than nothing, and at most what was captured and is not given back.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// Why somebody wants money back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum RefundReason {
    /// They do not want it any more.
    ChangedMind,
    /// It is broken, or does not work.
    Damaged,
    /// It is not what they ordered.
    WrongItem,
    /// It did not come.
    NotArrived,
    /// Something else; the note says what.
    SomethingElse,
    /// A reason that this version does not know.
    #[serde(other)]
    Other,
}

impl RefundReason {
    /// All that somebody can give.
    pub const ALL: [Self; 5] =
        [Self::ChangedMind, Self::Damaged, Self::WrongItem, Self::NotArrived, Self::SomethingElse];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ChangedMind => "changed-mind",
            Self::Damaged => "damaged",
            Self::WrongItem => "wrong-item",
            Self::NotArrived => "not-arrived",
            Self::SomethingElse => "something-else",
            Self::Other => "other",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|reason| reason.name() == name).unwrap_or(Self::Other)
    }
}

/// Why staff gives nothing back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum RefusalReason {
    /// It was asked too long after the goods came.
    TooLate,
    /// The goods did not come back.
    NotSentBack,
    /// The goods were used, or broken by whoever had them.
    Used,
    /// The money was given back already.
    GivenBackAlready,
    /// Something else; the note says what.
    SomethingElse,
    /// A reason that this version does not know.
    #[serde(other)]
    Other,
}

impl RefusalReason {
    /// All that staff can give.
    pub const ALL: [Self; 5] =
        [Self::TooLate, Self::NotSentBack, Self::Used, Self::GivenBackAlready, Self::SomethingElse];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLate => "too-late",
            Self::NotSentBack => "not-sent-back",
            Self::Used => "used",
            Self::GivenBackAlready => "given-back-already",
            Self::SomethingElse => "something-else",
            Self::Other => "other",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|reason| reason.name() == name).unwrap_or(Self::Other)
    }
}

/// Grants a request: `PUT /api/payments/v1/payments/{orderId}/refund-requests/{number}/grant`, for staff. The money is
/// given back once, however often this is said; another decision is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantRefund {
    /// How much: more than nothing, at most what was asked for, and with all refunds before at most what was captured.
    pub amount: Money,
}

/// Refuses a request: `PUT /api/payments/v1/payments/{orderId}/refund-requests/{number}/refusal`, for staff. The same again
/// changes nothing; another decision is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefuseRefund {
    /// Why.
    pub reason: RefusalReason,
    /// What else there is to say to the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum RefundRequestState {
    /// Staff has not decided.
    Asked,
    /// The money is on its way.
    Granted,
    /// The money was given back.
    Returned,
    /// It was granted, and the provider will not give it back. It can be asked for once more.
    Failed,
    /// Nothing is given back.
    Refused,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

impl RefundRequestState {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Granted => "granted",
            Self::Returned => "returned",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Other => "other",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let known = [Self::Asked, Self::Granted, Self::Returned, Self::Failed, Self::Refused];
        known.into_iter().find(|state| state.name() == name).unwrap_or(Self::Other)
    }
}

/// A request as its customer and staff see it: `GET /api/payments/v1/payments/{orderId}/refund-requests` has those of an
/// order, the first one first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundRequest {
    /// The order.
    pub order_id: Id,
    /// The how manieth of the order it is.
    pub number: u16,
    /// Whose order it is.
    pub customer_id: Id,
    /// How far it has come.
    pub state: RefundRequestState,
    /// How much was asked for.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// What the customer wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// How much was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Money>,
    /// The refund that it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<Id>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalReason>,
    /// What staff wrote to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal_note: Option<Note>,
    /// When it last changed.
    pub changed_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_documents() {
        for reason in RefundReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
            assert_eq!(RefundReason::named(reason.name()), reason);
        }
        for reason in RefusalReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
            assert_eq!(RefusalReason::named(reason.name()), reason);
        }
        for name in ["asked", "granted", "returned", "failed", "refused"] {
            let state: RefundRequestState = serde_json::from_value(name.into()).unwrap();
            assert_eq!((state.name(), RefundRequestState::named(name)), (name, state));
        }
        assert_eq!(RefundReason::named("eaten"), RefundReason::Other);
    }
}

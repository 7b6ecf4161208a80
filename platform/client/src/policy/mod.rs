//! What may keep a call from being sent, and what sends it again; each policy by itself, and all of them as
//! values.

mod balance;
pub(crate) mod breaker;
pub(crate) mod bulkhead;
pub(crate) mod refusal;
pub(crate) mod retry;
pub(crate) mod retry_budget;
pub(crate) mod throttle;
pub(crate) mod verdict;
mod window;

pub use balance::BalanceOptions;
pub use breaker::{BreakerOptions, BreakerReason, BreakerState};
pub use bulkhead::BulkheadOptions;
pub use refusal::{FallbackReason, RefusalReason};
pub use retry::RetryOptions;
pub use throttle::ThrottleOptions;

/// What stands between the callers of a peer and the peer, from the outside in. By default, everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// A bound on the calls under way.
    pub bulkhead: Option<BulkheadOptions>,
    /// Fewer calls for a peer that refuses many.
    pub throttle: Option<ThrottleOptions>,
    /// Further tries of failed calls.
    pub retry: Option<RetryOptions>,
    /// No calls for an endpoint that fails.
    pub breaker: Option<BreakerOptions>,
    /// How its endpoints share the calls.
    pub balance: BalanceOptions,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            bulkhead: Some(BulkheadOptions::default()),
            throttle: Some(ThrottleOptions::default()),
            retry: Some(RetryOptions::default()),
            breaker: Some(BreakerOptions::default()),
            balance: BalanceOptions::default(),
        }
    }
}

impl Policies {
    /// No policy but the deadline.
    #[must_use]
    pub fn none() -> Self {
        Self {
            bulkhead: None,
            throttle: None,
            retry: None,
            breaker: None,
            balance: BalanceOptions::default(),
        }
    }
}

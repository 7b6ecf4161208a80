//! What a client is told (draft-ietf-httpapi-ratelimit-headers, RFC 9110 §10.2.3).

use std::time::Duration;

use crate::decimal;
use crate::limit::{Decision, Policy};

impl Decision {
    /// Appends the value of `RateLimit`: what is left, and in how many seconds all of it is there again.
    pub fn write_rate_limit(&self, policy: &Policy, to: &mut Vec<u8>) {
        to.push(b'"');
        to.extend_from_slice(policy.name().as_bytes());
        to.extend_from_slice(b"\";r=");
        decimal::write(self.remaining, to);
        to.extend_from_slice(b";t=");
        decimal::write(whole_seconds(self.reset), to);
    }

    /// The value of `Retry-After`, in seconds; nothing when the request is allowed, or can never be.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after.map(whole_seconds)
    }
}

/// Rounded up: whoever waits so long comes in time.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

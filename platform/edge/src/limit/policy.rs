//! How much somebody may ask.

use std::time::Duration;

/// The longest time that it may take until a quota is whole again. The table tells times apart as far as that.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// So many requests within so much time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(crate) number: u64,
    /// Microseconds that one request costs.
    pub(crate) interval: u64,
    /// Microseconds that may be owed.
    pub(crate) capacity: u64,
    field: String,
    name: String,
}

/// Why a limit is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Nothing would ever be allowed.
    #[error("it allows nothing; write a quota and a burst of at least 1")]
    Nothing,
    /// More than the clock of the limiter can tell apart.
    #[error("it allows more than one request in a microsecond; write a smaller quota or a longer window")]
    TooOften,
    /// It takes too long until a burst is allowed again.
    #[error("a burst is allowed again only after more than a day; write a smaller burst or a shorter window")]
    TooLong,
    /// The name cannot be written into a field.
    #[error("the name must be of 1 to 64 visible ASCII characters without quotes and backslashes")]
    Name,
}

impl Policy {
    /// `quota` requests in each `window`, and up to `burst` of them at once. `number` keeps the clients of one limit
    /// apart from those of another in the same table; `name` is what clients read.
    ///
    /// The time between two requests is rounded up to whole microseconds, so that never more is allowed.
    ///
    /// # Errors
    /// When the numbers are no limit.
    pub fn new(
        number: u64,
        name: &str,
        (quota, window): (u32, Duration),
        burst: u32,
    ) -> Result<Self, PolicyError> {
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if !(1..=64).contains(&name.len()) || !name.bytes().all(visible) {
            return Err(PolicyError::Name);
        }
        if quota == 0 || burst == 0 {
            return Err(PolicyError::Nothing);
        }
        let micros = u64::try_from(window.as_micros()).unwrap_or(u64::MAX);
        if micros < u64::from(quota) {
            return Err(PolicyError::TooOften);
        }
        let interval = micros.div_ceil(u64::from(quota));
        let capacity = interval.saturating_mul(u64::from(burst));
        if u128::from(capacity) > LONGEST.as_micros() {
            return Err(PolicyError::TooLong);
        }
        let seconds = window.as_secs() + u64::from(window.subsec_nanos() > 0);
        let field = format!("\"{name}\";q={quota};w={seconds}");
        Ok(Self { number, interval, capacity, field, name: name.to_owned() })
    }

    /// The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What clients know it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The longest capacity, in microseconds.
pub(crate) const MOST_AHEAD: u64 = LONGEST.as_secs() * 1_000_000;

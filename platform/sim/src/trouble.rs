//! How bad the network is at the moment.

use std::time::Duration;

/// How bad the network is. Shares are of a thousand requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// A request or an answer takes at least this long.
    pub least: Duration,
    /// And up to so much longer.
    pub spread: Duration,
    /// Requests that vanish: the caller hears nothing.
    pub lost: u32,
    /// Requests whose connection breaks before they arrive.
    pub reset: u32,
    /// Requests that have their effect, and whose answer does not arrive.
    pub unanswered: u32,
    /// Requests that arrive twice.
    pub repeated: u32,
}

impl Trouble {
    /// A good day in one data centre.
    #[must_use]
    pub fn calm() -> Self {
        Self {
            least: Duration::from_micros(150),
            spread: Duration::from_micros(700),
            lost: 0,
            reset: 0,
            unanswered: 0,
            repeated: 0,
        }
    }

    /// A bad one.
    #[must_use]
    pub fn bad() -> Self {
        Self {
            least: Duration::from_micros(200),
            spread: Duration::from_millis(120),
            lost: 20,
            reset: 40,
            unanswered: 50,
            repeated: 50,
        }
    }
}

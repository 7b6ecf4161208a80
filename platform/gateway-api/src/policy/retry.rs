//! How many requests, how often, and which first.

use std::collections::BTreeSet;
use std::time::Duration;

use http::HeaderName;
use serde::{Deserialize, Deserializer, de::Error};

use super::read;
use crate::duration;

/// A bound on requests over time. By default there is none: what is many only the owner of a service knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RateLimit {
    /// A name, for metrics and logs.
    pub name: String,
    /// So many in each stretch of `per`, spread evenly.
    pub requests: u32,
    /// The stretch.
    #[serde(deserialize_with = "read::duration")]
    pub per: Duration,
    /// So many at once after a pause; by default as many as `requests`, so that a page with its parts is one visit.
    pub burst: Option<u32>,
    /// Who shares the bound; by default one address, so that one client takes nothing from the others.
    pub by: RateLimitKey,
}

impl RateLimit {
    /// So many at once after a pause.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst.unwrap_or(self.requests)
    }
}

/// Who shares a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RateLimitKey {
    /// An address.
    Client,
    /// The subject of a token, or else the value of `Authorization`, of which only a hash is kept.
    Credential,
    /// Everybody together.
    Route,
    /// The value of a header.
    Header(HeaderName),
}

impl<'de> Deserialize<'de> for RateLimitKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "type")]
            kind: String,
            name: Option<String>,
        }
        let Wire { kind, name } = Wire::deserialize(deserializer)?;
        match (kind.as_str(), name) {
            ("Client", None) => Ok(Self::Client),
            ("Credential", None) => Ok(Self::Credential),
            ("Route", None) => Ok(Self::Route),
            ("Header", Some(name)) => name.parse().map(Self::Header).map_err(D::Error::custom),
            (kind, _) => Err(D::Error::custom(format!("{kind} does not go with this name"))),
        }
    }
}

/// Further tries of a request. They stay within the budget of the backend, and requests whose method is not idempotent
/// (RFC 9110 §9.2.2) are sent again only where nothing was sent, or where they carry an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Retry {
    /// How many besides the first, 0 for none. 1 by default: it mends what a restarting instance breaks, and more
    /// multiply the load of a service in trouble.
    pub attempts: u32,
    /// What happens to the connection. Both by default.
    pub triggers: BTreeSet<RetryTrigger>,
    /// Codes of answers. 503 by default: it says that nothing was done, and of 502 and 504 nobody knows.
    pub codes: BTreeSet<u16>,
    /// Bound of one try; by default that of the rule.
    #[serde(default, deserialize_with = "duration::deserialize")]
    pub per_try_timeout: Option<Duration>,
    /// The first pause is drawn up to so long, each further one up to twice the one before. 25 ms by default: long
    /// enough for another endpoint to be chosen, too short for a person to notice.
    #[serde(deserialize_with = "read::duration")]
    pub backoff: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 1,
            triggers: [RetryTrigger::ConnectFailure, RetryTrigger::ResetBeforeAnswer].into(),
            codes: [503].into(),
            per_try_timeout: None,
            backoff: Duration::from_millis(25),
        }
    }
}

/// What happens to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum RetryTrigger {
    /// There is none, so that nothing was sent.
    ConnectFailure,
    /// It broke before the head of an answer.
    ResetBeforeAnswer,
}

/// What is refused first when a backend is overloaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Priority {
    /// Before all others: what nobody waits for.
    Sheddable,
    /// After those. The default, since an order of importance that nobody thought about is none.
    #[default]
    Standard,
    /// After all others; a part of the bound is kept for them.
    Critical,
}

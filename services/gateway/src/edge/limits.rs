//! How often somebody may ask.

use http::{HeaderName, HeaderValue};
use tradewind_data_plane::Request;
use tradewind_edge::address::client_key;
use tradewind_edge::limit::{Decision, Policy, Table};
use tradewind_gateway_api::policy::retry::RateLimitKey;
use tradewind_routing::{EffectiveRateLimit, RouteId};

use crate::edge::visitor::Visitor;

/// A bound, ready to be asked.
pub(crate) struct Limit {
    policy: Policy,
    by: RateLimitKey,
    /// What everybody of a route shares.
    route: String,
}

/// What the bounds of a rule say of a request.
pub(crate) enum Verdict {
    /// It is within all of them; the headers tell what is left of the tightest.
    Within(Vec<(HeaderName, HeaderValue)>),
    /// It is not within this one.
    Beyond { name: String, retry_after: u64, headers: Vec<(HeaderName, HeaderValue)> },
}

impl Limit {
    /// None where the numbers are no bound, which the definitions exclude.
    pub(crate) fn new(effective: &EffectiveRateLimit, route: &RouteId) -> Option<Self> {
        let limit = &effective.limit;
        let scope = match limit.by {
            RateLimitKey::Route => format!("{}/{}/{route}", effective.policy, limit.name),
            _ => format!("{}/{}", effective.policy, limit.name),
        };
        let quota = (limit.requests, limit.per);
        let policy = Policy::new(number(&scope), &limit.name, quota, limit.burst()).ok()?;
        Some(Self { policy, by: limit.by.clone(), route: route.to_string() })
    }

    fn take(&self, table: &Table, request: &Request<'_>, visitor: &Visitor) -> Decision {
        let now = request.came();
        match &self.by {
            RateLimitKey::Client => table.take(&self.policy, &client_key(visitor.address), now),
            RateLimitKey::Route => table.take(&self.policy, self.route.as_bytes(), now),
            RateLimitKey::Header(name) => {
                table.take(&self.policy, request.header(name.as_str()).unwrap_or_default(), now)
            }
            RateLimitKey::Credential => {
                let subject = visitor.claims.as_ref().and_then(|claims| claims.subject.as_deref());
                let credential = subject.map(str::as_bytes).or_else(|| request.header("authorization"));
                match credential {
                    Some(credential) => table.take(&self.policy, credential, now),
                    // Those without one are told apart by where they come from.
                    None => table.take(&self.policy, &client_key(visitor.address), now),
                }
            }
        }
    }
}

/// Asks all bounds of a rule.
pub(crate) fn ask(limits: &[Limit], table: &Table, request: &Request<'_>, visitor: &Visitor) -> Verdict {
    let mut tightest: Option<(&Limit, Decision)> = None;
    for limit in limits {
        let decision = limit.take(table, request, visitor);
        if !decision.allowed {
            return Verdict::Beyond {
                name: limit.policy.name().to_owned(),
                retry_after: decision.retry_after_seconds().unwrap_or(1),
                headers: told(limit, &decision),
            };
        }
        if tightest.as_ref().is_none_or(|(_, before)| decision.remaining < before.remaining) {
            tightest = Some((limit, decision));
        }
    }
    Verdict::Within(tightest.map(|(limit, decision)| told(limit, &decision)).unwrap_or_default())
}

/// What a client is told of a bound.
fn told(limit: &Limit, decision: &Decision) -> Vec<(HeaderName, HeaderValue)> {
    let mut left = Vec::with_capacity(48);
    decision.write_rate_limit(&limit.policy, &mut left);
    let pairs = [("ratelimit-policy", limit.policy.field().as_bytes()), ("ratelimit", &left[..])];
    let pair = |(name, value): (&'static str, &[u8])| {
        Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
    };
    pairs.into_iter().filter_map(pair).collect()
}

/// A number for a name, the same in every process and thread (FNV-1a, 64 bits).
fn number(name: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

//! Headers of answers that tell browsers what not to do.

use std::time::Duration;

use http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, de::Error};

use super::read;

/// Headers of answers that tell browsers what not to do. Each is set where the backend sends none of that name, since
/// the service knows its pages better.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityHeaders {
    /// HTTP Strict Transport Security (RFC 6797), over TLS only. Not sent by default: a browser that has seen it cannot
    /// be told otherwise before its time is over.
    pub strict_transport_security: Option<StrictTransportSecurity>,
    /// `X-Content-Type-Options: nosniff`. Sent by default, so that no browser takes data for a script.
    pub content_type_options: bool,
    /// `X-Frame-Options`. `SameOrigin` by default: other sites could have a person click on what they do not see, and
    /// pages that frame their own go on.
    pub frame_options: FrameOptions,
    /// `Referrer-Policy`; not sent when absent. `strict-origin-when-cross-origin` by default: other sites learn the
    /// host and not the address, which may hold names and numbers.
    #[serde(deserialize_with = "referrer_policy")]
    pub referrer_policy: Option<HeaderValue>,
    /// `Content-Security-Policy`. There is no default: one that fits no page in particular breaks most.
    #[serde(default, deserialize_with = "read::header_value")]
    pub content_security_policy: Option<HeaderValue>,
}

impl Default for SecurityHeaders {
    fn default() -> Self {
        Self {
            strict_transport_security: None,
            content_type_options: true,
            frame_options: FrameOptions::SameOrigin,
            referrer_policy: Some(HeaderValue::from_static("strict-origin-when-cross-origin")),
            content_security_policy: None,
        }
    }
}

impl SecurityHeaders {
    /// The headers, for answers over TLS or without. To be made once, when a table is taken into use.
    #[must_use]
    pub fn headers(&self, is_tls: bool) -> Vec<(HeaderName, HeaderValue)> {
        let transport = self.strict_transport_security.filter(|_| is_tls);
        let nosniff = self.content_type_options.then(|| HeaderValue::from_static("nosniff"));
        let all = [
            (STRICT_TRANSPORT_SECURITY, transport.and_then(|transport| transport.value())),
            (X_CONTENT_TYPE_OPTIONS, nosniff),
            (X_FRAME_OPTIONS, self.frame_options.value()),
            (REFERRER_POLICY, self.referrer_policy.clone()),
            (CONTENT_SECURITY_POLICY, self.content_security_policy.clone()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// HTTP Strict Transport Security.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StrictTransportSecurity {
    /// How long a browser uses nothing but TLS. A year by default, the least that the lists of browsers ask for; zero
    /// takes it back.
    #[serde(deserialize_with = "read::duration")]
    pub max_age: Duration,
    /// Whether this holds for hosts below this one too. Not by default: they may belong to others.
    pub include_subdomains: bool,
}

impl StrictTransportSecurity {
    fn value(&self) -> Option<HeaderValue> {
        let below = if self.include_subdomains { "; includeSubDomains" } else { "" };
        format!("max-age={}{below}", self.max_age.as_secs()).parse().ok()
    }
}

/// Who may show a page in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum FrameOptions {
    /// Nobody.
    Deny,
    /// Pages of the same origin.
    SameOrigin,
    /// The header is not sent.
    Disabled,
}

impl FrameOptions {
    fn value(self) -> Option<HeaderValue> {
        match self {
            Self::Deny => Some(HeaderValue::from_static("DENY")),
            Self::SameOrigin => Some(HeaderValue::from_static("SAMEORIGIN")),
            Self::Disabled => None,
        }
    }
}

fn referrer_policy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<HeaderValue>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "Disabled" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(D::Error::custom)
}

//! Section `telemetry`, and what an endpoint has to look like.

use std::time::Duration;

use http::Uri;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::settings::duration;

/// The longest name of a release, in bytes.
const MAX_RELEASE: usize = 60;

/// The usual port of OTLP over HTTP.
const USUAL_PORT: u16 = 4318;

/// Section `telemetry`: what the program is called, and where spans go besides the service's own memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// The release of the program, such as the tag of its image, up to 60 characters: every event names the one that
    /// told it, and spans have it as `service.version`.
    #[serde(deserialize_with = "release")]
    pub release: String,
    /// Where an OpenTelemetry collector takes OTLP over HTTP, such as `http://127.0.0.1:4318`; empty: nowhere.
    #[serde(deserialize_with = "endpoint")]
    pub otlp_endpoint: String,
    /// How long the collector may take to answer.
    #[serde(with = "duration")]
    pub otlp_timeout: Duration,
    /// How long spans are gathered before they are sent.
    #[serde(with = "duration")]
    pub otlp_interval: Duration,
    /// The most spans in one request, 1 to 4,096.
    #[serde(deserialize_with = "batch")]
    pub otlp_batch: u16,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            release: env!("CARGO_PKG_VERSION").to_owned(),
            otlp_endpoint: String::new(),
            otlp_timeout: Duration::from_secs(10),
            otlp_interval: Duration::from_secs(1),
            otlp_batch: 512,
        }
    }
}

/// A collector: its address and the path that takes spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) address: String,
    pub(super) path: String,
}

impl Target {
    /// Reads `http://host[:port][/path]`.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!("{why}; expected the address of a collector such as \"http://127.0.0.1:{USUAL_PORT}\"")
        };
        let uri: Uri = text.trim().parse().map_err(|_| wrong("this is no URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(wrong(
                    "https is not spoken here: let a collector on this machine or in this pod take the spans \
                     by http and pass them on by https",
                ));
            }
            _ => return Err(wrong("the URL does not begin with http://")),
        }
        let authority = uri.authority().ok_or_else(|| wrong("the URL names no host"))?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong("the URL holds a user or a query"));
        }
        let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(USUAL_PORT));
        Ok(Self { address, path: format!("{}/v1/traces", uri.path().trim_end_matches('/')) })
    }
}

fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if !text.is_empty() {
        Target::read(&text).map_err(D::Error::custom)?;
    }
    Ok(text)
}

fn release<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_short = (1..=MAX_RELEASE).contains(&text.len());
    let is_plain = text.chars().all(|c| c.is_ascii_graphic());
    if is_short && is_plain {
        return Ok(text);
    }
    Err(D::Error::custom(format!("expected 1 to {MAX_RELEASE} letters, digits and signs without spaces")))
}

fn batch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let number = u16::deserialize(deserializer)?;
    if (1..=4_096).contains(&number) { Ok(number) } else { Err(D::Error::custom("expected 1 to 4096")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_http_address_with_an_optional_port_and_path() {
        for (text, address, path) in [
            ("http://127.0.0.1:4318", "127.0.0.1:4318", "/v1/traces"),
            ("http://collector", "collector:4318", "/v1/traces"),
            ("http://collector:80/otlp/", "collector:80", "/otlp/v1/traces"),
            ("http://[::1]:4318/", "[::1]:4318", "/v1/traces"),
        ] {
            let target = Target { address: address.to_owned(), path: path.to_owned() };
            assert_eq!(Target::read(text), Ok(target), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_to_write() {
        for (text, part) in [
            ("https://collector:4318", "https is not spoken here: let a collector on this machine"),
            ("collector:4318", "http://"),
            ("grpc://collector:4317", "http://"),
            ("http://", "this is no URL"),
            ("http://me:secret@collector", "user"),
            ("http://collector?a=b", "query"),
        ] {
            let error = Target::read(text).unwrap_err();
            assert!(error.contains(part) && error.contains("\"http://127.0.0.1:4318\""), "{text}: {error}");
            assert!(!error.contains("me:secret"));
        }
        let read = serde_json::from_str::<TelemetrySettings>;
        assert_eq!(read("{}").unwrap(), TelemetrySettings::default());
        assert!(read(r#"{"otlp_endpoint":""}"#).is_ok());
        assert!(read(r#"{"otlp_endpoint":"https://collector"}"#).is_err());
        assert!(read(r#"{"otlp_batch":0}"#).is_err());
    }
}

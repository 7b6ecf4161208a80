//! Public keys of those who issue tokens.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_edge::token::KeySet;
use tradewind_gateway_api::policy::jwt::{Jwks, KeySource};
use tradewind_routing::Table;

use crate::edge::fetched::{Fetched, Fetches};

/// The keys by where they come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(BTreeMap<String, Source>);

/// Keys that a provider has.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// As long as the routes do not change.
    Fixed(Arc<KeySet>),
    /// As they are at the issuer, or were not long ago.
    Fetched(Arc<Fetched>),
}

/// The greatest file of keys that is read, in bytes.
const MOST: u64 = 256 * 1024;

impl Keys {
    /// Reads the keys that the policies of a table name. What cannot be had is told, and requests that need it are
    /// answered with 503.
    pub(crate) fn of(table: &Table, fetches: &Fetches) -> Self {
        let mut keys = Self::default();
        for rule in table.rules() {
            for provider in rule.policy.jwt.iter().flat_map(|jwt| &jwt.providers) {
                let name = name(&provider.jwks);
                if keys.0.contains_key(&name) {
                    continue;
                }
                match source(&provider.jwks, fetches) {
                    Ok(source) => {
                        keys.0.insert(name, source);
                    }
                    Err(reason) => {
                        tracing::error!(provider = provider.name, reason, "keys of tokens cannot be had");
                    }
                }
            }
        }
        keys
    }

    pub(crate) fn find(&self, jwks: &Jwks) -> Option<Source> {
        self.0.get(&name(jwks)).cloned()
    }
}

fn name(jwks: &Jwks) -> String {
    match &jwks.source {
        KeySource::Uri(uri) => format!("uri {uri} {:?}", jwks.cache_duration),
        KeySource::File(path) => format!("file {}", path.display()),
        KeySource::Inline(text) => format!("inline {text}"),
    }
}

fn source(jwks: &Jwks, fetches: &Fetches) -> Result<Source, String> {
    let text = match &jwks.source {
        KeySource::Inline(text) => text.clone().into_bytes(),
        KeySource::File(path) => {
            let told = |error: std::io::Error| format!("{}: {error}", path.display());
            let length = std::fs::metadata(path).map_err(told)?.len();
            if length > MOST {
                return Err(format!("{}: must not exceed {MOST} bytes", path.display()));
            }
            std::fs::read(path).map_err(told)?
        }
        KeySource::Uri(uri) => {
            return Ok(Source::Fetched(fetches.of(&uri.to_string(), jwks.cache_duration)));
        }
    };
    let keys = KeySet::from_json(&text).map_err(|error| error.to_string())?;
    Ok(Source::Fixed(Arc::new(keys)))
}

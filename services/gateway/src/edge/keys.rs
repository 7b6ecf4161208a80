//! Public keys of those who issue tokens.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_edge::token::KeySet;
use tradewind_gateway_api::policy::jwt::{Jwks, KeySource};
use tradewind_routing::Table;

use crate::edge::fetched::{Fetched, Fetches};

/// The keys by where they come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(Arc<BTreeMap<String, Known>>);

#[derive(Debug, Clone)]
struct Known {
    source: Source,
    /// What they were read from, where it can change under its name.
    text: Vec<u8>,
}

/// Keys that a provider has.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// As long as the routes do not change.
    Fixed(Arc<KeySet>),
    /// As they are at the issuer, or were not long ago.
    Fetched(Arc<Fetched>),
}

impl Source {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(other)) => Arc::ptr_eq(one, other),
            (Self::Fetched(one), Self::Fetched(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// The greatest file of keys that is read, in bytes.
const MOST: u64 = 256 * 1024;

impl Keys {
    /// Reads the keys that the policies of a table name. What cannot be had is told, and requests that need it are
    /// answered with 503. Those that are as they were before are the very same.
    pub(crate) fn of(table: &Table, fetches: &Fetches, before: &Self) -> Self {
        let mut keys: BTreeMap<String, Known> = BTreeMap::new();
        for provider in
            table.policies().filter_map(|policy| policy.jwt.as_ref()).flat_map(|jwt| &jwt.providers)
        {
            let name = name(&provider.jwks);
            if keys.contains_key(&name) {
                continue;
            }
            match known(&provider.jwks, fetches, before.0.get(&name)) {
                Ok(known) => {
                    keys.insert(name, known);
                }
                Err(reason) => {
                    tracing::error!(provider = provider.name, reason, "keys of tokens cannot be had");
                }
            }
        }
        let is_same = |((one, known), (other, before)): ((&String, &Known), (&String, &Known))| {
            one == other && known.source.is(&before.source)
        };
        if keys.len() == before.0.len() && keys.iter().zip(before.0.iter()).all(is_same) {
            return before.clone();
        }
        Self(Arc::new(keys))
    }

    /// Whether they are the very same.
    pub(crate) fn are(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn find(&self, jwks: &Jwks) -> Option<Source> {
        self.0.get(&name(jwks)).map(|known| known.source.clone())
    }
}

fn name(jwks: &Jwks) -> String {
    match &jwks.source {
        KeySource::Uri(uri) => format!("uri {uri} {:?}", jwks.cache_duration),
        KeySource::File(path) => format!("file {}", path.display()),
        KeySource::Inline(text) => format!("inline {text}"),
    }
}

fn known(jwks: &Jwks, fetches: &Fetches, before: Option<&Known>) -> Result<Known, String> {
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
            let source = Source::Fetched(fetches.of(&uri.to_string(), jwks.cache_duration));
            return Ok(Known { source, text: Vec::new() });
        }
    };
    if let Some(before) = before.filter(|before| before.text == text) {
        return Ok(before.clone());
    }
    let keys = KeySet::from_json(&text).map_err(|error| error.to_string())?;
    Ok(Known { source: Source::Fixed(Arc::new(keys)), text })
}

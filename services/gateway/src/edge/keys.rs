//! Public keys of those who issue tokens.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_edge::token::KeySet;
use tradewind_gateway_api::policy::jwt::{Jwks, KeySource};
use tradewind_routing::Table;

/// The keys by where they come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(BTreeMap<String, Arc<KeySet>>);

/// The greatest file of keys that is read, in bytes.
const MOST: u64 = 256 * 1024;

impl Keys {
    /// Reads the keys that the policies of a table name. What cannot be had is told, and requests that need it are
    /// answered with 503.
    pub(crate) fn of(table: &Table) -> Self {
        let mut keys = Self::default();
        for rule in table.rules() {
            for provider in rule.policy.jwt.iter().flat_map(|jwt| &jwt.providers) {
                let name = name(&provider.jwks.source);
                if keys.0.contains_key(&name) {
                    continue;
                }
                match read(&provider.jwks.source) {
                    Ok(set) => {
                        keys.0.insert(name, Arc::new(set));
                    }
                    Err(reason) => {
                        tracing::error!(provider = provider.name, reason, "keys of tokens cannot be had");
                    }
                }
            }
        }
        keys
    }

    pub(crate) fn find(&self, jwks: &Jwks) -> Option<Arc<KeySet>> {
        self.0.get(&name(&jwks.source)).cloned()
    }
}

fn name(source: &KeySource) -> String {
    match source {
        KeySource::Uri(uri) => format!("uri {uri}"),
        KeySource::File(path) => format!("file {}", path.display()),
        KeySource::Inline(text) => format!("inline {text}"),
    }
}

fn read(source: &KeySource) -> Result<KeySet, String> {
    let text = match source {
        KeySource::Inline(text) => text.clone().into_bytes(),
        KeySource::File(path) => {
            let told = |error: std::io::Error| format!("{}: {error}", path.display());
            let length = std::fs::metadata(path).map_err(told)?.len();
            if length > MOST {
                return Err(format!("{}: must not exceed {MOST} bytes", path.display()));
            }
            std::fs::read(path).map_err(told)?
        }
        KeySource::Uri(uri) => return Err(format!("{uri}: keys are not fetched yet; use file or inline")),
    };
    KeySet::from_json(&text).map_err(|error| error.to_string())
}

//! Snapshots: states that were folded before, so that a long stream need not be read from its beginning.
//!
//! A snapshot is never the truth, only a shorter way to it. It carries a fingerprint of how states look and what they
//! mean; one with another fingerprint is as good as none, and the stream is folded from its beginning.

use std::fmt;
use std::sync::OnceLock;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tradewind_db::Json;
use tradewind_schema::{Described, Side};

/// How snapshots of a state are kept. A `static` beside the type whose states they are.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use tradewind_eventstore::Snapshots;
/// #[derive(Serialize, Deserialize, schemars::JsonSchema)]
/// struct Counter(i64);
///
/// static SNAPSHOTS: Snapshots<Counter> = Snapshots::every(100, 1);
/// ```
pub struct Snapshots<A> {
    every: u32,
    meaning: u32,
    schema: fn() -> String,
    write: fn(&A) -> Result<Value, String>,
    read: fn(&str) -> Result<A, String>,
    /// Made once: it is asked for with each stream that is loaded.
    fingerprint: OnceLock<String>,
}

impl<A: Serialize + DeserializeOwned + Described> Snapshots<A> {
    /// A snapshot whenever a stream has grown past another `every` events, written with them.
    ///
    /// The look of a state is part of the fingerprint by its JSON Schema. `meaning` is a number of your own for what
    /// no schema shows: raise it when the same events come to mean another state.
    #[must_use]
    pub const fn every(every: u32, meaning: u32) -> Self {
        Self {
            every,
            meaning,
            schema: || A::schema(Side::Written).to_string(),
            write: |state| serde_json::to_value(state).map_err(|error| error.to_string()),
            read: |text| serde_json::from_str(text).map_err(|error| error.to_string()),
            fingerprint: OnceLock::new(),
        }
    }
}

impl<A> Snapshots<A> {
    /// What a snapshot must have been written under to be believed.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        self.fingerprint.get_or_init(|| {
            let mut digest = Sha256::new();
            digest.update(self.meaning.to_be_bytes());
            digest.update((self.schema)().as_bytes());
            digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
        })
    }

    /// Whether a stream that grows from one version to another gets a snapshot.
    pub(crate) fn is_due(&self, from: i64, to: i64) -> bool {
        let every = i64::from(self.every.max(1));
        from / every != to / every
    }

    pub(crate) fn write(&self, state: &A) -> Result<Json<Value>, String> {
        (self.write)(state).map(Json)
    }

    pub(crate) fn read(&self, text: &str) -> Result<A, String> {
        (self.read)(text)
    }
}

impl<A> fmt::Debug for Snapshots<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots").field("every", &self.every).field("meaning", &self.meaning).finish()
    }
}

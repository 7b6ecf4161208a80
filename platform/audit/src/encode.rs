//! The bytes that a hash is made of: one sequence for one record, and no other record gives it.
//!
//! Every text stands behind its length, so that no two records run together into the same bytes. The name of the format
//! and what the hash is for stand first, as RFC 9162 §2.1.1 has it for its tree: no other use of SHA-256, no later form
//! of the format and no other chain can give a hash that means something here.

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::document::Document;
use crate::record::Record;

/// What all hashes here begin with.
const DOMAIN: &[u8] = b"tradewind audit chain\0";

/// The form of the encoding. A change of any byte below is another form.
const VERSION: u8 = 1;

/// Of a chain that has no records.
const GENESIS: u8 = 0;

/// Of a record.
const RECORD: u8 = 1;

/// What the first record of a chain stands behind.
#[must_use]
pub fn genesis(chain: &str) -> Digest {
    let mut bytes = Bytes::new(GENESIS);
    bytes.text(chain);
    bytes.digest()
}

/// The hash of a record of a chain, whatever its own field says.
#[must_use]
pub fn hash(chain: &str, record: &Record) -> Digest {
    let Record { sequence, at, actor, action, target, before, after, .. } = record;
    let mut bytes = Bytes::new(RECORD);
    bytes.text(chain);
    bytes.fixed(record.previous.as_bytes());
    bytes.fixed(&sequence.to_be_bytes());
    bytes.fixed(&at.as_micros().to_be_bytes());
    bytes.text(actor.role.name());
    bytes.text(&actor.id);
    bytes.optional(actor.on_behalf_of.map(|id| id.to_string()).as_deref());
    bytes.text(action);
    bytes.text(&target.kind);
    bytes.text(&target.id);
    bytes.optional(before.as_ref().map(Document::as_str));
    bytes.optional(after.as_ref().map(Document::as_str));
    bytes.text(&record.correlation.to_string());
    bytes.text(&record.trace_id);
    bytes.text(&record.outcome.to_string());
    bytes.digest()
}

struct Bytes(Sha256);

impl Bytes {
    fn new(purpose: u8) -> Self {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update([VERSION, purpose]);
        Self(hash)
    }

    /// Bytes of a length that the format knows.
    fn fixed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.0.update(length.to_be_bytes());
        self.0.update(text.as_bytes());
    }

    /// Nothing, and an empty text, are two things.
    fn optional(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn digest(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}

//! Who did what, and to what: records that are kept with the changes they tell of and chained by their hashes.
//!
//! A service writes an [`Entry`] with [`record`] in the transaction of the change, into its own database: there is no
//! change without a record and no record without a change. Each [`Record`] carries the hash of the one before, so that
//! a change, a removal, an insertion or an exchange in the middle of a chain is found and its place named
//! ([`Verifier`]). The idea, and the marks that keep one kind of hash from passing for another, are those of
//! Certificate Transparency (RFC 6962 §2.1, RFC 9162 §2.1), without the tree: a chain is read whole.
//!
//! Nobody can tell from a chain alone that its end was cut off, or that all of it was written anew. For that the
//! [`Head`] is kept elsewhere from time to time, and a chain is held against it.
//!
//! Whatever is personal or secret is named and never written down: see [`Facts`].

#![warn(missing_docs)]

mod digest;
mod document;
mod encode;
mod entry;
mod record;
mod schema;
mod store;
mod verify;

pub use digest::{Digest, InvalidDigest};
pub use document::{Document, InvalidDocument, MAX_DOCUMENT};
pub use encode::{genesis, hash};
pub use entry::{Entry, Facts};
pub use record::{Actor, Head, Outcome, Record, Role, Target};
pub use schema::{EVIDENCE, MIGRATIONS};
pub use store::{Filter, MAX_PAGE, Noted, after, head, list, record};
pub use verify::{Broken, Verifier};

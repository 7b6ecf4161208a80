//! The gateway as a controller of the Kubernetes Gateway API: its documents are objects of a cluster, and what came of
//! each is written into its status.
//!
//! - `follow` follows the objects, `view` is all of them at one moment, `read` makes documents of those that count,
//! - `trouble` is what the log says of objects that are not followed,
//! - `versions` is of which version the cluster's definitions are,
//! - `judged` is what came of the documents, `status` what objects have to say of that, `write` writes it,
//! - `link` is what the rest of the program sees of it.

mod follow;
mod judged;
mod kinds;
mod link;
mod options;
mod read;
mod select;
mod status;
mod trouble;
mod versions;
mod view;
mod write;

pub(crate) use judged::{Basis, Judged, Unheld};
pub(crate) use kinds::served;
pub(crate) use link::Link;
pub(crate) use options::Options;
pub(crate) use read::{Reader, Reading};

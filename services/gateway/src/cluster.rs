//! The gateway as a controller of the Kubernetes Gateway API: its documents are objects of a cluster, and what came of
//! each is written into its status.
//!
//! - `follow` follows the objects, `view` is all of them at one moment, `read` makes documents of those that count,
//! - `judged` is what came of the documents, `status` what objects have to say of that, `write` writes it.

mod follow;
mod judged;
mod kinds;
mod options;
mod read;
mod select;
mod status;
mod view;
mod write;

pub(crate) use follow::{Follower, follow};
pub(crate) use judged::{Judged, Unreached};
pub(crate) use kinds::served;
pub(crate) use options::{Class, Options};
pub(crate) use read::{Reader, Reading};
pub(crate) use write::{Board, write};

//! A Kubernetes cluster as values: what is in it is followed as [`Snapshot`]s, and statuses are written.
//!
//! A [`Cluster`] knows the API server. [`Cluster::follow`] gives all objects of a [`Kind`] as they are now, and says
//! when there is something new. An API server that is away, forgets its history or ends connections changes nothing of
//! what was known; what changed meanwhile comes as one snapshot. This crate is the only one that knows `kube`.

#![warn(missing_docs)]

mod cluster;
mod error;
mod follow;
mod followed;
mod kind;
mod lines;
mod object;
mod options;
mod pause;
pub mod slices;
mod snapshot;
mod task;
mod token;
mod transport;
mod way;

pub use cluster::{Cluster, StatusWritten};
pub use error::ClusterError;
pub use followed::{FollowState, Followed, FollowingEnded};
pub use kind::{Kind, Scope};
pub use object::Object;
pub use options::FollowOptions;
pub use snapshot::Snapshot;

//! Where one endpoint of a peer is.

use std::sync::Arc;

use http::{Request, Response};

use crate::unanswered::Unanswered;
use crate::wire::{self, Wire};
use crate::{Body, FarClient, NearDoor};

/// Where one endpoint of a peer is.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "it is shared where it is used often")]
pub enum Address {
    /// In this process.
    Near(NearDoor),
    /// Behind an address.
    Far(FarClient),
    /// At the other end of what stands in for a network.
    Wired(Arc<dyn Wire>),
}

impl Address {
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Unanswered> {
        match self {
            Self::Near(door) => door.try_send(request).await,
            Self::Far(client) => client.try_send(request).await,
            Self::Wired(wire) => wire::carry(wire.as_ref(), request).await,
        }
    }

    /// How to call it in tables and logs.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Near(_) => "in this process".to_owned(),
            Self::Far(client) => client.address(),
            Self::Wired(wire) => format!("{wire:?}"),
        }
    }

    pub(crate) fn is_near(&self) -> bool {
        matches!(self, Self::Near(_))
    }
}

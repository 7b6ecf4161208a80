//! Where one endpoint of a peer is.

use http::{Request, Response};

use crate::unanswered::Unanswered;
use crate::{Body, FarClient, NearDoor};

/// Where one endpoint of a peer is.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "it is shared where it is used often")]
pub enum Address {
    /// In this process.
    Near(NearDoor),
    /// Behind an address.
    Far(FarClient),
}

impl Address {
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Unanswered> {
        match self {
            Self::Near(door) => door.try_send(request).await,
            Self::Far(client) => client.try_send(request).await,
        }
    }

    pub(crate) fn is_near(&self) -> bool {
        matches!(self, Self::Near(_))
    }
}

//! Compression of answers, as a policy has it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tradewind_data_plane::{Coding, Compression, MediaTypes, Request};
use tradewind_gateway_api::policy::compression::{self, CompressionAlgorithm, MediaRange};

/// A policy's compression, made ready for one thread.
pub(crate) struct Compressing {
    codings: Vec<Coding>,
    least: u64,
    types: Arc<dyn MediaTypes>,
}

struct Types(BTreeSet<MediaRange>);

impl MediaTypes for Types {
    fn contains(&self, content_type: &str) -> bool {
        self.0.iter().any(|range| range.contains(content_type))
    }
}

impl Compressing {
    pub(crate) fn new(policy: &compression::Compression) -> Self {
        let coding = |algorithm: &CompressionAlgorithm| match algorithm {
            CompressionAlgorithm::Gzip => Coding::Gzip,
            CompressionAlgorithm::Brotli => Coding::Brotli,
        };
        Self {
            codings: policy.algorithms.iter().map(coding).collect(),
            least: policy.min_bytes,
            types: Arc::new(Types(policy.content_types.clone())),
        }
    }

    /// What becomes of the answer to a request.
    pub(crate) fn of(&self, request: &Request<'_>) -> Compression {
        let mut said = Vec::new();
        request.headers("accept-encoding", &mut |value| {
            said.extend_from_slice(value);
            said.push(b',');
        });
        let coding = Coding::accepted(&self.codings, &said);
        Compression { coding, least: self.least, types: self.types.clone() }
    }
}

//! The standard health service (<https://github.com/grpc/grpc/blob/master/doc/health-checking.md>), which probes
//! of orchestrators and balancers ask. `Watch` is not offered; whoever asks for it is told so and asks `Check`.

use crate::Rpc;

/// `grpc.health.v1.Health/Check`.
pub const CHECK: Rpc<HealthCheckRequest, HealthCheckResponse> = Rpc::read("/grpc.health.v1.Health/Check");

/// Requests may be sent.
pub const SERVING: i32 = 1;

/// No requests may be sent: it starts or stops.
pub const NOT_SERVING: i32 = 2;

/// Whose health is asked for.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct HealthCheckRequest {
    /// The full name of a service; empty for the server as a whole.
    #[prost(string, tag = "1")]
    pub service: String,
}

/// Its health.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct HealthCheckResponse {
    /// [`SERVING`] or [`NOT_SERVING`].
    #[prost(int32, tag = "1")]
    pub status: i32,
}

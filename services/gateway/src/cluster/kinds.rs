//! What is followed.

use tradewind_kubernetes::Kind;
use tradewind_routing::Served;

/// What a `GatewayClass` names, so that its gateways are served here.
pub(super) const CONTROLLER: &str = "tradewind.dev/gateway-controller";

const POLICY: &str = "policy.tradewind.dev";

/// All kinds that are read.
pub(super) const FOLLOWED: [Kind; 15] = [
    Kind::GATEWAY_CLASSES,
    Kind::GATEWAYS,
    Kind::HTTP_ROUTES,
    Kind::GRPC_ROUTES,
    Kind::TLS_ROUTES,
    Kind::REFERENCE_GRANTS,
    Kind::BACKEND_TLS_POLICIES,
    Kind::new(POLICY, "v1", "routepolicies", "RoutePolicy"),
    Kind::new(POLICY, "v1", "backendpolicies", "BackendPolicy"),
    Kind::new(POLICY, "v1", "listenerpolicies", "ListenerPolicy"),
    Kind::NAMESPACES,
    Kind::SERVICES,
    Kind::ENDPOINT_SLICES,
    Kind::SECRETS,
    Kind::CONFIG_MAPS,
];

/// Those that refer to others by name.
pub(super) const REFERRING: [&str; 8] = [
    "Gateway",
    "HTTPRoute",
    "GRPCRoute",
    "TLSRoute",
    "BackendTLSPolicy",
    "RoutePolicy",
    "BackendPolicy",
    "ListenerPolicy",
];

/// Those that belong to no namespace.
pub(super) fn is_of_cluster(kind: &Kind) -> bool {
    *kind == Kind::GATEWAY_CLASSES || *kind == Kind::NAMESPACES
}

/// The gateways of a class, as routing asks for them.
pub(crate) fn served(class: &str) -> Served {
    Served::OfClass { name: class.to_owned(), controller: CONTROLLER.to_owned() }
}

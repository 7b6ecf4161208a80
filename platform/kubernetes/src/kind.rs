//! Which objects are meant.

use std::fmt;

/// A kind of objects in one version, and where the API server has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
}

/// The group of routes and gateways.
const GATEWAY: &str = "gateway.networking.k8s.io";

impl Kind {
    /// `EndpointSlice`: where the processes behind a service are.
    pub const ENDPOINT_SLICES: Self = Self::new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
    /// `Service`.
    pub const SERVICES: Self = Self::new("", "v1", "services", "Service");
    /// `Secret`.
    pub const SECRETS: Self = Self::new("", "v1", "secrets", "Secret");
    /// `Namespace`; belongs to no namespace itself.
    pub const NAMESPACES: Self = Self::new("", "v1", "namespaces", "Namespace");
    /// `ConfigMap`.
    pub const CONFIG_MAPS: Self = Self::new("", "v1", "configmaps", "ConfigMap");
    /// `Node`; belongs to no namespace.
    pub const NODES: Self = Self::new("", "v1", "nodes", "Node");
    /// `CustomResourceDefinition`: what other kinds there are; belongs to no namespace.
    pub const DEFINITIONS: Self =
        Self::new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition");
    /// `GatewayClass`; belongs to no namespace.
    pub const GATEWAY_CLASSES: Self = Self::new(GATEWAY, "v1", "gatewayclasses", "GatewayClass");
    /// `Gateway`.
    pub const GATEWAYS: Self = Self::new(GATEWAY, "v1", "gateways", "Gateway");
    /// `HTTPRoute`.
    pub const HTTP_ROUTES: Self = Self::new(GATEWAY, "v1", "httproutes", "HTTPRoute");
    /// `GRPCRoute`.
    pub const GRPC_ROUTES: Self = Self::new(GATEWAY, "v1", "grpcroutes", "GRPCRoute");
    /// `TLSRoute`.
    pub const TLS_ROUTES: Self = Self::new(GATEWAY, "v1", "tlsroutes", "TLSRoute");
    /// `ReferenceGrant`, in the version that all releases of its definitions have.
    pub const REFERENCE_GRANTS: Self = Self::new(GATEWAY, "v1beta1", "referencegrants", "ReferenceGrant");
    /// `BackendTLSPolicy`.
    pub const BACKEND_TLS_POLICIES: Self = Self::new(GATEWAY, "v1", "backendtlspolicies", "BackendTLSPolicy");

    /// A kind: its API group (empty for the core), version, name in paths, and name in documents.
    #[must_use]
    pub const fn new(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
    ) -> Self {
        Self { group, version, plural, kind }
    }

    /// Its API group; empty for the core.
    #[must_use]
    pub const fn group(&self) -> &'static str {
        self.group
    }

    /// Its version, such as `v1`.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// Its name in paths, such as `services`.
    #[must_use]
    pub const fn plural(&self) -> &'static str {
        self.plural
    }

    /// Its name in documents, such as `Service`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// What documents say as `apiVersion`, such as `v1` or `discovery.k8s.io/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The path of all of them, or of those in one namespace.
    pub(crate) fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let within = namespace.map(|name| format!("/namespaces/{name}")).unwrap_or_default();
        format!("{root}/{}{within}/{}", self.api_version(), self.plural)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.plural, self.api_version())
    }
}

/// Which objects of a kind are followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Those of all namespaces, and those that belong to none.
    Everywhere,
    /// Those of one namespace.
    Namespace(String),
}

impl Scope {
    /// The namespace, if it is one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::Everywhere => None,
            Self::Namespace(name) => Some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api_server() {
        assert_eq!(Kind::SERVICES.path(None), "/api/v1/services");
        assert_eq!(Kind::NODES.api_version(), "v1");
        assert_eq!(
            Kind::ENDPOINT_SLICES.path(Some("lamps")),
            "/apis/discovery.k8s.io/v1/namespaces/lamps/endpointslices"
        );
        assert_eq!(Kind::GATEWAYS.to_string(), "gateways.gateway.networking.k8s.io/v1");
    }
}

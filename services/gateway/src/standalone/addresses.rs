//! Where services are.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tradewind_gateway_api::Body;
use tradewind_gateway_api::cluster::EndpointSlice;
use tradewind_routing::{BackendId, Documents};

use crate::edge::Endpoints;
use crate::standalone::arguments::Given;
use crate::standalone::zones::{Standpoint, ready};

/// The label that says which service a slice is of.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Addresses by service.
#[derive(Debug, Clone)]
pub(crate) struct Addresses(Arc<BTreeMap<BackendId, Endpoints>>);

impl Addresses {
    /// Those that documents and the command line name. A service that is declared and has no endpoints is known all the
    /// same.
    pub(crate) fn of(documents: &Documents, given: &[Given], standpoint: &Standpoint) -> Self {
        let mut addresses: BTreeMap<BackendId, Vec<(SocketAddr, bool)>> = BTreeMap::new();
        let slices = slices(documents);
        let place = standpoint.place(slices.values().flatten().copied());
        for document in documents.of_kind("Service") {
            let Body::Service(service) = &document.body else { continue };
            let (namespace, name) = (&document.metadata.namespace, &document.metadata.name);
            for port in &service.ports {
                let id = BackendId { namespace: namespace.clone(), service: name.clone(), port: port.port };
                let found = addresses.entry(id).or_default();
                let slices = slices.get(&(namespace.as_str(), name.as_str())).into_iter().flatten();
                found.extend(ready(slices.copied(), &port.name, &place));
            }
        }
        for given in given {
            let id = BackendId {
                namespace: "default".to_owned(),
                service: given.service.clone(),
                port: given.port,
            };
            addresses.entry(id).or_default().push((given.address, false));
        }
        let endpoints = addresses.into_iter().map(|(id, found)| (id, Endpoints::new(found)));
        Self(Arc::new(endpoints.collect()))
    }

    pub(crate) fn has(&self, backend: &BackendId) -> bool {
        self.0.contains_key(backend)
    }

    pub(crate) fn shared(&self) -> Arc<BTreeMap<BackendId, Endpoints>> {
        self.0.clone()
    }
}

/// Slices by the namespace and the name of their service.
fn slices(documents: &Documents) -> BTreeMap<(&str, &str), Vec<&EndpointSlice>> {
    let mut slices: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for document in documents.of_kind("EndpointSlice") {
        let Body::EndpointSlice(slice) = &document.body else { continue };
        if let Some(service) = document.metadata.labels.get(SERVICE_NAME) {
            let key = (document.metadata.namespace.as_str(), service.as_str());
            slices.entry(key).or_default().push(slice);
        }
    }
    slices
}

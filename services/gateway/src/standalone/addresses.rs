//! Where services are.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use tradewind_gateway_api::Body;
use tradewind_gateway_api::cluster::EndpointSlice;
use tradewind_routing::{BackendId, Documents};

use crate::standalone::arguments::Given;

/// The label that says which service a slice is of.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Addresses by service.
#[derive(Debug, Default)]
pub(crate) struct Addresses(BTreeMap<BackendId, Vec<SocketAddr>>);

impl Addresses {
    /// Those that documents and the command line name. A service that is declared and has no endpoints is known all the
    /// same.
    pub(crate) fn of(documents: &Documents, given: &[Given]) -> Self {
        let mut addresses = Self::default();
        for document in documents.iter() {
            let Body::Service(service) = &document.body else { continue };
            let (namespace, name) = (&document.metadata.namespace, &document.metadata.name);
            for port in &service.ports {
                let id = BackendId { namespace: namespace.clone(), service: name.clone(), port: port.port };
                let found = addresses.0.entry(id).or_default();
                for slice in slices(documents, namespace, name) {
                    found.extend(ready(slice, &port.name));
                }
            }
        }
        for given in given {
            let id = BackendId {
                namespace: "default".to_owned(),
                service: given.service.clone(),
                port: given.port,
            };
            addresses.0.entry(id).or_default().push(given.address);
        }
        for found in addresses.0.values_mut() {
            found.sort();
            found.dedup();
        }
        addresses
    }

    pub(crate) fn has(&self, backend: &BackendId) -> bool {
        self.0.contains_key(backend)
    }

    pub(crate) fn into_map(self) -> BTreeMap<BackendId, Vec<SocketAddr>> {
        self.0
    }
}

fn slices<'a>(
    documents: &'a Documents,
    namespace: &'a str,
    service: &'a str,
) -> impl Iterator<Item = &'a EndpointSlice> {
    documents.iter().filter_map(move |document| {
        let Body::EndpointSlice(slice) = &document.body else { return None };
        let metadata = &document.metadata;
        let is_of = metadata.labels.get(SERVICE_NAME).is_some_and(|name| name == service);
        (is_of && metadata.namespace == namespace).then_some(slice)
    })
}

/// The addresses of a slice that take requests, with the port of that name.
fn ready<'a>(slice: &'a EndpointSlice, port: &str) -> impl Iterator<Item = SocketAddr> + use<'a> {
    let number = slice.ports.iter().find(|found| found.name == port).and_then(|found| found.port);
    let taking = slice.endpoints.iter().filter(|endpoint| endpoint.conditions.takes_requests());
    taking.filter_map(move |endpoint| {
        let address: IpAddr = endpoint.addresses.first()?.parse().ok()?;
        Some(SocketAddr::new(address, number?))
    })
}

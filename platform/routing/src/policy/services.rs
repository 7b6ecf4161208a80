//! What holds for services.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_gateway_api::Body;
use tradewind_gateway_api::cluster::ServicePort;
use tradewind_gateway_api::policy::backend::BackendProtocol;

use super::attach::{Attached, Source};
use super::merge;
use super::target::Targets;
use crate::effective::EffectiveBackendPolicy;
use crate::rule::BackendId;

/// What holds for each of these services, where it is not what holds anyway.
pub(crate) fn services(
    attached: &Attached,
    targets: &Targets<'_>,
) -> BTreeMap<BackendId, Arc<EffectiveBackendPolicy>> {
    let mut all = BTreeMap::new();
    for id in targets.backends {
        let made = effective(attached, targets, id);
        if made != EffectiveBackendPolicy::default() {
            all.insert(id.clone(), Arc::new(made));
        }
    }
    all
}

fn effective(attached: &Attached, targets: &Targets<'_>, id: &BackendId) -> EffectiveBackendPolicy {
    let port = port(targets, id);
    let about = |section: Option<&str>| attached.about("Service", &id.namespace, &id.service, section);
    let section = port.map(|port| port.name.as_str()).filter(|name| !name.is_empty());
    let places = section.and_then(|name| about(Some(name))).into_iter().chain(about(None));
    let sources = places.filter_map(|place| attached.policies.get(place.policy));
    let levels: Vec<_> = sources.filter_map(Source::backend).collect();
    let mut made = merge::backend(&levels);
    let is_said = levels.iter().any(|(_, policy)| policy.protocol.is_some());
    let spoken = port.and_then(|port| port.app_protocol.as_deref());
    if !is_said && spoken == Some("kubernetes.io/h2c") {
        made.protocol = BackendProtocol::H2C;
    }
    made
}

fn port<'build>(targets: &Targets<'build>, id: &BackendId) -> Option<&'build ServicePort> {
    let Body::Service(service) = &targets.documents.get("Service", &id.namespace, &id.service)?.body else {
        return None;
    };
    service.ports.iter().find(|port| port.port == id.port)
}

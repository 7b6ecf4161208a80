//! What came of gateways.

use std::collections::BTreeMap;

use tradewind_gateway_api::gateway::Listener;

use crate::attach::{self, Ours};
use crate::status::{Condition, GatewayStatus, ListenerStatus};

/// A listener: namespace and name of its gateway, and its own name.
pub(super) type ListenerId = (String, String, String);

/// The name of a listener among all.
pub(super) fn listener_id(ours: &Ours<'_>, listener: &Listener) -> ListenerId {
    (ours.namespace.to_owned(), ours.name.to_owned(), listener.name.clone())
}

/// What came of a gateway to whose listeners so many routes attached.
pub(super) fn status(ours: &Ours<'_>, attached: &BTreeMap<ListenerId, usize>) -> GatewayStatus {
    let listeners: Vec<ListenerStatus> =
        ours.gateway.listeners.iter().map(|listener| listener_status(ours, listener, attached)).collect();
    let is_good = |condition: &Condition| condition.holds;
    let accepted = if listeners.iter().all(|listener| listener.conditions.iter().all(is_good)) {
        Condition::new("Accepted", true, "Accepted", "the gateway is served")
    } else {
        Condition::new("Accepted", true, "ListenersNotValid", "some listeners are not served")
    };
    let programmed = Condition::new("Programmed", true, "Programmed", "routes are in use");
    GatewayStatus {
        namespace: ours.namespace.to_owned(),
        name: ours.name.to_owned(),
        generation: ours.generation,
        conditions: vec![accepted, programmed],
        listeners,
    }
}

fn listener_status(
    ours: &Ours<'_>,
    listener: &Listener,
    attached: &BTreeMap<ListenerId, usize>,
) -> ListenerStatus {
    let supported_kinds = attach::supported_kinds(listener);
    let is_protocol = matches!(listener.protocol.as_str(), "HTTP" | "HTTPS");
    let accepted = if is_protocol {
        Condition::new("Accepted", true, "Accepted", "the listener is served")
    } else {
        let message = format!("{} is not spoken here; HTTP and HTTPS are", listener.protocol);
        Condition::new("Accepted", false, "UnsupportedProtocol", message)
    };
    let asked = &listener.allowed_routes.kinds;
    let all_kinds = asked.iter().all(|asked| supported_kinds.contains(&asked.kind.as_str()));
    let resolved = if all_kinds {
        Condition::new("ResolvedRefs", true, "ResolvedRefs", "all references lead somewhere")
    } else {
        let message = "HTTPRoute and GRPCRoute are known here";
        Condition::new("ResolvedRefs", false, "InvalidRouteKinds", message)
    };
    ListenerStatus {
        name: listener.name.clone(),
        supported_kinds,
        attached_routes: attached.get(&listener_id(ours, listener)).copied().unwrap_or_default(),
        conditions: vec![accepted, resolved],
    }
}

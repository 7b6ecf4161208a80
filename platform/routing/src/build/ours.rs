//! Which gateways are ours.

use tradewind_gateway_api::gateway::{AllowedRoutes, From, Gateway, GatewayTls, Listener, RouteNamespaces};

use crate::attach::Ours;
use crate::documents::Documents;

/// The class whose gateways are ours where no document says which program a class is of.
const CLASS: &str = "tradewind";
/// The program that a `GatewayClass` of ours names.
const CONTROLLER: &str = "tradewind.dev/gateway";

/// The gateways of ours; the implied one where no document declares any.
pub(super) fn ours<'build>(documents: &'build Documents, implied: &'build Gateway) -> Vec<Ours<'build>> {
    if documents.gateways().next().is_none() {
        return vec![Ours {
            namespace: "default",
            name: "tradewind",
            generation: 0,
            gateway: implied,
            is_implied: true,
        }];
    }
    let is_ours = |gateway: &Gateway| {
        let mut classes = documents.classes();
        match classes.find(|(document, _)| document.metadata.name == gateway.gateway_class_name) {
            Some((_, class)) => class.controller_name == CONTROLLER,
            None => gateway.gateway_class_name == CLASS,
        }
    };
    let found = documents.gateways().filter(|(_, gateway)| is_ours(gateway));
    found
        .map(|(document, gateway)| Ours {
            namespace: &document.metadata.namespace,
            name: &document.metadata.name,
            generation: document.metadata.generation,
            gateway,
            is_implied: false,
        })
        .collect()
}

/// The gateway that is there when nobody wrote one.
pub(super) fn implied(port: u16) -> Gateway {
    let namespaces = RouteNamespaces { from: From::All, selector: None };
    let listener = Listener {
        name: "http".to_owned(),
        hostname: None,
        port,
        protocol: "HTTP".to_owned(),
        tls: None,
        allowed_routes: AllowedRoutes { namespaces, kinds: Vec::new() },
    };
    Gateway { gateway_class_name: CLASS.to_owned(), listeners: vec![listener], tls: GatewayTls::default() }
}
